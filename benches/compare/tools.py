"""keytrail against other tools: DuckDB, chDB, Polars, and zcat | jq | awk.

Each computes all maps: of every key, of every service of a key, and of every event name, address
and resource of these, the events, the first use and the last. The tools get the schema. They keep
the maps in memory and print only their sums, as `keytrail keys` prints only its keys. Separate runs,
which are not timed, check that the maps are the same.
"""

import subprocess
import sys
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
from scans import Archive

HERE = Path(__file__).parent

THREADS = "2"

TOOLS = {"DuckDB": "duckdb", "chDB": "chdb", "Polars": "polars"}

# Polars does not read the resources of `referencedResources`; maps_polars.py has the reason.
DIMENSIONS = {"Polars": ["key", "service", "event", "ip", "resource~"]}


def report(args):
    """Prints the tables; returns whether all tools agreed."""
    archive = Archive(args, "normal")
    sample = str(args.archives / "sample")
    python = str(args.work / "venv" / "bin" / "python")
    ours = [args.keytrail, "keys", "-f", "jsonl", "--threads", THREADS]
    floor = [args.floor, "--threads", THREADS]
    jq = [str(HERE / "maps_jq.sh"), sample]

    def maps(name):
        return [python, str(HERE / f"maps_{TOOLS[name]}.py"), archive.path, THREADS]

    note("warming up")
    run([*floor, archive.path], args.log)
    sample_bytes = int(run([*floor, sample], args.log, keep=True).output)
    runs, failures = alternately(
        {
            "keytrail": [*ours, archive.path],
            "keytrail --no-dedup": [*ours, archive.path, "--no-dedup"],
            "keytrail dump": [args.keytrail, "dump", archive.path, "-f", "jsonl", "--threads", THREADS],
            "floor": [*floor, archive.path],
            **{name: maps(name) for name in TOOLS},
        },
        args.tool_rounds,
        args.log,
    )
    few, few_failures = alternately(
        {"keytrail": [*ours, sample], "floor": [*floor, sample], "jq": jq},
        args.tool_rounds,
        args.log,
    )
    verdicts = {}
    for name in TOOLS:
        if name not in failures:
            verdicts[name] = agreement(args, archive.path, name, maps(name))
    if "jq" not in few_failures:
        verdicts["jq"] = agreement(args, sample, "jq", jq)

    print("### Other tools")
    print()
    print(f"All maps of `normal`: {archive.size()}, {archive.summary['events']:,} events.", end=" ")
    print(f"{args.tool_rounds} rounds, run alternately, {THREADS} threads each.", end=" ")
    print("Ratios are of CPU seconds, median [smallest–largest]. The start of Python counts.")
    print()
    rows = []
    for name, done in runs.items():
        if name in failures:
            rows.append([name, "did not run", "", "", "", "", ""])
            continue
        rows.append([
            name,
            f"{median(done, 'cpu'):.2f}",
            f"{median(done, 'wall'):.2f}",
            megabytes(peak(done)),
            spread(ratios(done, runs["keytrail"])) if name != "keytrail" else "1",
            spread(ratios(done, runs["floor"])) if name != "floor" else "1",
            shown(verdicts.get(name)),
        ])
    titles = ["tool", "CPU s", "wall s", "peak MB", "over keytrail", "over the floor", "agrees"]
    table(titles, rows)

    print("The same for every 20th file,", end=" ")
    print(f"{megabytes(sample_bytes)} MB of text; the ratios are those of the sample.", end=" ")
    print("The last column is the CPU seconds in proportion to the text of the whole archive.")
    print()
    rows = []
    for name, done in few.items():
        title = "zcat | jq | awk" if name == "jq" else name
        if name in few_failures:
            rows.append([title, "did not run", "", "", "", "", "", ""])
            continue
        rows.append([
            title,
            f"{median(done, 'cpu'):.2f}",
            f"{median(done, 'wall'):.2f}",
            megabytes(peak(done)),
            spread(ratios(done, few["keytrail"])) if name != "keytrail" else "1",
            spread(ratios(done, few["floor"])) if name != "floor" else "1",
            shown(verdicts.get(name)),
            f"{median(done, 'cpu') * archive.inflated / sample_bytes:.1f}",
        ])
    table([*titles, "CPU s of all"], rows)

    print("A tool agrees if every entry has the same events, first use and last use as in")
    print("`keytrail dump -f jsonl --no-dedup`. Polars reads whole files only, and has no type for")
    print("`referencedResources`, whose members are not known beforehand: it leaves them out, which")
    print("is less work, and its resources are compared as a part of keytrail's. The peak of a")
    print("pipeline is that of its largest process;", end=" ")
    print(f"peaks below {megabytes(least_peak())} MB cannot be measured. awk compares times as text.")
    print()
    for name, failure in {**failures, **few_failures}.items():
        print(f"{name} did not run: {failure}\n")
    for name, verdict in verdicts.items():
        if not verdict.agrees:
            print(f"{name} disagrees:\n\n```text\n{verdict.text}\n```\n")
    print("Commands:\n")
    print("```text")
    print(f"keytrail keys ARCHIVE -f jsonl --threads {THREADS}")
    for name in TOOLS.values():
        print(f"python benches/compare/maps_{name}.py ARCHIVE {THREADS}")
    print("benches/compare/maps_jq.sh SAMPLE")
    print("```\n")
    print("Versions:", ", ".join(versions(python)) + ".", flush=True)
    return all(verdict.agrees for verdict in verdicts.values())


class Verdict:
    def __init__(self, agrees, text):
        self.agrees = agrees
        self.text = text


def agreement(args, archive, name, command):
    """Compares the maps of a tool with the dump of keytrail."""
    note(f"checking that {name} agrees")
    dump = args.archives / "dump.jsonl"
    maps = args.archives / ("maps.tsv" if name == "jq" else "maps.csv")
    for path in (dump, maps):
        path.unlink(missing_ok=True)
    try:
        run(
            [args.keytrail, "dump", archive, "--no-dedup", "-f", "jsonl", "--quiet"],
            args.log,
            output=dump,
        )
        if name == "jq":
            run(command, args.log, output=maps)
        else:
            run([*command, str(maps)], args.log)
    except Failed as failure:
        return Verdict(False, str(failure))
    answer = subprocess.run(
        [sys.executable, str(HERE / "agree.py"), str(dump), str(maps), *DIMENSIONS.get(name, [])],
        capture_output=True,
        text=True,
        check=False,
    )
    return Verdict(answer.returncode == 0, (answer.stdout + answer.stderr).strip())


def shown(verdict):
    if verdict is None:
        return ""
    return verdict.text.removesuffix(" agree") if verdict.agrees else "NO, see below"


def versions(python):
    wanted = ("duckdb==", "chdb==", "chdb-core==", "polars==")
    for line in output_of(python, "-m", "pip", "freeze", "--disable-pip-version-check"):
        if line.startswith(wanted):
            yield line.replace("==", " ")
    yield from output_of("jq", "--version")[:1]
    yield from output_of("gzip", "--version")[:1]
    yield f"Python {sys.version.split()[0]}"


def output_of(*command):
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return answer.stdout.splitlines()
