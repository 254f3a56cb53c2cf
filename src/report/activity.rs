//! What a call record amounts to, in the few words that formats of other tools have for it.

use std::net::IpAddr;

use super::Row;

/// What a call did to a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Activity {
    Create,
    Read,
    Update,
    Delete,
    /// Something else, such as a sign-in, or not known.
    Other,
}

/// Verbs with which the cloud's operations begin that only look.
const READS: [&str; 8] = [
    "Describe", "List", "Get", "Query", "Search", "Lookup", "Check", "Head",
];

/// By `eventRW`, and the verb with which the event's name begins where that does not tell.
pub(super) fn activity(row: &Row<'_>) -> Activity {
    let name = row.text("event_name").unwrap_or_default();
    let begins = |verbs: &[&str]| verbs.iter().any(|verb| name.starts_with(verb));
    let event_type = row.text("event_type").unwrap_or_default();
    match row.text("rw") {
        _ if event_type.starts_with("ConsoleSign") => Activity::Other,
        Some("Read") => Activity::Read,
        Some("Write") | None if begins(&["Create", "Run"]) => Activity::Create,
        Some("Write") | None if begins(&["Delete", "Release"]) => Activity::Delete,
        Some("Write") => Activity::Update,
        None if begins(&READS) => Activity::Read,
        Some(_) | None => Activity::Other,
    }
}

/// Where a call came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source<'r> {
    /// An address.
    Address(&'r str),
    /// A service of the cloud, by its host.
    Service(&'r str),
    /// `Internal`, or whatever else stands there.
    Word(&'r str),
    /// Nothing.
    Unknown,
}

pub(super) fn source<'r>(row: &Row<'r>) -> Source<'r> {
    match row.text("source_ip") {
        None => Source::Unknown,
        Some(text) if text.parse::<IpAddr>().is_ok() => Source::Address(text),
        Some(text) if text.contains('.') && text.is_ascii() => Source::Service(text),
        Some(text) => Source::Word(text),
    }
}

/// The call in one line for the eye: `Ecs RunInstances by alice with LTAI… from 203.0.113.7`, and
/// how it failed.
pub(super) fn summary(row: &Row<'_>) -> String {
    let mut text = String::new();
    for (before, column) in [
        ("", "service_name"),
        (" ", "event_name"),
        (" by ", "user_name"),
        (" with ", "access_key_id"),
        (" from ", "source_ip"),
        (", failed: ", "error_code"),
    ] {
        if let Some(value) = row.text(column) {
            text.push_str(before);
            text.push_str(value);
        }
    }
    let text = text.trim_start();
    if text.is_empty() {
        return "a call of which nothing is known".to_owned();
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::super::{Cell, Column, Kind};
    use super::*;

    static COLUMNS: [Column; 4] = [
        column("rw"),
        column("event_name"),
        column("event_type"),
        column("source_ip"),
    ];

    const fn column(name: &'static str) -> Column {
        Column {
            name,
            kind: Kind::Text,
            in_table: true,
        }
    }

    fn cells<const N: usize>(values: [&str; N]) -> [Cell<'_>; N] {
        values.map(|value| match value {
            "" => Cell::Null,
            text => Cell::Text(Cow::Borrowed(text)),
        })
    }

    #[test]
    fn activities_go_by_verb_and_by_kind() {
        for (rw, name, event_type, expected) in [
            ("Read", "CreateReport", "ApiCall", Activity::Read),
            ("Write", "RunInstances", "ApiCall", Activity::Create),
            ("Write", "DeleteBucket", "ApiCall", Activity::Delete),
            ("Write", "StopLogging", "", Activity::Update),
            ("", "DescribeInstances", "", Activity::Read),
            ("", "CreateUser", "", Activity::Create),
            ("", "AssumeRole", "", Activity::Other),
            ("Write", "ConsoleSignin", "ConsoleSignin", Activity::Other),
            ("odd", "CreateUser", "", Activity::Other),
        ] {
            let cells = cells([rw, name, event_type, ""]);
            assert_eq!(
                activity(&Row::of(&COLUMNS, &cells)),
                expected,
                "{rw} {name}"
            );
        }
    }

    #[test]
    fn sources_are_of_four_kinds() {
        for (text, expected) in [
            ("203.0.113.7", Source::Address("203.0.113.7")),
            ("2001:db8::7", Source::Address("2001:db8::7")),
            ("ecs.aliyuncs.com", Source::Service("ecs.aliyuncs.com")),
            ("192.168.XX.XX", Source::Service("192.168.XX.XX")),
            ("Internal", Source::Word("Internal")),
            ("", Source::Unknown),
        ] {
            let cells = cells(["", "", "", text]);
            assert_eq!(source(&Row::of(&COLUMNS, &cells)), expected);
        }
    }
}
