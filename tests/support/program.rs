//! Runs the built program as a user would, in an environment that is the same everywhere.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long a run may take before it counts as hung. A guard, not a measure of speed.
pub const HUNG: Duration = Duration::from_mins(2);

/// A run of the program that is being put together.
pub struct Program {
    command: Command,
    /// What goes through a pipe to the program's stdin.
    input: Vec<u8>,
}

/// The program, with these arguments.
pub fn keytrail<I>(args: I) -> Program
where
    I: IntoIterator,
    I::Item: AsRef<OsStr>,
{
    Program::started_by(Command::new(env!("CARGO_BIN_EXE_keytrail")), args)
}

/// The program, started by a shell that first does `preparation`, such as to set a limit.
pub fn keytrail_after<I>(preparation: &str, args: I) -> Program
where
    I: IntoIterator,
    I::Item: AsRef<OsStr>,
{
    let mut shell = Command::new("/bin/sh");
    // While glibc makes an arena it reserves 128 MiB of addresses for a moment; a thread that starts
    // just then finds no room for its stack below a limit.
    shell.env("MALLOC_ARENA_MAX", "1").args([
        "-c",
        &format!("{preparation} && exec \"$0\" \"$@\""),
        env!("CARGO_BIN_EXE_keytrail"),
    ]);
    Program::started_by(shell, args)
}

impl Program {
    fn started_by<I>(mut command: Command, args: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<OsStr>,
    {
        // Nothing of the caller's environment may reach the program: no colour, no locale, no settings.
        command
            .env_clear()
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Self {
            command,
            input: Vec::new(),
        }
    }

    /// Sets one variable of the environment.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Starts the program in this folder.
    pub fn within(mut self, dir: &Path) -> Self {
        self.command.current_dir(dir);
        self
    }

    /// Sends stdout to this file instead of to the test.
    pub fn stdout_to(mut self, path: &str) -> Self {
        let file = std::fs::OpenOptions::new()
            .write(true)
            .open(path)
            .expect("a file to write to");
        self.command.stdout(file);
        self
    }

    /// Sends these bytes through a pipe to stdin.
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.command.stdin(Stdio::piped());
        self.input = bytes.into();
        self
    }

    /// Makes this file stdin.
    pub fn stdin_from(mut self, path: &Path) -> Self {
        let file = std::fs::File::open(path).expect("a file to read");
        self.command.stdin(file);
        self
    }

    /// Runs the program to its end.
    pub fn run(self) -> Outcome {
        self.start().finish()
    }

    /// Runs the program with a stdout that is closed before anything is read from it.
    pub fn run_without_reader(self) -> Outcome {
        self.start_for(Reader::Leaves).finish()
    }

    /// Runs the program until the condition holds, and then kills it by SIGKILL; or to its end.
    pub fn run_until_killed(mut self, condition: impl Fn() -> bool) {
        let mut child = self
            .command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let start = Instant::now();
        while !condition() && child.try_wait().expect("a child").is_none() {
            assert!(start.elapsed() < HUNG, "{}", shown(&self.command));
            std::thread::sleep(Duration::from_millis(1));
        }
        // It may have ended by itself.
        let _ = child.kill();
        child.wait().expect("a program that was ended ends");
    }

    /// Starts the program and does not wait for its end.
    pub fn start(self) -> Running {
        self.start_for(Reader::Stays)
    }

    fn start_for(mut self, reader: Reader) -> Running {
        let mut child = self.command.spawn().expect("the program starts");
        if let Some(mut stdin) = child.stdin.take() {
            // The program may end before it has read all.
            std::thread::spawn(move || stdin.write_all(&self.input));
        }
        match reader {
            Reader::Stays => {}
            Reader::Leaves => drop(child.stdout.take()),
        }
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        Running {
            command: shown(&self.command),
            stdout: lines(stdout),
            stderr: lines(stderr),
            lines_read: Vec::new(),
            child,
        }
    }
}

/// What the reader of the program's stdout does.
#[derive(Clone, Copy)]
enum Reader {
    Stays,
    Leaves,
}

/// A run of the program that has not ended. It is killed when it is dropped.
pub struct Running {
    command: String,
    stdout: mpsc::Receiver<Vec<u8>>,
    stderr: mpsc::Receiver<Vec<u8>>,
    /// What [`Running::line`] has taken from stderr.
    lines_read: Vec<u8>,
    child: Child,
}

impl Running {
    /// The next line on stderr, as soon as it is there.
    pub fn line(&mut self) -> String {
        let line = self.stderr.recv_timeout(HUNG);
        let line = line.unwrap_or_else(|error| panic!("{}\nno line: {error}", self.command));
        self.lines_read.extend(&line);
        String::from_utf8_lossy(&line).into_owned()
    }

    /// Waits for the end of the run.
    pub fn finish(mut self) -> Outcome {
        let stdout = self.rest(&self.stdout);
        let stderr = [self.lines_read.clone(), self.rest(&self.stderr)].concat();
        let status = self.child.wait().expect("the program ends");
        Outcome {
            command: self.command.clone(),
            code: status.code(),
            stdout,
            stderr,
        }
    }

