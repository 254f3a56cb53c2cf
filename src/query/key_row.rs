//! The rows of `keys`. Leaves out which keys have one.

use crate::usage::KeyType;

/// One row of `keys`: an AccessKey and its use as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyRow {
    /// `userIdentity.accessKeyId`.
    pub access_key_id: String,
    /// Its type, by its form.
    pub key_type: KeyType,
    /// `userIdentity.accountId` of the last event; empty where it had none, as the other texts.
    pub account_id: String,
    /// `userIdentity.principalId` of the last event.
    pub owner_id: String,
    /// `userIdentity.userName` of the last event.
    pub user_name: String,
    /// `userIdentity.type` of the last event.
    pub account_type: String,
    /// Time of the first use, in milliseconds since 1970 UTC; `None` for a key without events, as a
    /// list of expected keys adds it.
    pub first_used: Option<i64>,
    /// Time of the last use.
    pub last_used: Option<i64>,
    /// Service of the last event.
    pub last_service: String,
    /// Name of the last event.
    pub last_event: String,
    /// Source IP of the last event.
    pub last_ip: String,
    /// Number of events.
    pub events: u64,
    /// Number of those events that failed.
    pub errors: u64,
    /// Number of distinct services.
    pub services: u64,
    /// Number of distinct event names, whatever the service.
    pub event_names: u64,
    /// Number of distinct source IPs.
    pub ips: u64,
    /// Number of distinct resources, by type and name.
    pub resources: u64,
    /// Time of the last event that did not fail.
    pub last_success: Option<i64>,
    /// Number of events that were denied.
    pub denied: u64,
    /// Number of distinct regions.
    pub regions: u64,
    /// Number of distinct user agents.
    pub agents: u64,
    /// Whether it was not used; `None` where that is not asked.
    pub unused: Option<Unused>,
}

/// What is known of a key of which no use was found in the time that is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unused {
    /// It was not used.
    Yes,
    /// Nothing is known of a part of that time.
    Unknown,
}

impl Unused {
    /// The word for it in an answer.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Unknown => "unknown",
        }
    }
}
