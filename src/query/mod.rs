//! Questions to usage, wherever it is kept, and the rows of their answers, in a total order.
//!
//! Left out: files, events, the clock, and how a row is written, which is in `report`.

mod key_row;
mod key_selection;
mod question;

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::io;

use crate::usage::{Entry, KeyUse, Occurrence, Source, Usage};

pub use crate::usage::KeyType;
pub use key_row::{KeyRow, Unused};
pub use key_selection::{KeyOrder, KeySelection, UnknownTime, UnusedSince};
pub use question::{Dimension, Question, topic};

/// Account, owner, user and account type of a key; empty where the last event had none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Owner<'a> {
    /// `userIdentity.accountId`.
    pub account_id: &'a str,
    /// `userIdentity.principalId`.
    pub owner_id: &'a str,
    /// `userIdentity.userName`.
    pub user_name: &'a str,
    /// `userIdentity.type`.
    pub account_type: &'a str,
}

/// One row of `dump` and of `last-used`: one entry of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryRow<'a> {
    /// What kind of entry.
    pub dimension: Dimension,
    /// The key.
    pub access_key_id: &'a str,
    /// The service that the entry is under; of a key row, the last service.
    pub service_name: &'a str,
    /// Type of a resource (may be empty); `None` for all other entries.
    pub resource_type: Option<&'a str>,
    /// Event name, IP, resource name, region, user agent or error code; `None` on key and service rows.
    pub name: Option<&'a str>,
    /// First use.
    pub first: Occurrence<'a>,
    /// Last use.
    pub last: Occurrence<'a>,
    /// Number of events.
    pub events: u64,
    /// Number of those events that failed.
    pub errors: u64,
    /// Source of the last event.
    pub source: Source,
    /// The caller of the last event; on key rows only.
    pub owner: Option<Owner<'a>>,
    /// Time of the last event that did not fail.
    pub last_success: Option<i64>,
    /// Number of events that were denied.
    pub denied: u64,
}

/// Every key with its use as a whole; last used first, then by key.
///
/// ```
/// use keytrail::query;
///
/// # use keytrail::{archive::Archive, scan, usage::Seed};
/// # let sources = scan::Sources::from(Archive::open(&["testdata/archive"])?);
/// # let options = scan::ScanOptions {
/// #     threads: None,
/// #     reader: scan::ReaderKind::Selective,
/// #     seed: Seed::random(),
/// #     search: true,
/// # };
/// # let usage = scan::usage(
/// #     &sources,
/// #     &options,
/// #     &scan::Scope::default(),
/// #     &scan::UsageOptions::default(),
/// #     &scan::Progress::default(),
/// # )?;
/// # let usage = usage.of;
/// let keys = query::keys(&usage)?;
/// assert!(keys.is_sorted_by_key(|key| std::cmp::Reverse(key.last_used)));
/// # assert!(keys.len() > 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Those of the usage, as they are.
pub fn keys(usage: &dyn Usage) -> io::Result<Vec<KeyRow>> {
    let mut rows = Vec::new();
    usage.keys(None, &mut |key, distinct| {
        rows.push(KeyRow {
            access_key_id: key.access_key_id.to_owned(),
            key_type: KeyType::of(key.access_key_id),
            account_id: key.account_id.to_owned(),
            owner_id: key.owner_id.to_owned(),
            user_name: key.user_name.to_owned(),
            account_type: key.account_type.to_owned(),
            first_used: Some(key.tally.first.time),
            last_used: Some(key.tally.last.time),
            last_service: key.last_service.to_owned(),
            last_event: key.last_event.to_owned(),
            last_ip: key.last_ip.to_owned(),
            events: key.tally.events,
            errors: key.tally.errors,
            services: distinct.services,
            event_names: distinct.event_names,
            ips: distinct.ips,
            resources: distinct.resources,
            last_success: key.tally.last_success,
            denied: key.tally.denied,
            regions: distinct.regions,
            agents: distinct.agents,
            unused: None,
        });
        Ok(())
    })?;
    // Keys come in the order of their texts, which a stable sort keeps.
    rows.sort_by_key(|row| Reverse(row.last_used));
    Ok(rows)
}

