//! When log files were delivered, by their paths alone, and where deliveries are missing.
//!
//! Opens nothing. Members of containers count as files do. A trail delivers to a folder for each
//! region and day, about every five minutes while something happens there. So an hour without a
//! file need not be a fault, and is only reported. Left out: folders of Insight events, in which
//! hours without a file are normal.

use std::collections::{BTreeMap, BTreeSet};

use crate::archive::LogFile;

/// The milliseconds of an hour.
pub(super) const HOUR: i64 = 3_600_000;

/// The hours of a day.
pub(super) const DAY_HOURS: i64 = 24;

/// A bit for each hour of a day.
type Hours = u32;

/// All hours of a day, which a file without a time in its name counts for.
const WHOLE_DAY: Hours = (1 << DAY_HOURS) - 1;

/// The hours in which log files were delivered, by trail and region.
///
/// A trail is identified by its folder, which is the one above those of the regions. Where log files
/// do not lie in dated folders it is the folder that they lie in, and their names have the region.
#[derive(Clone, Debug, Default)]
pub struct Deliveries {
    /// By the trail's root and the path of its folder below that.
    trails: BTreeMap<(u32, Vec<u8>), RegionsOfTrail>,
    /// The days of which there is a log file, by their folders or names, from 1970-01-01 UTC on.
    days: BTreeSet<i64>,
    /// How many log files state no day.
    undated: u64,
    /// The latest delivery, not yet added to `trails`: most share their day with the one before.
    latest: Option<DayOfRegion>,
}

/// What one trail delivered.
#[derive(Clone, Debug, Default)]
struct RegionsOfTrail {
    /// How many log files.
    log_files: u64,
    /// The hours of each region, by its name.
    regions: BTreeMap<String, HoursByDay>,
}

/// The hours of the days with a delivery, by days since 1970-01-01 UTC.
type HoursByDay = BTreeMap<i64, Hours>;

/// The hours of one day in which one region of a trail had deliveries.
#[derive(Clone, Debug)]
struct DayOfRegion {
    root: u32,
    trail: Vec<u8>,
    region: Vec<u8>,
    day: i64,
    hours: Hours,
    log_files: u64,
}

impl Deliveries {
    /// Adds a log file.
    pub fn add(&mut self, log_file: &LogFile) {
        let LogFile { key, name, .. } = log_file;
        if name.is_insight() {
            return;
        }
        let claims = name.claims.as_ref();
        let hour = claims.and_then(|claims| claims.hour);
        let days = [name.folder_day(), claims.and_then(|claims| claims.day)];
        self.undated += u64::from(days == [None, None]);
        for day in days.into_iter().flatten() {
            // Most log files are of the day of the one before.
            if self.latest.as_ref().is_none_or(|latest| latest.day != day) {
                self.days.insert(day);
            }
        }
        let (day, hours) = match (hour, name.folder_day()) {
            (Some(hour), _) => (hour.div_euclid(DAY_HOURS), 1 << hour.rem_euclid(DAY_HOURS)),
            (None, Some(day)) => (day, WHOLE_DAY),
            (None, None) => return,
        };
        let trail = log_file.trail();
        let region = name.folder_region(&key.path);
        let region = region.unwrap_or_else(|| name.name_region(&key.path));
        match &mut self.latest {
            Some(latest)
                if latest.day == day
                    && latest.region == region
                    && latest.trail == trail
                    && latest.root == key.root =>
            {
                latest.hours |= hours;
                latest.log_files += 1;
            }
            _ => {
                self.settle();
                self.latest = Some(DayOfRegion {
                    root: key.root,
                    trail: trail.to_owned(),
                    region: region.to_owned(),
                    day,
                    hours,
                    log_files: 1,
                });
            }
        }
    }

    /// Adds those of other log files. Commutative and associative, once both are settled.
    pub fn merge(&mut self, mut other: Self) {
        other.settle();
        self.days.extend(other.days);
        self.undated += other.undated;
        for (trail, RegionsOfTrail { log_files, regions }) in other.trails {
            let ours = self.trails.entry(trail).or_default();
            ours.log_files += log_files;
            for (region, days) in regions {
                add_hours(ours.regions.entry(region).or_default(), &days);
            }
        }
    }

