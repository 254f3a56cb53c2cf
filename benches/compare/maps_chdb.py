"""All maps of an archive by chDB: maps_chdb.py ARCHIVE THREADS [CSV].

Prints the number of rows and events of each map; writes the maps to the third argument, if given.
"""

import sys
from pathlib import Path

from chdb import session

READ = """
CREATE TABLE event ENGINE = Memory AS
SELECT *
FROM file({pattern}, JSONEachRow, '
    eventTime DateTime64(3, \\'UTC\\'),
    userIdentity Tuple(accessKeyId String),
    serviceName String,
    eventName String,
    sourceIpAddress String,
    referencedResources Map(String, Array(String)),
    resourceName String,
    resourceType String
')
WHERE userIdentity.accessKeyId != ''
SETTINGS
    date_time_input_format = 'best_effort',
    input_format_json_ignore_unknown_keys_in_named_tuple = 1
"""

# Groups of resourceName and of resourceType are paired by position; an index behind the end of an
# array gives an empty string.
RESOURCES = """
SELECT eventTime, userIdentity, serviceName, arrayJoin(arrayDistinct(arrayConcat(
    arrayFlatten(arrayMap(
        (type, names) -> arrayMap(name -> (type, name), names),
        mapKeys(referencedResources), mapValues(referencedResources)
    )),
    arrayFlatten(arrayMap(
        (names, place) -> arrayMap(
            name -> (splitByChar(';', resourceType)[place], name), splitByChar(',', names)
        ),
        splitByChar(';', resourceName), arrayEnumerate(splitByChar(';', resourceName))
    ))
))) AS resource
FROM event
WHERE notEmpty(referencedResources) OR notEmpty(resourceName)
"""

# For each map the source of its events, and the service, the type and the name of an entry.
MAPS = {
    "key": ("event", "''", "''", "''"),
    "service": ("event", "serviceName", "''", "''"),
    "event": ("event WHERE eventName != ''", "serviceName", "''", "eventName"),
    "ip": ("event WHERE sourceIpAddress != ''", "serviceName", "''", "sourceIpAddress"),
    "resource": (f"({RESOURCES}) WHERE resource.2 != ''", "serviceName", "resource.1", "resource.2"),
}


def text(value):
    """A string literal of SQL."""
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"


def main(archive, threads, output=None):
    connection = session.Session()
    connection.query(f"SET max_threads = {int(threads)}")
    connection.query(READ.format(pattern=text(f"{Path(archive).absolute()}/**/*.gz")))
    for dimension, (source, service, kind, name) in MAPS.items():
        connection.query(f"""
            CREATE TABLE {dimension}_map ENGINE = Memory AS
            SELECT
                userIdentity.accessKeyId AS access_key_id, {service} AS service_name,
                {kind} AS resource_type, {name} AS name, count() AS events,
                toUnixTimestamp64Milli(min(eventTime)) AS first,
                toUnixTimestamp64Milli(max(eventTime)) AS last
            FROM {source}
            GROUP BY access_key_id, service_name, resource_type, name
        """)
        counts = connection.query(f"SELECT count(), sum(events) FROM {dimension}_map", "TSV")
        print(dimension, *str(counts).split())
    if output:
        union = " UNION ALL ".join(
            f"SELECT '{dimension}' AS dimension, * FROM {dimension}_map" for dimension in MAPS
        )
        connection.query(
            f"INSERT INTO FUNCTION file({text(Path(output).absolute())}, CSVWithNames) {union}"
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
