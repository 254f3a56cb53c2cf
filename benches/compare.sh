#!/usr/bin/env bash
# Measures keytrail against inflating alone, and against other tools that give the same answers.
#
#   benches/compare.sh --scale 0.05
#
# Generates the archives, builds the programs, measures, checks that the tools agree, and prints
# Markdown. benches/compare/measure.py describes how it measures. A slow figure is no error; a tool
# that disagrees is one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
    cat <<'END'
Measures keytrail against the floor and against DuckDB, chDB, Polars and zcat | jq.

Usage: benches/compare.sh [options]

  --scale S         archives of S times the size (default 1); 0.05 for a trial
  --rounds N        rounds of keytrail and the floor (default 5)
  --tool-rounds N   rounds of the other tools (default 3)
  --four            measure four times the normal archive, too
  --only PART       scans (keytrail and the floor) or tools (the others)
  --work FOLDER     where archives, tools and logs go (default benches/work);
                    existing ones are reused
  -h, --help        this text

Needs cargo, a C compiler, python3 with venv, jq, gzip and awk, the network for
the first run, and 4 GB of disk; 7 GB with --four. The answer is Markdown on
stdout, and in report.md in the work folder.
END
}

fail() {
    printf 'compare.sh: %s\n' "$*" >&2
    exit 2
}

note() {
    printf '== %s\n' "$*" >&2
}

scale=1
rounds=5
tool_rounds=3
four=false
parts='scans tools'
work=benches/work
while [ $# -gt 0 ]; do
    case "$1" in
        -h | --help)
            usage
            exit
            ;;
        --four) four=true ;;
        --scale | --rounds | --tool-rounds | --only | --work)
            [ $# -gt 1 ] || fail "$1 needs a value"
            case "$1" in
                --scale) scale="$2" ;;
                --rounds) rounds="$2" ;;
                --tool-rounds) tool_rounds="$2" ;;
                --only) parts="$2" ;;
                --work) work="$2" ;;
            esac
            shift
            ;;
        *) fail "unknown argument $1; --help lists them" ;;
    esac
    shift
done
[[ "$scale" =~ ^[0-9]+(\.[0-9]+)?$ ]] || fail "--scale $scale is no number"
[[ "$rounds" =~ ^[1-9][0-9]*$ ]] || fail "--rounds $rounds is no count"
[[ "$tool_rounds" =~ ^[1-9][0-9]*$ ]] || fail "--tool-rounds $tool_rounds is no count"
case "$parts" in
    scans | tools | 'scans tools') ;;
    *) fail "--only $parts is neither scans nor tools" ;;
esac
for tool in cargo python3 jq gzip zcat awk; do
    command -v "$tool" >/dev/null || fail "$tool is not installed"
done

note 'building'
cargo build --release --locked --bin keytrail --example floor --example generate >&2
target="$(cargo metadata --format-version 1 --no-deps --locked | jq -r .target_directory)"

scaled() {
    awk -v whole="$1" -v scale="$scale" 'BEGIN { printf "%.0f", int(whole * scale + 0.5) }'
}

archives="$work/scale-$scale"
mkdir -p "$archives"

# An archive is complete when its summary exists; an incomplete one is generated again.
archive() {
    local name="$1"
    shift
    if [ ! -e "$archives/$name.json" ]; then
        note "generating $name: $*"
        rm -rf "${archives:?}/$name"
        cargo run --quiet --release --locked --example generate -- "$archives/$name" "$@" \
            >"$archives/$name.json.part"
        mv "$archives/$name.json.part" "$archives/$name.json"
    fi
}

archive normal --shape normal --bytes "$(scaled 1700000000)"
if [[ "$parts" == *scans* ]]; then
    archive tiny --shape tiny --files "$(scaled 40000)"
    archive giant --shape giant --bytes "$(scaled 1000000000)"
    archive daily --shape daily --files "$(scaled 100000)"
    archive hot --shape normal --bytes "$(scaled 1700000000)" --hot-key
    if $four; then
        archive four --shape normal --bytes "$(scaled 6800000000)"
    fi
fi

if [[ "$parts" == *tools* ]]; then
    note 'installing DuckDB, chDB and Polars'
    python="$work/venv/bin/python"
    [ -x "$python" ] || python3 -m venv "$work/venv"
    "$python" -m pip install --quiet --disable-pip-version-check \
        --requirement benches/compare/requirements.txt >&2

    # Every 20th file, under its path, for a tool that is too slow for all of them.
    if [ ! -e "$archives/sample" ]; then
        rm -rf "$archives/sample.part"
        mkdir "$archives/sample.part"
        (
            cd "$archives/normal"
            find . -name '*.gz' | LC_ALL=C sort | awk 'NR % 20 == 1' | while IFS= read -r path; do
                mkdir -p "../sample.part/${path%/*}"
                cp "$path" "../sample.part/$path"
            done
        )
        mv "$archives/sample.part" "$archives/sample"
    fi
fi

python3 -B benches/compare/report.py \
    --archives "$archives" \
    --work "$work" \
    --binaries "$target/release" \
    --scale "$scale" \
    --rounds "$rounds" \
    --tool-rounds "$tool_rounds" \
    --parts "$parts" \
    --four "$four" | tee "$work/report.md"
