//! The times that are typed on the command line.

use std::time::{SystemTime, UNIX_EPOCH};

use keytrail::event::{TIMES, parse_time};

/// A point in time, in milliseconds since 1970 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timestamp(pub(super) i64);

const FORMS: &str = "is no time; for example 2024-05-01T12:00:00Z, 2024-05-01T12:00+08:00, 2024-05-01, \
                     2024-05, '2024-05-01 12:00', @1714521600, now, today, yesterday, or an age: 90m, \
                     24h, 7d, 3w, 1y";

/// Reads a time: RFC 3339, also without seconds; a month, a date, or a date and a time of day (UTC); `@`
/// and seconds; a word; or an age.
pub(super) fn parse(text: &str) -> Result<Timestamp, String> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    parse_at(text, i64::try_from(now.as_millis()).unwrap_or(i64::MAX))
}

/// How long, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Age {
    pub(super) milliseconds: i64,
    pub(super) text: String,
}

/// Reads an age.
pub(super) fn parse_age(text: &str) -> Result<Age, String> {
    let text = text.trim();
    let age = age(text).filter(|age| *age <= TIMES.end() - TIMES.start());
    let age = age.map(|milliseconds| Age {
        milliseconds,
        text: text.to_owned(),
    });
    age.ok_or_else(|| "is no age; for example 90d, 12w, 24h".to_owned())
}

fn parse_at(text: &str, now: i64) -> Result<Timestamp, String> {
    let text = text.trim();
    absolute(text)
        .or_else(|| word(text, now))
        .or_else(|| now.checked_sub(age(text)?))
        .filter(|time| TIMES.contains(time))
        .map(Timestamp)
        .ok_or_else(|| FORMS.to_owned())
}

fn absolute(text: &str) -> Option<i64> {
    if let Some(seconds) = text.strip_prefix('@') {
        return seconds.parse::<i64>().ok()?.checked_mul(1000);
    }
    let utc = match text.len() {
        7 => parse_time(&format!("{text}-01T00:00:00Z")),
        10 => parse_time(&format!("{text}T00:00:00Z")),
        16 => parse_time(&format!("{text}:00Z")),
        19 => parse_time(&format!("{text}Z")),
        _ => None,
    };
    utc.or_else(|| parse_time(text)).or_else(|| {
        // A zone behind the minutes.
        let (minutes, zone) = text.split_at_checked("2024-05-01T12:00".len())?;
        parse_time(&format!("{minutes}:00{zone}"))
    })
}

const DAY: i64 = 86_400_000;

/// The time that a word stands for; days begin at midnight in UTC.
fn word(text: &str, now: i64) -> Option<i64> {
    let today = now.div_euclid(DAY) * DAY;
    match &*text.to_ascii_lowercase() {
        "now" => Some(now),
        "today" => Some(today),
        "yesterday" => Some(today - DAY),
        _ => None,
    }
}

/// The milliseconds of an age such as `7d`.
fn age(text: &str) -> Option<i64> {
    let length = text.len().checked_sub(1)?;
    let (number, unit) = text.split_at_checked(length)?;
    let unit = match unit {
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => DAY,
        "w" => 7 * DAY,
        "y" => 365 * DAY,
        _ => return None,
    };
    let number: i64 = number
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| number.parse().ok())??;
    number.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_keeps_its_text() {
        let age = parse_age(" 90d ").unwrap();
        assert_eq!((age.milliseconds, &*age.text), (7_776_000_000, "90d"));
        for wrong in ["2024-05-01", "99999999y"] {
            assert!(parse_age(wrong).unwrap_err().contains("90d"), "{wrong}");
        }
    }

    #[test]
    fn reads_every_form_and_refuses_others_with_an_example() {
        let now = 1_714_521_600_000;
        for (text, expected) in [
            ("2024-05-01T00:00:00Z", now),
            ("2024-05-01T08:00:00+08:00", now),
            ("2024-05-01 08:00:00.5+0800", now + 500),
            ("2024-05-01", now),
            ("2024-05-01 00:00", now),
            ("2024-05-01T00:00", now),
            ("2024-05-01 00:00:01", now + 1000),
            ("@1714521600", now),
            ("@-1", -1000),
            ("@253402300799", 253_402_300_799_000),
            ("0000-01-01", -62_167_219_200_000),
            ("90m", now - 5_400_000),
            ("24h", now - 86_400_000),
            ("7d", now - 604_800_000),
            ("3w", now - 3 * 604_800_000),
            ("1y", now - 365 * DAY),
            ("2024-05", now),
            ("2024-05-01T08:00+08:00", now),
            ("2024-05-01T08:00+0800", now),
            ("2024-05-01 00:00Z", now),
            ("now", now),
            ("Today", now),
            ("yesterday", now - DAY),
        ] {
            assert_eq!(parse_at(text, now), Ok(Timestamp(expected)), "{text}");
        }
        for text in [
            "",
            "soon",
            "2024-13-01",
            "2024-02-30",
            "7",
            "d",
            "-7d",
            "2024",
            "2024-13",
            "2024-05-01T00:00+",
            "2024-05-01T0800+08:00",
            "tomorrow",
            "1mo",
            "@",
            "@x",
            "24-05-01",
            "99999999999999999999d",
            // Before and after the calendar.
            "99999999y",
            "9999y",
            "@9999999999999",
            "@-62167219201",
            "@253402300800",
        ] {
            let message = parse_at(text, now).expect_err(text);
            assert!(message.contains("2024-05-01"), "{message}");
        }
    }
}
