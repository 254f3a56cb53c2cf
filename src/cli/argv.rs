//! The words of the command line, arranged before they are parsed: options in front of the command,
//! `help COMMAND`, and the code behind `--error`.
//!
//! Left out: what the words mean, and what is wrong with them.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap::{Arg, Command};

/// The words as they are to be parsed: the program, the command, and what belongs to it.
pub(super) fn arranged(
    words: impl IntoIterator<Item = OsString>,
    program: &Command,
) -> Vec<OsString> {
    tie_error(command_first(words.into_iter().collect(), program))
}

/// Moves the options in front of the command behind it, and takes `help COMMAND` for
/// `COMMAND --help`.
fn command_first(words: Vec<OsString>, program: &Command) -> Vec<OsString> {
    let mut words = words.into_iter();
    let mut arranged: Vec<OsString> = words.next().into_iter().collect();
    let (front, command) = front_and_command(&mut words, program);
    let asks_for_program = |word: &&OsString| {
        ["-h", "--help", "-V", "--version"]
            .iter()
            .any(|known| *word == known)
    };
    if let Some(question) = front.iter().find(asks_for_program) {
        arranged.push(question.clone());
        return arranged;
    }
    match command {
        Some(command) if command == "help" => {
            // The options in front of `help` have nothing to act on.
            arranged.extend(words.next());
            arranged.push("--help".into());
        }
        Some(command) if program.find_subcommand(&command).is_some() => {
            arranged.push(command);
            arranged.extend(front);
            arranged.extend(words);
        }
        // A command that nobody knows is the first mistake.
        Some(other) => arranged.push(other),
        None => arranged.extend(front),
    }
    arranged
}

/// Takes the options in front of the command with their values, and the command.
fn front_and_command(
    words: &mut impl Iterator<Item = OsString>,
    program: &Command,
) -> (Vec<OsString>, Option<OsString>) {
    let mut front = Vec::new();
    while let Some(word) = words.next() {
        let text = word.to_string_lossy();
        if !text.starts_with('-') || text == "-" || text == "--" {
            return (front, Some(word));
        }
        let takes_next = takes_next(&text, program);
        front.push(word);
        if takes_next {
            front.extend(words.next());
        }
    }
    (front, None)
}

/// Whether the value of an option is the next word.
fn takes_next(option: &str, program: &Command) -> bool {
    let takes_value = |is_it: &dyn Fn(&Arg) -> bool| {
        let mut arguments = program.get_subcommands().flat_map(Command::get_arguments);
        arguments.any(|argument| is_it(argument) && argument.get_action().takes_values())
    };
    if let Some(long) = option.strip_prefix("--") {
        return takes_value(&|argument| argument.get_long() == Some(long));
    }
    let takes = |short: char| takes_value(&|argument| argument.get_short() == Some(short));
    let letters = option.trim_start_matches('-');
    // What follows the letter of an option with a value is the value.
    let before = letters.char_indices().find(|&(_, letter)| takes(letter));
    before.is_some_and(|(place, letter)| place + letter.len_utf8() == letters.len())
}

/// The arguments with the code of `--error`, where one follows, tied to it by an equals sign.
///
/// A word behind `--error` could be the code or the archive. If it exists as a path, it is the archive;
/// otherwise an archive of that name could not be opened anyway.
fn tie_error(words: Vec<OsString>) -> Vec<OsString> {
    let mut tied: Vec<OsString> = Vec::new();
    let mut paths_only = false;
    let mut open = false;
    for word in words {
        let is_code = open
            && !word.as_encoded_bytes().starts_with(b"-")
            && !word.is_empty()
            && !Path::new(&word).exists();
        open = !paths_only && word == "--error" && is_lookup(&tied);
        paths_only |= word == "--";
        match tied.last_mut() {
            Some(error) if is_code => {
                error.push("=");
                error.push(word);
            }
            _ => tied.push(word),
        }
    }
    tied
}

fn is_lookup(words: &[OsString]) -> bool {
    words
        .get(1)
        .is_some_and(|word| word == OsStr::new("lookup"))
}

#[cfg(test)]
mod tests {
    use super::super::program::program;
    use super::*;

    #[track_caller]
    fn arranges(typed: &str, expected: &str) {
        let words = typed.split(' ').map(OsString::from);
        let arranged = arranged(words, &program());
        let arranged: Vec<_> = arranged.iter().map(|word| word.to_string_lossy()).collect();
        assert_eq!(arranged.join(" "), expected, "{typed}");
    }

    #[test]
    fn options_in_front_of_the_command_belong_to_it() {
        arranges("k keys A -q", "k keys A -q");
        arranges("k -q keys A", "k keys -q A");
        arranges(
            "k --color never -qf csv keys A",
            "k keys --color never -qf csv A",
        );
        arranges("k -fcsv --since=7d keys A", "k keys -fcsv --since=7d A");
        arranges("k -f", "k -f");
        arranges("k -q --help keys", "k --help");
        arranges("k -q", "k -q");
        arranges("k -q archive -v", "k archive");
    }

    #[test]
    fn help_and_a_command_is_the_help_of_the_command() {
        arranges("k help", "k --help");
        arranges("k help lookup", "k lookup --help");
        arranges("k -q help last-used ips", "k last-used --help");
        arranges("k help nothing", "k nothing --help");
    }

    #[test]
    fn the_code_of_an_error_follows_it_also_behind_an_option_in_front() {
        arranges(
            "k -q lookup A --error NoSuchCode",
            "k lookup -q A --error=NoSuchCode",
        );
        arranges("k lookup --error src", "k lookup --error src");
        arranges("k keys --error NoSuchCode", "k keys --error NoSuchCode");
    }
}
