//! The arguments as they are typed. Left out: what they mean, which is in `settings.rs`.

use std::collections::{BTreeMap, HashSet};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use keytrail::calls::{self, GroupColumn, Order, SourceFilter};
use keytrail::query::{Dimension, KeyOrder, KeyType, topic};
use keytrail::report::FilterValue;
use keytrail::scan::{CallOptions, ReaderKind};

use super::condition_arguments::ConditionArguments;
use super::filters;
use super::key_or_archive::take_keys;
use super::time::{Age, Timestamp};
use super::words::one_of;

const EXAMPLES: &str = "\
Examples:
  keytrail keys ./archive                                   every AccessKey in the archive
  keytrail last-used info LTAI5tExample ./archive           whose key, and when it was last used
  keytrail last-used ips LTAI5tExample ./archive --since 7d from which addresses, in the last week
  keytrail lookup ./archive --key LTAI5tExample --denied    its calls that were denied
  keytrail dump ./archive -f jsonl -o entries.jsonl         everything, for the next tool
  keytrail verify ./archive --manifest case-17.sha256       do the files match their names?
  keytrail help lookup                                      what a command can do

Nothing goes over a network, and nothing is written to the archive.";

const KEYS_EXAMPLES: &str = "\
Examples:
  keytrail keys ./archive
  keytrail keys ./bucket-a ./bucket-b -f csv -o keys.csv
  keytrail keys ./archive --since 2024-05-01 --until 2024-06-01 --region cn-hangzhou
  keytrail keys ./archive --type long-term --unused 90d     which keys can be turned off?
  keytrail keys ./archive --new-since 7d --sort first_used
  keytrail keys ./archive --expect report.csv --sort events which known keys never occur?";

const LAST_USED_EXAMPLES: &str = "\
Examples:
  keytrail last-used info LTAI5tExample ./archive           GetAccessKeyLastUsedInfo
  keytrail last-used products LTAI5tExample ./archive       GetAccessKeyLastUsedProducts
  keytrail last-used events LTAI5tExample ./archive --service Ecs
  keytrail last-used errors LTAI5tExample ./archive         with which error codes its calls failed
  keytrail last-used resources LTAI5tExample ./archive -f api --service Oss";

const LOOKUP_EXAMPLES: &str = "\
Examples:
  keytrail lookup ./archive --key LTAI5tExample --order oldest
  keytrail lookup ./archive --ip 198.51.100.0/24 --denied --since 2024-05-01 --until 2024-05-02
  keytrail lookup ./archive --service Ram --event 'Create*' --event 'Attach*' --rw write
  keytrail lookup ./archive --user alice --error --limit 20
  keytrail lookup ./archive --ip 198.51.100.0/24 --by key,user
  keytrail lookup ./archive --key 'LTAI5tCi****E001' --success --not-agent 'terraform*'
  keytrail lookup ./archive --key LTAI5tExample --raw -o calls.jsonl

The same condition more than once means any of them; different conditions mean all of them.";

const DUMP_EXAMPLES: &str = "\
Examples:
  keytrail dump ./archive -f csv -o entries.csv
  keytrail dump ./archive -f jsonl | jq 'select(.dimension == \"ip\")'";

const VERIFY_EXAMPLES: &str = "\
Examples:
  keytrail verify ./archive
  keytrail verify ./archive --manifest case-17.sha256        SHA-256, size and path of every log file
  keytrail verify ./archive --against case-17.sha256         has the archive changed since?
  keytrail verify ./archive -f json | jq '.trails[].silences'

A manifest has the lines of sha256sum, which can check it from inside the folder.

Exit codes:
  0 done, whatever was found   1 no log files   2 usage or fatal error
  3 partial or unreadable log files, or an archive that differs from --against";

const INDEX_EXAMPLES: &str = "\
Examples:
  keytrail index ./archive --into ./case-17.state           the first time, and each time it has grown
  keytrail keys ./case-17.state                             a state stands wherever an archive may
  keytrail state ./case-17.state                            what is in it

