//! Questions to what a scan folded: pure, totally ordered rows.
//!
//! No files, no events, no clock, no formats: what a row looks like in an answer is `report`'s.

mod question;

use std::cmp::Reverse;

use crate::usage::{Entry, KeyUse, Occurrence, Source, UsageMap};

pub use question::{Dimension, Question, topic};

/// What an AccessKey ID's form says about the key.
///
/// No vendor page defines the forms; they are told by prefix, never by length
/// (documentation samples and delivered events, 2016 to 2025).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyType {
    /// `LTAI…`: a long-term key of a root account or a RAM user.
    LongTerm,
    /// `STS.…`: a temporary key of an assumed role.
    Sts,
    /// `TMP.…`: a temporary credential of a console session.
    Temporary,
    /// Anything else, such as the 16 letters and digits of the oldest keys.
    Other,
}

impl KeyType {
    /// Tells the kind of a key by its prefix.
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

    /// The word for it in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LongTerm => "long-term",
            Self::Sts => "sts",
            Self::Temporary => "temporary",
            Self::Other => "other",
        }
    }
}

/// One row of `keys`: an AccessKey and the sum of its use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRow<'a> {
    /// `userIdentity.accessKeyId`.
    pub access_key_id: &'a str,
    /// What its form says.
    pub key_type: KeyType,
    /// Who used it, by its last event.
    pub owner: Owner<'a>,
    /// First use.
    pub first: Occurrence<'a>,
    /// Last use.
    pub last: Occurrence<'a>,
    /// Service of the last event; empty when it had none.
    pub last_service: &'a str,
    /// Name of the last event; empty when it had none.
    pub last_event: &'a str,
    /// Source IP of the last event; empty when it had none.
    pub last_ip: &'a str,
    /// How many events.
    pub events: u64,
    /// How many of them failed.
    pub errors: u64,
    /// How many distinct services.
    pub services: u64,
    /// How many distinct event names, whatever the service.
    pub event_names: u64,
    /// How many distinct source IPs.
    pub ips: u64,
    /// How many distinct resources, by type and name.
    pub resources: u64,
}

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
    /// The service the entry stands under; of a key row, the last service.
    pub service_name: &'a str,
    /// Type of a resource (may be empty); `None` for all other entries.
    pub resource_type: Option<&'a str>,
    /// Event name, IP or resource name; `None` on key and service rows.
    pub name: Option<&'a str>,
    /// First use.
    pub first: Occurrence<'a>,
    /// Last use.
    pub last: Occurrence<'a>,
    /// How many events.
    pub events: u64,
    /// How many of them failed.
    pub errors: u64,
    /// Source of the last event.
    pub source: Source,
    /// Who used the key, by its last event; on key rows only.
    pub owner: Option<Owner<'a>>,
}

/// Every key with the sum of its use; last used first, then by key.
pub fn keys(usage: &UsageMap) -> Vec<KeyRow<'_>> {
    let mut rows: Vec<KeyRow<'_>> = usage
        .keys()
        .zip(usage.distinct())
        .map(|(key, distinct)| KeyRow {
            access_key_id: key.access_key_id,
            key_type: KeyType::of(key.access_key_id),
            owner: owner(&key),
            last_service: key.last_service,
            last_event: key.last_event,
            last_ip: key.last_ip,
            events: key.tally.events,
            errors: key.tally.errors,
            services: distinct.services,
            event_names: distinct.event_names,
            ips: distinct.ips,
            resources: distinct.resources,
            first: key.tally.first,
            last: key.tally.last,
        })
        .collect();
    rows.sort_by(|one, other| {
        (Reverse(one.last.time), one.access_key_id)
            .cmp(&(Reverse(other.last.time), other.access_key_id))
    });
    rows
}

/// Every entry of every key; by key, service, dimension, last use (newest first), name.
pub fn dump(usage: &UsageMap) -> Vec<EntryRow<'_>> {
    let mut rows: Vec<EntryRow<'_>> = usage
        .keys()
        .map(key_row)
        .chain(usage.entries(None).map(entry_row))
        .collect();
    // No two entries are the same, and a stable sort would take half as much memory again.
    rows.sort_unstable_by(|one, other| {
        let order = |row: &EntryRow<'_>| (row.dimension, Reverse(row.last.time));
        (one.access_key_id, one.service_name)
            .cmp(&(other.access_key_id, other.service_name))
            .then_with(|| order(one).cmp(&order(other)))
            .then_with(|| (one.name, one.resource_type).cmp(&(other.name, other.resource_type)))
    });
    rows
}

