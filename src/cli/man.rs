//! The man pages: one of the program, and one of each command.
//!
//! What the help has behind the options is kept line by line, since filled lines would break its
//! columns.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::Context as _;
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