Exit codes:
  0 done, also where nothing was new   2 usage or fatal error, and the state is as it was
  3 some of what was read is partial or unreadable   130 interrupted, and nothing was saved";

const EXIT_CODES: &str = "\
Exit codes:
  0 done   1 done, nothing matched   2 usage or fatal error
  3 done, but some input was partial or unreadable   130 interrupted";

/// What every Alibaba Cloud AccessKey did, from ActionTrail log files on your disk.
#[derive(Debug, Parser)]
#[command(
    name = "keytrail",
    version,
    about,
    after_help = EXAMPLES,
    after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"),
    disable_help_subcommand = true,
    infer_subcommands = false
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

impl Command {
    /// What commands with rows have in common.
    pub(super) fn common_mut(&mut self) -> Option<&mut Common> {
        match self {
            Self::Keys(arguments) => Some(&mut arguments.common),
            Self::Dump(common) => Some(common),
            Self::LastUsed(arguments) => Some(&mut arguments.common),
            Self::Lookup(arguments) => Some(&mut arguments.common),
            Self::Verify(_)
            | Self::Index(_)
            | Self::State(_)
            | Self::Completions { .. }
            | Self::Man { .. } => None,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List every AccessKey: owner, kind, first and last use, counts
    #[command(after_help = KEYS_EXAMPLES)]
    Keys(Box<KeysArguments>),
    /// Answer what one AccessKey used last: the five questions of the cloud's own audit, and more
    #[command(name = "last-used", after_help = LAST_USED_EXAMPLES)]
    LastUsed(LastUsedArguments),
    /// Print call records: the events that meet some conditions, newest first
    #[command(after_help = LOOKUP_EXAMPLES)]
    Lookup(Box<LookupArguments>),
    /// Print every entry of every AccessKey: keys, services, events, IPs, resources, regions, agents, errors
    #[command(after_help = DUMP_EXAMPLES)]
    Dump(Common),
    /// Check the log files themselves: names against content, copies, gaps, stopped trails, manifests
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(VerifyArguments),
    /// Save what archives hold, so that every question is answered from that; read only what is new
    #[command(after_help = INDEX_EXAMPLES)]
    Index(IndexArguments),
    /// Show what is in a saved state
    State(StateArguments),
    /// Print the completions of a shell
    #[command(
        after_help = "Examples:\n  keytrail completions bash > /etc/bash_completion.d/keytrail"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the man page of the program or of a command
    #[command(
        after_help = "Examples:\n  keytrail man > keytrail.1\n  keytrail man lookup > keytrail-lookup.1\n  keytrail man --out ./man1    the pages of all commands"
    )]
    Man {
        /// The command
        command: Option<String>,
        /// Write all pages into this folder, under the names by which `man` finds them
        #[arg(long, value_name = "DIR", conflicts_with = "command")]
        out: Option<PathBuf>,
    },
}

/// Which keys `keys` lists, and in which order.
#[derive(Debug, Args)]
pub(super) struct KeysArguments {
    /// Only keys of this type, by the form of their ID; repeatable
    #[arg(long = "type", value_name = "TYPE", help_heading = KEYS,
          value_parser = one_of(&KeyType::ALL, key_type_and_help))]
    pub(super) types: Vec<KeyType>,
    /// Only keys without an event in so long: 90d, 12w
    ///
    /// Counted back from the last event of the key's account in the archive, or from --until if
    /// that is earlier. The answer says from when on. It has one more column, `unused`: `yes`, or
    /// `unknown` where nothing is known of a part of that time, as while a trail was stopped.
    #[arg(long, value_name = "AGE", help_heading = KEYS, conflicts_with = "since",
          value_parser = super::time::parse_age)]
    pub(super) unused: Option<Age>,
    /// Only keys whose first use is at this time or after it; the forms of --since
    #[arg(long, value_name = "T", help_heading = KEYS, value_parser = super::time::parse)]
    pub(super) new_since: Option<Timestamp>,
    /// Known keys: those that never occur get rows with no events
    ///
    /// One key a line, or a CSV file with columns of AccessKey IDs, such as a credential report.
    ///
    /// With --since, --until, --region and --account, no events means none of those asked for. Such keys
    /// are of the type of their form for --type, and unused for --unused. They were not used anywhere, so
    /// with --new-since and --ip they have no rows.
    #[arg(long, value_name = "FILE", help_heading = KEYS)]
    pub(super) expect: Option<PathBuf>,
    /// Only keys that were used from this address, network (CIDR), or word; repeatable
    #[arg(long = "ip", value_name = "IP", help_heading = KEYS,
          value_parser = |text: &str| SourceFilter::new(text))]
    pub(super) sources: Vec<SourceFilter>,
    /// The order, by a column: counts and times downwards, texts upwards
    #[arg(long = "sort", value_name = "COLUMN", default_value = "last_used", help_heading = "Output",
          hide_possible_values = true, value_parser = one_of(&KeyOrder::ALL, key_order_and_help))]
    pub(super) order: KeyOrder,
    #[command(flatten)]
    pub(super) common: Common,
}

