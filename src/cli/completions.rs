//! The completions of shells. clap writes those of most; what it leaves wrong is put right here, and
//! those of bash are written here.
//!
//! Left out: which values an option takes, which is in `args.rs` and `program.rs`.

use std::fmt::Write as _;
use std::io::{self, Write};

use clap::{Arg, Command, ValueHint};
use clap_complete::Shell;

use super::program::program;

/// Writes the completions of a shell.
pub(super) fn write(shell: Shell, out: &mut dyn Write) -> io::Result<()> {
    let mut program = visible(&program());
    let mut generated = Vec::new();
    match shell {
        Shell::Bash => generated.extend(bash(&program).into_bytes()),
        _ => clap_complete::generate(shell, &mut program, "keytrail", &mut generated),
    }
    let mut text = String::from_utf8_lossy(&generated).into_owned();
    match shell {
        // With two colons, nothing behind the first archive would be taken for an option.
        Shell::Zsh => text = text.replace("'*::", "'*:"),
        Shell::Fish => text.push_str(&fish_words(&program)),
        _ => {}
    }
    out.write_all(text.as_bytes())
}

/// The command without what its help does not show.
fn visible(command: &Command) -> Command {
    let arguments = command
        .get_arguments()
        .filter(|option| !option.is_hide_set());
    // The names of commands live as long as the program.
    let name: &'static str = Box::leak(command.get_name().into());
    let visible = Command::new(name)
        .about(command.get_about().cloned().unwrap_or_default())
        .disable_help_subcommand(true)
        .args(arguments.cloned())
        .subcommands(command.get_subcommands().map(visible));
    if command.get_version().is_some() {
        return visible.version(env!("CARGO_PKG_VERSION"));
    }
    visible
}

/// What clap leaves out for fish: the values of arguments that are no options.
fn fish_words(program: &Command) -> String {
    let mut text = String::new();
    for command in program.get_subcommands() {
        let name = command.get_name();
        for argument in command.get_positionals() {
            let values = values(argument).join(" ");
            if !values.is_empty() {
                // A closed string of fish, which has nothing to escape.
                let _ = writeln!(
                    text,
                    "complete -c keytrail -n \"__fish_keytrail_using_subcommand {name}; and not \
                     __fish_seen_subcommand_from {values}\" -f -a \"{values}\""
                );
            }
        }
    }
    text
}

const BASH_HEAD: &str = r#"# Completions of keytrail for bash.

_keytrail_words() {
    COMPREPLY=($(compgen -P "$prefix" -W "$1" -- "$cur"))
}

_keytrail_files() {
    local IFS=$'\n'
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -P "$prefix" -f -- "$cur"))
}

_keytrail() {
    local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}" prefix=""
    local command="" place=0 skip="" i word
    COMPREPLY=()
    # An equals sign is a word of its own, unless bash is told not to part words there.
    if [[ "$cur" == "=" ]]; then
        cur=""
    elif [[ "$prev" == "=" ]]; then
        prev="${COMP_WORDS[COMP_CWORD-2]}"
    elif [[ "$cur" == --*=* ]]; then
        prev="${cur%%=*}"
        prefix="$prev="
        cur="${cur#*=}"
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        word="${COMP_WORDS[i]}"
        if [[ -n "$skip" && "$word" != "=" ]]; then
            skip=""
            continue
        fi
        case "$word" in
"#;

const BASH_TAIL: &str = r"    esac
}

complete -F _keytrail keytrail
";

fn bash(program: &Command) -> String {
    let commands: Vec<&Command> = program.get_subcommands().collect();
    let names: Vec<&str> = commands.iter().map(|command| command.get_name()).collect();
    let mut text = BASH_HEAD.to_owned();
    let with_value = names_with_value(&commands);
    // Formatting into a string cannot fail, here and below.
    let _ = writeln!(text, "            {}) skip=1 ;;", with_value.join(" | "));
    let _ = writeln!(text, "            -* | =) ;;");
    let _ = writeln!(
        text,
        "            *) if [[ -z \"$command\" ]]; then command=\"$word\"; else ((place++)); fi ;;\n        \
         esac\n    done"
    );
    let _ = writeln!(text, "    case \"$command\" in");
    let _ = writeln!(
        text,
        "        \"\") _keytrail_words \"{} -h --help -V --version\" ;;",
        names.join(" ")
    );
    for command in commands {
        bash_command(command, &mut text);
    }
    text.push_str(BASH_TAIL);
    text
}

/// What is completed behind a command: the value of an option, an option, or a word in its place.
fn bash_command(command: &Command, text: &mut String) {
    let _ = writeln!(text, "        {})", command.get_name());
    let _ = writeln!(text, "            case \"$prev\" in");
    for option in command.get_arguments().filter(|option| takes_value(option)) {
        let names = names_of_option(option).join(" | ");
        let completion = completion(option).unwrap_or(":".to_owned());
        let _ = writeln!(text, "                {names}) {completion}; return ;;");
    }
    let _ = writeln!(text, "            esac");
    let all = command.get_arguments().flat_map(names_of_option);
    let all: Vec<_> = all.chain(["-h".to_owned(), "--help".to_owned()]).collect();
    let _ = writeln!(
        text,
        "            if [[ \"$cur\" == -* ]]; then _keytrail_words \"{}\"; return; fi",
        all.join(" ")
    );
    let _ = writeln!(text, "            case \"$place\" in");
    for (place, argument) in command.get_positionals().enumerate() {
        let completion = completion(argument).unwrap_or(":".to_owned());
        let takes_many = argument
            .get_num_args()
            .is_some_and(|number| number.max_values() > 1)
            || matches!(argument.get_action(), clap::ArgAction::Append);
        let pattern = if takes_many {
            "*".to_owned()
        } else {
            place.to_string()
        };
        let _ = writeln!(text, "                {pattern}) {completion} ;;");
    }
    let _ = writeln!(text, "            esac\n            ;;");
}

/// The call that completes a value, if there is something to offer.
fn completion(argument: &Arg) -> Option<String> {
    let values = values(argument);
    if !values.is_empty() {
        return Some(format!("_keytrail_words \"{}\"", values.join(" ")));
    }
    (argument.get_value_hint() == ValueHint::AnyPath).then(|| "_keytrail_files".to_owned())
}

fn values(argument: &Arg) -> Vec<String> {
    let values = argument.get_possible_values();
    values
        .iter()
        .map(|value| value.get_name().to_owned())
        .collect()
}

/// Whether the next word is the value of an option. Where an option may have none, its value follows an
/// equals sign.
fn takes_value(option: &Arg) -> bool {
    option.get_action().takes_values() && !option.is_positional() && !option.is_require_equals_set()
}

/// The names of the options of these commands that take a value, each once.
fn names_with_value(commands: &[&Command]) -> Vec<String> {
    let options = commands.iter().flat_map(|command| command.get_arguments());
    let options = options.filter(|option| takes_value(option));
    let mut names: Vec<String> = options.flat_map(names_of_option).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// `-f` and `--format`.
fn names_of_option(option: &Arg) -> Vec<String> {
    let short = option.get_short().map(|short| format!("-{short}"));
    let long = option.get_long().map(|long| format!("--{long}"));
    short.into_iter().chain(long).collect()
}
