//! What call records can be grouped by: their columns, and what is computed of them.

use std::net::IpAddr;

use super::source_filter::addresses;
use crate::event::{Details, Event, KeyType};

/// A column that groups can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupColumn {
    /// `eventTime`.
    EventTime,
    /// The hour of the event: the time at which it began.
    Hour,
    /// The day of the event, UTC.
    Day,
    /// `acsRegion`.
    Region,
    /// The account, as in a call record.
    AccountId,
    /// `userIdentity.accessKeyId`.
    AccessKeyId,
    /// The kind of key, by the form of its ID.
    KeyType,
    /// `userIdentity.userName`.
    UserName,
    /// `userIdentity.principalId`.
    PrincipalId,
    /// `userIdentity.type`.
    AccountType,
    /// `serviceName`.
    ServiceName,
    /// `eventName`.
    EventName,
    /// `eventRW`.
    Rw,
    /// `eventType`.
    EventType,
    /// `sourceIpAddress`.
    SourceIp,
    /// The network of the first address: /24 of IPv4, /48 of IPv6; a word stands for itself.
    Network,
    /// All resources of a call together.
    Resources,
    /// `errorCode`.
    ErrorCode,
    /// `errorMessage`.
    ErrorMessage,
    /// What an Insight event says.
    Insight,
    /// `userAgent`.
    UserAgent,
    /// `eventId`.
    EventId,
    /// `requestId`.
    RequestId,
    /// The path of the log file.
    LogFile,
    /// The number of the record in it.
    RecordNumber,
}

/// The value of a group in one of its columns.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupValue {
    /// The calls have none.
    Missing,
    /// Text from the archive.
    Text(String),
    /// Milliseconds since 1970 UTC.
    Time(i64),
    /// A number.
    Count(u64),
}

/// An event to be grouped.
pub struct GroupedEvent<'e> {
    /// The event.
    pub event: &'e Event<'e>,
    /// Its further members.
    pub details: &'e Details<'e>,
    /// The path of its log file.
    pub log_file: &'e str,
    /// The number of its record.
    pub record_number: u32,
}

impl GroupColumn {
    /// All of them.
    pub const ALL: [Self; 25] = [
        Self::EventTime,
        Self::Hour,
        Self::Day,
        Self::Region,
        Self::AccountId,
        Self::AccessKeyId,
        Self::KeyType,
        Self::UserName,
        Self::PrincipalId,
        Self::AccountType,
        Self::ServiceName,
        Self::EventName,
        Self::Rw,
        Self::EventType,
        Self::SourceIp,
        Self::Network,
        Self::Resources,
        Self::ErrorCode,
        Self::ErrorMessage,
        Self::Insight,
        Self::UserAgent,
        Self::EventId,
        Self::RequestId,
        Self::LogFile,
        Self::RecordNumber,
    ];

