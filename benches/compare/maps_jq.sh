#!/usr/bin/env bash
# All maps of an archive by zcat, jq and awk: maps_jq.sh ARCHIVE. Prints a line for each entry: the
# entry as JSON, the events, the first time and the last, separated by tabs.
#
# Times are compared as text, which is correct if all have the same form.
set -euo pipefail
export LC_ALL=C
filter="$(dirname "${BASH_SOURCE[0]}")/maps.jq"
find "$1" -name '*.gz' -print0 | xargs -0 gzip -dc | jq -r -f "$filter" | awk -F '\t' '
    { events[$1]++ }
    !($1 in first) || $2 < first[$1] { first[$1] = $2 }
    $2 > last[$1] { last[$1] = $2 }
    END { for (entry in events) print entry "\t" events[entry] "\t" first[entry] "\t" last[entry] }
'
