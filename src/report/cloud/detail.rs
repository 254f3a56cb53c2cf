//! The member `Detail`: a string that holds JSON, an event trimmed to the members that the vendor's
//! examples show.

use crate::report::text::record;

/// The members of an event that `Detail` shows, in the order of the vendor's examples.
const MEMBERS: [&str; 13] = [
    "eventId",
    "eventVersion",
    "eventSource",
    "sourceIpAddress",
    "eventType",
    "userIdentity",
    "serviceName",
    "apiVersion",
    "requestId",
    "eventTime",
    "isGlobal",
    "acsRegion",
    "eventName",
];

/// The same for the object under `userIdentity`.
const USER_IDENTITY: [&str; 4] = ["accountId", "principalId", "type", "userName"];

/// The trimmed event as pretty-printed JSON: of the members above those that the record has,
/// under their canonical names, with their values as they are.
///
/// A value that is not sound JSON is given as a string of its text, and a list or an object where
/// none belongs stays on one line, since indenting would let deep nesting grow by its square.
/// Without a record, or with one that is no object, there is nothing to show: `{}`.
pub(super) fn detail(record: &str) -> String {
    let mut text = String::new();
    push_members(&MEMBERS, record, "\n", &mut text);
    text
}

fn push_members(names: &[&str], object: &str, line_break: &str, text: &mut String) {
    let mut values = vec![None; names.len()];
    for (name, value) in record::members(object) {
        let known = names
            .iter()
            .zip(&mut values)
            .find(|(known, _)| known.eq_ignore_ascii_case(&name));
        if let Some((_, slot)) = known {
            *slot = Some(value);
        }
    }
    let inside = format!("{line_break}  ");
    let mut separator = "";
    text.push('{');
    for (name, value) in names.iter().zip(values) {
        let Some(value) = value else { continue };
        text.push_str(separator);
        separator = ",";
        text.push_str(&inside);
        text.push('"');
        text.push_str(name);
        text.push_str("\": ");
        if *name == "userIdentity" && value.starts_with('{') {
            push_members(&USER_IDENTITY, value, &inside, text);
        } else if let Some((value, _depth)) = record::one_line(value) {
            text.push_str(&value);
        } else {
            text.push_str(&serde_json::Value::from(value).to_string());
        }
    }
    if !separator.is_empty() {
        text.push_str(line_break);
    }
    text.push('}');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_detail(record: &str, expected: &str) {
        assert_eq!(detail(record), expected, "{record}");
    }

    #[test]
    fn detail_is_the_trimmed_event() {
        let record = r#"{"eventName":"DescribeInstances","userAgent":"sdk","eventId":"E1",
            "userIdentity":{"accessKeyId":"LTAI1","userName":"alice","accountId":"1","type":"ram-user"},
            "requestParameters":{"eventTime":"no"},"isGlobal":false,"eventVersion":1}"#;
        let expected = r#"{
  "eventId": "E1",
  "eventVersion": 1,
  "userIdentity": {
    "accountId": "1",
    "type": "ram-user",
    "userName": "alice"
  },
  "isGlobal": false,
  "eventName": "DescribeInstances"
}"#;
        check_detail(record, expected);
    }

    #[test]
    fn detail_finds_names_in_any_case_and_takes_the_last_of_doubled_ones() {
        check_detail(
            r#"{"EventId":"A","eventid":"B","UserIdentity":{"UserName":"x","USERNAME":"y"},"e\u0076entName":"N"}"#,
            "{\n  \"eventId\": \"B\",\n  \"userIdentity\": {\n    \"userName\": \"y\"\n  },\n  \"eventName\": \"N\"\n}",
        );
    }

    #[test]
    fn detail_keeps_values_as_they_are() {
        check_detail(
            r#"{"eventVersion":123456789012345678901234567890.10,"eventId":null,"userIdentity":"x","acsRegion":[ 1, {"a" : 2} ]}"#,
            "{\n  \"eventId\": null,\n  \"eventVersion\": 123456789012345678901234567890.10,\n  \
             \"userIdentity\": \"x\",\n  \"acsRegion\": [1,{\"a\":2}]\n}",
        );
    }

    #[test]
    fn detail_survives_what_is_not_sound() {
        check_detail("", "{}");
        check_detail("[1]", "{}");
        check_detail(r#"{"userIdentity":{}}"#, "{\n  \"userIdentity\": {}\n}");
        check_detail(
            r#"{"requestParameters":{oops 01},"eventId":"E"}"#,
            "{\n  \"eventId\": \"E\"\n}",
        );
        check_detail(
            r#"{"eventId":"E","eventName":"cut"#,
            "{\n  \"eventId\": \"E\"\n}",
        );
        check_detail(
            r#"{"eventId":"a\ud800b"}"#,
            "{\n  \"eventId\": \"a\\ufffdb\"\n}",
        );
        check_detail(r#"{"eventVersion":01}"#, "{\n  \"eventVersion\": \"01\"\n}");
    }

    #[test]
    fn detail_takes_any_depth() {
        let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
        check_detail(
            &format!(r#"{{"request":{deep},"eventId":"E"}}"#),
            "{\n  \"eventId\": \"E\"\n}",
        );
        assert_eq!(
            detail(&format!(r#"{{"eventId":{deep}}}"#)).len(),
            deep.len() + 17
        );
    }
}