/// What one key used of one kind; last used first, then by name. `service` narrows it to a service,
/// whose name is compared without regard to ASCII case.
pub fn last_used<'a>(
    usage: &'a UsageMap,
    dimension: Dimension,
    access_key_id: &str,
    service: Option<&str>,
) -> Vec<EntryRow<'a>> {
    let wanted = |name: &str| service.is_none_or(|service| service.eq_ignore_ascii_case(name));
    let mut rows: Vec<EntryRow<'a>> = match dimension {
        Dimension::Key => usage
            .keys()
            .filter(|key| key.access_key_id == access_key_id)
            .map(key_row)
            .collect(),
        Dimension::Service | Dimension::Event | Dimension::Ip | Dimension::Resource => usage
            .entries(Some(access_key_id))
            .filter(|entry| entry.dimension == dimension && wanted(entry.service_name))
            .map(entry_row)
            .collect(),
    };
    rows.sort_unstable_by(|one, other| {
        let name = |row: &EntryRow<'a>| {
            (
                Reverse(row.last.time),
                row.name,
                row.service_name,
                row.resource_type,
            )
        };
        name(one).cmp(&name(other))
    });
    rows
}

fn key_row(key: KeyUse<'_>) -> EntryRow<'_> {
    EntryRow {
        dimension: Dimension::Key,
        access_key_id: key.access_key_id,
        service_name: key.last_service,
        resource_type: None,
        name: None,
        events: key.tally.events,
        errors: key.tally.errors,
        source: key.tally.source,
        owner: Some(owner(&key)),
        first: key.tally.first,
        last: key.tally.last,
    }
}

fn entry_row(entry: Entry<'_>) -> EntryRow<'_> {
    let (resource_type, name) = match entry.dimension {
        Dimension::Key | Dimension::Service => (None, None),
        Dimension::Event | Dimension::Ip => (None, Some(entry.name)),
        Dimension::Resource => (Some(entry.resource_type), Some(entry.name)),
    };
    EntryRow {
        dimension: entry.dimension,
        access_key_id: entry.access_key_id,
        service_name: entry.service_name,
        resource_type,
        name,
        events: entry.tally.events,
        errors: entry.tally.errors,
        source: entry.tally.source,
        owner: None,
        first: entry.tally.first,
        last: entry.tally.last,
    }
}

fn owner<'a>(key: &KeyUse<'a>) -> Owner<'a> {
    Owner {
        account_id: key.account_id,
        owner_id: key.owner_id,
        user_name: key.user_name,
        account_type: key.account_type,
    }
}

/// The keys of the archive that are most like the one asked for, the likest first: those with the
/// fewest letters to change, as many as `most`. Keys that share next to nothing are not named.
pub fn nearest_keys<'a>(usage: &'a UsageMap, access_key_id: &str, most: usize) -> Vec<&'a str> {
    let wanted: Vec<char> = access_key_id.chars().collect();
    let limit = (wanted.len() / 2).max(1);
    let mut near: Vec<(usize, &str)> = usage
        .keys()
        .map(|key| (distance(&wanted, key.access_key_id), key.access_key_id))
        .filter(|&(distance, _)| distance <= limit)
        .collect();
    near.sort_unstable();
    near.truncate(most);
    near.into_iter().map(|(_, key)| key).collect()
}

/// How many letters have to be changed, added or taken away (Levenshtein); letters that differ
/// only in case count as the same, since a key typed in the wrong case is the likeliest mistake.
fn distance(wanted: &[char], key: &str) -> usize {
    let mut row: Vec<usize> = (0..=wanted.len()).collect();
    for (at, letter) in key.chars().enumerate() {
        let mut diagonal = at;
        let mut left = at + 1;
        for (above, &other) in row.iter_mut().skip(1).zip(wanted) {
            let same = letter.eq_ignore_ascii_case(&other);
            let best = (*above + 1)
                .min(left + 1)
                .min(diagonal + usize::from(!same));
            diagonal = std::mem::replace(above, best);
            left = best;
        }
        if let Some(first) = row.first_mut() {
            *first = at + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}
