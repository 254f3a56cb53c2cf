//! The commands and options as they are parsed, with what depends on the command: the formats it takes,
//! and what completions offer for a value.
//!
//! Left out: the options themselves, which are in `args.rs`.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser as _, ValueParser};
use clap::{Arg, Command, CommandFactory as _, ValueHint};
use keytrail::query::{Question, topic};
use keytrail::report::{DOCUMENTS, FORMATS, Format};

use super::args::Arguments;

/// The options whose values are files, and the archives.
const FILES: &[&str] = &[
    "accept",
    "against",
    "archives",
    "errors_to",
    "expect",
    "into",
    "manifest",
    "out",
    "output",
    "roots",
    "state",
];

/// The program with its commands.
pub(super) fn program() -> Command {
    Arguments::command().mut_subcommands(|command| {
        let name = command.get_name().to_owned();
        command.mut_args(|argument| suited(argument, &name))
    })
}

/// An option as it is for one command.
fn suited(argument: Arg, command: &str) -> Arg {
    if !argument.get_action().takes_values() {
        return argument;
    }
    if argument.get_id() == "format" && command != "state" {
        return argument
            .value_parser(formats(command))
            .hide_possible_values(false)
            .ignore_case(true);
    }
    if !argument.get_possible_values().is_empty() {
        return argument.ignore_case(true);
    }
    let is_file = FILES.iter().any(|file| argument.get_id() == *file);
    argument.value_hint(if is_file {
        ValueHint::AnyPath
    } else {
        ValueHint::Other
    })
}

/// A parser of the names of the formats that a command takes.
fn formats(command: &str) -> ValueParser {
    let mut values: Vec<PossibleValue> = FORMATS
        .iter()
        .filter(|format| commands_of(**format).contains(&command))
        .map(|format| PossibleValue::new(format.name()).help(format.about()))
        .collect();
    if values.is_empty() {
        let documents = DOCUMENTS.iter();
        values.extend(documents.map(|document| PossibleValue::new(document.name())));
    }
    PossibleValuesParser::new(values)
        .map(|name: String| name.to_ascii_lowercase())
        .into()
}

/// The commands that a format is for.
pub(super) fn commands_of(format: &dyn Format) -> Vec<&'static str> {
    let mut commands = Vec::new();
    for question in Question::all() {
        if format.answers(question) && !commands.contains(&question.command()) {
            commands.push(question.command());
        }
    }
    commands
}

/// What a format is for, where it is not for this question: the other questions of the same command, or
/// else the commands.
pub(super) fn others_of(format: &dyn Format, question: Question) -> Vec<String> {
    let of_command = Question::all().filter(|other| other.command() == question.command());
    let answered: Vec<String> = of_command
        .filter(|other| format.answers(*other))
        .map(words_of)
        .collect();
    if answered.is_empty() {
        let commands = commands_of(format).into_iter();
        return commands.map(str::to_owned).collect();
    }
    answered
}

/// The words that ask a question.
pub(super) fn words_of(question: Question) -> String {
    match question {
        Question::LastUsed(dimension) => format!("{} {}", question.command(), topic(dimension)),
        Question::Groups => format!("{} --by", question.command()),
        Question::Keys | Question::Dump | Question::Lookup => question.command().to_owned(),
    }
}
