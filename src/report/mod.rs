//! Answers to bytes: the columns, the escaping, and one file a format.
//!
//! Knows rows, resources, findings and coverage; never an event, a file of an archive or a terminal.
//! Writers get a `&mut dyn Write`. A new format is a file here and a line in [`FORMATS`]; a new
//! column is a line in `columns.rs`.

mod activity;
mod api;
mod columns;
mod csv;
mod ecs;
mod escape;
mod json;
mod jsonl;
mod nested;
mod ocsf;
mod parquet;
mod problem;
mod record;
mod redact;
mod row;
mod services;
mod sink;
mod table;
#[cfg(test)]
mod tests;
mod time;
mod timesketch;
mod timesketch_csv;
mod verification;
mod xlsx;

use std::borrow::Cow;
use std::io;

use crate::calls::Resource;
use crate::coverage::Coverage;

use row::Row;

pub use columns::{call_rows, entry_rows, key_rows};
pub use escape::escape;
pub use problem::write_problem;
pub use time::time;
pub use verification::Verification;

/// Every output format, in the order in which help lists them. The first is the default.
pub static FORMATS: &[&dyn Format] = &[
    &table::Table,
    &json::Json,
    &jsonl::JsonLines,
    &csv::Csv,
    &api::Api,
    &parquet::Parquet,
    &xlsx::Xlsx,
    &timesketch::Timesketch,
    &timesketch_csv::TimesketchCsv,
    &ocsf::Ocsf,
    &ecs::Ecs,
];

/// One way to write an answer.
pub trait Format: Sync {
    /// The name after `--format`.
    fn name(&self) -> &'static str;

    /// What it is, in a few words for the help.
    fn about(&self) -> &'static str;

    /// Whether this format can say the answer to such a question.
    fn answers(&self, question: &Question<'_>) -> bool {
        let _ = question;
        true
    }

    /// Whether the format carries the coverage itself, so that no footer is owed.
    fn carries_coverage(&self) -> bool {
        false
    }

    /// Whether the format is no text, and no terminal should be shown it.
    fn is_binary(&self) -> bool {
        false
    }

    /// Whether the format needs a whole record in each row ([`Cell::Record`]): that of the last use,
    /// or of the call.
    fn needs_records(&self) -> bool {
        false
    }

    /// Writes the answer, mostly a line at a time: the caller buffers, and flushes at the end.
    ///
    /// An error of `out` comes back as it is, so that its kind (a closed pipe) can be told.
    /// `out` can be sent to other threads because writers of some formats ask for that; none does
    /// it.
    fn write(&self, report: &mut Report<'_>, out: &mut (dyn io::Write + Send)) -> io::Result<()>;
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question<'a> {
    /// The command.
    pub command: Command,
    /// The key asked about; only `last-used` has one.
    pub access_key_id: Option<&'a str>,
    /// `--service`.
    pub service_name: Option<&'a str>,
    /// `--since`, in milliseconds since 1970 UTC.
    pub since: Option<i64>,
    /// `--until`, in milliseconds since 1970 UTC.
    pub until: Option<i64>,
    /// All that narrows the answer (window, regions, accounts …) as one canonical line;
    /// with the members above it makes the `RequestId` of the `api` format.
    pub narrowed: &'a str,
}

/// The commands that give rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// `keys`
    Keys,
    /// `dump`
    Dump,
    /// `last-used info`
    Info,
    /// `last-used products`
    Products,
    /// `last-used events`
    Events,
    /// `last-used ips`
    Ips,
    /// `last-used resources`
    Resources,
    /// `lookup`
    Lookup,
}

impl Command {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Keys,
        Self::Dump,
        Self::Info,
        Self::Products,
        Self::Events,
        Self::Ips,
        Self::Resources,
        Self::Lookup,
    ];

    /// The word for it on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Keys => "keys",
            Self::Dump => "dump",
            Self::Info | Self::Products | Self::Events | Self::Ips | Self::Resources => "last-used",
            Self::Lookup => "lookup",
        }
    }

    /// The word for it in names of schemas.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keys => "keys",
            Self::Dump => "dump",
            Self::Info => "last-used.info",
            Self::Products => "last-used.products",
            Self::Events => "last-used.events",
            Self::Ips => "last-used.ips",
            Self::Resources => "last-used.resources",
            Self::Lookup => "lookup",
        }
    }
}

/// An answer, ready to be written.
pub struct Report<'a> {
    /// What was asked.
    pub question: Question<'a>,
    /// The rows.
    pub rows: &'a mut dyn Rows,
    /// What the answer rests on.
    pub coverage: &'a Coverage,
    /// How a person is looking at it; only formats for the eye use it.
    pub view: View,
    /// What a person has to be told about the answer as it was written. Formats add to it; it
    /// begins empty.
    pub notices: Vec<String>,
}

/// What a format for the eye has to know about the place it is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// Columns of the terminal; `None` where there is none, and lines may be of any length.
    pub width: Option<u16>,
    /// Whether to use colour (ANSI escapes of our own; values are always escaped).
    pub color: bool,
    /// Whether it is a terminal, which must get nothing that it would obey, in any format.
    pub terminal: bool,
    /// Leave CSV fields as they are, without the guard against spreadsheet formulas.
    pub csv_raw: bool,
}

/// Whether secrets leave the program inside whole records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Secrets {
    /// Their values are replaced by marks that can only be compared.
    #[default]
    Redacted,
    /// They stay, since the person asked for it.
    Kept,
}

/// The rows of an answer, handed out one by one so that none has to be kept.
pub trait Rows {
    /// The columns, in order.
    fn columns(&self) -> &'static [Column];

    /// Hands each row's cells, in the order of the columns, to `visit`; stops at its first error.
    ///
    /// Every call starts at the first row and hands out the same rows, so that a format may look
    /// twice (the table measures before it writes) without keeping any.
    fn for_each(&mut self, visit: &mut dyn FnMut(&[Cell<'_>]) -> io::Result<()>) -> io::Result<()>;
}

/// One column: the same name in every format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// The contract's name, snake case.
    pub name: &'static str,
    /// What its cells hold when they are not null.
    pub kind: Kind,
    /// Whether the table may show it, where the question leaves it open; the other formats show
    /// all.
    pub in_table: bool,
}

/// What the cells of a column hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A time.
    Time,
    /// A count.
    Count,
    /// A list of resources.
    Resources,
    /// A whole record, as JSON text.
    Record,
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell<'a> {
    /// Does not apply, or is not known.
    Null,
    /// Text from the archive: never trusted.
    Text(Cow<'a, str>),
    /// Milliseconds since 1970 UTC.
    Time(i64),
    /// A count.
    Count(u64),
    /// Resources, types and names: never trusted. In JSON a list of `{type, name}`; where a value
    /// has to be one text, `type:name` joined by `; `.
    Resources(&'a [Resource<'a>]),
    /// A whole record as JSON text from the archive: never trusted, perhaps not even valid JSON.
    /// Without its secrets, unless they were asked for ([`Secrets`]).
    Record(Cow<'a, str>),
}

/// Resources as one text.
fn joined(resources: &[Resource<'_>]) -> String {
    let mut text = String::new();
    for (number, resource) in resources.iter().enumerate() {
        if number > 0 {
            text.push_str("; ");
        }
        if !resource.resource_type.is_empty() {
            text.push_str(resource.resource_type);
            text.push(':');
        }
        text.push_str(resource.name);
    }
    text
}
