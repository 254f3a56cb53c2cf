//! Event times: from the text of a record to milliseconds since 1970 UTC.
//!
//! The grammar of a time is here, the calendar is chrono's.

use std::ops::RangeInclusive;

use chrono::NaiveDate;

/// Milliseconds of a second, a minute, an hour, a day.
const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// 0000-01-01T00:00:00Z and 9999-12-31T23:59:59.999Z.
const FIRST: i64 = -62_167_219_200_000;
const LAST: i64 = 253_402_300_799_999;

/// The times that an event can have: those of years with four digits.
pub const TIMES: RangeInclusive<i64> = FIRST..=LAST;

/// Parses an event time and returns it in milliseconds since 1970 UTC.
///
/// The form is RFC 3339, also with a space for `T`, a fraction of one to nine digits (cut to
/// milliseconds), and an offset of `Z`, `+hh:mm`, `+hhmm`, `+hh` or ` UTC`; blanks around it mean
/// nothing. Real events have `2021-08-05T00:25:26Z` and, from one service,
/// `2020-12-01T11:54:59.366+0000`; databases write `2020-12-01 11:54:59+00`. The second 60, which RFC
/// 3339 allows for leap seconds, is the first one of the next minute. A time whose year in UTC does not
/// have four digits is none, because RFC 3339 cannot write it.
///
/// # Examples
///
/// ```
/// use keytrail::event::parse_time;
///
/// assert_eq!(parse_time("1970-01-01T00:00:01Z"), Some(1_000));
/// assert_eq!(parse_time("2020-12-01 12:54:59.366999+0100"), parse_time("2020-12-01T11:54:59.366Z"));
/// assert_eq!(parse_time("soon"), None);
/// ```
#[inline]
pub fn parse_time(text: &str) -> Option<i64> {
    parse_exact(text).or_else(|| parse_trimmed(text))
}

/// Parses a time with blanks around it.
#[cold]
fn parse_trimmed(text: &str) -> Option<i64> {
    let trimmed = text.trim_ascii();
    if trimmed.len() == text.len() {
        return None;
    }
    parse_exact(trimmed)
}

fn parse_exact(text: &str) -> Option<i64> {
    let (head, rest) = text.as_bytes().split_first_chunk::<19>()?;
    let &[
        y1,
        y2,
        y3,
        y4,
        b'-',
        mo1,
        mo2,
        b'-',
        d1,
        d2,
        separator,
        h1,
        h2,
        b':',
        m1,
        m2,
        b':',
        s1,
        s2,
    ] = head
    else {
        return None;
    };
    if !matches!(separator, b'T' | b't' | b' ') {
        return None;
    }
    let year = two_digits(y1, y2)? * 100 + two_digits(y3, y4)?;
    let date = NaiveDate::from_ymd_opt(
        year.cast_signed(),
        two_digits(mo1, mo2)?,
        two_digits(d1, d2)?,
    )?;
    let (hour, minute, second) = (
        two_digits(h1, h2)?,
        two_digits(m1, m2)?,
        two_digits(s1, s2)?,
    );
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let seconds = hour * 3600 + minute * 60 + second;
    let (millis, rest) = parse_fraction(rest)?;
    let offset = parse_offset(rest)?;
    let time =
        i64::from(date.to_epoch_days()) * DAY + i64::from(seconds) * SECOND + millis - offset;
    TIMES.contains(&time).then_some(time)
}

fn two_digits(tens: u8, ones: u8) -> Option<u32> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| u32::from(tens * 10 + ones))
}

/// The milliseconds of a fraction, if there is one, and the text after it.
fn parse_fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let Some((b'.', text)) = text.split_first() else {
        return Some((0, text));
    };
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if !(1..=9).contains(&digits) {
        return None;
    }
    let (digits, rest) = text.split_at(digits);
    let millis = (0..3).fold(0, |millis, index| {
        millis * 10 + digits.get(index).map_or(0, |digit| i64::from(digit - b'0'))
    });
    Some((millis, rest))
}

