//! A time as answers write it.
//!
//! Reading the times of arguments and events is done elsewhere.

use chrono::{DateTime, SecondsFormat};

/// Milliseconds since 1970 UTC as `2024-03-05T09:21:32Z`, with a fraction of three digits only
/// where the milliseconds are not zero.
///
/// A year before 0 or after 9999, which no event can have, is written with its sign, which is the
/// expanded form of ISO 8601 and beyond RFC 3339. What lies outside the calendar of chrono, some
/// 262,000 years either way, is written as `@` and the seconds since 1970.
///
/// ```
/// assert_eq!(keytrail::report::time(1_709_630_492_000), "2024-03-05T09:21:32Z");
/// assert_eq!(keytrail::report::time(1_709_630_492_120), "2024-03-05T09:21:32.120Z");
/// ```
pub fn time(milliseconds: i64) -> String {
    written(milliseconds, SecondsFormat::AutoSi, true)
}

/// The same time as `2024-03-05T09:21:32.000000+00:00`: always with microseconds and an offset,
/// since some readers settle on the form of the first time they see.
pub(crate) fn time_with_offset(milliseconds: i64) -> String {
    written(milliseconds, SecondsFormat::Micros, false)
}

/// The time in whole seconds, as people read it: `2024-03-05T09:21:32Z`.
pub(crate) fn seconds(milliseconds: i64) -> String {
    time(milliseconds.saturating_sub(milliseconds.rem_euclid(1000)))
}

/// The time in whole minutes, where there is little room: `2024-03-05T09:21`.
pub(crate) fn minutes(milliseconds: i64) -> String {
    let mut text = seconds(milliseconds);
    if text.len() == "2024-03-05T09:21:32Z".len() {
        text.truncate("2024-03-05T09:21".len());
    }
    text
}

/// The milliseconds of a day.
pub(crate) const DAY: i64 = 86_400_000;

/// The date of a time, `2024-03-05`.
pub(crate) fn date(milliseconds: i64) -> String {
    let mut text = time(milliseconds);
    text.truncate(text.find('T').unwrap_or(text.len()));
    text
}

/// The date of a day that is counted from 1970-01-01.
pub(crate) fn date_of_day(day: i64) -> String {
    date(day.saturating_mul(DAY))
}

fn written(milliseconds: i64, fraction: SecondsFormat, letter: bool) -> String {
    match DateTime::from_timestamp_millis(milliseconds) {
        Some(time) => time.to_rfc3339_opts(fraction, letter),
        None => format!("@{}", milliseconds.div_euclid(1000)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::event::parse_time;

    #[test]
    fn times_have_the_form_of_the_contract() {
        let check = |milliseconds, expected: &str| assert_eq!(time(milliseconds), expected);
        check(0, "1970-01-01T00:00:00Z");
        check(1, "1970-01-01T00:00:00.001Z");
        check(-1, "1969-12-31T23:59:59.999Z");
        check(951_782_400_000, "2000-02-29T00:00:00Z");
        check(1_709_630_492_123, "2024-03-05T09:21:32.123Z");
        check(253_402_300_799_999, "9999-12-31T23:59:59.999Z");
        check(253_402_300_800_000, "+10000-01-01T00:00:00Z");
        check(-62_167_219_200_000, "0000-01-01T00:00:00Z");
        check(-62_167_219_200_001, "-0001-12-31T23:59:59.999Z");
        check(i64::MAX, "@9223372036854775");
        check(i64::MIN, "@-9223372036854776");
    }

    #[test]
    fn an_offset_comes_with_microseconds() {
        let written = time_with_offset(1_709_630_492_123);
        assert_eq!(written, "2024-03-05T09:21:32.123000+00:00");
        assert_eq!(time_with_offset(0), "1970-01-01T00:00:00.000000+00:00");
    }

    #[test]
    fn times_of_a_table_are_cut_and_not_rounded() {
        let check = |milliseconds, second: &str, minute: &str| {
            assert_eq!(seconds(milliseconds), second);
            assert_eq!(minutes(milliseconds), minute);
        };
        check(
            1_709_630_492_999,
            "2024-03-05T09:21:32Z",
            "2024-03-05T09:21",
        );
        check(-1, "1969-12-31T23:59:59Z", "1969-12-31T23:59");
        check(i64::MIN, "@-9223372036854776", "@-9223372036854776");
    }

    proptest! {
        /// The reader of events has a calendar of its own.
        #[test]
        fn event_times_are_read_back_as_they_were_written(
            milliseconds in -62_167_219_200_000_i64..253_402_300_800_000,
        ) {
            for milliseconds in [milliseconds, milliseconds.div_euclid(1000) * 1000] {
                prop_assert_eq!(parse_time(&time(milliseconds)), Some(milliseconds));
                prop_assert_eq!(parse_time(&time_with_offset(milliseconds)), Some(milliseconds));
            }
        }
    }
}
