//! What the bytes of a log file say: events, and the readers that find them.
//!
//! Pure: bytes in, events out. Knows no files, no compression and no sums.
//! [`Reader`] is the one way in; behind it stand the selective reader, the complete one and the
//! tolerant one, which agree on every text (`docs/ARCHITECTURE.md` says why).

mod bitmaps;
mod careful;
mod complete;
mod details;
mod dialect;
mod fields;
mod place;
mod plain;
mod reader;
mod search;
mod selective;
mod stretch;
mod string;
mod structure;
mod time;
mod tolerant;

pub use details::Details;
pub use fields::Resource;
pub use place::Place;
pub use reader::{FaultKind, LeftOutReason, MAX_RECORD, Reader, Record, Summary, TextFault};
pub use search::{Needle, Search, begins_as_json, ends_as_json};
pub use time::parse as parse_time;

/// One event: a record with a usable time, as far as an audit of AccessKeys needs it.
///
/// Borrows from the text it was read from. A field that the record does not have is `""`;
/// the contract makes no difference between missing and empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// `eventTime`, in milliseconds since 1970 UTC.
    pub time: i64,
    /// `eventId`.
    pub event_id: &'a str,
    /// `userIdentity.accessKeyId`.
    pub access_key_id: &'a str,
    /// `userIdentity.accountId`.
    pub account_id: &'a str,
    /// `userIdentity.principalId`.
    pub owner_id: &'a str,
    /// `userIdentity.userName`.
    pub user_name: &'a str,
    /// `userIdentity.type`.
    pub account_type: &'a str,
    /// `recipientAccountId`: the account that received the event.
    pub recipient_account_id: &'a str,
    /// `acsRegion`. The folder of the log file may name another region.
    pub region: &'a str,
    /// `serviceName`.
    pub service_name: &'a str,
    /// `eventName`.
    pub event_name: &'a str,
    /// `sourceIpAddress`: an address, `Internal`, or the host of a cloud service.
    pub source_ip: &'a str,
    /// `errorCode`; non-empty when the call failed.
    pub error_code: &'a str,
    /// What `eventCategory` says.
    pub source: Source,
    /// The resources of both forms, without repeats, in no particular order.
    pub resources: &'a [Resource<'a>],
}

impl<'a> Event<'a> {
    /// The account that the event belongs to: that of its identity, else that which received it.
    pub fn account(&self) -> &'a str {
        if self.account_id.is_empty() {
            self.recipient_account_id
        } else {
            self.account_id
        }
    }
}

/// Where the cloud's audit would say that a use was seen.
///
/// The words are those of the `Source` member of the cloud's replies
/// (API `Actiontrail` 2020-07-06, `GetAccessKeyLastUsedInfo` and siblings).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// `eventCategory` is `Management`, or missing as in older events.
    #[default]
    Management,
    /// `eventCategory` is `Data`.
    Data,
    /// Any other `eventCategory`.
    Internal,
}

impl Source {
    /// Reads an `eventCategory`; `""` stands for a missing one.
    pub fn from_category(category: &str) -> Self {
        match category {
            "" | "Management" => Self::Management,
            "Data" => Self::Data,
            _ => Self::Internal,
        }
    }

    /// The cloud's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Management => "ManagementEvent",
            Self::Data => "DataEvent",
            Self::Internal => "Internal",
        }
    }
}
