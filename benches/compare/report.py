"""Prints the report of benches/compare.sh: the machine, the versions, and the tables."""

import argparse
import os
import platform
import subprocess
import sys
from pathlib import Path

import scans
import tools


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--archives", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--binaries", type=Path, required=True)
    parser.add_argument("--scale", required=True)
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--tool-rounds", type=int, required=True)
    parser.add_argument("--parts", required=True)
    parser.add_argument("--four", choices=["true", "false"], required=True)
    args = parser.parse_args()
    args.four = args.four == "true"
    args.keytrail = str(args.binaries / "keytrail")
    args.floor = str(args.binaries / "examples" / "floor")
    args.log = str(args.work / "last-command.log")

    print(f"Machine: {processor()}, {os.cpu_count()} cores, {platform.system()}", end=" ")
    print(f"{platform.release()}; load average before {os.getloadavg()[0]:.1f}.")
    print(f"Versions: {first_line(args.keytrail, '--version')}{commit()},", end=" ")
    print(f"{first_line('rustc', '--version')}.")
    print(f"Archives: scale {args.scale}, MB and GB are powers of ten.", flush=True)
    print()
    agreed = True
    if "scans" in args.parts:
        scans.report(args)
    if "tools" in args.parts:
        agreed = tools.report(args)
    sys.exit(0 if agreed else 1)


def processor():
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def first_line(*command):
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return (answer.stdout or answer.stderr).partition("\n")[0]


def commit():
    name = first_line("git", "describe", "--always", "--dirty", "--exclude=*")
    return f" at {name}" if name and not name.startswith("fatal") else ""


if __name__ == "__main__":
    main()
