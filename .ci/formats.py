"""Reads the formats of keytrail with other libraries, and compares them with its JSON lines.

    formats.py PROGRAM ARCHIVE FOLDER

Called by .ci/formats, which has the libraries. Ends with the first difference.
"""

import datetime
import json
import logging
import pathlib
import re
import shutil
import subprocess
import sys
import types

import duckdb
import jsonschema
import ocsf_json_schema
import openpyxl
import pandas
import polars
import pyarrow
import pyarrow.parquet
from alibabacloud_actiontrail20200706 import models
from timesketch_import_client import importer

UTC = datetime.timezone.utc
PROGRAM, ARCHIVE = (pathlib.Path(name).resolve() for name in sys.argv[1:3])
FOLDER = pathlib.Path(sys.argv[3]).resolve() / "answers"
TIMES = {"event_time", "first_used", "last_used", "last_success"}
COUNTS = {"events", "errors", "services", "event_names", "ips", "record_number"}


def keytrail(*arguments):
    """Runs the program. Exit code 3 is accepted, because archives may be damaged."""
    run = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, check=False)
    assert run.returncode in (0, 1, 3), (arguments, run.stderr.decode())
    return run.stdout


def written(command, name):
    """The answer in a format, as a file."""
    ending = {"timesketch": "jsonl", "timesketch-csv": "csv", "ocsf": "jsonl", "ecs": "jsonl", "api": "json"}
    path = FOLDER / f"{command[0]}-{name}.{ending.get(name, name)}"
    keytrail(*command, "-f", name, "-o", path, "--force", "-q")
    return path


def report(what, number):
    print(f"  {what}: {number}")


def parse_time(text):
    return text and datetime.datetime.fromisoformat(text)


def as_typed(row):
    """A row of JSON lines with the types of a typed format."""
    typed = {}
    for name, value in row.items():
        if name in TIMES:
            value = parse_time(value)
        elif name == "event" and isinstance(value, dict):
            # Typed formats have the text of the event, JSON lines the object.
            continue
        typed[name] = value
    return typed


def check_tables(command, rows):
    """Checks the formats that have one row for each row."""
    names = list(rows[0])
    expected = [as_typed(row) for row in rows]

    path = written(command, "parquet")
    table = pyarrow.parquet.read_table(path)
    assert table.column_names == names, table.column_names
    for field in table.schema:
        if field.name in TIMES:
            assert field.type == pyarrow.timestamp("ms", tz="UTC"), field
        elif field.name in COUNTS:
            assert field.type == pyarrow.int64(), field
        elif field.name == "resources" and command[0] == "lookup":
            item = pyarrow.struct([
                pyarrow.field("type", pyarrow.string(), nullable=False),
                pyarrow.field("name", pyarrow.string(), nullable=False),
            ])
            assert field.type.value_type == item, field
    found = table.to_pylist()
    assert len(found) == len(expected)
    for one, other in zip(found, expected):
        assert {name: one[name] for name in other} == other, (one, other)
        if isinstance(one.get("event"), str):
            json.loads(one["event"])
    about = table.schema.metadata
    assert about[b"keytrail.schema"].startswith(f"keytrail.{command[0]}".encode()), about
    assert json.loads(about[b"keytrail.coverage"])["files"]["found"] > 0
    assert about[b"keytrail.tool"] == b"keytrail" and about[b"keytrail.version"], about
    assert about[b"keytrail.command"].decode().startswith(command[0]), about
    assert len(json.loads(about[b"keytrail.roots"])) == 1, about
    assert isinstance(json.loads(about[b"keytrail.filters"]), dict), about
    assert {"ZSTD"} == {
        pyarrow.parquet.ParquetFile(path).metadata.row_group(0).column(column).compression
        for column in range(len(names))
    }
    report("parquet by pyarrow", len(found))

    database = duckdb.connect()
    database.execute("SET TimeZone='UTC'")
    (count,) = database.execute(f"SELECT count(*) FROM '{path}'").fetchone()
    assert count == len(rows)
    kinds = {name: kind for name, kind, *_ in database.execute(f"DESCRIBE SELECT * FROM '{path}'").fetchall()}
    for name in names:
        assert (kinds[name] == "TIMESTAMP WITH TIME ZONE") == (name in TIMES), kinds
    report("parquet by DuckDB", count)
    frame = pandas.read_parquet(path)
    keys = [None if pandas.isna(key) else key for key in frame["access_key_id"]]
    assert keys == [row["access_key_id"] for row in rows]
    report("parquet by pandas", len(frame))
    frame = polars.read_parquet(path)
    assert frame["access_key_id"].to_list() == [row["access_key_id"] for row in rows]
    report("parquet by Polars", frame.height)

    for name, reader in (("csv", "read_csv"), ("jsonl", "read_json")):
        # Events have members that differ in case only, which DuckDB's own types cannot hold.
        path = written([word for word in command if word != "--raw"], name)
        options = ", all_varchar=true, strict_mode=false, max_line_size=40000000" if name == "csv" else ""
        (count,) = database.execute(f"SELECT count(*) FROM {reader}('{path}'{options})").fetchone()
        assert count == len(rows), (path, count, len(rows))
        report(f"{name} by DuckDB", count)

    check_workbook(written(command, "xlsx"), names, rows)


