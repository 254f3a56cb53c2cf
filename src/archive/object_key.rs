//! Object keys: what the place and the name of a delivered log file tell without opening it.
//!
//! `[prefix/]AliyunLogs/<Actiontrail|Actiontrail-Insight>/[<rd_id>/<account_id>/]<region>/YYYY/MM/DD/
//! Actiontrail_<region>_<YYYYMMDDHHMMSS>_1002_<event count>_<size>_<md5>.gz`
//! (vendor's page on the storage path of delivered events; one observed key of 2026-09).
//! Nothing here is trusted: a key that does not parse says nothing, and the file is read all the same.

use std::ffi::OsStr;
use std::path::Path;

use chrono::NaiveDate;

/// What a log file's path tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ObjectKey {
    /// The day of its folder, in days since 1970-01-01 UTC.
    folder_day: Option<i64>,
    /// The day in its name.
    name_day: Option<i64>,
    /// How many events its name promises.
    pub(super) events: Option<u64>,
    /// Its size in bytes, as its name has it; `None` where that is nothing to go by.
    pub(super) size: Option<u64>,
}

impl ObjectKey {
    /// Reads the path of a log file; `path` has to begin far enough up to hold the segment
    /// `AliyunLogs`, on which a key is anchored whatever its prefix.
    pub(super) fn parse(path: &Path) -> Self {
        let folder = path.parent().map(Folder::parse).unwrap_or_default();
        path.file_name()
            .map(|name| folder.key(name))
            .unwrap_or_default()
    }
}

/// What the path of a folder tells of the log files in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Folder {
    day: Option<i64>,
}

impl Folder {
    /// Reads the path of a folder, which has to begin as far up as that of a log file.
    pub(super) fn parse(path: &Path) -> Self {
        let mut segments = path
            .components()
            .rev()
            .filter_map(|segment| segment.as_os_str().to_str());
        let folder = [segments.next(), segments.next(), segments.next()];
        let day = match folder {
            [Some(day), Some(month), Some(year)]
                if day.len() == 2
                    && month.len() == 2
                    && year.len() == 4
                    && is_delivered(segments) =>
            {
                day_of(year, month, day)
            }
            _ => None,
        };
        Self { day }
    }

    /// The key of a log file in this folder.
    pub(super) fn key(self, name: &OsStr) -> ObjectKey {
        let name = name.to_str().and_then(Name::parse);
        ObjectKey {
            folder_day: self.day,
            name_day: name.and_then(Name::day),
            events: name.and_then(|name| name.events.parse().ok()),
            // No delivered object is of four gigabytes; a name that says so has another meaning.
            size: name
                .and_then(|name| name.size.parse::<u32>().ok())
                .filter(|&size| size != 0)
                .map(u64::from),
        }
    }
}

/// Whether there is a trail's folder among the segments, which come from the last on.
fn is_delivered<'s>(segments: impl Iterator<Item = &'s str>) -> bool {
    let mut below = "";
    for segment in segments {
        if segment == "AliyunLogs" && matches!(below, "Actiontrail" | "Actiontrail-Insight") {
            return true;
        }
        below = segment;
    }
    false
}

/// The parts of a name of the documented form, as they stand in it.
#[derive(Clone, Copy)]
struct Name<'n> {
    region: &'n str,
    time: &'n str,
    events: &'n str,
    size: &'n str,
    md5: &'n str,
}

impl<'n> Name<'n> {
    fn parse(name: &'n str) -> Option<Self> {
        let mut rest = name.strip_prefix("Actiontrail")?.strip_suffix(".gz")?;
        // So few bytes are looked at one by one sooner than by a search made for long text.
        let mut last = || {
            let at = rest.bytes().rposition(|byte| byte == b'_');
            let part = at.map_or(Some(rest), |at| rest.get(at + 1..))?;
            rest = rest.get(..at.unwrap_or(0))?;
            Some(part)
        };
        let (md5, size, events, constant, time) = (last()?, last()?, last()?, last()?, last()?);
        let well_formed = md5.len() == 32
            && md5.bytes().all(|byte| byte.is_ascii_hexdigit())
            && [size, events, constant, time]
                .iter()
                .all(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
            && time.len() == 14;
        well_formed.then(|| Self {
            region: last().unwrap_or_default(),
            time,
            events,
            size,
            md5,
        })
    }

    fn day(self) -> Option<i64> {
        let Self { time, .. } = self;
        day_of(time.get(..4)?, time.get(4..6)?, time.get(6..8)?)
    }

    fn hour(self) -> Option<i64> {
        let hour: i64 = self.time.get(8..10)?.parse().ok()?;
        (hour < 24).then_some(self.day()? * 24 + hour)
    }
}

/// What the name of a log file promises of its content. What a part does not say in a usable way
/// is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Promise {
    /// The region; `""` where the name has none.
    pub region: String,
    /// The day, in days since 1970-01-01 UTC.
    pub day: Option<i64>,
    /// The event count.
    pub events: Option<u64>,
    /// The size. Of which bytes is not documented.
    pub size: Option<u64>,
    /// The MD5. Of which bytes is not documented.
    pub md5: Option<[u8; 16]>,
}

impl Promise {
    /// Reads the name of a log file; `None` where it has not the documented form.
    pub fn parse(name: &OsStr) -> Option<Self> {
        let name = Name::parse(name.to_str()?)?;
        Some(Self {
            region: name.region.to_owned(),
            day: name.day(),
            events: name.events.parse().ok(),
            size: name.size.parse().ok(),
            md5: u128::from_str_radix(name.md5, 16)
                .ok()
                .map(u128::to_be_bytes),
        })
    }
}

