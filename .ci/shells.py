"""Presses the tab key in bash, zsh and fish, and compares the words with those that are right.

    shells.py PROGRAM

Called by .ci/shells, which has the shells. Ends with all differences.
"""

import os
import pathlib
import pty
import re
import select
import subprocess
import sys
import tempfile
import time

PROGRAM = pathlib.Path(sys.argv[1]).resolve()

# What is typed before the tab key, and the last word after it.
CASES = [
    ("keytrail verif", "verify"),
    ("keytrail last-used prod", "products"),
    ("keytrail completions fi", "fish"),
    ("keytrail keys ar", "arch/"),
    ("keytrail keys arch -o rep", "report.txt"),
    # Behind the archive.
    ("keytrail lookup arch --rw w", "write"),
    ("keytrail dump arch -f par", "parquet"),
    ("keytrail lookup arch --not-k", "--not-key"),
    ("keytrail last-used info K arch --serv", "--service"),
    ("keytrail keys arch ar", "arch/"),
    # Behind an equals sign.
    ("keytrail lookup arch --order=o", "--order=oldest"),
    ("keytrail dump arch --format=xl", "--format=xlsx"),
    # What is hidden is not offered.
    ("keytrail keys arch --read", "--read"),
    ("keytrail lookup arch --spill", "--spill"),
    # No files where a value is none.
    ("keytrail lookup arch --key rep", "rep"),
    ("keytrail keys arch --since rep", "rep"),
    ("keytrail keys arch --since=rep", "--since=rep"),
]

# What fish completes otherwise: it takes letters in any place, and does not count words.
OTHERS = [
    # A format that the command does not take.
    ("keytrail keys arch -f ocs", "ocs"),
    ("keytrail last-used info rep", "rep"),
]


class Terminal:
    """A shell at a terminal of its own."""

    def __init__(self, command, folder, environment):
        self.process, self.file = pty.fork()
        if self.process == 0:
            os.chdir(folder)
            os.execvpe(command[0], command, environment)

    def read(self, quiet=0.4, end=None):
        """What the shell prints until it is quiet, or until it has printed `end`."""
        text = b""
        last = time.monotonic()
        while time.monotonic() - last < (20 if end else quiet):
            if select.select([self.file], [], [], 0.05)[0]:
                text += os.read(self.file, 65536)
                last = time.monotonic()
                if end and end in text:
                    break
        return text.decode(errors="replace")

    def send(self, text):
        os.write(self.file, text.encode())

    def last_word(self, typed):
        """The last word of the line after the tab key."""
        self.send(typed + "\t")
        self.read()
        # The line becomes the arguments of printf.
        self.send("\x01printf '[%s]\\n' \x05 END_OF_LINE\r")
        printed = self.read(end=b"[END_OF_LINE]\r\n")
        words = re.findall(r"^\[([^\]]*)\]\r?$", printed, re.MULTILINE)
        self.read()
        return words[-2] if len(words) > 1 else printed


def at_terminal(shell, folder, environment):
    if shell == "bash":
        terminal = Terminal(["bash", "--norc", "--noprofile", "-i"], folder, environment)
        terminal.send("PS1='> '; bind 'set bell-style none'; bind 'set enable-bracketed-paste off'\r")
    else:
        terminal = Terminal(["zsh", "-f", "-i"], folder, environment)
        terminal.send("PS1='> '; unsetopt beep zle_bracketed_paste; bindkey -e\r")
        terminal.send("autoload -U compinit; compinit -u -D\r")
    terminal.send(f"source ./completions.{shell}; echo SOUR''CED\r")
    terminal.read(end=b"SOURCED")
    terminal.read()
    return [terminal.last_word(typed) for typed, _ in CASES + OTHERS]


def fish(folder, environment):
    found = []
    for typed, _ in CASES:
        script = f"source ./completions.fish; complete -C '{typed}'"
        command = ["fish", "--no-config", "-c", script]
        lines = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=True
        ).stdout.splitlines()
        words = [line.split("\t")[0] for line in lines]
        # With no word to offer, the line stays as it is.
        found.append(words[0] if len(words) == 1 else " ".join(words) or typed.split(" ")[-1])
    return found


def main():
    differences = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "arch").mkdir()
        (folder / "report.txt").touch()
        # A file that begins like a value must not be taken for it.
        (folder / "oldfile").touch()
        environment = {
            "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}",
            "HOME": name,
            "TERM": "dumb",
            "LANG": "C.UTF-8",
        }
        for shell in ("bash", "zsh", "fish"):
            script = subprocess.run([PROGRAM, "completions", shell], capture_output=True, check=True)
            (folder / f"completions.{shell}").write_bytes(script.stdout)
        for shell in ("bash", "zsh", "fish"):
            found = fish(folder, environment) if shell == "fish" else at_terminal(shell, folder, environment)
            for (typed, expected), word in zip(CASES + OTHERS, found):
                # The slash of a folder may go when the next word begins.
                if word.rstrip("/") != expected.rstrip("/"):
                    differences += 1
                    print(f"{shell}: {typed}<TAB> gives {word!r}, expected {expected!r}")
    if differences:
        sys.exit(f"{differences} differences")
    print(f"{len(CASES)} words completed in each of bash, zsh and fish")


main()
