"""The maps of an archive by Polars: maps_polars.py ARCHIVE THREADS [CSV].

Prints the number of rows and events of each map; writes the maps to the third argument, if given.

Polars reads JSON arrays one whole file at a time, so a pool of threads reads the files. It has no
type for an object with unknown members, so `referencedResources` is left out, and the resources are
those of `resourceName` only.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

os.environ["POLARS_MAX_THREADS"] = sys.argv[2]

import polars as pl  # noqa: E402  (it reads the environment when it is loaded)

SCHEMA = {
    "eventTime": pl.Datetime("ms"),
    "userIdentity": pl.Struct({"accessKeyId": pl.String}),
    "serviceName": pl.String,
    "eventName": pl.String,
    "sourceIpAddress": pl.String,
    "resourceName": pl.String,
    "resourceType": pl.String,
}

# For each map the columns that identify an entry.
MAPS = {
    "key": {},
    "service": {"service_name": "serviceName"},
    "event": {"service_name": "serviceName", "name": "eventName"},
    "ip": {"service_name": "serviceName", "name": "sourceIpAddress"},
    "resource": {
        "service_name": "serviceName",
        "resource_type": "resource_type",
        "name": "resource_name",
    },
}


def read(path):
    return (
        pl.read_json(path, schema=SCHEMA)
        .with_columns(access_key_id=pl.col("userIdentity").struct.field("accessKeyId"))
        .drop("userIdentity")
        .filter(pl.col("access_key_id") != "", pl.col("eventTime").is_not_null())
        .with_columns(pl.col("serviceName").fill_null(""))
    )


def resources(events):
    """A row for each resource of an event; groups of names and types are paired by position."""
    groups = pl.col("resourceName").str.split(";")
    return (
        events.filter(pl.col("resourceName") != "")
        .with_row_index("event")
        .with_columns(
            resource_name=groups,
            place=pl.int_ranges(0, groups.list.len()),
            types=pl.col("resourceType").fill_null("").str.split(";"),
        )
        .explode("resource_name", "place")
        .with_columns(
            resource_name=pl.col("resource_name").str.split(","),
            resource_type=pl.col("types").list.get(pl.col("place"), null_on_oob=True).fill_null(""),
        )
        .explode("resource_name")
        .filter(pl.col("resource_name") != "")
        .unique(["event", "resource_type", "resource_name"])
    )


def main(archive, threads, output=None):
    files = sorted(Path(archive).rglob("*.gz"), key=lambda path: -path.stat().st_size)
    with ThreadPoolExecutor(int(threads)) as pool:
        events = pl.concat(pool.map(read, files))
    maps = []
    for dimension, columns in MAPS.items():
        rows = resources(events) if dimension == "resource" else events
        if "name" in columns:
            rows = rows.filter(pl.col(columns["name"]) != "")
        entries = rows.group_by("access_key_id", *columns.values()).agg(
            events=pl.len(),
            first=pl.col("eventTime").min().dt.epoch("ms"),
            last=pl.col("eventTime").max().dt.epoch("ms"),
        )
        print(dimension, entries.height, entries["events"].sum())
        maps.append(
            entries.select(
                pl.lit(dimension).alias("dimension"),
                "access_key_id",
                *(
                    (pl.col(columns[column]) if column in columns else pl.lit("")).alias(column)
                    for column in ("service_name", "resource_type", "name")
                ),
                "events",
                "first",
                "last",
            )
        )
    if output:
        pl.concat(maps).write_csv(output)


if __name__ == "__main__":
    main(*sys.argv[1:])