    /// Completes what has been added; to be called before anything is asked.
    pub fn settle(&mut self) {
        if let Some(latest) = self.latest.take() {
            let trail = self.trails.entry((latest.root, latest.trail)).or_default();
            let region = String::from_utf8_lossy(&latest.region).into_owned();
            trail.log_files += latest.log_files;
            *trail
                .regions
                .entry(region)
                .or_default()
                .entry(latest.day)
                .or_default() |= latest.hours;
            self.days.insert(latest.day);
        }
    }

    /// How many gaps there are in the regions of all trails, and how many of a day or more.
    pub fn gaps(&self) -> (u64, u64) {
        let mut counts = (0, 0);
        let regions = self
            .trails
            .values()
            .flat_map(|trail| trail.regions.values());
        for region in regions {
            visit_gaps(region, |gap| {
                counts.0 += 1;
                counts.1 += u64::from(gap.hours() >= DAY_HOURS);
            });
        }
        counts
    }

    /// The days of which there is a log file, from 1970-01-01 UTC on.
    pub(super) fn days(&self) -> &BTreeSet<i64> {
        &self.days
    }

    /// How many log files state no day.
    pub(super) fn undated(&self) -> u64 {
        self.undated
    }

    /// The hours in which any trail delivered.
    pub(super) fn hours_of_all(&self) -> TrailHours {
        let mut all = TrailHours::default();
        for trail in self.trails.values() {
            all.add(trail);
        }
        all
    }

    /// The hours in which each trail delivered, in any region.
    ///
    /// A root that lies inside the folder of a trail leaves its path empty; such roots count as parts
    /// of one trail.
    pub(super) fn trail_hours(&self) -> Vec<TrailHours> {
        let mut trails: Vec<TrailHours> = Vec::new();
        for ((_, path), of_root) in &self.trails {
            let mut trail = TrailHours {
                path: path.clone(),
                ..TrailHours::default()
            };
            // Empty paths come first of each root, so they are collected apart.
            let inside = trails.first_mut().filter(|first| first.path.is_empty());
            match inside {
                Some(inside) if path.is_empty() => inside.add(of_root),
                _ => {
                    trail.add(of_root);
                    let index = if path.is_empty() { 0 } else { trails.len() };
                    trails.insert(index, trail);
                }
            }
        }
        trails
    }

    /// The trails, by root and path.
    pub fn trails(&self) -> Vec<Trail> {
        let trails = self.trails.iter();
        trails
            .filter_map(|((root, path), regions)| Trail::of(*root, path, regions))
            .collect()
    }
}

/// Whole clock hours in a row without a delivery, between two deliveries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The beginning of its first hour, in milliseconds since 1970 UTC.
    pub from: i64,
    /// The end of its last hour.
    pub until: i64,
}

impl Gap {
    /// How many hours it has.
    pub fn hours(&self) -> i64 {
        (self.until - self.from) / HOUR
    }

    /// The whole days of it, from midnight to midnight UTC, where it has any.
    fn days(&self) -> Option<Self> {
        let day = DAY_HOURS * HOUR;
        let (from, until) = (
            (self.from + day - 1).div_euclid(day) * day,
            self.until.div_euclid(day) * day,
        );
        (from < until).then_some(Self { from, until })
    }
}

/// When one trail delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trail {
    /// The number of its root.
    pub root: u32,
    /// Its folder, as a path below the root.
    pub path: Vec<u8>,
    /// The hour of its first delivery, in milliseconds since 1970 UTC.
    pub first: i64,
    /// The hour of its last delivery.
    pub last: i64,
    /// Hours in which no region had a delivery.
    pub silences: Vec<Gap>,
    /// Days, from midnight to midnight UTC, in which no region had a delivery.
    pub missing_days: Vec<Gap>,
    /// Its regions, by name.
    pub regions: Vec<Region>,
}