const KEYS: &str = "Keys";

#[derive(Debug, Args)]
pub(super) struct LastUsedArguments {
    /// What to ask for
    #[arg(value_name = "WHAT", value_parser = one_of(&Dimension::ALL, topic_and_help))]
    pub(super) dimension: Dimension,
    /// The whole AccessKey ID, compared exactly; it may also stand behind the archives
    #[arg(value_name = "KEY")]
    pub(super) access_key_id: String,
    /// Only this service, by its exact name without regard to case (`Ecs`, `Oss`, …)
    #[arg(long, value_name = "S", help_heading = "Filter",
          value_parser = |text: &str| calls::exact(text, "Ecs"))]
    pub(super) service: Option<String>,
    #[command(flatten)]
    pub(super) common: Common,
}

/// The conditions of `lookup`, and how it prints.
#[derive(Debug, Args)]
pub(super) struct LookupArguments {
    #[command(flatten)]
    conditions: ConditionArguments,

    /// Print groups of call records: one row for each combination of values in these columns, with
    /// the first and the last call and the numbers of calls, errors and denied calls
    ///
    /// Columns are those of call records, `hour`, `day`, `network` (/24 of IPv4, /48 of IPv6) and
    /// `key_type`; with commas between them. The group that was last used newest comes first.
    #[arg(long, value_name = "COLUMN,...", help_heading = "Output", value_delimiter = ',',
          value_parser = super::words::group_column,
          conflicts_with_all = ["order", "raw"])]
    by: Vec<GroupColumn>,

    /// The order: by time, then event ID; `none` for that of the log files and their records; not with
    /// --by
    #[arg(
        long,
        value_name = "ORDER",
        default_value = "newest",
        help_heading = "Output",
        value_parser = one_of(&[Order::Newest, Order::Oldest, Order::Place], order_and_help)
    )]
    order: Order,
    /// At most this many call records, or groups with --by: the first in the order; with `--order none`
    /// no more log files are read than hold them
    #[arg(long, value_name = "N", help_heading = "Output", value_parser = at_least_one)]
    limit: Option<u64>,
    /// Add the whole event to each call record, as `event`; not in the table, and not with --by
    #[arg(long, help_heading = "Output")]
    raw: bool,
    /// How many bytes of call records are kept in memory; what is beyond goes to a temporary file
    #[arg(long, value_name = "BYTES", default_value_t = 256 << 20, hide = true)]
    spill_at: usize,

    #[command(flatten)]
    common: Common,
}

const EXIT_CODE: &str = "Exit code";

impl LookupArguments {
    /// The options of the scan, and the rest.
    pub(super) fn options(mut self) -> anyhow::Result<(CallOptions, Vec<GroupColumn>, Common)> {
        let quiet = self.common.messages.quiet;
        let keys = take_keys(&mut self.common.input.roots);
        filters::add_keys(&mut self.common.filters, &keys);
        self.conditions.add_keys(keys);
        let options = CallOptions {
            conditions: self.conditions.conditions(quiet)?,
            order: self.order,
            limit: self.limit,
            records: self.raw,
            memory: self.spill_at,
            temporary: tempfile::tempfile,
        };
        let mut by = self.by;
        let mut seen = HashSet::new();
        by.retain(|column| seen.insert(*column));
        Ok((options, by, self.common))
    }
}

