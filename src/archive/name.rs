//! What the path of a delivered log file states without opening it, parsed once.
//!
//! `[prefix/]AliyunLogs/<Actiontrail|Actiontrail-Insight>/[<rd_id>/<account_id>/]<region>/YYYY/MM/DD/
//! Actiontrail_<region>_<YYYYMMDDHHMMSS>_1002_<event count>_<size>_<md5>.gz`
//! (vendor's page on the storage path of delivered events; one observed key of 2026-09).
//! Nothing here is trusted: a path that does not parse states nothing, and the file is read all the
//! same.

use std::ops::{Range, RangeInclusive};

use chrono::NaiveDate;

/// What the path of a log file states.
///
/// ```
/// use keytrail::archive::DeliveredName;
///
/// let path = b"AliyunLogs/Actiontrail/cn-hangzhou/2026/09/25/\
///     Actiontrail_cn-hangzhou_20260925070451_1002_4_1146_8d2a62c7317236ee7bf50184a428d8a9.gz";
/// let name = DeliveredName::parse(path);
/// assert_eq!(name.trail(path), b"AliyunLogs/Actiontrail");
/// assert_eq!(name.folder_region(path), Some(&b"cn-hangzhou"[..]));
/// assert_eq!(name.folder_day(), Some(20_721));
/// let claims = name.claims.expect("a name of the documented form");
/// assert_eq!((claims.events, claims.size), (Some(4), Some(1146)));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveredName {
    folder: DeliveredFolder,
    /// What the file's own name states; `None` where it has not the documented form.
    pub claims: Option<NameClaims>,
}

/// What the path of a folder states of the log files in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct DeliveredFolder {
    /// How many bytes of the path are the trail's folder.
    trail: u32,
    region: Option<Range<u32>>,
    day: Option<i64>,
    /// What is below the segment `AliyunLogs`, which every delivered path has.
    anchor: Anchor,
    insight: bool,
}

/// Whether a path has the segments that all delivered paths have, whatever their prefix.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Anchor {
    /// `AliyunLogs` with the folder of a trail below it.
    Trail,
    /// `AliyunLogs` with something else below it.
    Other,
    /// No such segment: the root may be below it.
    #[default]
    Missing,
}

/// What the name of a log file of the documented form states of its content. A part that states
/// nothing usable is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameClaims {
    /// The region's place in the path; empty where the name has no region.
    region: Range<u32>,
    /// The day, in days since 1970-01-01 UTC.
    pub day: Option<i64>,
    /// The hour, in hours since 1970-01-01 00:00 UTC.
    pub hour: Option<i64>,
    /// The event count.
    pub events: Option<u64>,
    /// The size in bytes. Whether of the file or of its text is not documented.
    pub size: Option<u64>,
    /// The MD5. Whether of the file or of its text is not documented.
    pub md5: Option<[u8; 16]>,
}

impl DeliveredName {
    /// Parses the path of a log file below its root.
    pub fn parse(path: &[u8]) -> Self {
        let (folder, _name) = split(path);
        DeliveredFolder::parse(folder).name(path)
    }

    /// The folder of the trail that delivered the log file at `path`: what stands before the
    /// region's folder, or the log file's own folder where that is not a dated one.
    pub fn trail<'p>(&self, path: &'p [u8]) -> &'p [u8] {
        path.get(..self.folder.trail as usize).unwrap_or_default()
    }

    /// The region by the folder of the log file at `path`.
    pub fn folder_region<'p>(&self, path: &'p [u8]) -> Option<&'p [u8]> {
        self.folder.region.as_ref().map(|range| part(path, range))
    }

    /// The region by the name of the log file at `path`; empty where it has none.
    pub fn name_region<'p>(&self, path: &'p [u8]) -> &'p [u8] {
        let claims = self.claims.as_ref();
        claims.map_or(&[], |claims| part(path, &claims.region))
    }

    /// The day of its folder, in days since 1970-01-01 UTC.
    pub fn folder_day(&self) -> Option<i64> {
        self.folder.day
    }

    /// Whether it lies in a folder of Insight events.
    pub fn is_insight(&self) -> bool {
        self.folder.insight
    }

    /// Its size in bytes where the name states one that a delivered log file can have.
    pub(super) fn plausible_size(&self) -> Option<u64> {
        // No delivered object is of four gigabytes; a name that states that has another meaning.
        let size = self.claims.as_ref()?.size?;
        (size != 0 && u32::try_from(size).is_ok()).then_some(size)
    }

    /// The day by which a window of time may rule it out. A folder that is dated as those of trails
    /// are counts only below a trail's folder, or where the file has a delivered name.
    fn ruling_day(&self) -> Option<i64> {
        let is_delivered = match self.folder.anchor {
            Anchor::Trail => true,
            Anchor::Other => false,
            Anchor::Missing => self.claims.is_some(),
        };
        self.folder.day.filter(|_| is_delivered)
    }
}