/// When one region of a trail delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// Its name.
    pub name: String,
    /// The hour of its first delivery, in milliseconds since 1970 UTC.
    pub first: i64,
    /// The hour of its last delivery.
    pub last: i64,
    /// Hours without a delivery between them.
    pub gaps: Vec<Gap>,
}

impl Trail {
    fn of(root: u32, path: &[u8], trail: &RegionsOfTrail) -> Option<Self> {
        let regions = &trail.regions;
        let mut all = HoursByDay::new();
        for region in regions.values() {
            add_hours(&mut all, region);
        }
        let (first, last) = ends(&all)?;
        let silences = gaps(&all);
        Some(Self {
            root,
            path: path.to_owned(),
            first,
            last,
            missing_days: silences.iter().filter_map(Gap::days).collect(),
            silences,
            regions: regions
                .iter()
                .filter_map(|(name, hours)| {
                    let (first, last) = ends(hours)?;
                    Some(Region {
                        name: name.clone(),
                        first,
                        last,
                        gaps: gaps(hours),
                    })
                })
                .collect(),
        })
    }
}

/// The hours in which one trail delivered, in any region.
#[derive(Default)]
pub(super) struct TrailHours {
    /// Its folder, as a path below its root.
    pub(super) path: Vec<u8>,
    /// How many log files it delivered.
    pub(super) log_files: u64,
    hours: HoursByDay,
}

impl TrailHours {
    fn add(&mut self, RegionsOfTrail { log_files, regions }: &RegionsOfTrail) {
        self.log_files += log_files;
        for days in regions.values() {
            add_hours(&mut self.hours, days);
        }
    }

    /// The hours of its first and its last delivery, in milliseconds since 1970 UTC.
    pub(super) fn ends(&self) -> Option<(i64, i64)> {
        ends(&self.hours)
    }

    /// Hours without a delivery between them.
    pub(super) fn gaps(&self) -> Vec<Gap> {
        gaps(&self.hours)
    }
}

/// Adds hours to others.
fn add_hours(all: &mut HoursByDay, more: &HoursByDay) {
    for (&day, hours) in more {
        *all.entry(day).or_default() |= hours;
    }
}

/// The first and the last hour.
fn ends(hours: &HoursByDay) -> Option<(i64, i64)> {
    let (first_day, first) = hours.first_key_value()?;
    let (last_day, last) = hours.last_key_value()?;
    let first = first_day * DAY_HOURS + i64::from(first.trailing_zeros());
    let last = last_day * DAY_HOURS + i64::from(last.checked_ilog2()?);
    Some((first * HOUR, last * HOUR))
}

fn gaps(hours: &HoursByDay) -> Vec<Gap> {
    let mut gaps = Vec::new();
    visit_gaps(hours, |gap| gaps.push(gap));
    gaps
}

