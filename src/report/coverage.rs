//! The coverage of an answer as JSON, version 1.

use serde::Serialize;

use crate::coverage::{BlindTime, Bytes, Coverage, Files, Records};

use super::text::time::time;

/// The member `coverage` of a document. All of its members are always there.
#[derive(Serialize)]
pub(crate) struct CoverageJson {
    files: FilesJson,
    bytes: BytesJson,
    records: RecordsJson,
    events: u64,
    duplicates: u64,
    without_key: u64,
    span: SpanJson,
    gaps: u64,
    long_gaps: u64,
    blind: Vec<BlindJson>,
}

#[derive(Serialize)]
struct FilesJson {
    found: u64,
    read: u64,
    partial: u64,
    unreadable: u64,
    ignored: u64,
    links: u64,
    pruned: u64,
    folders_pruned: u64,
    /// Left away where it is 0: only `lookup --order none --limit` has it.
    #[serde(skip_serializing_if = "is_zero")]
    beyond_limit: u64,
    searched: u64,
    count_mismatch: u64,
}

#[derive(Serialize)]
struct BytesJson {
    compressed: u64,
    inflated: u64,
}

#[derive(Serialize)]
struct RecordsJson {
    found: u64,
    left_out: u64,
    outside: u64,
    conflicting: u64,
}

/// Both null where there was no event.
#[derive(Serialize)]
struct SpanJson {
    first: Option<String>,
    last: Option<String>,
}

/// A stretch of which the archive is known to hold nothing; null where an end is open, and where it
/// is not about one account, trail or region.
#[derive(Serialize)]
struct BlindJson {
    from: Option<String>,
    until: Option<String>,
    account_id: Option<String>,
    trail: Option<String>,
    region: Option<String>,
    why: &'static str,
    event_id: Option<String>,
}

impl From<&BlindTime> for BlindJson {
    fn from(blind: &BlindTime) -> Self {
        let BlindTime {
            from,
            until,
            account_id,
            trail,
            region,
            why,
            event_id,
        } = blind;
        Self {
            from: from.map(time),
            until: until.map(time),
            account_id: account_id.clone(),
            trail: trail.clone(),
            region: region.clone(),
            why: why.as_str(),
            event_id: event_id.clone(),
        }
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl From<&Coverage> for CoverageJson {
    /// Destructures all of it, so that a new count cannot be left out unnoticed.
    fn from(coverage: &Coverage) -> Self {
        let Coverage {
            files,
            bytes,
            records,
            events,
            duplicates,
            without_key,
            span,
            gaps,
            long_gaps,
            blind,
        } = coverage;
        let &Files {
            found,
            read,
            partial,
            unreadable,
            ignored,
            links,
            pruned,
            folders_pruned,
            beyond_limit,
            searched,
            count_mismatch,
        } = files;
        let files = FilesJson {
            found,
            read,
            partial,
            unreadable,
            ignored,
            links,
            pruned,
            folders_pruned,
            beyond_limit,
            searched,
            count_mismatch,
        };
        let &Bytes {
            compressed,
            inflated,
        } = bytes;
        let bytes = BytesJson {
            compressed,
            inflated,
        };
        let &Records {
            found,
            left_out,
            outside,
            conflicting,
        } = records;
        let records = RecordsJson {
            found,
            left_out,
            outside,
            conflicting,
        };
        let span = SpanJson {
            first: span.map(|span| time(span.first)),
            last: span.map(|span| time(span.last)),
        };
        Self {
            files,
            bytes,
            records,
            events: *events,
            duplicates: *duplicates,
            without_key: *without_key,
            span,
            gaps: *gaps,
            long_gaps: *long_gaps,
            blind: blind.iter().map(BlindJson::from).collect(),
        }
    }
}
