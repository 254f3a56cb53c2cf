//! The man pages: one of the program, and one of each command.
//!
//! What the help has behind the options is kept line by line, since filled lines would break its
//! columns.

use std::io::{self, Write};

use anyhow::Context as _;
use clap::CommandFactory as _;
use clap_mangen::Man;

use super::args::Arguments;

/// Writes the page of a command, or that of the program.
pub(super) fn write(command: Option<&str>, out: &mut Vec<u8>) -> anyhow::Result<()> {
    let mut program = Arguments::command();
    program.build();
    let page = match command {
        None => program,
        Some(name) => program
            .find_subcommand(name)
            .with_context(|| format!("no command is called {name:?}"))?
            .clone(),
    };
    Ok(write_page(page, out)?)
}

fn write_page(command: clap::Command, out: &mut Vec<u8>) -> io::Result<()> {
    let (subcommands, behind) = (
        command.has_subcommands(),
        command
            .get_after_long_help()
            .or(command.get_after_help())
            .map(ToString::to_string),
    );
    let man = Man::new(command).source(concat!("keytrail ", env!("CARGO_PKG_VERSION")));
    man.render_title(out)?;
    man.render_name_section(out)?;
    man.render_synopsis_section(out)?;
    man.render_description_section(out)?;
    man.render_options_section(out)?;
    if subcommands {
        man.render_subcommands_section(out)?;
    }
    for part in behind.iter().flat_map(|text| text.split("\n\n")) {
        let (heading, lines) = match part.split_once(":\n") {
            Some((heading, lines)) if !heading.contains('\n') => (heading, lines),
            _ => ("Notes", part),
        };
        writeln!(out, ".SH {:?}\n.nf", heading.to_uppercase())?;
        for line in lines.lines() {
            // The empty character keeps a full stop or an apostrophe from being a request.
            let line = line.replace('\\', "\\e").replace('-', "\\-");
            writeln!(out, "\\&{}", line.strip_prefix("  ").unwrap_or(&line))?;
        }
        writeln!(out, ".fi")?;
    }
    // The foot of each page has the version.
    Ok(())
}
