//! Which keys an answer lists, and in which order. Leaves out where their rows are from.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeSet;

use super::key_row::{KeyRow, Unused};
use crate::usage::{KeyType, LastOfAccounts};

/// Which keys are listed.
///
/// ```
/// use keytrail::query::{KeyRow, KeySelection, KeyType};
///
/// let row = |key: &str| KeyRow {
///     access_key_id: key.to_owned(),
///     key_type: KeyType::of(key),
///     events: 1,
///     ..KeyRow::default()
/// };
/// let selection = KeySelection {
///     types: vec![KeyType::LongTerm],
///     expected: vec!["LTAI5tNever".to_owned()],
///     ..KeySelection::default()
/// };
/// let rows = selection.apply(vec![row("LTAI5tExample"), row("STS.Example")]);
/// let found: Vec<_> = rows.iter().map(|row| (&*row.access_key_id, row.events)).collect();
/// assert_eq!(found, [("LTAI5tExample", 1), ("LTAI5tNever", 0)]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct KeySelection {
    /// Only keys of these types; of all, where there are none.
    pub types: Vec<KeyType>,
    /// Only keys that were not used, as far as is known.
    pub unused: Option<UnusedSince>,
    /// Only keys whose first use is at this time or after it.
    pub new_since: Option<i64>,
    /// Keys that have a row even if they never occur: unless one of the others asks for keys that were
    /// used, at a time or from somewhere.
    pub expected: Vec<String>,
    /// Only these keys.
    pub only: Option<BTreeSet<String>>,
    /// The order of the rows.
    pub order: KeyOrder,
}

/// Since when a key has to be unused.
#[derive(Clone, Debug, Default)]
pub struct UnusedSince {
    /// How long, in milliseconds.
    pub age: i64,
    /// The last event of each account.
    pub last: LastOfAccounts,
    /// The end of the window, if that is earlier.
    pub until: Option<i64>,
    /// Times of which nothing is known.
    pub blind: Vec<UnknownTime>,
}

/// A time in which keys may have been used without a trace. An end that is `None` is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnknownTime {
    /// The account; `None` for all.
    pub account: Option<String>,
    /// Its beginning, in milliseconds since 1970 UTC.
    pub from: Option<i64>,
    /// Its end.
    pub until: Option<i64>,
}

/// What the rows of keys are sorted by: texts upwards, counts and times downwards, and what is
/// missing at the end. Rows that are equal in it are sorted by last use, newest first, then by key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyOrder {
    /// The last use.
    #[default]
    LastUsed,
    /// The first use.
    FirstUsed,
    /// The last success.
    LastSuccess,
    /// The key.
    AccessKeyId,
    /// The type of the key.
    KeyType,
    /// The account.
    AccountId,
    /// The user.
    UserName,
    /// The last service.
    LastService,
    /// The last source IP.
    LastIp,
    /// The number of events.
    Events,
    /// The number of errors.
    Errors,
    /// The number of denials.
    Denied,
    /// The number of services.
    Services,
    /// The number of event names.
    EventNames,
    /// The number of source IPs.
    Ips,
    /// The number of resources.
    Resources,
    /// The number of regions.
    Regions,
    /// The number of user agents.
    Agents,
}

impl KeySelection {
    /// The selected rows, in order.
    pub fn apply(&self, mut rows: Vec<KeyRow>) -> Vec<KeyRow> {
        let there: BTreeSet<&str> = rows.iter().map(|row| &*row.access_key_id).collect();
        let missing: BTreeSet<&str> = self.expected.iter().map(|key| &**key).collect();
        let missing: Vec<KeyRow> = missing
            .difference(&there)
            .map(|key| KeyRow {
                access_key_id: (*key).to_owned(),
                key_type: KeyType::of(key),
                ..KeyRow::default()
            })
            .collect();
        rows.extend(missing);
        rows.retain(|row| self.selects_but_for_use(row));
        if let Some(since) = &self.unused {
            rows.retain_mut(|row| {
                row.unused = since.unused(row);
                row.unused.is_some()
            });
        }
        rows.sort_by(|one, other| self.order.cmp(one, other));
        rows
    }

    fn selects_but_for_use(&self, row: &KeyRow) -> bool {
        let Self {
            types,
            unused: _,
            new_since,
            expected: _,
            only,
            order: _,
        } = self;
        let is_new = |since| row.first_used.is_some_and(|first| first >= since);
        (types.is_empty() || types.contains(&row.key_type))
            && new_since.is_none_or(is_new)
            && only
                .as_ref()
                .is_none_or(|only| only.contains(&row.access_key_id))
    }
}

