//! Mistakes on the command line, in words of the program and with a way out.
//!
//! Left out: what is wrong with a value, which the parser of the value says.

use std::error::Error as _;
use std::path::Path;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, Error};
use keytrail::report::FORMATS;

use super::key_or_archive::looks_like_a_key;
use super::program::commands_of;

/// A mistake, and what can be done about it.
pub(super) struct UsageError {
    pub(super) message: String,
    pub(super) hints: Vec<String>,
}

/// What options of other programs are called here.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("access-key", "key"),
    ("access-key-id", "key"),
    ("action", "event"),
    ("after", "since"),
    ("before", "until"),
    ("end", "until"),
    ("event-name", "event"),
    ("file", "output"),
    ("from", "since"),
    ("out", "output"),
    ("silent", "quiet"),
    ("source-ip", "ip"),
    ("start", "since"),
    ("to", "until"),
    ("user-agent", "agent"),
    ("user-name", "user"),
];

/// Explains a mistake. `typed` is the command as it was typed, where it was.
pub(super) fn explain(error: &Error, program: &Command, typed: Option<&str>) -> UsageError {
    let command = typed.and_then(|name| program.find_subcommand(name));
    let name = command.map_or("keytrail", Command::get_name);
    let argument = text(error, ContextKind::InvalidArg);
    let value = text(error, ContextKind::InvalidValue);
    match error.kind() {
        ErrorKind::UnknownArgument => match argument.strip_prefix("--") {
            Some(option) => unknown_option(option, program, command.unwrap_or(program)),
            None => UsageError {
                message: if argument.starts_with('-') {
                    format!("`{name}` has no {argument}")
                } else {
                    format!("`{name}` takes no {argument}")
                },
                hints: vec![help_of(name)],
            },
        },
        ErrorKind::InvalidSubcommand => {
            unknown_command(&text(error, ContextKind::InvalidSubcommand), program)
        }
        ErrorKind::InvalidValue if value.is_empty() => UsageError {
            message: format!("{} needs a value", option(&argument)),
            hints: takes(error, &argument),
        },
        ErrorKind::InvalidValue => invalid_value(error, &argument, &value, name),
        ErrorKind::ValueValidation => {
            let why = error
                .source()
                .map_or_else(|| "is not taken".to_owned(), ToString::to_string);
            UsageError {
                message: format!("{} '{value}': {why}", option(&argument)),
                hints: Vec::new(),
            }
        }
        ErrorKind::MissingRequiredArgument => {
            let missing = texts(error, ContextKind::InvalidArg);
            let missing: Vec<_> = missing.iter().map(|argument| option(argument)).collect();
            let usage = command.unwrap_or(program).clone().render_usage();
            let usage = usage.to_string();
            UsageError {
                message: format!("`{name}` needs {}", missing.join(" and ")),
                hints: vec![format!(
                    "usage: {}{}",
                    if command.is_some() { "keytrail " } else { "" },
                    usage.trim_start_matches("Usage:").trim()
                )],
            }
        }
        ErrorKind::ArgumentConflict => {
            let others = texts(error, ContextKind::PriorArg);
            let others: Vec<_> = others.iter().map(|other| option(other)).collect();
            let argument = option(&argument);
            UsageError {
                message: if others.contains(&argument) {
                    format!("{argument} can stand only once")
                } else {
                    format!("{argument} and {} do not go together", others.join(", "))
                },
                hints: Vec::new(),
            }
        }
        ErrorKind::InvalidUtf8 => UsageError {
            message: "an argument that is no path has invalid UTF-8".to_owned(),
            hints: Vec::new(),
        },
        ErrorKind::TooManyValues if !argument.is_empty() => UsageError {
            message: format!("{} takes no value", option(&argument)),
            hints: Vec::new(),
        },
        _ => {
            let shown = error.to_string();
            let first = shown.lines().next().unwrap_or_default();
            UsageError {
                message: first.trim_start_matches("error: ").to_owned(),
                hints: vec![help_of(name)],
            }
        }
    }
}

/// Explains an option that the command does not have: by the commands that have it, and by what it may
/// be called here.
fn unknown_option(unknown: &str, program: &Command, command: &Command) -> UsageError {
    let name = command.get_name();
    let have: Vec<&str> = program
        .get_subcommands()
        .filter(|other| other.get_name() != name && long(other, unknown).is_some())
        .map(Command::get_name)
        .collect();
    let mut message = format!("`{name}` has no --{unknown}");
    let mut hints = Vec::new();
    let own = OTHER_NAMES.iter().find(|(other, _)| *other == unknown);
    let own = own.and_then(|(_, own)| long(command, own));
    if let Some(format) = format_called(command, unknown) {
        hints.push(format!("-f {format} chooses the format"));
    } else if let Some(own) = own {
        hints.push(format!("it is called {own} here"));
    } else if !have.is_empty() {
        let quoted: Vec<_> = have.iter().map(|name| format!("`{name}`")).collect();
        let verb = if have.len() == 1 { "has" } else { "have" };
        message = format!("{message}; {} {verb}", listed(&quoted));
        if let Some(other) = have.first() {
            hints.push(help_of(other));
        }
    } else {
        let options = command
            .get_arguments()
            .filter(|option| !option.is_hide_set());
        let options = options.filter_map(Arg::get_long);
        if let Some(near) = nearest(unknown, options) {
            hints.push(format!("the nearest is --{near}"));
        }
    }
    if hints.is_empty() {
        hints.push(help_of(name));
    }
    UsageError { message, hints }
}