/// Every entry of every key; by key, service, dimension, last use (newest first), name and type.
///
/// The rows of one key are in memory at a time. Of a key row the service is that of its last event.
///
/// ```
/// use keytrail::query::{self, Dimension};
///
/// # use keytrail::{archive::Archive, scan, usage::Seed};
/// # let sources = scan::Sources::from(Archive::open(&["testdata/archive"])?);
/// # let options = scan::ScanOptions {
/// #     threads: None,
/// #     reader: scan::ReaderKind::Selective,
/// #     seed: Seed::random(),
/// #     search: true,
/// # };
/// # let usage = scan::usage(
/// #     &sources,
/// #     &options,
/// #     &scan::Scope::default(),
/// #     &scan::UsageOptions::default(),
/// #     &scan::Progress::default(),
/// # )?;
/// # let usage = usage.of;
/// let mut addresses = 0;
/// query::dump(&usage, &mut |row| {
///     addresses += u64::from(row.dimension == Dimension::Ip);
///     Ok(())
/// })?;
/// assert!(addresses > 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Those of the usage and of `visit`, as they are.
pub fn dump(
    usage: &dyn Usage,
    visit: &mut dyn FnMut(&EntryRow<'_>) -> io::Result<()>,
) -> io::Result<()> {
    usage.entries(None, None, &mut |key, entries| {
        visit_rows_of_key(key, entries, &mut |row| visit(&row))
    })
}

/// Visits the row of a key and those of its entries, in the order of [`dump`].
fn visit_rows_of_key<'u>(
    key: &KeyUse<'u>,
    entries: &[Entry<'u>],
    visit: &mut dyn FnMut(EntryRow<'u>) -> io::Result<()>,
) -> io::Result<()> {
    let mut sorted: Vec<&Entry<'u>> = entries.iter().collect();
    sorted.sort_unstable_by(|one, other| {
        let order = |entry: &Entry<'u>| {
            let last = Reverse(entry.tally.last.time);
            (
                entry.service_name,
                entry.dimension,
                last,
                entry.name,
                entry.resource_type,
            )
        };
        order(one).cmp(&order(other))
    });
    // The row of the key comes first among those of its last service.
    let before = sorted.partition_point(|entry| entry.service_name < key.last_service);
    let (before, after) = sorted.split_at(before);
    let of_entry = |entry: &&Entry<'u>| entry_row(key, entry);
    let (before, after) = (before.iter().map(of_entry), after.iter().map(of_entry));
    before
        .chain([key_row(key)])
        .chain(after)
        .try_for_each(visit)
}

/// What one key used of one kind; last used first, then by name, service and type. With `service`,
/// only what it used of that service, compared without regard to ASCII case; entries of several
/// spellings are one row, with the spelling of the last event.
///
/// Calls `answer` once with all rows, which are none where the key has no such entries, and returns
/// its result.
///
/// ```
/// use keytrail::query::{self, Dimension};
///
/// # use keytrail::{archive::Archive, scan, usage::Seed};
/// # let sources = scan::Sources::from(Archive::open(&["testdata/archive"])?);
/// # let options = scan::ScanOptions {
/// #     threads: None,
/// #     reader: scan::ReaderKind::Selective,
/// #     seed: Seed::random(),
/// #     search: true,
/// # };
/// # let usage = scan::usage(
/// #     &sources,
/// #     &options,
/// #     &scan::Scope::default(),
/// #     &scan::UsageOptions::default(),
/// #     &scan::Progress::default(),
/// # )?;
/// # let usage = usage.of;
/// let key = "LTAI5tCiDeployEXAMPLE001";
/// let latest = query::last_used(&usage, Dimension::Service, key, None, |rows| {
///     rows.first().map(|row| row.service_name.to_owned())
/// })?;
/// assert!(latest.is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Those of the usage, as they are.
///
/// # Panics
///
/// Never: `answer` is called in any case, so there is a result.
pub fn last_used<T>(
    usage: &dyn Usage,
    dimension: Dimension,
    access_key_id: &str,
    service: Option<&str>,
    answer: impl FnOnce(&[EntryRow<'_>]) -> T,
) -> io::Result<T> {
    let is_selected = |name: &str| service.is_none_or(|service| service.eq_ignore_ascii_case(name));
    let mut answer = Some(answer);
    let mut result = None;
    let mut answer_once = |rows: &[EntryRow<'_>]| {
        if let Some(answer) = answer.take() {
            result = Some(answer(rows));
        }
    };
    usage.entries(Some(access_key_id), Some(dimension), &mut |key, entries| {
        let mut rows: Vec<EntryRow<'_>> = match dimension {
            Dimension::Key => vec![key_row(key)],
            _ => entries
                .iter()
                .filter(|entry| is_selected(entry.service_name))
                .map(|entry| entry_row(key, entry))
                .collect(),
        };
        if service.is_some() {
            merge_spellings(&mut rows);
        }
        rows.sort_unstable_by(|one, other| {
            let last = |row: &EntryRow<'_>| Reverse(row.last.time);
            last(one).cmp(&last(other)).then_with(|| {
                (one.name, one.service_name, one.resource_type).cmp(&(
                    other.name,
                    other.service_name,
                    other.resource_type,
                ))
            })
        });
        answer_once(&rows);
        Ok(())
    })?;
    answer_once(&[]);
    Ok(result.expect("the answer was called with the rows, or with none"))
}

/// Makes one row of those that differ in the spelling of the service alone.
fn merge_spellings(rows: &mut Vec<EntryRow<'_>>) {
    rows.sort_unstable_by_key(|row| (row.name, row.resource_type));
    rows.dedup_by(|other, row| {
        let is_same = (row.name, row.resource_type) == (other.name, other.resource_type);
        if is_same {
            if is_before(&other.first, &row.first) {
                row.first = other.first.clone();
            }
            if is_before(&row.last, &other.last) {
                row.last = other.last.clone();
                (row.service_name, row.source) = (other.service_name, other.source);
            }
            row.last_success = row.last_success.max(other.last_success);
            row.events += other.events;
            row.errors += other.errors;
            row.denied += other.denied;
        }
        is_same
    });
}

/// Whether one use comes before another in the order of first and last.
fn is_before(one: &Occurrence<'_>, other: &Occurrence<'_>) -> bool {
    one.time
        .cmp(&other.time)
        .then_with(|| one.event_id.as_text().cmp(&other.event_id.as_text()))
        .then_with(|| one.place.cmp(&other.place))
        .is_lt()
}

fn key_row<'u>(key: &KeyUse<'u>) -> EntryRow<'u> {
    EntryRow {
        dimension: Dimension::Key,
        access_key_id: key.access_key_id,
        service_name: key.last_service,
        resource_type: None,
        name: None,
        first: key.tally.first.clone(),
        last: key.tally.last.clone(),
        events: key.tally.events,
        errors: key.tally.errors,
        source: key.tally.source,
        owner: Some(Owner {
            account_id: key.account_id,
            owner_id: key.owner_id,
            user_name: key.user_name,
            account_type: key.account_type,
        }),
        last_success: key.tally.last_success,
        denied: key.tally.denied,
    }
}