impl DeliveredFolder {
    /// Parses the path of a folder below its root.
    pub(super) fn parse(path: &[u8]) -> Self {
        let (above_day, day) = split(path);
        let (above_month, month) = split(above_day);
        let (above_year, year) = split(above_month);
        let is_dated = (year.len(), month.len(), day.len()) == (4, 2, 2);
        let day = is_dated.then(|| day_of(year, month, day)).flatten();
        let mut folder = Self {
            trail: offset(path.len()),
            day,
            ..Self::default()
        };
        if day.is_some() {
            let (trail, region) = split(above_year);
            folder.trail = offset(trail.len());
            folder.region = (!region.is_empty())
                .then(|| offset(above_year.len() - region.len())..offset(above_year.len()));
        }
        let mut above = &b""[..];
        for segment in path.split(|&byte| byte == b'/') {
            let is_trail = is_trail(segment);
            folder.insight |= segment == b"Actiontrail-Insight";
            if above == b"AliyunLogs" {
                folder.anchor = match folder.anchor {
                    Anchor::Trail => Anchor::Trail,
                    _ if is_trail => Anchor::Trail,
                    Anchor::Other | Anchor::Missing => Anchor::Other,
                };
            }
            above = segment;
        }
        folder
    }

    /// Parses the name of a log file in this folder; `path` is the whole path below the root.
    pub(super) fn name(&self, path: &[u8]) -> DeliveredName {
        let (below_root, name) = split(path);
        let claims = NameClaims::parse(name, path.len() - name.len());
        let mut folder = self.clone();
        if claims.is_some() && is_rest_of_date(below_root) {
            // The root is the folder of a year or a month, so the trail lies above it.
            folder.trail = 0;
        }
        DeliveredName { folder, claims }
    }
}

impl NameClaims {
    /// Whether a name has the documented form, whatever its ending.
    pub(super) fn is_documented(name: &[u8]) -> bool {
        Self::parse(name, 0).is_some()
    }

