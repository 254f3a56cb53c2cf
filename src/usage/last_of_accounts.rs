//! When each account had its last event, with a key or without.

use std::collections::BTreeMap;

use crate::event::Event;

/// The time of the last event of each account.
///
/// ```
/// use keytrail::event::Reader;
/// use keytrail::usage::LastOfAccounts;
///
/// let text = br#"[{"eventTime": "2024-03-05T09:21:32Z", "recipientAccountId": "1"}]"#;
/// let mut last = LastOfAccounts::default();
/// Reader::new().read(text, true, |record| last.observe(&record.event));
/// assert_eq!(last.of("1"), Some(1_709_630_492_000));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastOfAccounts {
    by_account: BTreeMap<String, i64>,
}

impl LastOfAccounts {
    /// Adds an event.
    pub fn observe(&mut self, event: &Event<'_>) {
        self.add(event.account(), event.time);
    }

    fn add(&mut self, account: &str, time: i64) {
        match self.by_account.get_mut(account) {
            Some(last) => *last = (*last).max(time),
            None => {
                self.by_account.insert(account.to_owned(), time);
            }
        }
    }

    /// Adds those of other events.
    pub fn merge(&mut self, other: Self) {
        for (account, time) in other.by_account {
            self.add(&account, time);
        }
    }

    /// The time of the last event of an account, in milliseconds since 1970 UTC; that of all accounts
    /// for one that has none. `None` without any event.
    pub fn of(&self, account: &str) -> Option<i64> {
        let own = self.by_account.get(account).filter(|_| !account.is_empty());
        own.or_else(|| self.by_account.values().max()).copied()
    }

    /// The accounts, in the order of their bytes; `""` for events without one.
    pub fn accounts(&self) -> impl Iterator<Item = &str> {
        self.by_account.keys().map(String::as_str)
    }
}
