//! Event times: from the text of a record to milliseconds since 1970 UTC.

/// Milliseconds of a second, a minute, an hour, a day.
const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Reads an event time: RFC 3339, also with a space for `T`, a fraction of one to nine digits
/// (cut to milliseconds), and an offset of `Z`, `+hh:mm` or `+hhmm`.
///
/// Real events have `2021-08-05T00:25:26Z` and, from one service, `2020-12-01T11:54:59.366+0000`.
/// The second may be 60, as RFC 3339 has it for leap seconds; it counts as the next minute's first.
///
/// # Examples
///
/// ```
/// use keytrail::event::parse_time;
/// assert_eq!(parse_time("1970-01-01T00:00:01Z"), Some(1_000));
/// assert_eq!(parse_time("2020-12-01 12:54:59.366999+0100"), parse_time("2020-12-01T11:54:59.366Z"));
/// assert_eq!(parse_time("soon"), None);
/// ```
pub fn parse(text: &str) -> Option<i64> {
    let (head, rest) = text.as_bytes().split_first_chunk::<19>()?;
    let &[
        y1,
        y2,
        y3,
        y4,
        b'-',
        o1,
        o2,
        b'-',
        d1,
        d2,
        between,
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
    if !matches!(between, b'T' | b't' | b' ') {
        return None;
    }
    let day = date(
        pair(y1, y2)? * 100 + pair(y3, y4)?,
        pair(o1, o2)?,
        pair(d1, d2)?,
    )?;
    let (hour, minute, second) = (pair(h1, h2)?, pair(m1, m2)?, pair(s1, s2)?);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let seconds = hour * 3600 + minute * 60 + second;
    let (millis, rest) = fraction(rest)?;
    let offset = offset(rest)?;
    Some(day * DAY + i64::from(seconds) * SECOND + millis - offset)
}

/// Two ASCII digits.
fn pair(tens: u8, ones: u8) -> Option<u32> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| u32::from(tens * 10 + ones))
}

/// Days since 1970-01-01 of a date of the Gregorian calendar, or `None` where there is no such day.
///
/// Counts in years that begin in March, so that the leap day is the last of its year.
fn date(year: u32, month: u32, day: u32) -> Option<i64> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        _ => return None,
    };
    if !(1..=days).contains(&day) {
        return None;
    }
    // Four centuries are added, so that nothing is below zero.
    let year = year + 400 - u32::from(month <= 2);
    let month = (month + 9) % 12;
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let days = year * 365 + year / 4 - year / 100 + year / 400 + day_of_year;
    Some(i64::from(days) - 719_468 - 146_097)
}

/// Milliseconds of an optional fraction, and what follows it.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let Some((b'.', text)) = text.split_first() else {
        return Some((0, text));
    };
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if !(1..=9).contains(&digits) {
        return None;
    }
    let (digits, rest) = text.split_at(digits);
    let millis = (0..3).fold(0, |millis, at| {
        millis * 10 + digits.get(at).map_or(0, |digit| i64::from(digit - b'0'))
    });
    Some((millis, rest))
}

/// Milliseconds east of UTC.
fn offset(text: &[u8]) -> Option<i64> {
    let (sign, h1, h2, m1, m2) = match *text {
        [b'Z' | b'z'] => return Some(0),
        [sign, h1, h2, b':', m1, m2] | [sign, h1, h2, m1, m2] => (sign, h1, h2, m1, m2),
        _ => return None,
    };
    let (hours, minutes) = (pair(h1, h2)?, pair(m1, m2)?);
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
    use super::parse;

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
            (" 2020-12-01T11:54:59Z", None),
            ("2020-12-01T11:54:59Zjunk", None),
        ] {
            assert_eq!(parse(text), expected, "{text:?}");
        }
    }

    #[test]
    fn agrees_with_chrono_on_every_day_of_four_centuries() {
        let first = chrono::NaiveDate::from_ymd_opt(1900, 1, 1).expect("a date");
        for day in first.iter_days().take(146_097) {
            let text = format!("{day}T00:00:00Z");
            let expected = day
                .and_hms_opt(0, 0, 0)
                .expect("midnight")
                .and_utc()
                .timestamp_millis();
            assert_eq!(parse(&text), Some(expected), "{text}");
        }
    }
}