/// What all commands that read an archive have in common.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag as typed")]
pub(super) struct Common {
    #[command(flatten)]
    pub(super) input: InputArguments,
    /// Count events that were delivered more than once each time
    #[arg(long, help_heading = "Input")]
    pub(super) no_dedup: bool,
    /// How to read records; both ways give the same answer
    #[arg(
        long,
        value_name = "HOW",
        default_value = "selective",
        hide = true,
        help_heading = "Input",
        value_parser = one_of(&[ReaderKind::Selective, ReaderKind::Complete], reader_and_help)
    )]
    pub(super) reader: ReaderKind,
    /// Parse every log file, and search none: for comparison
    #[arg(long, hide = true, help_heading = "Input")]
    pub(super) no_search: bool,

    /// Only events at or after this time
    ///
    /// RFC 3339 (`2024-05-01T12:00:00Z`, `2024-05-01T12:00+08:00`), a month (`2024-05`) or a date,
    /// which stand for their beginning, `YYYY-MM-DD HH:MM[:SS]` (UTC), `@` and the seconds since
    /// 1970, `now`, `today`, `yesterday`, or an age before now: `90m`, `24h`, `7d`, `3w`, `1y`. Log
    /// files of other days are not opened; a day of slack on both sides is kept.
    #[arg(long, value_name = "T", help_heading = "Filter", value_parser = super::time::parse)]
    pub(super) since: Option<Timestamp>,
    /// Only events before this time; the same forms
    #[arg(long, value_name = "T", help_heading = "Filter", value_parser = super::time::parse)]
    pub(super) until: Option<Timestamp>,
    /// Only events of this region, by the event's acsRegion; repeatable
    #[arg(long = "region", value_name = "R", help_heading = "Filter",
          value_parser = |text: &str| calls::exact(text, "cn-hangzhou"))]
    pub(super) regions: Vec<String>,
    /// Only events of this account; repeatable
    #[arg(long = "account", value_name = "A", help_heading = "Filter",
          value_parser = |text: &str| calls::exact(text, "1234567890123456"))]
    pub(super) accounts: Vec<String>,

    /// How to write the answer [default: by the ending of --output, else table]
    #[arg(short, long, value_name = "FORMAT", help_heading = "Output")]
    pub(super) format: Option<String>,
    /// Write the answer to a file, whole or not at all; `-` is standard output
    ///
    /// The ending of its name chooses the format, without regard to case, and `.gz` or `.zst` behind
    /// that compresses: `keys.csv`, `calls.jsonl.gz`. An ending of no format, and one of a compression
    /// alone, take --format.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(super) output: Option<PathBuf>,
    /// Only these columns, in this order; for formats with columns
    ///
    /// Names are those of the header of `-f csv`, and for `lookup` also `event`, the whole event.
    #[arg(
        long,
        value_name = "A,B,…",
        value_delimiter = ',',
        help_heading = "Output"
    )]
    pub(super) columns: Option<Vec<String>>,
    /// The options that decide what is in the answer, by their names.
    #[arg(skip)]
    pub(super) filters: BTreeMap<String, FilterValue>,
    /// Overwrite the files of --output and --errors-to
    #[arg(long, help_heading = "Output")]
    pub(super) force: bool,
    /// Leave CSV fields unguarded that a spreadsheet would take for formulas
    #[arg(long, help_heading = "Output")]
    pub(super) csv_raw: bool,
    /// Leave secrets inside whole events, error messages and user agents as they are; otherwise
    /// marks take their place
    #[arg(long, help_heading = "Output")]
    pub(super) no_redact: bool,
    #[command(flatten)]
    pub(super) messages: MessageArguments,
    /// Name every problem instead of grouping them
    #[arg(short, long, help_heading = "Display")]
    pub(super) verbose: bool,
}