impl UnusedSince {
    /// From when on a key of this account must not be used; `None` where nothing is known of any
    /// account.
    pub fn since(&self, account: &str) -> Option<i64> {
        let last = self.last.of(account)?;
        let end = self.until.map_or(last, |until| until.min(last));
        Some(end.saturating_sub(self.age))
    }

    /// What is known of a key; `None` where it was used.
    fn unused(&self, row: &KeyRow) -> Option<Unused> {
        let since = self.since(&row.account_id);
        let is_used = match (row.last_used, since) {
            (Some(last), Some(since)) => last >= since,
            (None, _) => false,
            (Some(_), None) => true,
        };
        (!is_used).then(|| {
            if self.is_unknown(row) {
                Unused::Unknown
            } else {
                Unused::Yes
            }
        })
    }

    /// Whether nothing is known of a part of the time in which a key must not be used.
    fn is_unknown(&self, row: &KeyRow) -> bool {
        let account = &row.account_id;
        let Some(since) = self.since(account) else {
            return true;
        };
        let end = since.saturating_add(self.age);
        self.blind.iter().any(|blind| {
            let of_account = blind.account.as_ref();
            // A key that never occurs has no account yet.
            let concerns = |other: &String| account.is_empty() || other == account;
            of_account.is_none_or(concerns)
                && blind.from.is_none_or(|from| from < end)
                && blind.until.is_none_or(|until| until > since)
        })
    }
}

impl KeyOrder {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::LastUsed,
        Self::FirstUsed,
        Self::LastSuccess,
        Self::AccessKeyId,
        Self::KeyType,
        Self::AccountId,
        Self::UserName,
        Self::LastService,
        Self::LastIp,
        Self::Events,
        Self::Errors,
        Self::Denied,
        Self::Services,
        Self::EventNames,
        Self::Ips,
        Self::Resources,
        Self::Regions,
        Self::Agents,
    ];

    /// Its name, which is that of the column.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LastUsed => "last_used",
            Self::FirstUsed => "first_used",
            Self::LastSuccess => "last_success",
            Self::AccessKeyId => "access_key_id",
            Self::KeyType => "key_type",
            Self::AccountId => "account_id",
            Self::UserName => "user_name",
            Self::LastService => "last_service",
            Self::LastIp => "last_ip",
            Self::Events => "events",
            Self::Errors => "errors",
            Self::Denied => "denied",
            Self::Services => "services",
            Self::EventNames => "event_names",
            Self::Ips => "ips",
            Self::Resources => "resources",
            Self::Regions => "regions",
            Self::Agents => "agents",
        }
    }

    fn cmp(self, one: &KeyRow, other: &KeyRow) -> Ordering {
        let count = |count: fn(&KeyRow) -> u64| count(other).cmp(&count(one));
        let time = |time: fn(&KeyRow) -> Option<i64>| time(other).cmp(&time(one));
        let text = |text: fn(&KeyRow) -> &str| {
            let (one, other) = (text(one), text(other));
            (one.is_empty(), one).cmp(&(other.is_empty(), other))
        };
        let order = match self {
            Self::LastUsed => time(|row| row.last_used),
            Self::FirstUsed => time(|row| row.first_used),
            Self::LastSuccess => time(|row| row.last_success),
            Self::AccessKeyId => text(|row| &row.access_key_id),
            Self::KeyType => one.key_type.cmp(&other.key_type),
            Self::AccountId => text(|row| &row.account_id),
            Self::UserName => text(|row| &row.user_name),
            Self::LastService => text(|row| &row.last_service),
            Self::LastIp => text(|row| &row.last_ip),
            Self::Events => count(|row| row.events),
            Self::Errors => count(|row| row.errors),
            Self::Denied => count(|row| row.denied),
            Self::Services => count(|row| row.services),
            Self::EventNames => count(|row| row.event_names),
            Self::Ips => count(|row| row.ips),
            Self::Resources => count(|row| row.resources),
            Self::Regions => count(|row| row.regions),
            Self::Agents => count(|row| row.agents),
        };
        let rest = |row: &KeyRow| Reverse(row.last_used);
        order
            .then_with(|| rest(one).cmp(&rest(other)))
            .then_with(|| one.access_key_id.cmp(&other.access_key_id))
    }
}
