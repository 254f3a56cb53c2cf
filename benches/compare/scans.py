"""keytrail against the floor: inflating the same files with libdeflate, same threads."""

import json
import os
import subprocess
from pathlib import Path

from measure import (
    Failed,
    alternately,
    least_peak,
    median,
    megabytes,
    note,
    peak,
    ratios,
    run,
    spread,
    table,
)

THREADS = (1, 2)

# For each archive the largest ratio to the floor that is acceptable, and the one that is aimed at.
GOALS = {"normal": (1.75, 1.40), "tiny": (1.50, 1.35), "giant": (1.45, 0.90)}

# The memory of a scan that is acceptable, and the one that is aimed at: bytes, and bytes an entry.
MEMORY = ((64_000_000, 120), (32_000_000, 90))


class Archive:
    """A generated archive and the summary of its generator."""

    def __init__(self, args, name):
        self.name = name
        self.path = str(args.archives / name)
        self.summary = json.loads((args.archives / f"{name}.json").read_text())
        self.inflated = self.summary["inflated_bytes"]

    def size(self):
        files = self.summary["files"]
        return f"{files:,} file{'s' if files > 1 else ''}, {megabytes(self.inflated)} MB of text"


def report(args):
    archives = {
        name: Archive(args, name)
        for name in ("normal", "tiny", "giant", "daily", "hot", "four")
        if args.four or name != "four"
    }
    for archive in archives.values():
        check(args, archive)
    scanned = {
        name: scan(args, archives[name]) for name in ("normal", "tiny", "giant", "four")
        if name in archives
    }
    least = least_peak()

    print("### Scans")
    print()
    print("CPU seconds of `keytrail keys ARCHIVE -f jsonl --threads N` over those of", end=" ")
    print("`floor ARCHIVE --threads N`, which inflates the same files and does nothing else;", end=" ")
    print(f"{args.rounds} rounds, run alternately. Median [smallest–largest].")
    print()
    rows = []
    for name, runs in scanned.items():
        archive = archives[name]
        for threads in THREADS:
            ours, floor = runs[f"keys {threads}"], runs[f"floor {threads}"]
            rows.append([
                f"{name}: {archive.size()}",
                threads,
                f"{median(ours, 'cpu'):.2f}",
                f"{median(floor, 'cpu'):.2f}",
                spread(ratios(ours, floor)),
                *(f"{goal:.2f}" for goal in GOALS.get(name, ())),
                *([] if name in GOALS else ["", ""]),
            ])
    table(["archive", "threads", "keytrail CPU s", "floor CPU s", "ratio", "must", "aim"], rows)

    print("### Questions")
    print()
    rows = [
        *one_key(args, archives["hot"]),
        *last_day(args, archives["daily"]),
        *counting_once(args, archives["normal"]),
    ]
    if "four" in archives:
        rows.extend(growth(args, archives["normal"], archives["four"]))
    normal = scanned["normal"]
    for name, command in (("keys", "keytrail"), ("floor", "floor")):
        walls = ratios(normal[f"{name} 2"], normal[f"{name} 1"], "wall")
        goals = ["0.56", "0.52"] if name == "keys" else ["", ""]
        rows.append([f"wall time of {command}, 2 threads against 1, normal", spread(walls), *goals])
    table(["what", "ratio", "must", "aim"], rows)
    print("The wall times are meaningful on an idle machine only.")
    print()

    print("### Memory")
    print()
    print("The largest peak of resident memory of the runs above. Entries are the rows of", end=" ")
    print(f"`keytrail dump`. Peaks below {megabytes(least)} MB cannot be measured.")
    print()
    rows = []
    for name, runs in scanned.items():
        count = entries(args, archives[name])
        for threads in THREADS:
            held = peak(runs[f"keys {threads}"])
            rows.append([
                name,
                threads,
                f"{count:,}",
                megabytes(held),
                f"{(held - MEMORY[0][0]) / count:.0f}" if held > MEMORY[0][0] else "none",
                f"{held / count:.0f}",
                *(megabytes(fixed + each * count) for fixed, each in MEMORY),
                megabytes(peak(runs[f"floor {threads}"])),
            ])
    table(
        [
            "archive", "threads", "entries", "peak MB", "B an entry above 64 MB", "B an entry",
            "must MB", "aim MB", "floor's peak MB",
        ],
        rows,
    )


def keys(args, archive, threads, *more):
    return [args.keytrail, "keys", archive.path, "-f", "jsonl", "--threads", str(threads), *more]