/// The milliseconds of an offset; positive east of UTC.
fn parse_offset(text: &[u8]) -> Option<i64> {
    let (sign, h1, h2, m1, m2) = match *text {
        [b'Z' | b'z'] | [b' ', b'U', b'T', b'C'] => return Some(0),
        [sign, h1, h2, b':', m1, m2] | [sign, h1, h2, m1, m2] => (sign, h1, h2, m1, m2),
        [sign, h1, h2] => (sign, h1, h2, b'0', b'0'),
        _ => return None,
    };
    let (hours, minutes) = (two_digits(h1, h2)?, two_digits(m1, m2)?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    let offset = i64::from(hours * 60 + minutes) * MINUTE;
    match sign {
        b'+' => Some(offset),
        b'-' => Some(-offset),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_the_forms_of_the_contract_and_no_others() {
        let base = 1_606_823_699_000;
        for (text, expected) in [
            ("2020-12-01T11:54:59Z", Some(base)),
            ("2020-12-01t11:54:59z", Some(base)),
            ("2020-12-01 11:54:59Z", Some(base)),
            ("2020-12-01T11:54:59.366+0000", Some(base + 366)),
            ("2020-12-01T11:54:59.3Z", Some(base + 300)),
            ("2020-12-01T11:54:59.366999999Z", Some(base + 366)),
            ("2020-12-01T19:54:59+08:00", Some(base)),
            ("2020-12-01T06:24:59-0530", Some(base)),
            ("2020-12-01T11:54:60Z", Some(base + 1000)),
            ("1970-01-01T00:00:00Z", Some(0)),
            ("0000-01-01T00:00:00Z", Some(-62_167_219_200_000)),
            ("9999-12-31T23:59:59.999Z", Some(253_402_300_799_999)),
            ("2020-02-29T00:00:00Z", Some(1_582_934_400_000)),
            ("2019-02-29T00:00:00Z", None),
            ("1900-02-29T00:00:00Z", None),
            ("2020-12-01T11:54:59", None),
            ("2020-12-01T11:54:59.Z", None),
            ("2020-12-01T11:54:59.1234567890Z", None),
            ("2020-12-01T24:00:00Z", None),
            ("2020-12-01T11:54:59+24:00", None),
            ("2020-12-01T11:54:59+8", None),
            ("2020-12-01", None),
            ("1606823699", None),
            ("", None),
            (" 2020-12-01T11:54:59Z", Some(base)),
            ("2020-12-01T11:54:59Z\n", Some(base)),
            ("2020-12-01 11:54:59+00", Some(base)),
            ("2020-12-01 19:54:59+08", Some(base)),
            ("2020-12-01 11:54:59 UTC", Some(base)),
            ("2020-12-01 11:54:59.366000 UTC", Some(base + 366)),
            ("2020-12-01 11:54:59", None),
            ("2020-12-01 11:54:59.000", None),
            ("2020-12-01 11:54:59 utc", None),
            ("2020-12-01 11:54:59 CST", None),
            ("  ", None),
            ("2020-12-01T11:54:59Zjunk", None),
        ] {
            assert_eq!(parse_time(text), expected, "{text:?}");
        }
    }

    #[test]
    fn every_day_of_four_centuries_is_one_day_after_the_day_before() {
        let first = NaiveDate::from_ymd_opt(1900, 1, 1).expect("a date");
        let mut expected = -2_208_988_800_000;
        for day in first.iter_days().take(146_097) {
            let text = format!("{day}T00:00:00Z");
            assert_eq!(parse_time(&text), Some(expected), "{text}");
            expected += DAY;
        }
        assert_eq!(parse_time("2300-01-01T00:00:00Z"), Some(expected));
    }

    #[test]
    fn a_time_that_no_rfc_3339_can_write_is_none() {
        for (text, expected) in [
            ("9999-12-31T23:59:59.999Z", Some(LAST)),
            ("9999-12-31T23:59:60Z", None),
            ("9999-12-31T23:59:59-01:00", None),
            ("9999-12-31T23:59:59+01:00", Some(LAST - 999 - HOUR)),
            ("0000-01-01T00:00:00+00:01", None),
            ("0000-01-01T00:00:00-00:01", Some(FIRST + MINUTE)),
        ] {
            assert_eq!(parse_time(text), expected, "{text:?}");
        }
    }
}
