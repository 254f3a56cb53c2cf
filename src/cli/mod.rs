//! The command line: one file a command, and the one run that they share.
//!
//! The only part that prints, and that reads the clock and the environment. Left out: how an archive is
//! read and an answer is written, which is in the library.

mod args;
mod condition_arguments;
mod diagnostics;
mod ending;
mod hints;
mod lookup;
mod man;
mod output;
mod output_format;
mod progress;
mod roots;
mod run;
mod settings;
mod time;
mod typed_key;
mod usage;
mod verify;
mod words;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};
use keytrail::query::Question;
use keytrail::report;

use args::{Arguments, Command};
use diagnostics::eprint_line;
use ending::{Ending, FAILED};
use output::Output;

/// Runs the program.
pub(crate) fn main() -> ExitCode {
    match run(Arguments::parse_from(args::tie_error(std::env::args_os()))) {
        Ok(ending) => ending.into(),
        Err(error) => {
            eprint_line(&format!(
                "keytrail: {}",
                report::escape(&format!("{error:#}"))
            ));
            ExitCode::from(FAILED)
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<Ending> {
    match arguments.command {
        Command::Keys(common) => usage::answer_all(Question::Keys, common),
        Command::Dump(common) => usage::answer_all(Question::Dump, common),
        Command::LastUsed(arguments) => usage::answer_one(arguments),
        Command::Verify(arguments) => verify::answer(arguments),
        Command::Lookup(arguments) => lookup::answer(*arguments),
        Command::Completions { shell } => print(|out| {
            clap_complete::generate(shell, &mut Arguments::command(), "keytrail", out);
            Ok(())
        }),
        Command::Man { command } => print(|out| man::write(command.as_deref(), out)),
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