def floor(args, archive, threads):
    return [args.floor, archive.path, "--threads", str(threads)]


def scan(args, archive):
    note(f"scanning {archive.name}")
    commands = {}
    for threads in THREADS:
        commands[f"keys {threads}"] = keys(args, archive, threads)
        commands[f"floor {threads}"] = floor(args, archive, threads)
    return measured(commands, args)


def measured(commands, args):
    runs, failures = alternately(commands, args.rounds, args.log)
    if failures:
        raise Failed(str(failures))
    return runs


def check(args, archive):
    """Checks that both programs read everything that was generated; also warms the page cache."""
    text = run(floor(args, archive, 1), args.log, keep=True).output
    if int(text) != archive.inflated:
        raise Failed(f"the floor inflates {text.strip()} of {archive.inflated} bytes")
    coverage = json.loads(answer_of([args.keytrail, "keys", archive.path, "-f", "json"], ".coverage"))
    found = (coverage["files"]["read"], coverage["events"], coverage["bytes"]["inflated"])
    made = (archive.summary["files"], archive.summary["events"], archive.inflated)
    if found != made:
        raise Failed(f"{archive.name}: files, events and bytes are {made}, keytrail read {found}")


def answer_of(command, choice):
    """What jq selects of an answer, so that this process never holds a large one; see measure.py."""
    answering = subprocess.Popen([*command, "--quiet"], stdout=subprocess.PIPE)
    chosen = subprocess.run(
        ["jq", "-c", choice], stdin=answering.stdout, capture_output=True, check=True
    )
    answering.stdout.close()
    if answering.wait():
        raise Failed(f"{' '.join(command)} ends with exit code {answering.returncode}")
    return chosen.stdout


def one_key(args, archive):
    """A question about one key, which is in one of a hundred files."""
    key = archive.summary["hot_key"]
    asked = [args.keytrail, "last-used", "info", key, archive.path, "-f", "jsonl"]
    answer = json.loads(answer_of(asked, "."))
    row = json.loads(answer_of(keys(args, archive, 1), f'select(.access_key_id == "{key}")'))
    wrong = [name for name in answer if name in row and answer[name] != row[name]]
    if wrong:
        raise Failed(f"last-used info and keys differ for {key}: {wrong}")
    for threads in THREADS:
        runs = measured(
            {
                "info": [*asked, "--threads", str(threads)],
                "floor": floor(args, archive, threads),
            },
            args,
        )
        yield [
            f"`last-used info KEY`, key in 1 % of the files, over the floor, threads {threads}",
            spread(ratios(runs["info"], runs["floor"])),
            "1.20",
            "1.08",
        ]


def last_day(args, archive):
    """A window that excludes nearly all files."""
    days = {
        "-".join(Path(folder).parts[-3:]) for folder, _, files in os.walk(archive.path) if files
    }
    since = ["--since", max(days)]
    for threads in THREADS:
        runs = measured(
            {
                "day": keys(args, archive, threads, *since),
                "all": keys(args, archive, threads),
            },
            args,
        )
        yield [
            f"`keys --since` the last of {len(days)} days, {archive.summary['files']:,} files, "
            f"of the full scan, threads {threads}",
            spread(ratios(runs["day"], runs["all"], factor=100), unit=" %"),
            "2 %",
            "1 %",
        ]


def counting_once(args, archive):
    """The cost of detecting duplicates in an archive without any."""
    runs = measured(
        {
            "keys": keys(args, archive, 1),
            "keys --no-dedup": keys(args, archive, 1, "--no-dedup"),
        },
        args,
    )
    yield [
        "`keys` over `keys --no-dedup`, normal, threads 1",
        spread(ratios(runs["keys"], runs["keys --no-dedup"])),
        "",
        "",
    ]


def growth(args, archive, larger):
    runs = measured(
        {"normal": keys(args, archive, 1), "four": keys(args, larger, 1)}, args
    )
    factor = archive.inflated / larger.inflated
    yield [
        "CPU seconds a GB, four times the data, of those of normal, threads 1",
        spread(ratios(runs["four"], runs["normal"], factor=factor), digits=3),
        "1.05",
        "1.02",
    ]


def entries(args, archive):
    dump = subprocess.Popen(
        [args.keytrail, "dump", archive.path, "-f", "jsonl", "--quiet"], stdout=subprocess.PIPE
    )
    count = sum(block.count(b"\n") for block in iter(lambda: dump.stdout.read(1 << 20), b""))
    if dump.wait():
        raise Failed(f"keytrail dump ends with exit code {dump.returncode}")
    return count