    /// Its name: for columns of call records the one that they have there.
    pub fn name(self) -> &'static str {
        match self {
            Self::EventTime => "event_time",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Region => "region",
            Self::AccountId => "account_id",
            Self::AccessKeyId => "access_key_id",
            Self::KeyType => "key_type",
            Self::UserName => "user_name",
            Self::PrincipalId => "principal_id",
            Self::AccountType => "account_type",
            Self::ServiceName => "service_name",
            Self::EventName => "event_name",
            Self::Rw => "rw",
            Self::EventType => "event_type",
            Self::SourceIp => "source_ip",
            Self::Network => "network",
            Self::Resources => "resources",
            Self::ErrorCode => "error_code",
            Self::ErrorMessage => "error_message",
            Self::Insight => "insight",
            Self::UserAgent => "user_agent",
            Self::EventId => "event_id",
            Self::RequestId => "request_id",
            Self::LogFile => "log_file",
            Self::RecordNumber => "record_number",
        }
    }

    /// The word of the condition on it, where that is another one.
    pub fn short_name(self) -> Option<&'static str> {
        match self {
            Self::AccountId => Some("account"),
            Self::AccessKeyId => Some("key"),
            Self::UserName => Some("user"),
            Self::ServiceName => Some("service"),
            Self::EventName => Some("event"),
            Self::SourceIp => Some("ip"),
            Self::Resources => Some("resource"),
            Self::ErrorCode => Some("error"),
            Self::UserAgent => Some("agent"),
            _ => None,
        }
    }

    /// Whether copies of one event always have the same value.
    pub(super) fn is_same_in_copies(self) -> bool {
        match self {
            Self::EventTime
            | Self::Hour
            | Self::Day
            | Self::AccessKeyId
            | Self::KeyType
            | Self::UserName
            | Self::PrincipalId
            | Self::AccountType
            | Self::ServiceName
            | Self::EventName
            | Self::SourceIp
            | Self::Network
            | Self::Resources
            | Self::ErrorCode
            | Self::EventId => true,
            Self::Region
            | Self::AccountId
            | Self::Rw
            | Self::EventType
            | Self::ErrorMessage
            | Self::Insight
            | Self::UserAgent
            | Self::RequestId
            | Self::LogFile
            | Self::RecordNumber => false,
        }
    }

    /// The value of an event.
    pub fn value(self, of: &GroupedEvent<'_>) -> GroupValue {
        let (event, details) = (of.event, of.details);
        match self {
            Self::EventTime => GroupValue::Time(event.time),
            Self::Hour => GroupValue::Time(event.time - event.time.rem_euclid(HOUR)),
            Self::Day => GroupValue::Time(event.time - event.time.rem_euclid(24 * HOUR)),
            Self::Region => text(event.region),
            Self::AccountId => text(event.account()),
            Self::AccessKeyId => text(event.access_key_id),
            Self::KeyType => text(key_type(event.access_key_id)),
            Self::UserName => text(event.user_name),
            Self::PrincipalId => text(event.owner_id),
            Self::AccountType => text(event.account_type),
            Self::ServiceName => text(event.service_name),
            Self::EventName => text(event.event_name),
            Self::Rw => text(&details.rw),
            Self::EventType => text(&details.event_type),
            Self::SourceIp => text(event.source_ip),
            Self::Network => text(&network(event.source_ip)),
            Self::Resources => text(&resources(event)),
            Self::ErrorCode => text(event.error_code),
            Self::ErrorMessage => text(&details.error_message),
            Self::Insight => text(&details.insight),
            Self::UserAgent => text(&details.user_agent),
            Self::EventId => text(event.event_id),
            Self::RequestId => text(&details.request_id),
            Self::LogFile => text(of.log_file),
            Self::RecordNumber => GroupValue::Count(of.record_number.into()),
        }
    }
}

/// An hour in milliseconds.
const HOUR: i64 = 3_600_000;

fn text(text: &str) -> GroupValue {
    match text {
        "" => GroupValue::Missing,
        text => GroupValue::Text(text.to_owned()),
    }
}

/// The type of a key; `""` where there is none.
fn key_type(access_key_id: &str) -> &'static str {
    match access_key_id {
        "" => "",
        key => KeyType::of(key).as_str(),
    }
}

/// The network of the first address in a source; the source itself where there is none.
fn network(source: &str) -> String {
    match addresses(source).next() {
        None => source.to_owned(),
        Some(IpAddr::V4(address)) => {
            let [a, b, c, _] = address.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        Some(IpAddr::V6(address)) => {
            let [a, b, c, ..] = address.segments();
            let network = std::net::Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0);
            format!("{network}/48")
        }
    }
}

/// The resources of an event as one text, in order.
fn resources(event: &Event<'_>) -> String {
    let mut resources = event.resources.to_vec();
    resources.sort_unstable();
    let texts = resources.iter().map(|one| match one.resource_type {
        "" => one.name.to_owned(),
        kind => format!("{kind}:{}", one.name),
    });
    texts.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_those_of_the_first_address() {
        for (source, expected) in [
            ("198.51.100.7", "198.51.100.0/24"),
            ("198.51.100.7, 10.0.0.1", "198.51.100.0/24"),
            ("[2001:db8:1:2::7]:443", "2001:db8:1::/48"),
            ("::ffff:198.51.100.7", "198.51.100.0/24"),
            ("Internal", "Internal"),
            ("", ""),
        ] {
            assert_eq!(network(source), expected);
        }
    }

    #[test]
    fn no_two_columns_have_one_name() {
        let names = GroupColumn::ALL.iter().map(|column| column.name());
        let short = GroupColumn::ALL.iter().filter_map(|one| one.short_name());
        let names: Vec<_> = names.chain(short).collect();
        let distinct: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(distinct.len(), names.len());
    }
}
