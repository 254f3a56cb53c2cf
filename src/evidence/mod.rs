//! Evidence: what speaks for and against the log files themselves, beside what they say.
//!
//! Pure: notes what a scan comes upon and compares it at the end. Reports and never accuses: the
//! cloud does not document what the size and the MD5 in a name are those of, and an hour without a
//! file can be an hour without an event.

mod manifest;
mod names;
mod switches;

use std::path::Path;

pub use manifest::{Comparison, Manifest, ManifestError, hex};
pub use names::{Agreement, Copies, Difference, Differing, Names};
pub use switches::{Action, Silence, Switch};

pub use crate::archive::{Digests, Gap, Promise, Region, Trail};

use crate::archive::{Deliveries, below, dated};
use crate::event::Event;
use switches::Switches;

/// What a scan notes for it.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    log_files: Vec<LogFileEvidence>,
    switches: Switches,
}

/// One log file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogFileEvidence {
    /// The number of its root, from 0.
    pub root: usize,
    /// Its path below the root, with `/` between the names; the bytes of a name are kept as they
    /// are, UTF-8 or not. Of a root that is a file, its name.
    pub path: Vec<u8>,
    /// What its name promises.
    pub promise: Option<Promise>,
    /// The region and the day that its folder tells.
    pub place: Option<(String, i64)>,
    /// The file as it is stored; `None` where it cannot be read to its end.
    pub object: Option<Digests>,
    /// Its text; `None` where the text breaks off.
    pub text: Option<Digests>,
    /// How many records were found in it.
    pub records: u64,
}

impl LogFileEvidence {
    /// A log file by its path alone; the first root that the path begins with is its root.
    pub fn of(roots: &[impl AsRef<Path>], path: &Path) -> Self {
        let (root, below) = below(roots, path);
        let place = path.parent().and_then(dated).and_then(|(region, day)| {
            Some((region.file_name()?.to_string_lossy().into_owned(), day))
        });
        Self {
            root,
            path: below,
            promise: path.file_name().and_then(Promise::parse),
            place,
            ..Self::default()
        }
    }

    /// The same log file with what reading it has given.
    #[must_use]
    pub fn weighed(self, object: Option<Digests>, text: Option<Digests>, records: u64) -> Self {
        Self {
            object,
            text,
            records,
            ..self
        }
    }

    /// Its path for the eye.
    pub fn shown(&self) -> String {
        String::from_utf8_lossy(&self.path).into_owned()
    }
}

impl Evidence {
    /// Adds a log file.
    pub fn add(&mut self, log_file: LogFileEvidence) {
        self.log_files.push(log_file);
    }

    /// Notes an event and where it stands, if it is about a trail, and when its account was heard of.
    pub fn see(&mut self, event: &Event<'_>, log_file: &Path, record: u32) {
        self.switches.see(event, log_file, record);
    }

    /// Adds what another part of the same archive gave. Commutative and associative, but for the
    /// order that [`Self::sort`] makes.
    pub fn merge(&mut self, other: Self) {
        self.log_files.extend(other.log_files);
        self.switches.merge(other.switches);
    }

    /// Puts everything into an order that does not depend on that of the scan.
    pub fn sort(&mut self) {
        self.log_files
            .sort_by(|one, other| (one.root, &one.path).cmp(&(other.root, &other.path)));
        self.switches.sort();
    }

    /// The log files, by root and path.
    pub fn log_files(&self) -> &[LogFileEvidence] {
        &self.log_files
    }

    /// Compares everything. `roots` is how many roots there are.
    pub fn findings(&self, roots: usize, deliveries: &Deliveries) -> Findings<'_> {
        Findings {
            names: names::compare(&self.log_files, roots),
            copies: names::copies(&self.log_files),
            trails: deliveries.trails(),
            switches: self.switches.list(),
        }
    }
}

/// What the evidence says.
#[derive(Clone, Debug)]
pub struct Findings<'e> {
    /// Names against content, root by root.
    pub names: Vec<Names<'e>>,
    /// Log files that are the same, in groups.
    pub copies: Vec<Copies<'e>>,
    /// When each trail delivered, and when not.
    pub trails: Vec<Trail>,
    /// What was done to trails, in order of time.
    pub switches: Vec<Switch>,
}
