//! How near a value is to the one that was asked for.

use std::collections::BTreeSet;

/// How much of a text is compared, in letters.
const COMPARED: usize = 64;

/// How many values are kept.
const KEPT: usize = 3;

/// The values that are nearest to some wanted ones: a few, whatever the order in which they come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct NearestValues {
    values: BTreeSet<(Rank, String)>,
}

/// How near a value is; the nearest is the smallest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// The same but for the case of letters.
    OtherCase,
    /// It begins with what was asked for.
    Beginning,
    /// As many letters differ, whatever their case.
    Distance(usize),
}

impl NearestValues {
    /// Considers a value.
    pub(super) fn add(&mut self, wanted: &[String], value: &str) {
        if value.is_empty() || self.values.iter().any(|(_, other)| other == value) {
            return;
        }
        let ranks = wanted.iter().filter_map(|wanted| rank(wanted, value));
        if let Some(rank) = ranks.min() {
            self.insert((rank, value.to_owned()));
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        for value in other.values {
            self.insert(value);
        }
    }

    fn insert(&mut self, value: (Rank, String)) {
        self.values.insert(value);
        if self.values.len() > KEPT {
            self.values.pop_last();
        }
    }

    /// The nearest value, or those that begin with what was asked for.
    pub(super) fn best(&self) -> Vec<String> {
        let begins = |rank: Rank| rank == Rank::Beginning;
        let Some((first, _)) = self.values.first() else {
            return Vec::new();
        };
        let values = self.values.iter().enumerate();
        let best = values
            .take_while(|(number, (rank, _))| *number == 0 || begins(*first) && begins(*rank));
        best.map(|(_, (_, value))| value.clone()).collect()
    }
}

/// The rank of a value; `None` for one that has little to do with the wanted one.
fn rank(wanted: &str, value: &str) -> Option<Rank> {
    if value.eq_ignore_ascii_case(wanted) {
        return Some(Rank::OtherCase);
    }
    let wanted = wanted.replace('*', "");
    let beginning = value.get(..wanted.len());
    if wanted.len() > 2 && beginning.is_some_and(|text| text.eq_ignore_ascii_case(&wanted)) {
        return Some(Rank::Beginning);
    }
    let letters = |text: &str| -> String {
        let letters = text.chars().take(COMPARED);
        letters.map(|letter| letter.to_ascii_lowercase()).collect()
    };
    let (wanted, value) = (letters(&wanted), letters(value));
    let distance = strsim::levenshtein(&wanted, &value);
    let longest = wanted.chars().count().max(value.chars().count());
    (distance * 4 < longest * 3).then_some(Rank::Distance(distance))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nearest(wanted: &str, values: &[&str]) -> Vec<String> {
        let mut nearest = NearestValues::default();
        for value in values {
            nearest.add(&[wanted.to_owned()], value);
        }
        nearest.best()
    }

    #[test]
    fn the_nearest_value_is_named() {
        for (wanted, values, expected) in [
            (
                "DeleteBucket",
                &["RunInstances", "DeleteInstance"][..],
                &["DeleteInstance"][..],
            ),
            (
                "createuser",
                &["CreateUserX", "CreateUser"],
                &["CreateUser"],
            ),
            (
                "LTAI5tCi",
                &["LTAI5tCiB", "LTAI5tCiA", "LTAI5tDi"],
                &["LTAI5tCiA", "LTAI5tCiB"],
            ),
            ("Create*", &["Creat", "x"], &["Creat"]),
            ("云云云云", &["云云云"], &["云云云"]),
            ("alice", &["zzzzzz", ""], &[]),
        ] {
            assert_eq!(nearest(wanted, values), expected, "{wanted}");
        }
    }

    #[test]
    fn the_order_of_values_does_not_matter() {
        let values = ["aab", "aba", "baa", "abb", "aaa", "bbb"];
        let mut reversed = values;
        reversed.reverse();
        assert_eq!(nearest("aaaa", &values), nearest("aaaa", &reversed));
        let mut parts: Vec<_> = values
            .iter()
            .map(|value| {
                let mut part = NearestValues::default();
                part.add(&["aaaa".to_owned()], value);
                part
            })
            .collect();
        let mut merged = parts.pop().unwrap();
        for part in parts {
            merged.merge(part);
        }
        assert_eq!(merged.best(), nearest("aaaa", &values));
    }
}
