//! The answer of `verify`: what is found by comparing the evidence.
//!
//! The text begins with the outcome in three lines. What follows are facts: a part of a name that
//! matches nothing "differs", and hours without a delivery are listed as such.
//!
//! ```json
//! {"schema":"keytrail.verify/1","tool":"keytrail",…,"coverage":{…},"roots":["archive"],"names":[…],"copies":[…],
//! "trails":[…],"switches":[…],"manifest":null,"problems":[…]}
//! ```
//!
//! A log file is `{"root":0,"path":"…"}`: the number of its root in `roots`, and its path below it.
//! Bytes of a path that are no UTF-8 are shown as U+FFFD; the manifest keeps them.

mod answer;
mod json;
mod text;
mod verdict;

use std::io;

use crate::report::contract::WholeAnswer;

pub use answer::Verification;

impl WholeAnswer for Verification<'_> {
    fn text(&self, full: bool) -> String {
        verdict::lines(self) + &text::lines(self, full)
    }

    fn json(&self) -> io::Result<Vec<u8>> {
        json::document(self)
    }
}