def check_workbook(path, names, rows):
    book = openpyxl.load_workbook(path)
    sheet = book.active
    assert sheet.freeze_panes == "A2" and sheet.auto_filter.ref == sheet.dimensions
    header, *found = sheet.iter_rows(values_only=True)
    assert list(header) == names
    assert len(found) == len(rows)
    for one, row in zip(found, rows):
        for name, cell in zip(names, one):
            value = row[name]
            if name in TIMES:
                assert (cell and cell.replace(tzinfo=UTC)) == parse_time(value), (cell, value)
            elif name == "event" or isinstance(value, list):
                # An empty list is an empty cell.
                assert isinstance(cell, str) == bool(value), (name, cell, value)
            elif isinstance(value, str):
                # `_x005F_` escapes an underscore of an escape; openpyxl does not undo it.
                assert cell.replace("_x005F_", "_") == shown(value), (cell, value)
            else:
                assert cell == value, (name, cell, value)
    assert all(cell.data_type != "f" for line in sheet.iter_rows() for cell in line)
    assert book.sheetnames[-1] == "coverage" and len(book.sheetnames) >= 2, book.sheetnames
    about = dict(list(book["coverage"].iter_rows(values_only=True))[1:])
    assert about["tool"] == "keytrail" and about["coverage.files.found"] > 0, about
    report("xlsx by openpyxl", len(found))
    report("xlsx by pandas", len(pandas.read_excel(path, dtype=str)))


def shown(text):
    """Text as workbooks show it, with the usual characters that hide or reorder text escaped."""
    unsafe = "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
    return re.sub(unsafe, lambda found: rf"\u{{{ord(found[0]):x}}}", text)


class Importer(importer.ImportStreamer):
    """The importer of Timesketch, without its calls to the server."""

    def __init__(self):
        super().__init__()
        self.events = []
        self.set_sketch(types.SimpleNamespace(api=types.SimpleNamespace(api_root="http://localhost")))

    def _upload_data_buffer(self, end_stream, data_lines=None, retry_count=0):
        self.events += data_lines or self._data_lines

    def _upload_data_frame(self, data_frame, end_stream, retry_count=0):
        self.events += data_frame.to_dict("records")


def check_timesketch(command, rows):
    expected = []
    for row in rows:
        times = [row["event_time"]] if "event_time" in row else [row["first_used"], row["last_used"]]
        if row.get("events") == 1:
            times = times[:1]
        expected += [parse_time(time) for time in times]
    errors = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = errors.append
    logging.getLogger("timesketch_importer").addHandler(handler)
    for name in ("timesketch", "timesketch-csv"):
        stream = Importer()
        stream.add_file(str(written(command, name)))
        stream.flush()
        assert not errors, errors[0].getMessage()
        found = [datetime.datetime.fromisoformat(event["datetime"]) for event in stream.events]
        assert found == expected, (name, len(found), len(expected))
        for event, time in zip(stream.events, expected):
            assert event["message"] and event["timestamp_desc"]
            assert event["timestamp"] == round(time.timestamp() * 1000) * 1000
        report(f"{name} by the importer", len(found))


