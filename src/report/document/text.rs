//! Text for the eye.

use std::io;

use crate::report::contract::{Document, WholeAnswer};

/// The document.
pub(super) struct TextDocument;

impl Document for TextDocument {
    /// As the default of answers with rows is called.
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
