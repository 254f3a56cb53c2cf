//! The command line: one file a command, and the one run that they share.
//!
//! The only part that prints, and that reads the clock and the environment. Left out: how an archive is
//! read and an answer is written, which is in the library.

mod accepted;
mod allocator;
mod args;
mod argv;
mod completions;
mod condition_arguments;
mod diagnostics;
mod ending;
mod expected;
mod filters;
mod half_written;
mod hints;
mod index;
mod key_list;
mod key_or_archive;
mod keys;
mod lookup;
mod man;
mod output;
mod output_format;
mod outside;
mod program;
mod progress;
mod roots;
mod run;
mod settings;
mod standard;
mod state;
mod time;
mod typed_key;
mod usage;
mod usage_errors;
mod verify;
mod words;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::FromArgMatches as _;
use clap::error::ErrorKind;

use args::{Arguments, Command};
use diagnostics::{eprint_error, eprint_line};
use ending::{Ending, FAILED};
use output::Output;

/// Runs the program.
pub(crate) fn main() -> ExitCode {
    let program = program::program();
    let words = argv::arranged(std::env::args_os(), &program);
    match parsed(&program, &words) {
        Ok(arguments) => run(arguments).map_or_else(
            |error| {
                eprint_error(&format!("{error:#}"));
                if let Some(hint) = hints::of_error(&error) {
                    eprint_line(&hint);
                }
                ExitCode::from(FAILED)
            },
            Into::into,
        ),
        Err(error) => help_or_error(&error, &program, &words),
    }
}

/// The arguments, and in those of commands with rows the filters as they were given.
fn parsed(program: &clap::Command, words: &[OsString]) -> Result<Arguments, clap::Error> {
    let matches = program.clone().try_get_matches_from(words)?;
    let mut arguments = Arguments::from_arg_matches(&matches)?;
    if let Some(common) = arguments.command.common_mut() {
        common.filters = filters::filters(program, &matches);
    }
    Ok(arguments)
}

/// Prints the help or the version that was asked for, or explains what is wrong with the words.
fn help_or_error(error: &clap::Error, program: &clap::Command, words: &[OsString]) -> ExitCode {
    if !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        // A closed pipe is no error.
        let _ = error.print();
        return ExitCode::from(if error.use_stderr() { FAILED } else { 0 });
    }
    let command = words.get(1).and_then(|word| word.to_str());
    let error = usage_errors::explain(error, program, command);
    eprint_error(&error.message);
    for hint in &error.hints {
        eprint_line(&format!("hint: {}", keytrail::report::escape(hint)));
    }
    ExitCode::from(FAILED)
}

fn run(arguments: Arguments) -> anyhow::Result<Ending> {
    match arguments.command {
        Command::Keys(arguments) => keys::answer(*arguments),
        Command::Dump(common) => usage::answer_all(common),
        Command::LastUsed(arguments) => usage::answer_one(arguments),
        Command::Verify(arguments) => verify::answer(arguments),
        Command::Lookup(arguments) => lookup::answer(*arguments),
        Command::Index(arguments) => index::answer(arguments),
        Command::State(arguments) => state::answer(&arguments),
        Command::Completions { shell } => print(|out| Ok(completions::write(shell, out)?)),
        Command::Man { out: Some(out), .. } => man::write_all(&out),
        Command::Man { command, out: None } => print(|out| man::write(command.as_deref(), out)),
    }
}

/// Prints a text that needs no archive. It is collected first, since the generators panic on a closed
/// pipe.
fn print(text: impl FnOnce(&mut Vec<u8>) -> anyhow::Result<()>) -> anyhow::Result<Ending> {
    let mut collected = Vec::new();
    text(&mut collected)?;
    Output::Stdout.write(|out| out.write_all(&collected))?;
    Ok(Ending::Done)
}