/// Explains a command that does not exist: the word may be an archive, or nearly a command.
fn unknown_command(word: &str, program: &Command) -> UsageError {
    let names: Vec<&str> = program.get_subcommands().map(Command::get_name).collect();
    let near = nearest(word, names.iter().copied());
    let is_archive = Path::new(word).exists();
    let message = if is_archive {
        format!("a command comes before the archive {word}")
    } else {
        format!("no command is called {word}")
    };
    let hint = match near {
        _ if is_archive => format!("keytrail keys {word}"),
        _ if looks_like_a_key(word) => format!("keytrail last-used info {word} ARCHIVE"),
        Some(near) => format!("the nearest is {near}"),
        None => format!("the commands are {}", listed(&names)),
    };
    UsageError {
        message,
        hints: vec![hint],
    }
}

/// Explains a value that is none of those which the option takes.
fn invalid_value(error: &Error, argument: &str, value: &str, command: &str) -> UsageError {
    let option = option(argument);
    let wanted = value.to_ascii_lowercase();
    let elsewhere = FORMATS.iter().find(|format| format.name() == wanted);
    if option == "--format"
        && let Some(format) = elsewhere
    {
        return UsageError {
            message: wrong_format(format.name(), command, &commands_of(*format)),
            hints: takes(error, argument),
        };
    }
    let values = texts(error, ContextKind::ValidValue);
    let mut hints = Vec::new();
    if option == "WHAT" && (looks_like_a_key(value) || Path::new(value).exists()) {
        hints.push("WHAT comes first: keytrail last-used info KEY ARCHIVE".to_owned());
    } else if let Some(near) = nearest(value, values.iter().map(String::as_str)) {
        hints.push(format!("the nearest is {near}"));
    }
    hints.extend(takes(error, argument));
    UsageError {
        message: format!("{option} has no value '{value}'"),
        hints,
    }
}

/// The error of a format that is not for what is `asked`, but for others.
pub(super) fn wrong_format(format: &str, asked: &str, others: &[impl AsRef<str>]) -> String {
    let others: Vec<_> = others.iter().map(AsRef::as_ref).collect();
    let others = others.join(", ");
    format!("the format {format} is not for {asked}; it is for {others}")
}

/// The hint that lists the values which an option takes, if it is a list.
fn takes(error: &Error, argument: &str) -> Vec<String> {
    let values = texts(error, ContextKind::ValidValue);
    let is_list = !values.is_empty();
    let hint = || format!("{} takes {}", option(argument), values.join(", "));
    is_list.then(hint).into_iter().collect()
}

fn help_of(command: &str) -> String {
    match command {
        "keytrail" => "keytrail --help lists the commands".to_owned(),
        command => format!("keytrail {command} --help lists its options"),
    }
}

/// An option without its value, and a value without its brackets.
fn option(argument: &str) -> String {
    let word = argument.split([' ', '=']).next().unwrap_or_default();
    let word = word.split('[').next().unwrap_or_default();
    word.trim_end_matches("...")
        .trim_matches(['<', '>'])
        .to_owned()
}

/// The option of a command, with its dashes.
fn long(command: &Command, name: &str) -> Option<String> {
    let mut options = command.get_arguments();
    options
        .any(|option| option.get_long() == Some(name) && !option.is_hide_set())
        .then(|| format!("--{name}"))
}

/// The format of this name, if the command takes it.
fn format_called(command: &Command, name: &str) -> Option<String> {
    let mut options = command.get_arguments();
    let option = options.find(|option| option.get_id() == "format")?;
    let mut values = option.get_possible_values().into_iter();
    values
        .any(|value| value.matches(name, true))
        .then(|| name.to_ascii_lowercase())
}

/// Words with commas, and `and` before the last.
fn listed(words: &[impl AsRef<str>]) -> String {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    match words.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

fn text(error: &Error, kind: ContextKind) -> String {
    texts(error, kind).into_iter().next().unwrap_or_default()
}

fn texts(error: &Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    }
}

/// The word that is most like another, if one is like it at all.
fn nearest<'w>(wanted: &str, words: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    let wanted = wanted.to_lowercase();
    let length = wanted.chars().count();
    let farthest = match length {
        0..=2 => 1,
        3..=6 => 2,
        length => length / 3,
    };
    let words = words.map(|word| (strsim::osa_distance(&wanted, word), word));
    let near = words.min_by_key(|(distance, _)| *distance)?;
    (near.0 <= farthest && near.0 < length).then_some(near.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_counts_swapped_letters_once() {
        let formats = ["table", "json", "jsonl", "csv", "ocsf"];
        for (typed, near) in [
            ("cvs", Some("csv")),
            ("JSON", Some("json")),
            ("jsno", Some("json")),
            ("tabel", Some("table")),
            ("xml", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, formats.into_iter()), near, "{typed}");
        }
    }
}
