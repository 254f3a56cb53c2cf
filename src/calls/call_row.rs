//! One call record, and how the rows of many are read one by one.

use std::io;

use crate::event::{Resource, is_failure};

/// One call record: an event and its place. A field that the event does not have is `""`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallRow<'a> {
    /// `eventTime`, in milliseconds since 1970 UTC.
    pub event_time: i64,
    /// `acsRegion`.
    pub region: &'a str,
    /// `userIdentity.accountId`, else `recipientAccountId`.
    pub account_id: &'a str,
    /// `userIdentity.accessKeyId`.
    pub access_key_id: &'a str,
    /// `userIdentity.userName`.
    pub user_name: &'a str,
    /// `userIdentity.principalId`.
    pub principal_id: &'a str,
    /// `userIdentity.type`.
    pub account_type: &'a str,
    /// `serviceName`.
    pub service_name: &'a str,
    /// `eventName`.
    pub event_name: &'a str,
    /// `eventRW`: `Read` or `Write`.
    pub rw: &'a str,
    /// `eventType`.
    pub event_type: &'a str,
    /// `sourceIpAddress`.
    pub source_ip: &'a str,
    /// The resources of both forms, without repeats, sorted by type, then name.
    pub resources: Vec<Resource<'a>>,
    /// `errorCode`. Whether the call failed is [`Self::failed`].
    pub error_code: &'a str,
    /// `errorMessage`.
    pub error_message: &'a str,
    /// What an Insight event says, in words.
    pub insight: &'a str,
    /// `userAgent`.
    pub user_agent: &'a str,
    /// `eventId`.
    pub event_id: &'a str,
    /// `requestId`.
    pub request_id: &'a str,
    /// The path of the log file below its root, with `/` between the names; what is not UTF-8 in it
    /// is U+FFFD.
    pub log_file: &'a str,
    /// The number of the record in its log file, from 0.
    pub record_number: u32,
    /// The text of the whole record; `""` where the rows are without records.
    pub record: &'a str,
}

impl CallRow<'_> {
    /// Whether the call failed.
    pub fn failed(&self) -> bool {
        is_failure(self.event_name, self.error_code, self.error_message)
    }
}

/// Call records in order. They are visited one by one, so that none has to stay in memory.
pub trait Calls {
    /// Calls `visit` with each row, until it returns an error. Every call visits the same rows.
    ///
    /// # Errors
    ///
    /// The error of `visit`, or one of reading the rows.
    fn for_each(&mut self, visit: &mut dyn FnMut(&CallRow<'_>) -> io::Result<()>)
    -> io::Result<()>;
}
