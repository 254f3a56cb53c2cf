//! Secrets in every form that is known, and texts that only look like them.

use proptest::prelude::*;
use serde::de::IgnoredAny;

use super::names::{SECRET, SECRET_FIRST};
use super::replacement::mark;
use super::{MAX_DEPTH, redacted};

#[track_caller]
fn check(record: &str, expected: &str) {
    assert_eq!(redacted(record), expected, "{record}");
}

const HUNTER: &str = "[redacted 7 chars sha256:f52fbd32]";

#[test]
fn a_secret_becomes_its_length_and_the_head_of_its_hash() {
    // From FIPS 180-2: the digest of `abc` begins with ba7816bf.
    check(
        r#"{"a":{"AccessKeySecret":"abc"}}"#,
        r#"{"a":{"AccessKeySecret":"[redacted 3 chars sha256:ba7816bf]"}}"#,
    );
    check(
        r#"{"Password":"a\u0062\u0063"}"#,
        r#"{"Password":"[redacted 3 chars sha256:ba7816bf]"}"#,
    );
    check(
        "{\"Password\":\"é云\"}",
        &format!("{{\"Password\":\"{}\"}}", mark("é云")),
    );
    assert!(mark("é云").starts_with("[redacted 2 chars "));
}

#[test]
fn every_word_begins_with_a_letter_of_the_list() {
    for word in SECRET {
        assert!(SECRET_FIRST.contains(&word.as_bytes()[0]), "{word}");
    }
}