fn visit_gaps(hours: &HoursByDay, mut visit: impl FnMut(Gap)) {
    let mut before: Option<i64> = None;
    for (day, &hours) in hours {
        let mut left = hours;
        while left != 0 {
            let hour = day * DAY_HOURS + i64::from(left.trailing_zeros());
            left &= left - 1;
            if let Some(before) = before
                && hour - before > 1
            {
                visit(Gap {
                    from: (before + 1) * HOUR,
                    until: hour * HOUR,
                });
            }
            before = Some(hour);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::archive::{DeliveredName, LogFileKey};

    const FOLDER: &str = "x/AliyunLogs/Actiontrail";

    fn name(region: &str, day: &str, hour: i64) -> String {
        format!(
            "Actiontrail_{region}_{day}{hour:02}0451_1002_4_1146_{:032x}.gz",
            7
        )
    }

    fn delivered(files: &[(&str, &str)]) -> Deliveries {
        let (mut one, mut other) = (Deliveries::default(), Deliveries::default());
        for (number, (folder, name)) in files.iter().enumerate() {
            let part = if number % 2 == 0 {
                &mut one
            } else {
                &mut other
            };
            let path = format!("{folder}/{name}");
            part.add(&LogFile {
                key: LogFileKey::new(0, path.as_bytes()),
                name: DeliveredName::parse(path.as_bytes()),
                ..LogFile::default()
            });
        }
        one.merge(other);
        one.settle();
        one
    }

    #[test]
    fn a_gap_is_whole_hours_between_two_deliveries_of_a_region() {
        let day = |region: &str, day: &str| format!("{FOLDER}/{region}/1970/01/{day}");
        let (one, two) = (day("a", "01"), day("b", "04"));
        let names = [
            name("a", "19700101", 3),
            name("a", "19700101", 5),
            name("a", "19700101", 6),
        ];
        let late = name("b", "19700104", 0);
        let deliveries = delivered(&[
            (&one, &names[0]),
            (&one, &names[1]),
            (&one, &names[2]),
            (&two, &late),
        ]);
        assert_eq!(deliveries.gaps(), (1, 0));
        let trails = deliveries.trails();
        let [trail] = &trails[..] else {
            panic!("{trails:?}");
        };
        assert_eq!(trail.path, FOLDER.as_bytes());
        assert_eq!((trail.first, trail.last), (3 * HOUR, 72 * HOUR));
        let hours = |gaps: &[Gap]| -> Vec<_> {
            gaps.iter()
                .map(|gap| (gap.from / HOUR, gap.until / HOUR))
                .collect()
        };
        assert_eq!(hours(&trail.silences), [(4, 5), (7, 72)]);
        assert_eq!(hours(&trail.missing_days), [(24, 72)]);
        assert_eq!(hours(&trail.regions[0].gaps), [(4, 5)]);
        assert_eq!(hours(&trail.regions[1].gaps), []);
    }

    #[test]
    fn a_file_without_a_time_counts_for_its_day_and_insights_for_nothing() {
        let folder = |kind: &str, day: &str| format!("x/AliyunLogs/{kind}/a/1970/01/{day}");
        let files = |kind: &str| {
            delivered(&[
                (&folder(kind, "01"), "x.gz"),
                (&folder(kind, "02"), &name("a", "19700102", 0)),
                (&folder(kind, "04"), "x.gz"),
            ])
        };
        assert_eq!(files("Actiontrail").gaps(), (1, 1));
        assert_eq!(files("Actiontrail-Insight").trails(), []);
        assert_eq!(
            delivered(&[("x/r/1970/01/01", "x.gz"), ("x/r/1970/01/03", "x.gz")]).gaps(),
            (1, 1)
        );
        assert_eq!(delivered(&[("x", "x.gz")]).trails(), []);
    }

    #[test]
    fn files_in_one_folder_are_distinguished_by_the_regions_of_their_names() {
        let names = [
            name("a", "19700101", 0),
            name("b", "19700101", 5),
            name("a", "19700101", 2),
        ];
        let deliveries = delivered(&[("x", &names[0]), ("x", &names[1]), ("x", &names[2])]);
        let trails = deliveries.trails();
        assert_eq!(trails[0].path, b"x");
        assert_eq!(trails[0].regions.len(), 2);
        assert_eq!(deliveries.gaps(), (1, 0));
    }

    proptest! {
        #[test]
        fn gaps_are_what_a_walk_over_every_hour_finds(
            hours in proptest::collection::btree_set(-60_i64..60, 0..30),
            mixed in any::<bool>(),
        ) {
            let mut region = HoursByDay::new();
            let mut order: Vec<_> = hours.iter().copied().collect();
            if mixed {
                order.reverse();
            }
            for hour in order {
                *region.entry(hour.div_euclid(24)).or_default() |= 1 << hour.rem_euclid(24);
            }
            let silent: BTreeSet<i64> = match (hours.first(), hours.last()) {
                (Some(&first), Some(&last)) => {
                    (first..last).filter(|hour| !hours.contains(hour)).collect()
                }
                _ => BTreeSet::new(),
            };
            let found: BTreeSet<i64> = gaps(&region)
                .iter()
                .flat_map(|gap| gap.from / HOUR..gap.until / HOUR)
                .collect();
            prop_assert_eq!(found, silent);
            prop_assert!(gaps(&region).windows(2).all(|pair| pair[0].until < pair[1].from));
        }
    }
}
