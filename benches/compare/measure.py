"""One command run as a child, what it cost, and figures as Markdown.

CPU seconds are user and system time of the child and of its own children, as wait4 gives them. The
commands to be compared run in turn, round after round, every second round backwards, so that what
else the machine does falls on all of them; a ratio is of two runs of one round, and its median
stands with the smallest and the largest.

The peak of memory that wait4 gives is never less than that of the process that starts the child.
So this one stays small: only the standard library, and no data.
"""

import os
import resource
import statistics
import subprocess
import sys
import time

# Of ru_maxrss: bytes on macOS, kibibytes elsewhere.
PEAK_UNIT = 1 if sys.platform == "darwin" else 1024


class Failed(Exception):
    """A command that did not end well, with the end of what it said."""


class Run:
    """What one run cost."""

    def __init__(self, wall, usage, output):
        self.wall = wall
        self.cpu = usage.ru_utime + usage.ru_stime
        self.peak = usage.ru_maxrss * PEAK_UNIT
        self.output = output


def run(command, log, output=None, keep=False):
    """Runs a command to its end; its output goes to a file, is kept, or is thrown away."""
    with open(log, "w+b") as errors:
        sink = open(output, "wb") if output else subprocess.PIPE if keep else subprocess.DEVNULL
        try:
            started = time.monotonic()
            child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=sink, stderr=errors
            )
            text = child.stdout.read().decode() if keep else ""
            _, status, usage = os.wait4(child.pid, 0)
            wall = time.monotonic() - started
        finally:
            if output:
                sink.close()
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            errors.seek(0)
            last = errors.read()[-1000:].decode(errors="replace").strip()
            raise Failed(f"exit code {child.returncode}: {last}")
        return Run(wall, usage, text)


def alternately(commands, rounds, log):
    """The runs of each of the named commands, one a round; what fails once is not run again."""
    runs = {name: [] for name in commands}
    failures = {}
    for number in range(rounds):
        names = list(commands) if number % 2 == 0 else list(reversed(commands))
        for name in names:
            if name in failures:
                continue
            note(f"round {number + 1} of {rounds}: {name}")
            try:
                runs[name].append(run(commands[name], log))
            except Failed as failure:
                failures[name] = str(failure)
                note(f"{name} failed: {failure}")
    return runs, failures


def note(text):
    print(f"-- {text}", file=sys.stderr, flush=True)


def median(runs, what):
    return statistics.median(getattr(one, what) for one in runs)


def peak(runs):
    return max(one.peak for one in runs)


def ratios(upper, lower, what="cpu", factor=1):
    """The ratios of the runs of two commands, round by round."""
    return [
        factor * getattr(above, what) / max(getattr(below, what), 1e-9)
        for above, below in zip(upper, lower)
    ]


def spread(values, digits=2, unit=""):
    """The median, with the smallest and the largest."""
    middle, low, high = (
        f"{value:.{digits}f}" for value in (statistics.median(values), min(values), max(values))
    )
    return f"{middle}{unit} [{low}–{high}]"


def least_peak():
    """No peak of a child below this can be told."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * PEAK_UNIT


def megabytes(count):
    return f"{count / 1e6:,.1f}" if count < 1e8 else f"{count / 1e6:,.0f}"


def table(titles, rows):
    """A Markdown table; the first column is text, the others are figures."""
    lines = [titles, ["---"] + ["---:"] * (len(titles) - 1), *rows]
    for line in lines:
        print("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |")
    print(flush=True)
