//! One JSON document on one line.

use std::io;

use crate::report::contract::{Document, WholeAnswer};

/// The document.
pub(super) struct JsonDocument;

impl Document for JsonDocument {
    fn name(&self) -> &'static str {
        "json"
    }

    fn carries_coverage(&self) -> bool {
        true
    }

    fn write(
        &self,
        answer: &dyn WholeAnswer,
        _full: bool,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        out.write_all(&answer.json()?)
    }
}
