//! The command line: what is asked, who answers it, and how a run ends.
//!
//! The only part that prints, reads the clock and looks at the environment. What it does with an
//! archive is `scan`'s, `query`'s and `report`'s.

mod answer;
mod args;
mod diagnostics;
mod hints;
mod lookup;
mod man;
mod output;
mod progress;
mod settings;
mod time;
mod verify;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};
use keytrail::coverage::Coverage;
use keytrail::report;

use answer::Asked;
use args::{Arguments, Command};
use diagnostics::say;
use output::Output;

/// How a run can end well. A usage error or a fatal one ends with 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// Something was found.
    Done,
    /// Nothing matched.
    Nothing,
    /// Some input was partial or unreadable, whatever was found in the rest.
    Partial,
    /// The person ended it.
    Interrupted,
}

impl Ending {
    /// How a run ends that was not interrupted.
    fn of(coverage: &Coverage, found: bool) -> Self {
        match coverage.files.partial + coverage.files.unreadable {
            0 if found => Self::Done,
            0 => Self::Nothing,
            _ => Self::Partial,
        }
    }
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        Self::from(match ending {
            Ending::Done => 0,
            Ending::Nothing => 1,
            Ending::Partial => 3,
            Ending::Interrupted => 130,
        })
    }
}

/// The exit code of usage errors and of fatal ones; clap's own as well.
const FAILED: u8 = 2;

/// Runs the program.
pub(crate) fn main() -> ExitCode {
    match run(Arguments::parse_from(args::tie_error(std::env::args_os()))) {
        Ok(ending) => ending.into(),
        Err(error) => {
            say(&format!(
                "keytrail: {}",
                report::escape(&format!("{error:#}"))
            ));
            ExitCode::from(FAILED)
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<Ending> {
    match arguments.command {
        Command::Keys(common) => answer::answer(&Asked::of_all(report::Command::Keys), common),
        Command::Dump(common) => answer::answer(&Asked::of_all(report::Command::Dump), common),
        Command::LastUsed(arguments) => {
            let (asked, common) = Asked::of_one(arguments);
            answer::answer(&asked, common)
        }
        Command::Verify(arguments) => verify::verify(arguments),
        Command::Lookup(arguments) => lookup::lookup(*arguments),
        Command::Completions { shell } => print(|out| {
            clap_complete::generate(shell, &mut Arguments::command(), "keytrail", out);
            Ok(())
        }),
        Command::Man { command } => print(|out| man::write(command.as_deref(), out)),
    }
}

/// Prints what needs no archive. Gathered first: the generators give up on a closed pipe.
fn print(text: impl FnOnce(&mut Vec<u8>) -> anyhow::Result<()>) -> anyhow::Result<Ending> {
    let mut gathered = Vec::new();
    text(&mut gathered)?;
    Output::Stdout.write(|out| out.write_all(&gathered))?;
    Ok(Ending::Done)
}