fn entry_row<'u>(key: &KeyUse<'u>, entry: &Entry<'u>) -> EntryRow<'u> {
    let (resource_type, name) = match entry.dimension {
        Dimension::Key | Dimension::Service => (None, None),
        Dimension::Resource => (Some(entry.resource_type), Some(entry.name)),
        Dimension::Event
        | Dimension::Ip
        | Dimension::Region
        | Dimension::Agent
        | Dimension::Error => (None, Some(entry.name)),
    };
    EntryRow {
        dimension: entry.dimension,
        access_key_id: key.access_key_id,
        service_name: entry.service_name,
        resource_type,
        name,
        first: entry.tally.first.clone(),
        last: entry.tally.last.clone(),
        events: entry.tally.events,
        errors: entry.tally.errors,
        source: entry.tally.source,
        owner: None,
        last_success: entry.tally.last_success,
        denied: entry.tally.denied,
    }
}

/// How many bytes a key has at most that is compared with others: twice as many as the longest of the
/// cloud, since the time grows with the square.
const MAX_NEAR: usize = 256;

/// The keys that are most like this one, at most `limit`, by distance and then by their bytes. Keys
/// that differ in more than half of the letters are left out, and so are keys of more than 256 bytes.
///
/// # Errors
///
/// Those of the usage, as they are.
pub fn nearest_keys(
    usage: &dyn Usage,
    access_key_id: &str,
    limit: usize,
) -> io::Result<Vec<String>> {
    if access_key_id.len() > MAX_NEAR {
        return Ok(Vec::new());
    }
    // A key typed in the wrong case is the likeliest mistake.
    let wanted = access_key_id.to_ascii_lowercase();
    let farthest = (wanted.chars().count() / 2).max(1);
    let mut near: Vec<(usize, String)> = Vec::new();
    usage.keys(None, &mut |key, _distinct| {
        if key.access_key_id.len() > MAX_NEAR {
            return Ok(());
        }
        let distance = strsim::levenshtein(&wanted, &key.access_key_id.to_ascii_lowercase());
        if distance <= farthest {
            near.push((distance, key.access_key_id.to_owned()));
        }
        Ok(())
    })?;
    near.sort_unstable();
    near.truncate(limit);
    Ok(near.into_iter().map(|(_, key)| key).collect())
}

/// The first keys, `limit` at most, that begin with this text of three letters or more, whatever their
/// case.
///
/// # Errors
///
/// Those of the usage, as they are.
pub fn keys_that_begin(usage: &dyn Usage, text: &str, limit: usize) -> io::Result<Vec<String>> {
    let mut keys = BTreeSet::new();
    usage.keys(None, &mut |key, _distinct| {
        let key = key.access_key_id;
        let beginning = key.get(..text.len());
        if text.len() > 2 && beginning.is_some_and(|start| start.eq_ignore_ascii_case(text)) {
            keys.insert(key.to_owned());
            if keys.len() > limit {
                keys.pop_last();
            }
        }
        Ok(())
    })?;
    Ok(keys.into_iter().collect())
}
