//! When log files were delivered, by their places and names alone, and where deliveries are
//! missing.
//!
//! Opens nothing. Members of packs count as files do. A trail delivers to a folder for each region
//! and day, about every five minutes while something happens there. So an hour without a file is no
//! fault; what it means is for the reader to say. Folders of insights are left out: their silence is
//! the normal case.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::object_key::{dated, hour_of};

const HOUR: i64 = 3_600_000;
const DAY_HOURS: i64 = 24;

/// A bit for each hour of a day.
type Hours = u32;

/// All hours of a day: what a file counts for whose name has no time.
const WHOLE_DAY: Hours = (1 << DAY_HOURS) - 1;

/// The hours in which log files were delivered, by trail and region.
///
/// A trail is the folder above those of the regions; where files lie in no dated folders, the
/// folder they lie in, and the region is that of their names.
#[derive(Clone, Debug, Default)]
pub struct Deliveries {
    /// The roots as given, and where they really are.
    roots: Vec<(PathBuf, PathBuf)>,
    /// By the real path of the trail's folder.
    trails: BTreeMap<PathBuf, TrailHours>,
    /// The folder of the latest log file: most have that of the one before.
    latest: Option<DeliveredTo>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct TrailHours {
    /// The path as a person gave it.
    shown: PathBuf,
    regions: BTreeMap<String, RegionHours>,
}

/// The hours of the days with a delivery.
type RegionHours = BTreeMap<i64, Hours>;

/// What was delivered to one folder.
#[derive(Clone, Debug)]
struct DeliveredTo {
    folder: PathBuf,
    /// The trail's folder as it really is, and as it is shown; none for insights.
    trail: Option<(PathBuf, PathBuf)>,
    /// The region and the day, where the place tells them.
    region: Option<String>,
    day: Option<i64>,
    /// The latest region and day with their hours, since most files of a folder share them.
    latest: (String, i64, Hours),
    earlier: BTreeMap<(String, i64), Hours>,
}

impl DeliveredTo {
    /// The folder, as it is opened and as it really is.
    fn folder(path: &Path, canonical: &Path) -> Self {
        let (region_folder, day) = dated(canonical).unzip();
        let region = region_folder.and_then(Path::file_name);
        let trail = match (region, region_folder.and_then(Path::parent)) {
            (Some(_), Some(trail)) => trail,
            (_, _) => canonical,
        };
        let insight = canonical
            .iter()
            .any(|segment| segment == "Actiontrail-Insight");
        Self {
            folder: path.to_owned(),
            trail: (!insight).then(|| {
                let up = canonical.iter().count() - trail.iter().count();
                (trail.to_owned(), shown(path, trail, up))
            }),
            region: region.map(|region| region.to_string_lossy().into_owned()),
            day,
            latest: (String::new(), i64::MIN, 0),
            earlier: BTreeMap::new(),
        }
    }

    /// Adds a log file of the folder.
    fn add(&mut self, name: &OsStr) {
        if self.trail.is_none() {
            return;
        }
        let (name_region, hour) = hour_of(name).unwrap_or_default();
        let (day, hours) = match (hour, self.day) {
            (Some(hour), _) => (hour.div_euclid(DAY_HOURS), 1 << hour.rem_euclid(DAY_HOURS)),
            (None, Some(day)) => (day, WHOLE_DAY),
            (None, None) => return,
        };
        let region = self.region.as_deref().unwrap_or(name_region);
        if self.latest.0 == region && self.latest.1 == day {
            self.latest.2 |= hours;
        } else {
            let latest = std::mem::replace(&mut self.latest, (region.to_owned(), day, hours));
            self.keep(latest);
        }
    }

    fn keep(&mut self, (region, day, hours): (String, i64, Hours)) {
        if hours != 0 {
            *self.earlier.entry((region, day)).or_default() |= hours;
        }
    }
}

/// The trail's folder as a person would name it: so many steps up from a folder inside it.
fn shown(path: &Path, trail: &Path, up: usize) -> PathBuf {
    let above = path.ancestors().nth(up).filter(|above| {
        // What ends in `..` or is gone does not name the trail any more.
        above.file_name() == trail.file_name() && above.file_name().is_some()
    });
    above.unwrap_or(trail).to_owned()
}

impl Deliveries {
    /// None yet, of log files under these roots.
    pub fn of(roots: &[PathBuf]) -> Self {
        let real = |root: &PathBuf| {
            let canonical = fs::canonicalize(root).unwrap_or_else(|_| root.clone());
            (root.clone(), canonical)
        };
        Self {
            roots: roots.iter().map(real).collect(),
            ..Self::default()
        }
    }

    /// Adds a log file by its path, which begins with a root as given.
    pub fn add(&mut self, path: &Path) {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return;
        };
        if let Some(latest) = &mut self.latest
            && latest.folder.as_os_str() == folder.as_os_str()
        {
            latest.add(name);
            return;
        }
        let real = self.roots.iter().find_map(|(root, canonical)| {
            let below = path.strip_prefix(root).ok()?;
            // A root that is the log file itself has nothing below.
            let real = if below.as_os_str().is_empty() {
                canonical.clone()
            } else {
                canonical.join(below)
            };
            Some(real.parent()?.to_owned())
        });
        let mut to = DeliveredTo::folder(folder, real.as_deref().unwrap_or(folder));
        to.add(name);
        if let Some(before) = self.latest.replace(to) {
            self.take(before);
        }
    }