    /// All that is still to come of a stream.
    fn rest(&self, stream: &mpsc::Receiver<Vec<u8>>) -> Vec<u8> {
        let end = Instant::now() + HUNG;
        let mut bytes = Vec::new();
        loop {
            match stream.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) => bytes.extend(line),
                Err(RecvTimeoutError::Disconnected) => return bytes,
                Err(RecvTimeoutError::Timeout) => {
                    panic!("{}\nstill ran after {HUNG:?}", self.command)
                }
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads a stream line by line beside the test, so that the two streams of a program cannot block
/// each other.
fn lines(stream: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    let Some(stream) = stream else {
        return receiver;
    };
    let mut stream = BufReader::new(stream);
    std::thread::spawn(move || {
        loop {
            let mut line = Vec::new();
            let read = stream.read_until(b'\n', &mut line);
            let length = read.expect("the program's output can be read");
            // Nobody waits any more where the run was given up.
            if length == 0 || sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The outcome of a run. A check that fails shows all of it.
#[derive(Clone)]
pub struct Outcome {
    /// The command as it was started.
    pub command: String,
    /// The exit code; nothing where a signal ended the program.
    pub code: Option<i32>,
    /// All of stdout.
    pub stdout: Vec<u8>,
    /// All of stderr.
    pub stderr: Vec<u8>,
}

impl Outcome {
    /// Checks the exit code, and that nothing panicked whatever the code.
    #[track_caller]
    pub fn code(self, expected: i32) -> Self {
        assert!(
            !self.stderr().contains("panicked"),
            "the program panicked\n{self}"
        );
        assert_eq!(self.code, Some(expected), "unexpected exit code\n{self}");
        self
    }

    /// The text of stdout.
    #[track_caller]
    pub fn stdout(&self) -> &str {
        std::str::from_utf8(&self.stdout).unwrap_or_else(|_| panic!("stdout is not UTF-8\n{self}"))
    }

    /// The text of stdout without the roots of a document, which are there as they were typed.
    #[track_caller]
    pub fn without_roots(&self) -> String {
        let text = self.stdout();
        let Some((before, rest)) = text.split_once("\"roots\":[") else {
            return text.to_owned();
        };
        let (_roots, after) = rest.split_once(']').expect("an end of the roots");
        format!("{before}{after}")
    }

    /// The text of stderr.
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// Checks that stderr contains every one of these.
    #[track_caller]
    pub fn reports(self, expected: &[&str]) -> Self {
        for part in expected {
            assert!(
                self.stderr().contains(part),
                "stderr does not contain {part:?}\n{self}"
            );
        }
        self
    }

    /// The document on stdout.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(self.stdout())
            .unwrap_or_else(|error| panic!("stdout is no JSON: {error}\n{self}"))
    }

    /// The documents on stdout, one a line.
    #[track_caller]
    pub fn json_lines(&self) -> Vec<Value> {
        let read = |line| {
            serde_json::from_str(line)
                .unwrap_or_else(|error| panic!("no JSON: {error}: {line}\n{self}"))
        };
        self.stdout().lines().map(read).collect()
    }

    /// The rows of the document on stdout.
    #[track_caller]
    pub fn rows(&self) -> Vec<Value> {
        let document = self.json();
        document["rows"]
            .as_array()
            .unwrap_or_else(|| panic!("the document has no rows\n{self}"))
            .clone()
    }

    /// The values of one column, a row each.
    #[track_caller]
    pub fn column(&self, name: &str) -> Vec<Value> {
        self.rows().iter().map(|row| row[name].clone()).collect()
    }

    /// The coverage of the document on stdout.
    #[track_caller]
    pub fn coverage(&self) -> Value {
        self.json()["coverage"].clone()
    }

    /// Exit code, stdout and stderr in one text for a snapshot, with the folder of the test masked.
    pub fn snapshot(&self, dir: &Path) -> String {
        let code = self
            .code
            .map_or_else(|| "none".to_owned(), |code| code.to_string());
        let streams = [("stdout", &self.stdout), ("stderr", &self.stderr)].map(|(name, bytes)| {
            let text = String::from_utf8_lossy(bytes).replace(&*dir.to_string_lossy(), "[DIR]");
            format!("--- {name}\n{text}")
        });
        format!("exit code {code}\n{}", streams.concat())
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "$ {}", self.command)?;
        writeln!(formatter, "exit code {:?}", self.code)?;
        for (name, bytes) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            writeln!(formatter, "--- {name}, {} bytes", bytes.len())?;
            let end = bytes.len().min(6000);
            writeln!(formatter, "{}", String::from_utf8_lossy(&bytes[..end]))?;
        }
        Ok(())
    }
}

/// Arguments of several kinds in one list.
pub fn args<const N: usize>(args: [&dyn AsRef<OsStr>; N]) -> Vec<OsString> {
    args.iter().map(|arg| arg.as_ref().to_owned()).collect()
}
