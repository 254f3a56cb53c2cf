//! The event: what an audit of AccessKeys needs of a record. Leaves out how it is read.

use super::failure::is_denied;

/// One event: a record with a usable time.
///
/// Borrows from the text it was read from. A field that the record does not have is `""`:
/// missing and empty mean the same.
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
    /// `errorCode`. Whether the call failed is [`Self::failed`].
    pub error_code: &'a str,
    /// Whether this is a sign-in that failed by its `errorMessage`, without an `errorCode`.
    pub failed_sign_in: bool,
    /// `userAgent`.
    pub user_agent: &'a str,
    /// The AccessKey that an Insight event is about: `insightDetails.insightObject` where
    /// `insightType` is `AkInsight`. Nobody used the key for it.
    pub insight_key: &'a str,
    /// The source that `eventCategory` stands for.
    pub source: Source,
    /// The resources of `referencedResources` and of `resourceName`, without duplicates, in no
    /// particular order.
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

    /// Whether the call failed.
    pub fn failed(&self) -> bool {
        !self.error_code.is_empty() || self.failed_sign_in
    }

    /// Whether the call was denied: for a missing right, or a bad credential.
    pub fn denied(&self) -> bool {
        is_denied(self.error_code)
    }
}

/// The kind of event, as the cloud's audit of AccessKeys reports it.
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
    /// The source of an `eventCategory`; `""` stands for a missing one.
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

/// A resource that an event names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Resource<'a> {
    /// Its type, such as `ACS::ECS::Instance`; `""` when the event gives none.
    pub resource_type: &'a str,
    /// Its name; never empty.
    pub name: &'a str,
}
