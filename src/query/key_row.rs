//! The rows of `keys`, and the type that the form of a key shows. Leaves out which keys have one.

/// The type of a key, as far as the form of its ID shows it.
///
/// No vendor page defines the forms. They are recognized by prefix, never by length
/// (documentation samples and delivered events, 2016 to 2025).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyType {
    /// `LTAI…`: a long-term key of a root account or a RAM user.
    LongTerm,
    /// `STS.…`: a temporary key of an assumed role.
    Sts,
    /// `TMP.…`: a temporary credential of a console session.
    Temporary,
    #[default]
    /// Anything else, such as the 16 letters and digits of the oldest keys.
    Other,
}

impl KeyType {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::LongTerm, Self::Sts, Self::Temporary, Self::Other];

    /// The type of a key, by its prefix.
    ///
    /// ```
    /// use keytrail::query::KeyType;
    ///
    /// assert_eq!(KeyType::of("STS.NTExample").as_str(), "sts");
    /// ```
    pub fn of(access_key_id: &str) -> Self {
        if access_key_id.starts_with("LTAI") {
            Self::LongTerm
        } else if access_key_id.starts_with("STS.") {
            Self::Sts
        } else if access_key_id.starts_with("TMP.") {
            Self::Temporary
        } else {
            Self::Other
        }
    }

    /// Its name in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LongTerm => "long-term",
            Self::Sts => "sts",
            Self::Temporary => "temporary",
            Self::Other => "other",
        }
    }
}

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
}
