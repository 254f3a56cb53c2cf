//! Text to be read by people.

use std::io;

use crate::report::contract::{Document, WholeAnswer};

/// The document.
pub(super) struct TextDocument;

impl Document for TextDocument {
    /// The name of the default format of answers with rows.
    fn name(&self) -> &'static str {
        "table"
    }

    fn write(
        &self,
        answer: &dyn WholeAnswer,
        full: bool,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        out.write_all(answer.text(full).as_bytes())
    }
}
