"""Compares the maps of another tool with those of keytrail: agree.py DUMP OTHER [DIMENSION...].

DUMP is written by `keytrail dump -f jsonl`, OTHER by a script in this folder. Compared are the
entries of each dimension, and of each entry the events, the first use and the last. Prints
differences, with examples; the exit code is 1 if there are any.

A dimension given as NAME~ is one that the other tool reads only partly: its entries must be among
those of keytrail, with no more events and within the same times.
"""

import csv
import datetime
import json
import sys

DIMENSIONS = ("key", "service", "event", "ip", "resource")

EXAMPLES = 3


def milliseconds(time):
    """Milliseconds since 1970 of a time in UTC."""
    parsed = datetime.datetime.fromisoformat(time.replace("Z", "+00:00"))
    return round(parsed.timestamp() * 1000)


def keytrail(path):
    with open(path, encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            entry = [row[name] or "" for name in
                     ("dimension", "access_key_id", "service_name", "resource_type", "name")]
            # The service of a key is the last one it used, and does not identify the entry.
            if entry[0] == "key":
                entry[2] = ""
            yield tuple(entry), (
                row["events"],
                milliseconds(row["first_used"]),
                milliseconds(row["last_used"]),
            )


def other(path):
    with open(path, encoding="utf-8", newline="") as lines:
        if path.endswith(".csv"):
            for row in csv.DictReader(lines):
                *entry, events, first, last = row.values()
                yield tuple(entry), (int(events), int(first), int(last))
        else:
            for line in lines:
                entry, events, first, last = line.rstrip("\n").split("\t")
                yield (
                    tuple(json.loads(entry)),
                    (int(events), milliseconds(first), milliseconds(last)),
                )


def within(ours, theirs):
    return theirs[0] <= ours[0] and ours[1] <= theirs[1] <= theirs[2] <= ours[2]


def main(dump, path, *wanted):
    partial = {name.rstrip("~") for name in wanted if name.endswith("~")}
    wanted = {name.rstrip("~") for name in wanted or DIMENSIONS}
    left = {entry: counts for entry, counts in keytrail(dump) if entry[0] in wanted}
    wrong = {"only keytrail has": [], "only the other has": [], "differs": []}
    compared = 0
    for entry, theirs in other(path):
        compared += 1
        ours = left.pop(entry, None)
        if ours is None:
            wrong["only the other has"].append((entry, theirs))
        elif not (within(ours, theirs) if entry[0] in partial else ours == theirs):
            wrong["differs"].append((entry, ours, theirs))
    wrong["only keytrail has"] = [
        (entry, ours) for entry, ours in left.items() if entry[0] not in partial
    ]
    for what, entries in wrong.items():
        if entries:
            print(f"{what}: {len(entries)} entries")
            for example in sorted(entries)[:EXAMPLES]:
                print("   ", *(json.dumps(part, ensure_ascii=False) for part in example))
    if not compared:
        print("the other has no entries")
    if not any(wrong.values()):
        print(f"{compared:,} entries agree")
    sys.exit(bool(any(wrong.values()) or not compared))


if __name__ == "__main__":
    main(*sys.argv[1:])