def check_ocsf(rows):
    schema = ocsf_json_schema.OcsfJsonSchemaEmbedded(ocsf_json_schema.get_ocsf_schema(version="1.8.0"))
    validator = jsonschema.Draft202012Validator(schema.get_class_schema(class_name="api_activity", profiles=["cloud"]))
    events = [json.loads(line) for line in written(LOOKUP, "ocsf").open()]
    assert len(events) == len(rows)
    for event, row in zip(events, rows):
        for error in validator.iter_errors(event):
            raise AssertionError((error.json_path, error.message, event))
        assert event["time"] == round(parse_time(row["event_time"]).timestamp() * 1000)
        assert event["type_uid"] == 600300 + event["activity_id"]
        assert event["api"]["operation"] == (row["event_name"] or "unknown")
        assert event["actor"]["user"].get("credential_uid") == row["access_key_id"]
    report("ocsf by the schema", len(events))


def check_ecs(rows):
    documents = [json.loads(line) for line in written(LOOKUP, "ecs").open()]
    assert len(documents) == len(rows)
    for document, row in zip(documents, rows):
        assert parse_time(document["@timestamp"]) == parse_time(row["event_time"])
        assert document["ecs"]["version"] and document["event"]["kind"] == "event"
        assert document["event"].get("action") == row["event_name"]
        assert document["event"]["outcome"] == ("failure" if row["error_code"] else "success")
    report("ecs", len(documents))


def check_lookup_reply(rows):
    body = models.LookupEventsResponseBody().from_map(json.loads(written(LOOKUP, "api").read_text()))
    assert body.request_id and body.next_token is None
    # Some services write the names of members in another case.
    events = [{name.lower(): value for name, value in event.items()} for event in body.events]
    assert [event.get("eventid") for event in events] == [row["event_id"] for row in rows]
    for name in (body.start_time, body.end_time):
        datetime.datetime.strptime(name, "%Y-%m-%dT%H:%M:%SZ")
    report("api by the SDK", len(body.events))


def check_last_used_replies(key):
    for what, model, member in (
        ("info", models.GetAccessKeyLastUsedInfoResponseBody, None),
        ("products", models.GetAccessKeyLastUsedProductsResponseBody, "products"),
        ("events", models.GetAccessKeyLastUsedEventsResponseBody, "events"),
        ("ips", models.GetAccessKeyLastUsedIpsResponseBody, "ips"),
        ("resources", models.GetAccessKeyLastUsedResourcesResponseBody, "resources"),
    ):
        command = ["last-used", what, key, ARCHIVE]
        body = model().from_map(json.loads(keytrail(*command, "-f", "api")))
        rows = keytrail(*command, "-f", "jsonl").splitlines()
        found = getattr(body, member) if member else [body]
        assert body.request_id and len(found) == len(rows)
    report("api of last-used by the SDK", key)


def check_sql(document):
    """Runs all SQL in a document, on the files that it names."""
    ran = 0
    text = document.read_text()
    for block in re.findall(r"```sql\n(.*?)```", text, re.DOTALL) + re.findall(r"`(SELECT [^`]*)`", text):
        named = re.findall(r"'([a-z]+\.[a-z]+)'", block)
        assert named, f"names no file: {block}"
        for name in named:
            keytrail(*ANSWERS[name], "-o", FOLDER / name, "--force", "-q")
        database = duckdb.connect()
        database.execute(f"SET file_search_path='{FOLDER}'")
        rows = database.execute(block).fetchall()
        assert rows, f"no rows: {block}"
        ran += 1
    assert ran, document
    report(f"queries of {document.name}", ran)


def rows_of(command):
    return [json.loads(line) for line in keytrail(*command, "-f", "jsonl").decode().splitlines()]


LOOKUP = ["lookup", ARCHIVE, "--raw"]
# The commands that write the files which the SQL of the documents reads.
ANSWERS = {
    "entries.parquet": ["dump", ARCHIVE],
    "calls.parquet": LOOKUP,
}

shutil.rmtree(FOLDER, ignore_errors=True)
FOLDER.mkdir(parents=True)
for command in (["keys", ARCHIVE], ["dump", ARCHIVE]):
    rows = rows_of(command)
    print(command[0], len(rows))
    check_tables(command, rows)
    check_timesketch(command, rows)
check_last_used_replies(rows_of(["keys", ARCHIVE])[0]["access_key_id"])
rows = rows_of(LOOKUP)
print("lookup", len(rows))
check_tables(LOOKUP, rows)
check_timesketch(LOOKUP, rows)
check_ocsf(rows)
check_ecs(rows)
check_lookup_reply(rows)
for name in ("README.md", "docs/formats.md"):
    check_sql(pathlib.Path(__file__).parent.parent / name)
