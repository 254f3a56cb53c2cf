"""All maps of an archive by DuckDB: maps_duckdb.py ARCHIVE THREADS [CSV].

Prints the number of rows and events of each map; writes the maps to the third argument, if given.
"""

import sys

import duckdb

READ = """
CREATE TEMP TABLE event AS
SELECT
    eventTime AS time,
    userIdentity.accessKeyId AS access_key_id,
    coalesce(serviceName, '') AS service_name,
    coalesce(eventName, '') AS event_name,
    coalesce(sourceIpAddress, '') AS ip,
    referencedResources AS referenced,
    nullif(resourceName, '') AS names,
    coalesce(resourceType, '') AS types
FROM read_json(
    $pattern,
    format = 'array',
    compression = 'gzip',
    columns = {
        eventTime: 'TIMESTAMP',
        userIdentity: 'STRUCT(accessKeyId VARCHAR)',
        serviceName: 'VARCHAR',
        eventName: 'VARCHAR',
        sourceIpAddress: 'VARCHAR',
        referencedResources: 'MAP(VARCHAR, VARCHAR[])',
        resourceName: 'VARCHAR',
        resourceType: 'VARCHAR'
    }
)
WHERE userIdentity.accessKeyId <> '' AND eventTime IS NOT NULL
"""

# Groups of resourceName and of resourceType are paired by position.
RESOURCES = """
SELECT time, access_key_id, service_name, unnest(list_distinct(list_concat(
    flatten([[{'type': entry.key, 'name': name} for name in entry.value]
        for entry in map_entries(referenced)]),
    flatten([[{'type': coalesce(string_split(types, ';')[place], ''), 'name': name}
        for name in string_split(names_of_one, ',')]
        for names_of_one, place in string_split(names, ';')])
))) AS resource
FROM event
WHERE referenced IS NOT NULL OR names IS NOT NULL
"""

# For each map the source of its events, and the service, the type and the name of an entry.
MAPS = {
    "key": ("event", "''", "''", "''"),
    "service": ("event", "service_name", "''", "''"),
    "event": ("event WHERE event_name <> ''", "service_name", "''", "event_name"),
    "ip": ("event WHERE ip <> ''", "service_name", "''", "ip"),
    "resource": (
        f"({RESOURCES}) WHERE resource.name <> ''",
        "service_name",
        "resource.type",
        "resource.name",
    ),
}


def main(archive, threads, output=None):
    connection = duckdb.connect(config={"threads": threads})
    connection.execute(READ, {"pattern": f"{archive}/**/*.gz"})
    for dimension, (source, service, kind, name) in MAPS.items():
        connection.execute(f"""
            CREATE TEMP TABLE {dimension}_map AS
            SELECT
                access_key_id, {service} AS service_name, {kind} AS resource_type, {name} AS name,
                count(*) AS events, epoch_ms(min(time)) AS first, epoch_ms(max(time)) AS last
            FROM {source}
            GROUP BY ALL
        """)
        (counts,) = connection.execute(f"SELECT count(*), sum(events) FROM {dimension}_map").fetchall()
        print(dimension, *counts)
    if output:
        union = " UNION ALL ".join(
            f"SELECT '{dimension}' AS dimension, * FROM {dimension}_map" for dimension in MAPS
        )
        connection.sql(union).write_csv(output, header=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