/// `verify` reads the whole archive, so it has no filters.
#[derive(Debug, Args)]
pub(super) struct VerifyArguments {
    #[command(flatten)]
    pub(super) input: InputArguments,
    /// Compare the log files with an earlier manifest, or with the output of sha256sum
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub(super) against: Option<PathBuf>,
    /// Inflate gzip a second time, by a library in place of keytrail's own inflater, and report
    /// whether both give the same text
    #[arg(long, help_heading = "Input")]
    pub(super) independent: bool,

    /// Write SHA-256, size and path of every log file to a file outside the archive
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(super) manifest: Option<PathBuf>,
    /// How to write the answer [default: by the ending of --output, else table]
    #[arg(short, long, value_name = "FORMAT", help_heading = "Output")]
    pub(super) format: Option<String>,
    /// Write the answer to a file, whole or not at all; `-` is standard output
    ///
    /// The ending of its name chooses the format, without regard to case, and `.gz` or `.zst` behind
    /// that compresses: `keys.csv`, `calls.jsonl.gz`. An ending of no format, and one of a compression
    /// alone, take --format.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(super) output: Option<PathBuf>,
    /// Overwrite the files of --output, --manifest and --errors-to
    #[arg(long, help_heading = "Output")]
    pub(super) force: bool,
    #[command(flatten)]
    pub(super) messages: MessageArguments,
    /// Show every line of the lists, and name every problem
    #[arg(short, long, help_heading = "Display")]
    pub(super) verbose: bool,
}

/// `index` saves everything, so it has no filters.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag as typed")]
#[derive(Debug, Args)]
pub(super) struct IndexArguments {
    /// Folders of any layout, containers (`.tar.gz`, `.zip`, …), or single log files
    #[arg(value_name = "ARCHIVE", required = true, help_heading = "Input")]
    pub(super) roots: Vec<PathBuf>,
    /// How many threads read the archive [default: one for each processor]
    #[arg(long, value_name = "N", help_heading = "Input", value_parser = threads)]
    pub(super) threads: Option<NonZeroUsize>,
    /// Read all anew, and leave out what was saved before, such as log files that are gone
    #[arg(long, help_heading = "Input")]
    pub(super) rebuild: bool,

    /// The folder of the state, outside the archive; it is made where it is missing
    #[arg(long, value_name = "STATE", required = true, help_heading = "Output")]
    pub(super) into: PathBuf,
    /// Wait for another run that writes the state, instead of ending
    #[arg(long, help_heading = "Output")]
    pub(super) wait: bool,
    /// Leave secrets in error messages, user agents and addresses as they are; otherwise marks take
    /// their place
    #[arg(long, help_heading = "Output")]
    pub(super) no_redact: bool,
    /// Overwrite the file of --errors-to
    #[arg(long, help_heading = "Output")]
    pub(super) force: bool,
    #[command(flatten)]
    pub(super) messages: MessageArguments,
    /// Name every problem instead of grouping them
    #[arg(short, long, help_heading = "Display")]
    pub(super) verbose: bool,
}

/// What is asked of a state as a whole.
#[derive(Debug, Args)]
pub(super) struct StateArguments {
    /// The folder of the state
    #[arg(value_name = "STATE", help_heading = "Input")]
    pub(super) state: PathBuf,
    /// How to write the answer
    #[arg(short, long, value_name = "FORMAT", default_value = "text", help_heading = "Output",
          value_parser = ["text", "json"])]
    pub(super) format: String,
}

/// What every command reads.
#[derive(Debug, Args)]
pub(super) struct InputArguments {
    /// Folders of any layout, containers (`.tar.gz`, `.zip`, …), or single log files; `-` is standard
    /// input
    #[arg(value_name = "ARCHIVE", required = true, help_heading = "Input")]
    pub(super) roots: Vec<PathBuf>,
    /// Where the archive of a state lies now, for whole records; repeatable, in the order of its roots
    #[arg(long = "archive", value_name = "PATH", help_heading = "Input")]
    pub(super) archives: Vec<PathBuf>,
    /// How many threads read the archive [default: one for each processor]
    #[arg(long, value_name = "N", help_heading = "Input", value_parser = threads)]
    pub(super) threads: Option<NonZeroUsize>,
}

