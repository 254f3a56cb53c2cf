//! The activity, the source and a summary of a call record, in the terms that the schemas of other
//! tools have for them.

use std::net::IpAddr;

use crate::calls::addresses;
use crate::report::redacted::RedactedCall;

/// The kind of change that a call made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CallActivity {
    Create,
    Read,
    Update,
    Delete,
    /// Something else, such as a sign-in, or not known.
    Other,
}

/// Verbs with which the names of reading operations begin.
const READS: [&str; 8] = [
    "Describe", "List", "Get", "Query", "Search", "Lookup", "Check", "Head",
];

/// The activity by `eventRW`, and by the verb with which the event's name begins where that does
/// not decide it.
pub(super) fn activity(call: RedactedCall<'_>) -> CallActivity {
    let begins = |verbs: &[&str]| verbs.iter().any(|verb| call.event_name().starts_with(verb));
    match call.rw() {
        _ if call.event_type().starts_with("ConsoleSign") => CallActivity::Other,
        "Read" => CallActivity::Read,
        "Write" | "" if begins(&["Create", "Run"]) => CallActivity::Create,
        "Write" | "" if begins(&["Delete", "Release"]) => CallActivity::Delete,
        "Write" => CallActivity::Update,
        "" if begins(&READS) => CallActivity::Read,
        _ => CallActivity::Other,
    }
}

/// Where a call came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CallSource<'r> {
    /// An address, or the first of a list.
    Address(IpAddr),
    /// A service of the cloud, by its host.
    Service(&'r str),
    /// `Internal`, or whatever else the event has.
    Word(&'r str),
    /// Nothing.
    Unknown,
}

pub(super) fn call_source(call: RedactedCall<'_>) -> CallSource<'_> {
    let text = call.source_ip();
    match addresses(text).next() {
        Some(address) => CallSource::Address(address),
        None if text.is_empty() => CallSource::Unknown,
        None if text.contains('.') && text.is_ascii() => CallSource::Service(text),
        None => CallSource::Word(text),
    }
}

/// All addresses that a call names as its source: behind the first one, those that it came through.
pub(super) fn call_addresses(call: RedactedCall<'_>) -> Vec<String> {
    let addresses = addresses(call.source_ip());
    addresses.map(|address| address.to_string()).collect()
}

/// The call in one line to be read by people: `Ecs RunInstances by alice with LTAI… from 203.0.113.7`,
/// and how it failed.
pub(super) fn summary(call: RedactedCall<'_>) -> String {
    let mut text = String::new();
    let message = call.error_message();
    let failure = match call.error_code() {
        "" if call.failed() => &*message,
        code => code,
    };
    for (before, value) in [
        ("", call.service_name()),
        (" ", call.event_name()),
        (" ", call.insight()),
        (" by ", call.user_name()),
        (" with ", call.access_key_id()),
        (" from ", call.source_ip()),
        (", failed: ", failure),
    ] {
        if !value.is_empty() {
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
    use crate::calls::CallRow;
    use crate::report::request::Secrets;

    use super::*;

    #[test]
    fn activities_go_by_verb_and_by_kind() {
        for (rw, event_name, event_type, expected) in [
            ("Read", "CreateReport", "ApiCall", CallActivity::Read),
            ("Write", "RunInstances", "ApiCall", CallActivity::Create),
            ("Write", "DeleteBucket", "ApiCall", CallActivity::Delete),
            ("Write", "StopLogging", "", CallActivity::Update),
            ("", "DescribeInstances", "", CallActivity::Read),
            ("", "CreateUser", "", CallActivity::Create),
            ("", "AssumeRole", "", CallActivity::Other),
            (
                "Write",
                "ConsoleSignin",
                "ConsoleSignin",
                CallActivity::Other,
            ),
            ("odd", "CreateUser", "", CallActivity::Other),
        ] {
            let row = CallRow {
                event_name,
                rw,
                event_type,
                ..CallRow::default()
            };
            let call = RedactedCall::new(&row, Secrets::Redacted);
            assert_eq!(activity(call), expected, "{rw} {event_name}");
        }
    }

    #[test]
    fn sources_are_of_four_kinds() {
        let address = |text: &str| CallSource::Address(text.parse().unwrap());
        for (source_ip, expected) in [
            ("203.0.113.7", address("203.0.113.7")),
            ("2001:db8::7", address("2001:db8::7")),
            ("203.0.113.7, 10.0.0.1", address("203.0.113.7")),
            ("[2001:db8::7]:443", address("2001:db8::7")),
            ("ecs.aliyuncs.com", CallSource::Service("ecs.aliyuncs.com")),
            ("192.168.XX.XX", CallSource::Service("192.168.XX.XX")),
            ("Internal", CallSource::Word("Internal")),
            ("", CallSource::Unknown),
        ] {
            let row = CallRow {
                source_ip,
                ..CallRow::default()
            };
            let call = RedactedCall::new(&row, Secrets::Redacted);
            assert_eq!(call_source(call), expected);
        }
    }
}
