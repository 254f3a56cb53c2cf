//! A moment as answers write it.
//!
//! Only writes; reading the times of arguments and events is done elsewhere.

use std::fmt;

/// Milliseconds since 1970 UTC as `2024-03-05T09:21:32Z`, with a fraction of three digits only
/// where the milliseconds are not zero.
///
/// Takes every number. A year before 0 or after 9999 is written with its sign, which is the
/// expanded form of ISO 8601 and beyond RFC 3339.
///
/// ```
/// assert_eq!(keytrail::report::time(1_709_630_492_000).to_string(), "2024-03-05T09:21:32Z");
/// assert_eq!(keytrail::report::time(1_709_630_492_120).to_string(), "2024-03-05T09:21:32.120Z");
/// ```
pub fn time(milliseconds: i64) -> impl fmt::Display {
    Time {
        milliseconds,
        zone: Zone::Letter,
    }
}

/// The same moment as `2024-03-05T09:21:32.000000+00:00`: always with microseconds and an offset,
/// since some readers settle on the form of the first they see.
pub(super) fn time_with_offset(milliseconds: i64) -> impl fmt::Display {
    Time {
        milliseconds,
        zone: Zone::Offset,
    }
}

const DAY: i64 = 86_400_000;

struct Time {
    milliseconds: i64,
    zone: Zone,
}

/// How UTC is written.
enum Zone {
    Letter,
    Offset,
}

impl fmt::Display for Time {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = date(self.milliseconds.div_euclid(DAY));
        let of_day = self.milliseconds.rem_euclid(DAY);
        if (0..=9999).contains(&year) {
            write!(formatter, "{year:04}")?;
        } else {
            write!(formatter, "{year:+05}")?;
        }
        let (hour, minute) = (of_day / 3_600_000, of_day / 60_000 % 60);
        let (second, fraction) = (of_day / 1000 % 60, of_day % 1000);
        write!(
            formatter,
            "-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
        )?;
        match (&self.zone, fraction) {
            (Zone::Letter, 0) => formatter.write_str("Z"),
            (Zone::Letter, _) => write!(formatter, ".{fraction:03}Z"),
            (Zone::Offset, _) => write!(formatter, ".{fraction:03}000+00:00"),
        }
    }
}

/// Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar.
///
/// Counts in eras of 400 years that begin on the first of March, so that the leap day comes last
/// and months have a regular pattern (Howard Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms", `civil_from_days`). Days that come from milliseconds cannot overflow here.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn writes_the_form_of_the_contract() {
        let check = |milliseconds, expected: &str| {
            assert_eq!(time(milliseconds).to_string(), expected);
        };
        check(0, "1970-01-01T00:00:00Z");
        check(1, "1970-01-01T00:00:00.001Z");
        check(-1, "1969-12-31T23:59:59.999Z");
        check(951_782_400_000, "2000-02-29T00:00:00Z");
        check(1_709_630_492_123, "2024-03-05T09:21:32.123Z");
        check(253_402_300_799_999, "9999-12-31T23:59:59.999Z");
        check(253_402_300_800_000, "+10000-01-01T00:00:00Z");
        check(-62_167_219_200_000, "0000-01-01T00:00:00Z");
        check(-62_167_219_200_001, "-0001-12-31T23:59:59.999Z");
        check(i64::MAX, "+292278994-08-17T07:12:55.807Z");
        check(i64::MIN, "-292275055-05-16T16:47:04.192Z");
    }

    #[test]
    fn an_offset_comes_with_microseconds() {
        let written = time_with_offset(1_709_630_492_123).to_string();
        assert_eq!(written, "2024-03-05T09:21:32.123000+00:00");
        let written = time_with_offset(0).to_string();
        assert_eq!(written, "1970-01-01T00:00:00.000000+00:00");
    }

    fn agrees_with_chrono(milliseconds: i64) {
        let Some(theirs) = DateTime::from_timestamp_millis(milliseconds) else {
            return;
        };
        let form = if milliseconds.rem_euclid(1000) == 0 {
            "%Y-%m-%dT%H:%M:%SZ"
        } else {
            "%Y-%m-%dT%H:%M:%S%.3fZ"
        };
        assert_eq!(
            time(milliseconds).to_string(),
            theirs.format(form).to_string()
        );
    }

    proptest! {
        #[test]
        fn agrees_with_chrono_in_four_digit_years(
            milliseconds in -62_167_219_200_000_i64..253_402_300_800_000,
        ) {
            agrees_with_chrono(milliseconds);
            agrees_with_chrono(milliseconds.div_euclid(1000) * 1000);
        }

        #[test]
        fn agrees_with_chrono_wherever_chrono_goes(
            milliseconds in -8_300_000_000_000_000_i64..8_200_000_000_000_000,
        ) {
            agrees_with_chrono(milliseconds);
        }
    }
}
