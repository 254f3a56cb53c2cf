//! The reply of `LookupEvents`: whole events.

use serde::Serialize;

use crate::coverage::Coverage;
use crate::report::request::Request;
use crate::report::text::record;
use crate::report::text::time::time;

use super::request_id::request_id;

/// The reply, apart from its last member `Events`, of which each is written by itself.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct LookupEventsReply {
    request_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<String>,
}

impl LookupEventsReply {
    /// The window is that of the request; an open end of it is that of the events.
    pub(crate) fn new(request: &Request<'_>, coverage: &Coverage) -> Self {
        let span = coverage.span;
        let start = request.since.or(span.map(|span| span.first));
        let end = request.until.or(span.map(|span| span.last));
        // The vendor's form has no fraction: rounded outwards, so that every event is inside.
        let second = |time: i64| time.div_euclid(1000).saturating_mul(1000);
        Self {
            request_id: request_id(request),
            start_time: start.map(|start| time(second(start))),
            end_time: end.map(|end| time(second(end.saturating_add(999)))),
        }
    }
}

/// An event of the list, and whether its record is sound JSON that every reader accepts. Where it is
/// not, what is wrong in it becomes a string of its text.
pub(crate) fn event(record: &str) -> (String, bool) {
    match record::embeddable(record) {
        Some(event) => (event, true),
        None => (record::rebuilt(record), false),
    }
}