    /// Adds those of another part of the same archive. Commutative and associative.
    pub fn merge(&mut self, mut other: Self) {
        other.settle();
        for (canonical, trail) in other.trails {
            for (region, days) in trail.regions {
                let hours = self.region(canonical.clone(), trail.shown.clone(), region);
                for (day, more) in days {
                    *hours.entry(day).or_default() |= more;
                }
            }
        }
    }

    /// Adds what was delivered to the latest folder.
    pub fn settle(&mut self) {
        if let Some(latest) = self.latest.take() {
            self.take(latest);
        }
    }

    fn take(&mut self, mut folder: DeliveredTo) {
        let latest = std::mem::take(&mut folder.latest);
        folder.keep(latest);
        let Some((canonical, shown)) = folder.trail else {
            return;
        };
        for ((region, day), hours) in folder.earlier {
            let region = self.region(canonical.clone(), shown.clone(), region);
            *region.entry(day).or_default() |= hours;
        }
    }

    fn region(&mut self, canonical: PathBuf, shown: PathBuf, region: String) -> &mut RegionHours {
        let trail = self.trails.entry(canonical).or_insert_with(|| TrailHours {
            shown: shown.clone(),
            regions: BTreeMap::new(),
        });
        // Whichever root comes first: the name is the same.
        if shown < trail.shown {
            trail.shown = shown;
        }
        trail.regions.entry(region).or_default()
    }

    /// How many gaps there are in the regions of all trails, and how many of a day or more.
    pub fn gaps(&self) -> (u64, u64) {
        let regions = self
            .trails
            .values()
            .flat_map(|trail| trail.regions.values());
        let mut counts = (0, 0);
        for region in regions {
            each_gap(region, |gap| {
                counts.0 += 1;
                counts.1 += u64::from(gap.hours() >= DAY_HOURS);
            });
        }
        counts
    }

    /// The trails, by their paths.
    pub fn trails(&self) -> Vec<Trail> {
        self.trails.values().filter_map(Trail::of).collect()
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
    /// Its folder.
    pub path: PathBuf,
    /// The hour of its first delivery, in milliseconds since 1970 UTC.
    pub first: i64,
    /// The hour of its last delivery.
    pub last: i64,
    /// Hours in which no region had a delivery.
    pub silences: Vec<Gap>,
    /// Days, from midnight to midnight UTC, that no region has a delivery of.
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
    fn of(trail: &TrailHours) -> Option<Self> {
        let mut all = RegionHours::new();
        for region in trail.regions.values() {
            for (&day, hours) in region {
                *all.entry(day).or_default() |= hours;
            }
        }
        let (first, last) = ends(&all)?;
        let silences = gaps(&all);
        Some(Self {
            path: trail.shown.clone(),
            first,
            last,
            missing_days: silences.iter().filter_map(Gap::days).collect(),
            silences,
            regions: trail
                .regions
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

/// The first and the last hour.
fn ends(hours: &RegionHours) -> Option<(i64, i64)> {
    let (first_day, first) = hours.first_key_value()?;
    let (last_day, last) = hours.last_key_value()?;
    let first = first_day * DAY_HOURS + i64::from(first.trailing_zeros());
    let last = last_day * DAY_HOURS + i64::from(last.checked_ilog2()?);
    Some((first * HOUR, last * HOUR))
}

fn gaps(hours: &RegionHours) -> Vec<Gap> {
    let mut gaps = Vec::new();
    each_gap(hours, |gap| gaps.push(gap));
    gaps
}

fn each_gap(hours: &RegionHours, mut visit: impl FnMut(Gap)) {
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

    const FOLDER: &str = "/x/AliyunLogs/Actiontrail";

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
            part.add(&Path::new(folder).join(name));
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
        assert_eq!(trail.path, Path::new(FOLDER));
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
        let folder = |kind: &str, day: &str| format!("/x/AliyunLogs/{kind}/a/1970/01/{day}");
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
            delivered(&[("/x/r/1970/01/01", "x.gz"), ("/x/r/1970/01/03", "x.gz")]).gaps(),
            (1, 1)
        );
        assert_eq!(delivered(&[("/x", "x.gz")]).trails(), []);
    }

    #[test]
    fn files_in_one_folder_are_told_apart_by_the_regions_of_their_names() {
        let names = [
            name("a", "19700101", 0),
            name("b", "19700101", 5),
            name("a", "19700101", 2),
        ];
        let deliveries = delivered(&[("/x", &names[0]), ("/x", &names[1]), ("/x", &names[2])]);
        let trails = deliveries.trails();
        assert_eq!(trails[0].path, Path::new("/x"));
        assert_eq!(trails[0].regions.len(), 2);
        assert_eq!(deliveries.gaps(), (1, 0));
    }

    #[test]
    fn a_trail_is_shown_as_it_was_named() {
        let check = |path: &str, canonical: &str, expected: &str| {
            let folder = DeliveredTo::folder(Path::new(path), Path::new(canonical));
            let (_, shown) = folder.trail.expect("a trail");
            assert_eq!(shown, Path::new(expected), "{path}");
        };
        check("in/T/r/2024/03/05", "/x/in/T/r/2024/03/05", "in/T");
        check("../T/r/2024/03/05", "/x/T/r/2024/03/05", "../T");
        check("./2024/03/05", "/x/T/r/2024/03/05", "/x/T");
        check("link/2024/03/05", "/x/T/r/2024/03/05", "/x/T");
    }

    proptest! {
        #[test]
        fn gaps_are_what_a_walk_over_every_hour_finds(
            hours in proptest::collection::btree_set(-60_i64..60, 0..30),
            mixed in any::<bool>(),
        ) {
            let mut region = RegionHours::new();
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
