//! The same events in every form in which they can come.

use serde_json::{Map, Value, json};

use super::archive::array;

/// A way to write events.
pub struct Dialect {
    /// What a test calls it.
    pub name: &'static str,
    /// Whether the text of an event is what it was, to the byte.
    pub keeps_text: bool,
    /// The text of a log file that holds these events.
    pub write: fn(&[Value]) -> String,
}

/// Every way to write events, the delivered one first.
pub const DIALECTS: &[Dialect] = &[
    keeps("delivered", array),
    keeps("lines", |events| lines(events, Value::clone)),
    keeps("pages of replies", pages),
    keeps("an array of pages", |events| {
        let (first, second) = events.split_at(events.len() / 2);
        json!([{"RequestId": "r", "Events": first}, {"Events": []}, {"Events": second}]).to_string()
    }),
    keeps("rows with a string", |events| {
        lines(events, |event| row(json!({"event": event.to_string()})))
    }),
    keeps("rows with a string in a string", |events| {
        lines(events, |event| {
            row(json!({"event": json!(event.to_string()).to_string()}))
        })
    }),
    keeps("rows with an object", |events| {
        lines(events, |event| row(json!({"event": event})))
    }),
    keeps("an array of rows", |events| {
        let rows: Vec<Value> = events
            .iter()
            .map(|event| row(json!({"event": event.to_string()})))
            .collect();
        array(&rows)
    }),
    keeps("a table's column", |events| {
        lines(
            events,
            |event| json!({"ds": "20240305", "EVENT": event.to_string()}),
        )
    }),
    keeps("envelopes", |events| lines(events, envelope)),
    keeps("CSV", |events| csv(events, ',', "\r\n")),
    keeps("CSV by tabs", |events| csv(events, '\t', "\n")),
    changes("flat rows", |events| {
        lines(events, |event| flat(event, ".", false))
    }),
    changes("flat rows in small letters", |events| {
        lines(events, |event| flat(event, "_", true))
    }),
    changes("flat CSV", flat_csv),
    keeps("rows in contents", |events| {
        lines(
            events,
            |event| json!({"timestamp": 1, "contents": row(json!({"event": event.to_string()}))}),
        )
    }),
    keeps("rows of a search engine", |events| {
        let hits: Vec<Value> = events
            .iter()
            .map(|event| json!({"_index": "i", "_source": event}))
            .collect();
        json!({"took": 1, "hits": {"total": 1, "hits": hits}}).to_string()
    }),
    keeps("a reply in a body", |events| {
        json!({"statusCode": 200, "body": {"RequestId": "r", "Events": events}}).to_string()
    }),
    keeps("event.original", |events| {
        lines(
            events,
            |event| json!({"@timestamp": 1, "event": {"id": 1, "original": event.to_string()}}),
        )
    }),
    keeps("CSV behind sep=", |events| {
        format!(
            "sep=;\r\n{}",
            table(
                events,
                &Table {
                    delimiter: ';',
                    ..RFC_4180
                }
            )
        )
    }),
    keeps("CSV behind a preamble", |events| {
        format!("\u{feff}\n#TYPE Object\r\n\r\n{}", table(events, &RFC_4180))
    }),
    keeps("CSV by vertical bars", |events| {
        table(
            events,
            &Table {
                delimiter: '|',
                ..RFC_4180
            },
        )
    }),
    keeps("CSV by blanks", |events| {
        table(
            events,
            &Table {
                delimiter: ' ',
                ..RFC_4180
            },
        )
    }),
    keeps("CSV with CR", |events| {
        table(
            events,
            &Table {
                end: "\r",
                ..RFC_4180
            },
        )
    }),
    keeps("CSV with a blank behind commas", |events| {
        table(
            events,
            &Table {
                blank: " ",
                ..RFC_4180
            },
        )
    }),
    keeps("CSV with single quotes", |events| {
        table(
            events,
            &Table {
                quote: '\'',
                ..RFC_4180
            },
        )
    }),
    keeps("CSV with backslashes", |events| {
        table(
            events,
            &Table {
                escape: '\\',
                ..RFC_4180
            },
        )
    }),
    changes("bare flat rows", |events| {
        lines(events, |event| bare(event, "."))
    }),
    changes("bare flat rows with underscores", |events| {
        array(
            &events
                .iter()
                .map(|event| bare(event, "_"))
                .collect::<Vec<_>>(),
        )
    }),
    changes("bare flat CSV", |events| {
        flat_table(
            &events
                .iter()
                .map(|event| bare(event, "."))
                .collect::<Vec<_>>(),
            "NULL",
        )
    }),
    changes("bare flat CSV with underscores", |events| {
        flat_table(
            &events
                .iter()
                .map(|event| bare(event, "_"))
                .collect::<Vec<_>>(),
            "-",
        )
    }),
    changes("objects as text", |events| {
        let as_text = |event: &Value| {
            let mut event = event.clone();
            for name in ["userIdentity", "referencedResources"] {
                if let Some(value) = event.get_mut(name) {
                    *value = json!(value.to_string());
                }
            }
            event
        };
        lines(events, as_text)
    }),
];

/// A way to write a table.
struct Table {
    delimiter: char,
    quote: char,
    /// What stands before a quote inside a cell.
    escape: char,
    end: &'static str,
    /// What stands behind a delimiter.
    blank: &'static str,
}

const RFC_4180: Table = Table {
    delimiter: ',',
    quote: '"',
    escape: '"',
    end: "\n",
    blank: "",
};