/// The region and the hour of a name of the documented form, in hours since 1970-01-01 UTC.
pub(super) fn hour_of(name: &OsStr) -> Option<(&str, Option<i64>)> {
    let name = Name::parse(name.to_str()?)?;
    Some((name.region, name.hour()))
}

/// The folder of the region, and the day in days since 1970-01-01 UTC, of a folder whose path ends
/// in the year, the month and the day, as those of delivered log files do.
pub fn dated(folder: &Path) -> Option<(&Path, i64)> {
    let mut segments = folder
        .components()
        .rev()
        .map(|segment| segment.as_os_str().to_str());
    let (day, month, year) = (segments.next()??, segments.next()??, segments.next()??);
    let long_enough = day.len() == 2 && month.len() == 2 && year.len() == 4;
    let region = folder.parent()?.parent()?.parent()?;
    long_enough
        .then(|| day_of(year, month, day))
        .flatten()
        .map(|day| (region, day))
}

/// Days since 1970-01-01.
fn day_of(year: &str, month: &str, day: &str) -> Option<i64> {
    let number = |digits: &str| {
        digits
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| digits.parse::<u32>().ok())
    };
    let date = NaiveDate::from_ymd_opt(
        i32::try_from(number(year)??).ok()?,
        number(month)??,
        number(day)??,
    )?;
    Some(i64::from(date.to_epoch_days()))
}

/// The days whose log files can hold events of a time window.
///
/// Folders are UTC days; events near midnight can lie in the neighbouring day's folder (observed
/// 2026-09), so a day on both sides is added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayRange {
    first: Option<i64>,
    last: Option<i64>,
}

impl DayRange {
    /// The days for events in `[since, until)`, in milliseconds since 1970 UTC.
    pub fn of_window(since: Option<i64>, until: Option<i64>) -> Self {
        const DAY: i64 = 86_400_000;
        Self {
            first: since.map(|since| since.div_euclid(DAY) - 1),
            last: until.map(|until| until.saturating_sub(1).div_euclid(DAY) + 1),
        }
    }

    /// Whether a log file has to be opened. Only a folder's day can rule it out, and only where the
    /// name does not tell another.
    pub(super) fn holds(&self, key: &ObjectKey) -> bool {
        key.folder_day.is_none_or(|day| self.holds_day(day))
            || key.name_day.is_some_and(|day| self.holds_day(day))
    }

    fn holds_day(&self, day: i64) -> bool {
        self.first.is_none_or(|first| day >= first) && self.last.is_none_or(|last| day <= last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_keys_of_both_layouts_at_any_depth() {
        let name = "Actiontrail_ap-southeast-6_20260925070451_1002_4_1146_8d2a62c7317236ee7bf50184a428d8a9.gz";
        let expected = ObjectKey {
            folder_day: Some(20_721),
            name_day: Some(20_721),
            events: Some(4),
            size: Some(1146),
        };
        for folder in [
            "AliyunLogs/Actiontrail/ap-southeast-6/2026/09/25",
            "/data/a/b/AliyunLogs/Actiontrail/rd-abc/1234567890123456/ap-southeast-6/2026/09/25",
            "x/AliyunLogs/Actiontrail-Insight/ap-southeast-6/2026/09/25",
        ] {
            assert_eq!(
                ObjectKey::parse(&Path::new(folder).join(name)),
                expected,
                "{folder}"
            );
        }
        for (path, expected) in [
            ("2026/09/25/x.gz", ObjectKey::default()),
            (
                "AliyunLogs/Other/Actiontrail/r/2026/09/25/x.gz",
                ObjectKey::default(),
            ),
            (
                "AliyunLogs/Actiontrail/r/2026/13/25/x.gz",
                ObjectKey::default(),
            ),
            (
                "AliyunLogs/Actiontrail/r/2026/09/25/x.gz",
                ObjectKey {
                    folder_day: Some(20_721),
                    ..Default::default()
                },
            ),
            (
                "AliyunLogs/Actiontrail/r/+026/09/25/x.gz",
                ObjectKey::default(),
            ),
            ("x.gz", ObjectKey::default()),
        ] {
            assert_eq!(ObjectKey::parse(Path::new(path)), expected, "{path}");
        }
    }

    #[test]
    fn a_size_that_no_delivered_object_has_is_none() {
        for (size, expected) in [
            ("1", Some(1)),
            ("0", None),
            ("4294967296", None),
            ("1".repeat(30).as_str(), None),
        ] {
            let name = format!(
                "Actiontrail_r_20260925070451_1002_4_{size}_8d2a62c7317236ee7bf50184a428d8a9.gz"
            );
            assert_eq!(ObjectKey::parse(Path::new(&name)).size, expected, "{size}");
        }
    }

    #[test]
    fn a_window_keeps_a_day_of_slack_on_both_sides() {
        const DAY: i64 = 86_400_000;
        let key = |day| ObjectKey {
            folder_day: Some(day),
            ..Default::default()
        };
        let days = DayRange::of_window(Some(10 * DAY), Some(12 * DAY));
        let held: Vec<_> = (0..20).filter(|&day| days.holds(&key(day))).collect();
        assert_eq!(held, [9, 10, 11, 12]);
        assert!(days.holds(&ObjectKey::default()));
        assert!(days.holds(&ObjectKey {
            folder_day: Some(5),
            name_day: Some(10),
            ..Default::default()
        }));
    }
}
