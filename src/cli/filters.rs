//! The options that decide what is in an answer, as documents state them: their names, and what was
//! given for them.
//!
//! They come from the command line, so that no option can be left out. Left out on purpose: options
//! that decide how and where an answer is written, and what it is read with.

use std::collections::BTreeMap;

use clap::{Arg, ArgAction, ArgMatches, Command, parser::ValueSource};
use keytrail::report::{self, FilterValue};

use super::time::Timestamp;
use super::typed_key::TypedKey;

/// The options that are no filters.
const OTHERS: [&str; 17] = [
    "accept",
    "archive",
    "color",
    "columns",
    "csv-raw",
    "errors-to",
    "exit-zero",
    "force",
    "format",
    "no-search",
    "output",
    "progress",
    "quiet",
    "reader",
    "spill-at",
    "threads",
    "verbose",
];

/// The filters of a command that was given.
pub(super) fn filters(command: &Command, matches: &ArgMatches) -> BTreeMap<String, FilterValue> {
    let mut filters = BTreeMap::new();
    if let Some((name, matches)) = matches.subcommand()
        && let Some(command) = command.find_subcommand(name)
    {
        for argument in command.get_arguments() {
            let id = argument.get_id().as_str();
            if let Some(name) = argument.get_long()
                && !OTHERS.contains(&name)
                && matches.value_source(id) == Some(ValueSource::CommandLine)
                && let Some(value) = value(argument, name, matches)
            {
                filters.insert(name.to_owned(), value);
            }
        }
    }
    filters
}

/// Adds keys that were given in place of an archive.
pub(super) fn add_keys(filters: &mut BTreeMap<String, FilterValue>, keys: &[String]) {
    if keys.is_empty() {
        return;
    }
    let mut all: Vec<String> = keys.iter().map(|typed| key(typed)).collect();
    if let Some(FilterValue::Many(given)) = filters.remove("key") {
        all.extend(given);
    }
    all.sort_unstable();
    all.dedup();
    filters.insert("key".to_owned(), FilterValue::Many(all));
}

fn value(argument: &Arg, name: &str, matches: &ArgMatches) -> Option<FilterValue> {
    let id = argument.get_id().as_str();
    // An age counts from the time of the run, which a document does not state otherwise.
    if let Ok(Some(Timestamp(time))) = matches.try_get_one::<Timestamp>(id) {
        return Some(FilterValue::One(report::time(*time)));
    }
    let mut values: Vec<String> = (matches.get_raw(id)?)
        .map(|value| value.to_string_lossy().into_owned())
        .map(|value| {
            if name.ends_with("key") {
                key(&value)
            } else {
                value
            }
        })
        .collect();
    match argument.get_action() {
        ArgAction::SetTrue => Some(FilterValue::Flag),
        ArgAction::Append => {
            // Conditions are any of several, in no order.
            values.sort_unstable();
            values.dedup();
            Some(FilterValue::Many(values))
        }
        _ if argument.get_value_delimiter().is_some() => Some(FilterValue::Many(values)),
        _ => values.pop().map(FilterValue::One),
    }
}

/// A key without what was pasted with it, which may be its secret; or the file of keys that is named.
fn key(typed: &str) -> String {
    if typed.starts_with('@') {
        return typed.to_owned();
    }
    // One that cannot be parsed ends the run before anything is written.
    TypedKey::parse(typed).map_or_else(|_| String::new(), |key| key.id)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::super::args::Arguments;
    use super::*;

    fn of(words: &str) -> BTreeMap<String, FilterValue> {
        let words = words.split(' ');
        let matches = Arguments::command().get_matches_from(words);
        filters(&Arguments::command(), &matches)
    }

    #[test]
    fn filters_are_what_was_given_whatever_its_order() {
        let many = |values: &[&str]| {
            FilterValue::Many(values.iter().map(|&value| value.to_owned()).collect())
        };
        let filters =
            of("keytrail lookup a --key B --limit 5 --since 2024-05-01 --key A --denied -f csv -q");
        let expected = [
            ("denied", FilterValue::Flag),
            ("key", many(&["A", "B"])),
            ("limit", FilterValue::One("5".to_owned())),
            ("since", FilterValue::One("2024-05-01T00:00:00Z".to_owned())),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value));
        assert_eq!(filters, expected.into_iter().collect());
        assert_eq!(of("keytrail keys a --threads 2"), BTreeMap::new());
    }

    #[test]
    fn a_secret_that_was_pasted_with_a_key_is_no_part_of_it() {
        for (typed, expected) in [
            ("LTAI5tA", "LTAI5tA"),
            (" 'LTAI5tA' ", "LTAI5tA"),
            ("LTAI5tA:s3cr3t", "LTAI5tA"),
            ("LTAI5tA, s3cr3t", "LTAI5tA"),
            ("\"STS.NUx\" s3cr3t", "STS.NUx"),
            ("LTAI5t****E001", "LTAI5t****E001"),
            ("@keys.txt", "@keys.txt"),
        ] {
            assert_eq!(key(typed), expected);
        }
    }
}