/// What every command writes beside its answer.
#[derive(Debug, Args)]
pub(super) struct MessageArguments {
    /// Write every problem to a file, one JSON object a line
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(super) errors_to: Option<PathBuf>,

    /// When to show progress on standard error; `auto` means on a terminal
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        help_heading = "Display"
    )]
    pub(super) progress: When,
    /// When to use colour; `auto` means on a terminal, unless `NO_COLOR` is set
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        help_heading = "Display"
    )]
    pub(super) color: When,
    /// Print nothing on standard error but problems and errors
    ///
    /// `verify` then prints nothing at all, unless --format or --output asks for its answer: its exit
    /// code tells.
    #[arg(short, long, help_heading = "Display", conflicts_with = "verbose")]
    pub(super) quiet: bool,

    /// End with 0 in place of 1 where nothing matched
    #[arg(long, help_heading = EXIT_CODE)]
    pub(super) exit_zero: bool,
    /// Known problems, as --errors-to wrote them: log files with no others do not lead to 3
    ///
    /// They are still counted in the coverage, and written by --errors-to. Blank lines, and lines
    /// that begin with `#`, are passed over.
    #[arg(long, value_name = "FILE", help_heading = EXIT_CODE)]
    pub(super) accept: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum When {
    /// Where it helps
    Auto,
    /// In any case
    Always,
    /// In no case
    Never,
}

/// The most threads: each has buffers of its own, and what each has folded has to be merged.
const THREADS: usize = 256;

fn threads(number: &str) -> Result<NonZeroUsize, String> {
    let threads = number.parse::<NonZeroUsize>();
    let threads = threads.ok().filter(|threads| threads.get() <= THREADS);
    threads.ok_or_else(|| format!("is no number of threads; from 1 to {THREADS} at most"))
}

fn at_least_one(number: &str) -> Result<u64, String> {
    let number = number.parse::<u64>().ok().filter(|&number| number > 0);
    number.ok_or_else(|| "is no number from 1 on; for example 100".to_owned())
}

fn key_type_and_help(key_type: KeyType) -> (&'static str, &'static str) {
    let help = match key_type {
        KeyType::LongTerm => "LTAI…: a key of an account or a RAM user",
        KeyType::Sts => "STS.…: a temporary key of an assumed role",
        KeyType::Temporary => "TMP.…: a temporary credential of a console session",
        KeyType::Other => "Any other form",
    };
    (key_type.as_str(), help)
}

fn key_order_and_help(order: KeyOrder) -> (&'static str, &'static str) {
    (order.as_str(), "By this column")
}

fn topic_and_help(dimension: Dimension) -> (&'static str, &'static str) {
    let help = match dimension {
        Dimension::Key => "The key itself: owner, first and last use",
        Dimension::Service => "The services it used",
        Dimension::Event => "The events it caused",
        Dimension::Ip => "The source IPs it was used from",
        Dimension::Resource => "The resources it touched",
        Dimension::Region => "The regions it was used in",
        Dimension::Agent => "The user agents it was used with",
        Dimension::Error => "The error codes its calls failed with",
    };
    (topic(dimension), help)
}

fn order_and_help(order: Order) -> (&'static str, &'static str) {
    match order {
        Order::Newest => ("newest", "The newest first"),
        Order::Oldest => ("oldest", "The oldest first"),
        Order::Place => ("none", "By log file and record"),
    }
}

fn reader_and_help(reader: ReaderKind) -> (&'static str, &'static str) {
    match reader {
        ReaderKind::Selective => ("selective", "Only the members that are needed"),
        ReaderKind::Complete => ("complete", "Each record as a whole"),
    }
}
