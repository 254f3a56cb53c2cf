"""Runs commands as children, measures them, and prints figures as Markdown.

CPU seconds are user and system time of the child and of its own children, from wait4. The commands
run alternately, every second round in reverse order, so that other load on the machine affects all
of them. A ratio is of two runs of one round; printed are the median, the smallest and the largest.

The peak of memory from wait4 is never less than that of the process that starts the child. So this
process imports only the standard library and holds no data.
"""

import os
import resource
import statistics
import subprocess
import sys
import time

# The unit of ru_maxrss: bytes on macOS, kibibytes elsewhere.
PEAK_UNIT = 1 if sys.platform == "darwin" else 1024


class Failed(Exception):
    """A command that failed, with the end of its standard error."""


class Run:
    """The cost of one run."""

    def __init__(self, wall, usage, output):
        self.wall = wall
        self.cpu = usage.ru_utime + usage.ru_stime
        self.peak = usage.ru_maxrss * PEAK_UNIT
        self.output = output


def run(command, log, output=None, keep=False):
    """Runs a command to its end; its output goes to a file, is kept, or is discarded."""
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
    """Runs each named command once a round; a command that fails is not run again."""
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
    """The median, with the smallest and the largest value."""
    middle, low, high = (
        f"{value:.{digits}f}" for value in (statistics.median(values), min(values), max(values))
    )
    return f"{middle}{unit} [{low}–{high}]"


def least_peak():
    """The smallest peak of a child that can be measured."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * PEAK_UNIT


def megabytes(count):
    return f"{count / 1e6:,.1f}" if count < 1e8 else f"{count / 1e6:,.0f}"


def table(titles, rows):
    """A Markdown table; the first column is text, the others are figures."""
    lines = [titles, ["---"] + ["---:"] * (len(titles) - 1), *rows]
    for line in lines:
        print("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |")
    print(flush=True)
