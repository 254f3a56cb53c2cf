//! The views of usage: plain values that borrow their texts from wherever usage is kept.

use super::dimension::Dimension;
use super::event_id::EventId;
use crate::event::{Place, Source};

/// One use: an event, and where its record is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence<'a> {
    /// Event time, in milliseconds since 1970 UTC.
    pub time: i64,
    /// `eventId`; may be empty.
    pub event_id: EventId<'a>,
    /// The place of the record.
    pub place: Place<'a>,
}

/// First and last use, counts, and the source of the last event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally<'a> {
    /// First use.
    pub first: Occurrence<'a>,
    /// Last use.
    pub last: Occurrence<'a>,
    /// Number of events; duplicates are not counted.
    pub events: u64,
    /// Number of those events that failed.
    pub errors: u64,
    /// Source of the last event.
    pub source: Source,
    /// Time of the last event that did not fail, in milliseconds since 1970 UTC.
    pub last_success: Option<i64>,
    /// Number of events that were denied: for a missing right, or a bad credential.
    pub denied: u64,
}

/// The use of one key as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUse<'a> {
    /// The key.
    pub access_key_id: &'a str,
    /// First use, last use and counts.
    pub tally: Tally<'a>,
    /// `userIdentity.accountId` of the last event; empty where it had none, as the members below.
    pub account_id: &'a str,
    /// `userIdentity.principalId` of the last event.
    pub owner_id: &'a str,
    /// `userIdentity.userName` of the last event.
    pub user_name: &'a str,
    /// `userIdentity.type` of the last event.
    pub account_type: &'a str,
    /// Service of the last event.
    pub last_service: &'a str,
    /// Name of the last event.
    pub last_event: &'a str,
    /// Source IP of the last event.
    pub last_ip: &'a str,
}

/// An entry under a key and a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Any dimension but `Key`.
    pub dimension: Dimension,
    /// The service; may be empty.
    pub service_name: &'a str,
    /// Type of a resource, which may be empty; empty for all other entries.
    pub resource_type: &'a str,
    /// Event name, IP, resource name, region, user agent or error code; empty for the entry of a
    /// service. A user agent may quote a secret.
    pub name: &'a str,
    /// First use, last use and counts.
    pub tally: Tally<'a>,
}

/// How many distinct names of each kind a key has, whatever the service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DistinctCounts {
    /// Services.
    pub services: u64,
    /// Event names.
    pub event_names: u64,
    /// Source IPs.
    pub ips: u64,
    /// Resources, by type and name.
    pub resources: u64,
    /// Regions.
    pub regions: u64,
    /// User agents.
    pub agents: u64,
}

impl DistinctCounts {
    /// Counts one more name; those of keys and error codes are not counted.
    pub(super) fn add(&mut self, dimension: Dimension) {
        match dimension {
            Dimension::Service => self.services += 1,
            Dimension::Event => self.event_names += 1,
            Dimension::Ip => self.ips += 1,
            Dimension::Resource => self.resources += 1,
            Dimension::Region => self.regions += 1,
            Dimension::Agent => self.agents += 1,
            Dimension::Key | Dimension::Error => {}
        }
    }
}
