# A line for each entry that an event counts for: the entry as JSON, a tab, the time.

def referenced:
  .referencedResources // {} | to_entries[] | .key as $type | .value[] | [$type, .];

# Groups of names and of types are paired by position.
def joined:
  ((.resourceType // "") / ";") as $types
  | ((.resourceName // "") / ";")
  | to_entries[]
  | ($types[.key] // "") as $type
  | (.value / ",")[]
  | [$type, .];

.[]
| select((.eventTime // "") != "" and (.userIdentity.accessKeyId // "") != "")
| .eventTime as $time
| .userIdentity.accessKeyId as $key
| (.serviceName // "") as $service
| ["key", $key, "", "", ""],
  ["service", $key, $service, "", ""],
  ["event", $key, $service, "", (.eventName // "")],
  ["ip", $key, $service, "", (.sourceIpAddress // "")],
  ([referenced, joined] | unique[] | select(.[1] != "") | ["resource", $key, $service] + .)
| select(.[4] != "" or .[0] == "key" or .[0] == "service")
| "\(tojson)\t\($time)"