    /// Parses a name that begins at this offset of its path.
    fn parse(name: &[u8], begin: usize) -> Option<Self> {
        let name = std::str::from_utf8(name).ok()?;
        let prefix = "Actiontrail";
        // Only the ending of a name has dots; programs that unpack take it away or replace it.
        let (name, _ending) = name.split_once('.').unwrap_or((name, ""));
        let mut rest = name.strip_prefix(prefix)?;
        // Faster than `rsplit`, which is made for longer texts.
        let mut last = || {
            let separator = rest.bytes().rposition(|byte| byte == b'_');
            let part = separator.map_or(Some(rest), |separator| rest.get(separator + 1..))?;
            rest = rest.get(..separator.unwrap_or(0))?;
            Some(part)
        };
        let (md5, size, events, constant, time) = (last()?, last()?, last()?, last()?, last()?);
        let is_well_formed = md5.len() == 32
            && md5.bytes().all(|byte| byte.is_ascii_hexdigit())
            && [size, events, constant, time]
                .iter()
                .all(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
            && time.len() == 14;
        if !is_well_formed {
            return None;
        }
        let region = rest.rsplit('_').next().unwrap_or_default();
        let end = begin + prefix.len() + rest.len();
        let time = time.as_bytes();
        let digits = |range| part(time, &range);
        let day = day_of(digits(0..4), digits(4..6), digits(6..8));
        let hour = number(digits(8..10)).filter(|&hour| hour < 24);
        Some(Self {
            region: offset(end - region.len())..offset(end),
            day,
            hour: day.and_then(|day| Some(day * 24 + i64::from(hour?))),
            events: events.parse().ok(),
            size: size.parse().ok(),
            md5: u128::from_str_radix(md5, 16).ok().map(u128::to_be_bytes),
        })
    }
}

/// Whether a folder below `AliyunLogs` has this name because it is one of trails.
fn is_trail(segment: &[u8]) -> bool {
    matches!(segment, b"Actiontrail" | b"Actiontrail-Insight")
}

/// The days of the folder of a year, of a month or of a day.
fn days_of_folder(
    year: &[u8],
    month: Option<&[u8]>,
    day: Option<&[u8]>,
) -> Option<RangeInclusive<i64>> {
    let is_dated = year.len() == 4 && [month, day].iter().flatten().all(|part| part.len() == 2);
    if !is_dated {
        return None;
    }
    let days = [b"31", b"30", b"29", b"28"];
    let last_of = |month| days.iter().find_map(|&day| day_of(year, month, day));
    match (month, day) {
        (Some(month), Some(day)) => day_of(year, month, day).map(|day| day..=day),
        (Some(month), None) => Some(day_of(year, month, b"01")?..=last_of(month)?),
        (None, _) => Some(day_of(year, b"01", b"01")?..=last_of(b"12")?),
    }
}

/// Whether the path of a folder is a month and a day, or a day, and nothing else.
fn is_rest_of_date(path: &[u8]) -> bool {
    let is_number = |segment: &[u8]| segment.len() == 2 && number(segment).is_some();
    path.len() <= "MM/DD".len() && path.split(|&byte| byte == b'/').all(is_number)
}

/// A path without its last segment, and that.
pub(super) fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|&byte| byte == b'/') {
        Some(slash) => (
            path.get(..slash).unwrap_or_default(),
            path.get(slash + 1..).unwrap_or_default(),
        ),
        None => (&[], path),
    }
}

fn part<'p>(path: &'p [u8], range: &Range<u32>) -> &'p [u8] {
    let range = range.start as usize..range.end as usize;
    path.get(range).unwrap_or_default()
}

