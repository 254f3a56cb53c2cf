//! The two contracts: a format writes rows, a document writes an answer as a whole.

use std::io;

use crate::coverage::Coverage;
use crate::query::Question;

use super::columns::PlacedColumn;
use super::origin::Origin;
use super::request::{Request, View};
use super::rows::Rows;

/// An answer with rows, ready to be written.
pub struct Report<'a> {
    /// The question and its filters.
    pub request: Request<'a>,
    /// The rows.
    pub rows: &'a mut dyn Rows,
    /// What the answer is based on.
    pub coverage: &'a Coverage,
    /// The roots and the options, which documents state.
    pub origin: Origin,
    /// Which columns are asked for, by their places among those of the rows, in the order in which they
    /// are written. `None` is for all; the table chooses from them. Only formats with columns use it.
    pub chosen: Option<Vec<usize>>,
    /// Where it is shown; only formats to be read by people use it.
    pub view: View,
    /// What the user should know about the answer as it was written. Formats add to it.
    pub notices: Vec<String>,
    /// How many columns a narrow terminal had no room for, which are in the other formats.
    pub left_out: usize,
}

impl<'a> Report<'a> {
    /// An answer without notices yet.
    pub fn new(
        request: Request<'a>,
        rows: &'a mut dyn Rows,
        coverage: &'a Coverage,
        view: View,
    ) -> Self {
        Self {
            request,
            rows,
            coverage,
            origin: Origin::default(),
            chosen: None,
            view,
            notices: Vec::new(),
            left_out: 0,
        }
    }

    /// The columns that are asked for, or all.
    pub(super) fn columns(&self) -> Vec<PlacedColumn> {
        let all = self.rows.columns();
        let placed = |place| {
            let column = all.get(place)?;
            Some(PlacedColumn { place, column })
        };
        match &self.chosen {
            Some(chosen) => chosen.iter().copied().filter_map(placed).collect(),
            None => (0..all.len()).filter_map(placed).collect(),
        }
    }
}

/// One way to write an answer with rows.
///
/// ```
/// use std::io;
///
/// use keytrail::coverage::Coverage;
/// use keytrail::query::Question;
/// use keytrail::report::{FORMATS, Format, Report, Request, Row, View, key_rows};
///
/// /// Nothing but the keys, one a line.
/// struct KeyIds;
///
/// impl Format for KeyIds {
///     fn name(&self) -> &'static str {
///         "key-ids"
///     }
///
///     fn about(&self) -> &'static str {
///         "the keys alone, one a line"
///     }
///
///     fn answers(&self, question: Question) -> bool {
///         question == Question::Keys
///     }
///
///     fn write(
///         &self,
///         report: &mut Report<'_>,
///         out: &mut (dyn io::Write + Send),
///     ) -> io::Result<()> {
///         report.rows.for_each(&mut |row| match row {
///             Row::Key(key) => writeln!(out, "{}", key.access_key_id),
///             Row::Entry(_) | Row::Call(_) | Row::Group(_) => Ok(()),
///         })
///     }
/// }
///
/// let (mut rows, coverage) = (key_rows(&[], false), Coverage::default());
/// let request = Request::new(Question::Keys);
/// let mut report = Report::new(request, &mut rows, &coverage, View::default());
/// let mut out = Vec::new();
/// KeyIds.write(&mut report, &mut out)?;
/// assert!(out.is_empty());
/// let csv = FORMATS.iter().find(|format| format.name() == "csv").expect("a format");
/// csv.write(&mut report, &mut out)?;
/// assert!(out.starts_with(b"access_key_id,key_type,"));
/// # Ok::<(), io::Error>(())
/// ```
pub trait Format: Sync {
    /// The name after `--format`.
    fn name(&self) -> &'static str;

    /// What it is, in a few words for the help.
    fn about(&self) -> &'static str;

    /// Whether the format can write the answer to a question.
    fn answers(&self, question: Question) -> bool {
        let _ = question;
        true
    }

    /// Whether the format carries the coverage itself, so that it need not be printed beside it.
    fn carries_coverage(&self) -> bool {
        false
    }

    /// Whether its columns can be chosen: not where others have fixed the shape of what is written.
    fn has_columns(&self) -> bool {
        false
    }

    /// Whether the format is no text and must not be written to a terminal.
    fn is_binary(&self) -> bool {
        false
    }

    /// Whether each row needs a whole record: that of the last use, or of the call.
    fn needs_records(&self) -> bool {
        false
    }

    /// Writes the answer, mostly a line at a time: the caller buffers, and flushes at the end.
    ///
    /// `out` is `Send` because the writers of some formats require that.
    ///
    /// # Errors
    ///
    /// Those of `out`, unwrapped, since callers test for a broken pipe; and
    /// [`io::ErrorKind::Unsupported`] for rows that the format does not answer with.
    fn write(&self, report: &mut Report<'_>, out: &mut (dyn io::Write + Send)) -> io::Result<()>;
}

/// An answer that is written as a whole, in each of the forms that documents have.
pub trait WholeAnswer {
    /// Lines to be read by people, escaped: in `full`, or of each long list only the beginning.
    fn text(&self, full: bool) -> String;

    /// One JSON document that ends its line.
    ///
    /// # Errors
    ///
    /// A value that cannot be written as JSON, which no answer has.
    fn json(&self) -> io::Result<Vec<u8>>;
}

/// One way to write an answer as a whole.
///
/// ```
/// use std::io;
///
/// use keytrail::report::{DOCUMENTS, WholeAnswer};
///
/// struct Yes;
///
/// impl WholeAnswer for Yes {
///     fn text(&self, _full: bool) -> String {
///         "yes\n".to_owned()
///     }
///
///     fn json(&self) -> io::Result<Vec<u8>> {
///         Ok(b"true\n".to_vec())
///     }
/// }
///
/// let json = DOCUMENTS.iter().find(|document| document.name() == "json").expect("a document");
/// let mut out = Vec::new();
/// json.write(&Yes, false, &mut out)?;
/// assert_eq!(out, b"true\n");
/// # Ok::<(), io::Error>(())
/// ```
pub trait Document: Sync {
    /// The name after `--format`.
    fn name(&self) -> &'static str;

    /// Whether the document carries the coverage itself, so that it need not be printed beside it.
    fn carries_coverage(&self) -> bool {
        false
    }

    /// Writes the answer: in `full`, or of each long list only the beginning.
    ///
    /// # Errors
    ///
    /// Those of `out`, unwrapped.
    fn write(
        &self,
        answer: &dyn WholeAnswer,
        full: bool,
        out: &mut dyn io::Write,
    ) -> io::Result<()>;
}
