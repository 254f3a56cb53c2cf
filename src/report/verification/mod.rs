//! The answer of `verify`: what the evidence says, as text for the eye and as one JSON document.
//!
//! It has no rows, so it is no format of the list. It reports and does not judge: a part of a name that
//! fits nothing "differs", and hours without a delivery are hours without a delivery.
//!
//! ```json
//! {"schema":"keytrail.verify/1","coverage":{…},"roots":["archive"],"names":[…],"copies":[…],
//! "trails":[…],"switches":[…],"manifest":null,"problems":[…]}
//! ```
//!
//! A log file is `{"root":0,"path":"…"}`: the number of its root in `roots`, and its path below it.
//! Bytes of a path that are no UTF-8 are shown as U+FFFD; the manifest keeps them.

mod json;
mod text;

use std::io::{self, Write};

use super::time::time;
use crate::coverage::{Coverage, Problem};
use crate::evidence::{Comparison, Findings};

const DAY: i64 = 86_400_000;

/// What `verify` found out.
#[derive(Debug)]
pub struct Verification<'a> {
    /// The roots as given.
    pub roots: &'a [String],
    /// What the evidence says.
    pub findings: &'a Findings<'a>,
    /// How it compares with an earlier manifest.
    pub comparison: Option<&'a Comparison>,
    /// What it rests on.
    pub coverage: &'a Coverage,
    /// What was left out.
    pub problems: &'a [Problem],
}

impl Verification<'_> {
    /// Writes one JSON document.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(&json::document(self)?)
    }

    /// Writes text for the eye. Of a long list it shows the beginning, unless `all` is asked for.
    pub fn write_text(&self, all: bool, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(text::lines(self, all).as_bytes())
    }
}

/// A day that is counted from 1970-01-01. Days of four-digit years cannot overflow here.
fn day(day: i64) -> String {
    date_of(&time(day.saturating_mul(DAY)).to_string()).to_owned()
}

/// The date of a time in words.
fn date_of(time: &str) -> &str {
    time.split_once('T').map_or(time, |(date, _)| date)
}
