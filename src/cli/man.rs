//! The man pages: one of the program, and one of each command.
//!
//! What the help has behind the options is kept line by line, since filled lines would break its
//! columns.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::Context as _;
use clap::{Arg, ArgAction, Command};
use clap_mangen::Man;

use super::ending::Ending;
use super::program::program;

/// Writes the page of a command, or that of the program.
pub(super) fn write(command: Option<&str>, out: &mut Vec<u8>) -> anyhow::Result<()> {
    let mut program = program();
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

/// Writes the page of the program and those of all commands into a folder.
pub(super) fn write_all(folder: &Path) -> anyhow::Result<Ending> {
    let mut program = program();
    program.build();
    let pages: Vec<_> = program.get_subcommands().cloned().collect();
    let cannot = || format!("cannot write the pages into {}", folder.display());
    fs::create_dir_all(folder).with_context(cannot)?;
    for page in pages.into_iter().chain([program]) {
        let name = page.get_display_name().unwrap_or(page.get_name());
        let path = folder.join(format!("{name}.1"));
        let mut text = Vec::new();
        write_page(page, &mut text)?;
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(Ending::Done)
}

/// The synopsis, with the values of options, which that of the generator leaves out.
fn synopsis(command: &Command) -> String {
    let name = command.get_bin_name().unwrap_or(command.get_name());
    let mut words = vec![bold(name)];
    let shown = command.get_arguments().filter(|one| !one.is_hide_set());
    let (positional, options): (Vec<_>, Vec<_>) = shown.partition(|one| one.is_positional());
    for argument in options.into_iter().chain(positional) {
        let word = word(argument);
        let word = if argument.is_required_set() {
            word
        } else {
            format!("[{word}]")
        };
        let is_repeatable = matches!(argument.get_action(), ArgAction::Append);
        let more = if is_repeatable { "..." } else { "" };
        words.push(format!("{word}{more}"));
    }
    if command.has_subcommands() {
        words.push(format!("{} ...", italic("COMMAND")));
    }
    format!(".SH SYNOPSIS\n{}\n", words.join(" "))
}

/// An argument: its names as an option, and its value.
fn word(argument: &Arg) -> String {
    let short = argument.get_short().map(|short| bold(&format!("-{short}")));
    let long = argument.get_long().map(|long| bold(&format!("--{long}")));
    let names: Vec<_> = short.into_iter().chain(long).collect();
    let takes_value = argument.get_action().takes_values();
    let values = argument.get_value_names().unwrap_or_default().iter();
    let value: Vec<_> = values.map(|value| italic(value)).collect();
    let value = value.join(" ");
    match (names.is_empty(), takes_value) {
        (true, _) => value,
        (false, false) => names.join("|"),
        // The value can be left out, or has an equals sign before it.
        (false, true) if argument.is_require_equals_set() => {
            format!("{}[={value}]", names.join("|"))
        }
        (false, true) => format!("{} {value}", names.join("|")),
    }
}

fn bold(word: &str) -> String {
    format!("\\fB{}\\fR", escaped(word))
}

fn italic(word: &str) -> String {
    format!("\\fI{}\\fR", escaped(word))
}

/// A text in which nothing is a request.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-")
}

fn write_page(command: Command, out: &mut Vec<u8>) -> io::Result<()> {
    let (subcommands, behind) = (
        command.has_subcommands(),
        command
            .get_after_long_help()
            .or(command.get_after_help())
            .map(ToString::to_string),
    );
    let synopsis = synopsis(&command);
    let man = Man::new(command).source(concat!("keytrail ", env!("CARGO_PKG_VERSION")));
    man.render_title(out)?;
    man.render_name_section(out)?;
    out.write_all(synopsis.as_bytes())?;
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
            let line = escaped(line);
            writeln!(out, "\\&{}", line.strip_prefix("  ").unwrap_or(&line))?;
        }
        writeln!(out, ".fi")?;
    }
    // The foot of each page has the version.
    Ok(())
}