/// An offset in a path. Paths of four gigabytes do not occur; what lies beyond is cut.
fn offset(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// Days since 1970-01-01 of a date in digits.
fn day_of(year: &[u8], month: &[u8], day: &[u8]) -> Option<i64> {
    let year = i32::try_from(number(year)?).ok()?;
    let date = NaiveDate::from_ymd_opt(year, number(month)?, number(day)?)?;
    Some(i64::from(date.to_epoch_days()))
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |number, byte| {
        let digit = char::from(*byte).to_digit(10)?;
        number.checked_mul(10)?.checked_add(digit)
    })
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
    /// name does not state another day.
    pub(super) fn includes(self, name: &DeliveredName) -> bool {
        let name_day = name.claims.as_ref().and_then(|claims| claims.day);
        name.ruling_day().is_none_or(|day| self.includes_day(day))
            || name_day.is_some_and(|day| self.includes_day(day))
    }

    /// The topmost folder on the way to this one, itself included, that its date rules out: that of a
    /// year, a month or a day below the folder of a trail.
    pub(super) fn ruled_out(self, folder: &[u8]) -> Option<&[u8]> {
        if self == Self::default() {
            return None;
        }
        let mut above = &b""[..];
        let mut is_below_trail = false;
        let (mut year, mut month) = (None, None);
        let mut begin = 0;
        for segment in folder.split(|&byte| byte == b'/') {
            let end = begin + segment.len();
            if is_below_trail {
                let days = match (year, month) {
                    (Some(year), Some(month)) => days_of_folder(year, Some(month), Some(segment)),
                    (Some(year), None) => days_of_folder(year, Some(segment), None),
                    (None, _) => days_of_folder(segment, None, None),
                };
                (year, month) = match (&days, year, month) {
                    (Some(_), None, _) => (Some(segment), None),
                    (Some(_), year, None) => (year, Some(segment)),
                    _ => (None, None),
                };
                if days.is_some_and(|days| !self.overlaps(&days)) {
                    return folder.get(..end);
                }
            } else if above == b"AliyunLogs" && is_trail(segment) {
                is_below_trail = true;
            }
            above = segment;
            begin = end + 1;
        }
        None
    }

    fn overlaps(self, days: &RangeInclusive<i64>) -> bool {
        self.first.is_none_or(|first| *days.end() >= first)
            && self.last.is_none_or(|last| *days.start() <= last)
    }

    fn includes_day(self, day: i64) -> bool {
        self.first.is_none_or(|first| day >= first) && self.last.is_none_or(|last| day <= last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str =
        "Actiontrail_ap-southeast-6_20260925070451_1002_4_1146_8d2a62c7317236ee7bf50184a428d8a9.gz";
    const DAY: i64 = 20_721;

    fn parse(path: &str) -> DeliveredName {
        DeliveredName::parse(path.as_bytes())
    }

    fn text(bytes: &[u8]) -> &str {
        std::str::from_utf8(bytes).unwrap()
    }

    #[test]
    fn paths_of_both_layouts_are_parsed_at_any_depth() {
        for trail in [
            "AliyunLogs/Actiontrail",
            "a/b/AliyunLogs/Actiontrail/rd-abc/1234567890123456",
            "x/AliyunLogs/Actiontrail-Insight",
        ] {
            let path = format!("{trail}/r-1/2026/09/25/{NAME}");
            let name = parse(&path);
            assert_eq!(text(name.trail(path.as_bytes())), trail);
            assert_eq!(name.folder_region(path.as_bytes()), Some(&b"r-1"[..]));
            assert_eq!(text(name.name_region(path.as_bytes())), "ap-southeast-6");
            assert_eq!(name.ruling_day(), Some(DAY), "{path}");
            assert_eq!(name.is_insight(), trail.ends_with("Insight"));
            assert_eq!(name.plausible_size(), Some(1146));
            let claims = name.claims.unwrap();
            assert_eq!((claims.day, claims.hour), (Some(DAY), Some(DAY * 24 + 7)));
            assert_eq!((claims.events, claims.size), (Some(4), Some(1146)));
            let md5 = 0x8d2a_62c7_3172_36ee_7bf5_0184_a428_d8a9_u128;
            assert_eq!(claims.md5, Some(md5.to_be_bytes()));
        }
    }

    #[test]
    fn a_folder_rules_out_only_where_it_is_one_of_a_trail() {
        for (folder, of_any_name, of_a_delivered_name) in [
            ("AliyunLogs/Actiontrail/r/2026/09/25", Some(DAY), Some(DAY)),
            ("AliyunLogs/Other/Actiontrail/r/2026/09/25", None, None),
            ("AliyunLogs/Actiontrail/r/2026/13/25", None, None),
            ("AliyunLogs/Actiontrail/r/+026/09/25", None, None),
            // Of a root below the trail's folder.
            ("r/2026/09/25", None, Some(DAY)),
            ("2026/09/25", None, Some(DAY)),
            ("09/25", None, None),
        ] {
            let day = |name: &str| parse(&format!("{folder}/{name}")).ruling_day();
            assert_eq!(day("x.gz"), of_any_name, "{folder}");
            assert_eq!(day(NAME), of_a_delivered_name, "{folder}");
        }
        assert_eq!(parse("x.gz"), DeliveredName::default());
    }

    #[test]
    fn a_path_without_a_region_has_the_trail_that_stands_before_the_day() {
        for (path, trail, region) in [
            ("2026/09/25/x.gz", "", None),
            ("r/2026/09/25/x.gz", "", Some("r")),
            ("a/b/x.gz", "a/b", None),
            ("x.gz", "", None),
            ("09/25/x.gz", "09/25", None),
            (&format!("09/25/{NAME}"), "", None),
            (&format!("25/{NAME}"), "", None),
            (&format!("a/25/{NAME}"), "a/25", None),
        ] {
            let name = parse(path);
            assert_eq!(text(name.trail(path.as_bytes())), trail, "{path}");
            assert_eq!(
                name.folder_region(path.as_bytes()).map(text),
                region,
                "{path}"
            );
        }
    }

    #[test]
    fn the_region_of_a_name_may_be_missing() {
        let md5 = "8d2a62c7317236ee7bf50184a428d8a9";
        for (region, expected) in [("", ""), ("_r", "r"), ("_a_b", "b"), ("r", "r")] {
            let path = format!("f/Actiontrail{region}_20260925070451_1002_4_9_{md5}.gz");
            let name = parse(&path);
            assert_eq!(text(name.name_region(path.as_bytes())), expected, "{path}");
        }
    }

    #[test]
    fn a_size_that_no_delivered_log_file_has_is_not_plausible() {
        for (size, expected) in [
            ("1", Some(1)),
            ("0", None),
            ("4294967296", None),
            ("1".repeat(30).as_str(), None),
        ] {
            let name = format!(
                "Actiontrail_r_20260925070451_1002_4_{size}_8d2a62c7317236ee7bf50184a428d8a9.gz"
            );
            assert_eq!(parse(&name).plausible_size(), expected, "{size}");
        }
    }

    #[test]
    fn a_name_of_the_documented_form_states_the_same_whatever_its_ending() {
        let stem = NAME.trim_end_matches(".gz");
        let claims = |name: &str| DeliveredName::parse(name.as_bytes()).claims;
        for name in [
            stem.to_owned(),
            format!("{stem}.json"),
            format!("{stem}.gz.1"),
            format!("{stem}."),
        ] {
            assert_eq!(claims(&name), claims(NAME), "{name}");
        }
        assert_eq!(claims(&format!("{stem}x")), None);
        assert_eq!(claims(&format!("{stem} (1).gz")), None);
    }

    #[test]
    fn a_folder_of_another_year_month_or_day_is_ruled_out_as_a_whole() {
        let day = |year, month, day| {
            let date = NaiveDate::from_ymd_opt(year, month, day).unwrap();
            Some(i64::from(date.to_epoch_days()))
        };
        let days = DayRange {
            first: day(2024, 2, 28),
            last: day(2024, 3, 1),
        };
        let trail = "p/AliyunLogs/Actiontrail/r";
        for (folder, expected) in [
            ("2024/02/29", None),
            ("2024/02/27", Some("2024/02/27")),
            ("2024/02/27/deeper/still", Some("2024/02/27")),
            ("2024/02", None),
            ("2024/03/02", Some("2024/03/02")),
            ("2024/01", Some("2024/01")),
            ("2024/01/31", Some("2024/01")),
            ("2023/12/31", Some("2023")),
            ("2025", Some("2025")),
            ("2023x/12/31", None),
            ("2024/13/31", None),
            ("+023", None),
        ] {
            let path = format!("{trail}/{folder}");
            let expected = expected.map(|folder| format!("{trail}/{folder}"));
            let found = days.ruled_out(path.as_bytes()).map(text);
            assert_eq!(found, expected.as_deref(), "{path}");
        }
        assert_eq!(
            DayRange::default().ruled_out(b"AliyunLogs/Actiontrail/2023"),
            None
        );
        for folder in [
            "2023/01/01",
            "Actiontrail/r/2023/01/01",
            "AliyunLogs/x/r/2023/01/01",
        ] {
            assert_eq!(days.ruled_out(folder.as_bytes()), None, "{folder}");
        }
    }

    #[test]
    fn a_window_keeps_a_day_of_slack_on_both_sides() {
        const MILLISECONDS: i64 = 86_400_000;
        let days = DayRange::of_window(Some(10 * MILLISECONDS), Some(12 * MILLISECONDS));
        let of_folder = |day: u32| {
            parse(&format!(
                "AliyunLogs/Actiontrail/r/1970/01/{:02}/x",
                day + 1
            ))
        };
        let included: Vec<_> = (0..20)
            .filter(|&day| days.includes(&of_folder(day)))
            .collect();
        assert_eq!(included, [9, 10, 11, 12]);
        assert!(days.includes(&DeliveredName::default()));
        let other_day = NAME.replace("20260925", "19700111");
        let path = format!("AliyunLogs/Actiontrail/r/1970/01/06/{other_day}");
        assert!(days.includes(&parse(&path)));
    }
}