#[test]
fn the_value_beside_a_secret_name_is_replaced() {
    for (record, expected) in [
        (
            r#"{"Key":"Password","Value":"hunter2"}"#,
            r#"{"Key":"Password","Value":"HUNTER"}"#,
        ),
        (
            r#"{"Value":"hunter2", "Key" : "Password"}"#,
            r#"{"Value":"HUNTER", "Key" : "Password"}"#,
        ),
        (
            r#"[{"key":"user","value":"hunter2"},{"key":"db_password","value":"hunter2"}]"#,
            r#"[{"key":"user","value":"hunter2"},{"key":"db_password","value":"HUNTER"}]"#,
        ),
        (
            r#"{"P.1.ParameterKey":"a","P.1.ParameterValue":"b","P.2.ParameterKey":"Secret","P.2.ParameterValue":"hunter2"}"#,
            r#"{"P.1.ParameterKey":"a","P.1.ParameterValue":"b","P.2.ParameterKey":"Secret","P.2.ParameterValue":"HUNTER"}"#,
        ),
        (
            r#"{"Name":"passwd","Value":"hunter2""#,
            r#"{"Name":"passwd","Value":"HUNTER""#,
        ),
        (
            r#"{"Name":"passwd","x":{"Value":"a"}}"#,
            r#"{"Name":"passwd","x":{"Value":"a"}}"#,
        ),
        (
            r#"{"e":"[{\"Name\":\"passwd\",\"Value\":\"hunter2\"}]"}"#,
            r#"{"e":"[{\"Name\":\"passwd\",\"Value\":\"HUNTER\"}]"}"#,
        ),
        (
            r#"{"Value":"{\"token\":\"hunter2\"}","Name":"other"}"#,
            r#"{"Value":"{\"token\":\"HUNTER\"}","Name":"other"}"#,
        ),
    ] {
        check(record, &expected.replace("HUNTER", HUNTER));
    }
    // A value that names a secret itself is replaced as a whole.
    let whole = r#"{"Value":"{\"token\":\"a\"}","Name":"passwd"}"#;
    check(
        whole,
        &format!(
            r#"{{"Value":"{}","Name":"passwd"}}"#,
            mark(r#"{"token":"a"}"#)
        ),
    );
    check(
        r#"{"Name":"passwd","Value":1234567}"#,
        &format!(r#"{{"Name":"passwd","Value":"{}"}}"#, mark("1234567")),
    );
}

#[test]
fn names_are_secret_in_any_case_and_however_written() {
    for name in [
        "secret",
        "AccessKeySecret",
        "PASSWORD",
        "LoginPasswd",
        "SecurityToken",
        "Signature",
        "PrivateKey",
        "private_key",
        "userData",
        "UserData.1",
        "ClientToken",
        "x-acs-security-token",
        "pass\\u0077ord",
        "\\u0050assword",
        "pass/word",
        "private:key",
        "user\\tdata",
        "pass\\u200bword",
        "clientToken[]",
    ] {
        check(
            &format!(r#"{{"{name}" : "hunter2" , "b":1}}"#),
            &format!(r#"{{"{name}" : "{HUNTER}" , "b":1}}"#),
        );
    }
    for name in [
        "TokenType",
        "accessKeyId",
        "eventId",
        "keyId",
        "pass",
        "user",
    ] {
        let record = format!(r#"{{"{name}":"hunter2"}}"#);
        check(&record, &record);
    }
}

#[test]
fn everything_under_a_secret_name_is_replaced_and_doubled_names_too() {
    check(
        r#"{"Password":"hunter2","Password":"hunter2","b":[{"secret":"hunter2"}]}"#,
        &r#"{"Password":"@","Password":"@","b":[{"secret":"@"}]}"#.replace('@', HUNTER),
    );
    let nested = r#"{"a":["hunter2",{"b":"}"}]}"#;
    check(
        &format!(r#"{{"UserData": {nested} ,"c":1}}"#),
        &format!(r#"{{"UserData": "{}" ,"c":1}}"#, mark(nested)),
    );
}

#[test]
fn literals_stay() {
    let record = r#"{"Password":null,"PasswordResetRequired":true,"NextToken":""}"#;
    check(record, record);
}

#[test]
fn json_in_strings_is_searched() {
    check(
        r#"{"requestParameterJson":"{\"Password\":\"hunter2\",\"a\\/\":\"\\u00e9\\/\"}"}"#,
        &r#"{"requestParameterJson":"{\"Password\":\"@\",\"a\\/\":\"\\u00e9\\/\"}"}"#
            .replace('@', HUNTER),
    );
    check(
        r#"{"a":"{\"b\":\"{\\\"Password\\\":\\\"hunter2\\\"}\"}"}"#,
        &r#"{"a":"{\"b\":\"{\\\"Password\\\":\\\"@\\\"}\"}"}"#.replace('@', HUNTER),
    );
    check(
        r#"{"a":"see {\"Password\": \"hunter2\"} there"}"#,
        &r#"{"a":"see {\"Password\": \"@\"} there"}"#.replace('@', HUNTER),
    );
}

#[test]
fn pairs_in_text_are_found() {
    for (text, expected) in [
        (
            "https://h/?a=1&Signature=hunter2&b=2",
            "https://h/?a=1&Signature=@&b=2",
        ),
        (
            "a%26SecurityToken%3Dhunter2%26b",
            "a%26SecurityToken%3D@%26b",
        ),
        ("PASSWORD=hunter2", "PASSWORD=@"),
        (
            "<a><Password>hunter2</Password></a>",
            "<a><Password>@</Password></a>",
        ),
        (
            "x:\\n  DbPassword: hunter2\\ny: z",
            "x:\\n  DbPassword: @\\ny: z",
        ),
        ("{password: 'hunter2'}", "{password: '@'}"),
    ] {
        check(
            &format!(r#"{{"a":"{text}"}}"#),
            &format!(r#"{{"a":"{expected}"}}"#).replace('@', HUNTER),
        );
    }
    for text in [
        "InvalidSecurityToken.Expired: the token is too old",
        "The specified Password: is wrong",
        "signature does not match",
        "ram-user/a:b",
        "-----BEGIN CERTIFICATE-----hunter2-----END CERTIFICATE-----",
        "<a b='password'>hunter2</a>",
    ] {
        let record = format!(r#"{{"errorMessage":"{text}"}}"#);
        check(&record, &record);
    }
}

/// No part of a secret stays, whatever characters it has.
#[test]
fn a_secret_in_text_is_replaced_as_a_whole() {
    for (text, expected) in [
        ("a=1&Password=@&b=2", "P,w)S3cr;et}!"),
        ("password=@", "ab\\X"),
        ("password=@, x=1", "ab)X"),
        ("f(password=@)", "abc"),
        ("{password=@,x=1}", "a,b"),
        ("[db]\npassword = @\nx = 1", "foo bar; X"),
        ("[db]\npassword = @", "foo bar X"),
        ("password='@' x", r"ab\'X"),
        ("password=\"@\" x", r#"ab\"X"#),
        ("a:\n  password: |@b: c", "\n    one\n\n    two\n"),
        ("password: @", "hunter2"),
        ("{user: a, password: @}", "hunter2"),
        ("{\"password\"=>\"@\"}", "hunter2"),
        (":password => \"@\"", "hunter2"),
        ("password := \"@\"", "hunter2"),
        ("<Password type=\"x\">@</Password>", "hunter2"),
        ("<Password >@</Password>", "hunter2"),
        ("<Password>@</Password>", "<![CDATA[hunter2]]>"),
        ("<add key=\"Password\" value=\"@\"/>", "hunter2"),
        ("Tag.1.Key=Password&Tag.1.Value=@&x=1", "hunter2"),
        ("[{'Key': 'Password', 'Value': '@'}]", "hunter2"),
        (
            "x -----BEGIN RSA PRIVATE KEY-----@-----END RSA PRIVATE KEY-----",
            "\nhunter2\n",
        ),
        ("Authorization: @", "hunter2"),
        ("x\nAuthorization: Bearer @\ny", "hunter2"),
        ("curl -H 'Authorization: Bearer @' h", "hunter2"),
        ("pass%77ord=@", "hunter2"),
        ("a%253Fpassword%253D@", "hunter2"),
        ("{%22Password%22%3A%20%22@%22%2C%22a%22:1", "hunter2"),
    ] {
        let record = serde_json::json!({"a": text.replace('@', expected)}).to_string();
        let whole = serde_json::json!({"a": text.replace('@', &mark(expected))}).to_string();
        let block = text.contains('|');
        let found = redacted(&record).into_owned();
        if block {
            assert!(!found.contains("one") && !found.contains("two"), "{found}");
            assert!(found.contains("b: c"), "{found}");
        } else {
            assert_eq!(found, whole, "{record}");
        }
    }
    for (record, value) in [
        (
            r#"{"Key":"Password","Value":["hunter2",{"Value":"x"}]}"#,
            r#"["hunter2",{"Value":"x"}]"#,
        ),
        (
            r#"{"Key":"Password","Values":["hunter2"]}"#,
            r#"["hunter2"]"#,
        ),
        (
            r#"{"Key":"Password","Value":{"x":"hunter2"}}"#,
            r#"{"x":"hunter2"}"#,
        ),
    ] {
        check(
            record,
            &record.replace(value, &format!("\"{}\"", mark(value))),
        );
    }
}

#[test]
fn unsound_json_is_redacted() {
    check(
        r#"{"a":oops 01,"Password":hunter2 ,"b":1}"#,
        &r#"{"a":oops 01,"Password":"@" ,"b":1}"#.replace('@', HUNTER),
    );
    check(
        r#"{password:"hunter2",'secret':'hunter2'}"#,
        &r#"{password:"@",'secret':'@'}"#.replace('@', HUNTER),
    );
    for record in [
        r#"{"Password":"hunter2"#,
        r#"{"Password":{"a":["hunter2""#,
        r#"{"Password":"x" "hunter2","b":1}"#,
        r#"{"a":"{\"Password\":\"hunter2"}"#,
    ] {
        let text = redacted(record);
        assert!(!text.contains("hunter2"), "{record}: {text}");
    }
}

#[test]
fn any_depth_is_redacted() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let text = redacted(&format!(r#"{{"Password":{deep},"b":{deep}}}"#)).into_owned();
    assert!(text.starts_with(r#"{"Password":"[redacted 400000 chars "#));
    assert!(text.ends_with(&format!(r#","b":{deep}}}"#)));
    let mut text = r#"{"Password":"hunter2"}"#.to_owned();
    for _ in 0..MAX_DEPTH + 3 {
        text = format!(r#"{{"a":{}}}"#, serde_json::Value::from(text));
    }
    let text = redacted(&text);
    assert!(!text.contains("hunter2"));
    assert!(serde_json::from_str::<IgnoredAny>(&text).is_ok());
}

/// In quadratic time the test would hardly end.
#[test]
fn long_texts_take_no_longer_than_their_length() {
    for piece in [
        "secret: ",
        "\nsecret: ",
        "secret=",
        "secret\"",
        "\"secret\":{",
        "secret>",
        "\\\"secret",
        "\\",
        "<secret",
        "<secret ",
        "<secret>",
        "secret=,",
        "secret=a,b",
        "\nsecret: |\n",
        "='secret'",
        "Key=secret&",
        "-----BEGIN ",
        "%",
        "%25",
        "\"%22\\\"",
        "-----BEGIN PRIVATE KEY-----",
        "\"a\":\"b=",
        "{\"a\":\"secret%3D",
    ] {
        let text = piece.repeat((1 << 18) / piece.len());
        let _ = redacted(&text);
        let _ = redacted(&serde_json::Value::from(text).to_string());
    }
}

/// A value as text of JSON: plain, nested, or JSON in a string, with the secret in places
/// where it has to be found.
pub(crate) fn value(secret: &'static str) -> impl Strategy<Value = String> {
    let name = prop_oneof![
        Just("Password"),
        Just("accessKeySecret"),
        Just("S\\u0065cret"),
        Just("PRIVATEKEY"),
        Just("token"),
        Just("user_data"),
    ];
    let hidden = (
        name,
        prop_oneof![
            Just(format!("\"{secret}\"")),
            Just(format!("{{\"a\":[\"{secret}\",1]}}")),
            Just(format!("[\"{secret}\"]")),
        ],
    )
        .prop_map(|(name, value)| format!("{{\"x\":1,\"{name}\": {value} ,\"y\":\"z\"}}"));
    let plain = prop_oneof![Just("1".to_owned()), Just("\"é \\/ \\ud800\"".to_owned())];
    prop_oneof![hidden, plain].prop_recursive(5, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3)
                .prop_map(|all| format!("[{}]", all.join(" , "))),
            (inner.clone(), inner.clone())
                .prop_map(|(one, two)| format!("{{\"b\":{one},\"b\":{two}}}")),
            inner.prop_map(|text| serde_json::Value::from(text).to_string()),
        ]
    })
}

proptest! {
    #[test]
    fn no_secret_survives_and_sound_json_stays_sound(value in value("s3cr3tv4lue")) {
        let text = redacted(&value);
        prop_assert!(!text.contains("s3cr3tv4lue"), "{} -> {}", value, text);
        prop_assert!(serde_json::from_str::<IgnoredAny>(&text).is_ok(), "{} -> {}", value, text);
        prop_assert_eq!(text.contains("redacted"), value.contains("s3cr3tv4lue"));
    }

    #[test]
    fn text_without_a_secret_name_stays(value in value("x").prop_filter(
        "has none", |value| !value.contains('x'),
    )) {
        prop_assert_eq!(redacted(&value), value.as_str());
    }

    #[test]
    fn any_text_is_taken(text in "([\\[\\]{},;:\"'=()|/ \\\\<>&%\n]|token|3D|u00|é|secret|key|value|-----BEGIN |PRIVATE KEY-----){0,24}") {
        let _ = redacted(&text);
    }
}
