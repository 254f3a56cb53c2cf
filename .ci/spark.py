"""Reads what keytrail writes as Parquet with Spark, and compares it with its JSON lines.

    spark.py PROGRAM ARCHIVE FOLDER

Called by .ci/spark, which has the library. Ends with the first difference.
"""

import datetime
import json
import pathlib
import subprocess
import sys

from pyspark.sql import SparkSession, types

PROGRAM, ARCHIVE, FOLDER = (pathlib.Path(name).resolve() for name in sys.argv[1:4])
TIMES = {"event_time", "first_used", "last_used"}
COUNTS = {"events", "errors", "services", "event_names", "ips", "record_number"}


def keytrail(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, check=True).stdout


def plain(value):
    """A value of Spark in the form of JSON lines; times are in UTC."""
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc)
    if isinstance(value, list):
        return [item.asDict() for item in value]
    return value


def check(spark, command):
    path = FOLDER / f"{command[0]}.parquet"
    keytrail(*command, "-o", path, "--force", "-q")
    rows = [json.loads(line) for line in keytrail(*command, "-f", "jsonl", "-q").splitlines()]
    frame = spark.read.parquet(str(path))
    assert frame.columns == list(rows[0]), frame.columns
    for field in frame.schema.fields:
        if field.name in TIMES:
            assert field.dataType == types.TimestampType(), field
        elif field.name in COUNTS:
            assert field.dataType == types.LongType(), field
        elif field.name == "resources" and command[0] == "lookup":
            assert {part.name for part in field.dataType.elementType.fields} == {"type", "name"}, field
        elif field.name != "resources":
            assert field.dataType == types.StringType(), field
    # A single task reads the rows in the order of the file.
    found = frame.coalesce(1).collect()
    assert len(found) == len(rows), (len(found), len(rows))
    for one, row in zip(found, rows):
        for name, value in row.items():
            if name in TIMES and value is not None:
                value = datetime.datetime.fromisoformat(value)
            elif name == "event":
                # Parquet has the text of the event, JSON lines the object. Some services write the
                # names of members in another case.
                event = {member.lower(): value for member, value in json.loads(one[name]).items()}
                assert event["eventid"] == row["event_id"]
                continue
            assert plain(one[name]) == value, (name, one[name], value)
    print(f"{command[0]}: {len(found)} rows", flush=True)


session = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
session = session.config("spark.sql.session.timeZone", "UTC").getOrCreate()
session.sparkContext.setLogLevel("ERROR")
for command in (["keys", ARCHIVE], ["dump", ARCHIVE], ["lookup", ARCHIVE, "--raw"]):
    check(session, command)
session.stop()