/// A table with a column of events.
fn table(events: &[Value], table: &Table) -> String {
    let Table {
        delimiter,
        quote,
        escape,
        end,
        blank,
    } = table;
    let cell = |text: &str| {
        // Doubled quotes leave backslashes alone.
        let text = match escape {
            '\\' => text
                .replace('\\', "\\\\")
                .replace(*quote, &format!("\\{quote}")),
            _ => text.replace(*quote, &format!("{quote}{quote}")),
        };
        format!("{quote}{text}{quote}")
    };
    let header = format!("__time__{delimiter}{blank}event{delimiter}{blank}owner_id{end}");
    let row = |event: &Value| {
        let event = cell(&event.to_string());
        format!("1709630492{delimiter}{blank}{event}{delimiter}{blank}1663676968110001{end}")
    };
    header + &events.iter().map(row).collect::<String>()
}

/// The parts of an event, each a member of its own, without anything in front.
fn bare(event: &Value, separator: &str) -> Value {
    let mut parts = Map::new();
    for (name, value) in event.as_object().expect("an event is an object") {
        match value {
            Value::Object(inner) if name == "userIdentity" || name == "referencedResources" => {
                for (inner, value) in inner {
                    parts.insert(format!("{name}{separator}{inner}"), value.clone());
                }
            }
            _ => {
                parts.insert(name.clone(), value.clone());
            }
        }
    }
    Value::Object(parts)
}

const fn keeps(name: &'static str, write: fn(&[Value]) -> String) -> Dialect {
    Dialect {
        name,
        keeps_text: true,
        write,
    }
}

const fn changes(name: &'static str, write: fn(&[Value]) -> String) -> Dialect {
    Dialect {
        name,
        keeps_text: false,
        write,
    }
}

fn lines(events: &[Value], line: impl Fn(&Value) -> Value) -> String {
    let mut lines: Vec<String> = events.iter().map(|event| line(event).to_string()).collect();
    lines.push(String::new());
    lines.join("\n")
}

/// Replies of `LookupEvents` of two events each, one behind the other.
fn pages(events: &[Value]) -> String {
    events
        .chunks(2)
        .map(|events| {
            json!({"RequestId": "r", "NextToken": "t", "Events": events, "StartTime": "2024-03-05T00:00:00Z"})
                .to_string()
        })
        .collect()
}

/// A row of Log Service: what it has beside these members.
fn row(members: Value) -> Value {
    let mut row = json!({
        "__time__": 1_709_630_492,
        "__topic__": "actiontrail_audit_event",
        "__source__": "actiontrail_internal",
        "__tag__:__receive_time__": "1709630495",
        "owner_id": "1663676968110001",
    });
    if let (Value::Object(row), Value::Object(members)) = (&mut row, members) {
        row.extend(members);
    }
    row
}

fn envelope(event: &Value) -> Value {
    json!({
        "id": "45ef4dewdwe1-7c35-447a-bd93-fab****",
        "source": "acs.actiontrail",
        "specversion": "1.0",
        "subject": "acs.actiontrail:cn-hangzhou:1663676968110001:eventTime",
        "time": "2020-11-19T21:04:41+08:00",
        "type": "actiontrail:ActionTrail:ApiCall",
        "aliyunaccountid": "1663676968110001",
        "data": event,
    })
}

/// One value, as RFC 4180 has it.
fn field(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// CSV with a column of events, over several lines each.
fn csv(events: &[Value], delimiter: char, end: &str) -> String {
    let header = format!("__time__{delimiter}event{delimiter}\"owner_id\"{end}");
    let row = |event: &Value| {
        let event = field(&event.to_string());
        format!("1709630492{delimiter}{event}{delimiter}1663676968110001{end}")
    };
    header + &events.iter().map(row).collect::<Vec<_>>().concat()
}

/// The parts of an event, each a member of its own; all values are strings, as Log Service has them.
fn flat(event: &Value, separator: &str, small: bool) -> Value {
    let mut parts = Map::new();
    for (name, value) in event.as_object().expect("an event is an object") {
        match value {
            Value::Object(inner) if name == "userIdentity" || name == "referencedResources" => {
                for (inner, value) in inner {
                    parts.insert(format!("{name}{separator}{inner}"), value.clone());
                }
            }
            _ => {
                parts.insert(name.clone(), value.clone());
            }
        }
    }
    let members = parts.into_iter().map(|(name, value)| {
        let name = match name.split_once(separator) {
            Some(("referencedResources", kind)) if small => {
                format!("referencedresources{separator}{kind}")
            }
            _ if small => name.to_ascii_lowercase(),
            _ => name,
        };
        let value = match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        (format!("event{separator}{name}"), Value::String(value))
    });
    let mut row = row(json!({"addionalEventData.isMFAChecked": "true"}));
    if let Value::Object(row) = &mut row {
        row.extend(members);
    }
    row
}

/// CSV with a column for each part.
fn flat_csv(events: &[Value]) -> String {
    let rows: Vec<Value> = events.iter().map(|event| flat(event, ".", false)).collect();
    flat_table(&rows, "")
}

/// CSV of rows in parts, with a word for what a row does not have.
fn flat_table(rows: &[Value], nothing: &str) -> String {
    let mut columns: Vec<&String> = rows
        .iter()
        .flat_map(|row| row.as_object().expect("a row").keys())
        .collect();
    columns.sort();
    columns.dedup();
    let names: Vec<String> = columns.iter().map(|name| field(name)).collect();
    let mut lines = vec![names.join(",")];
    for row in rows {
        let values: Vec<String> = columns
            .iter()
            .map(|name| match &row[name.as_str()] {
                Value::String(text) if text.is_empty() => nothing.to_owned(),
                Value::String(text) => field(text),
                Value::Null => nothing.to_owned(),
                other => field(&other.to_string()),
            })
            .collect();
        lines.push(values.join(","));
    }
    lines.push(String::new());
    lines.join("\n")
}
