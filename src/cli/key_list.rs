//! A list of keys in a file: one a line, or in the columns of a CSV file such as a credential report.
//!
//! Left out: what is asked of the keys. No message repeats what a file holds, which may be a secret.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use csv::{ReaderBuilder, StringRecord, Trim};
use keytrail::event::KeyType;

use super::typed_key::TypedKey;

/// The keys of a file, without what stands around them; a file without any is refused.
pub(super) fn read(path: &Path) -> anyhow::Result<Vec<String>> {
    let shown = path.display();
    let bytes = fs::read(path).with_context(|| format!("cannot read the keys in {shown}"))?;
    let text = String::from_utf8_lossy(&bytes);
    let keys = keys(&text).with_context(|| shown.to_string())?;
    if keys.is_empty() {
        bail!("there is no AccessKey in {shown}");
    }
    Ok(keys)
}

/// The keys that a text lists.
fn keys(text: &str) -> anyhow::Result<Vec<String>> {
    let text = text.trim_start_matches('\u{FEFF}');
    let rows = rows(text)?;
    let Some((header, body)) = rows.split_first() else {
        return Ok(Vec::new());
    };
    let columns: Vec<usize> = (0..header.len())
        .filter(|&column| header.get(column).is_some_and(names_keys))
        .collect();
    if columns.is_empty() {
        let is_table = header.len() > 1 && header.iter().next().is_some_and(is_no_key);
        if is_table {
            bail!(
                "none of the {} columns is named after an AccessKey ID, such as AccessKeyId or \
                 access_key_1_id",
                header.len()
            );
        }
        return keys_of_lines(text);
    }
    let mut keys = Vec::new();
    for row in body {
        let cells = columns.iter().filter_map(|&column| row.get(column));
        for cell in cells.filter(|cell| !is_missing(cell)) {
            let line = row.position().map_or(0, csv::Position::line);
            keys.push(key(cell, line)?);
        }
    }
    Ok(keys)
}

/// The keys of lines, with whatever was pasted with each. Blank lines and comments have none.
fn keys_of_lines(text: &str) -> anyhow::Result<Vec<String>> {
    let lines = (1..).zip(text.lines().map(str::trim));
    lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(number, line)| key(line, number))
        .collect()
}

fn key(typed: &str, line: u64) -> anyhow::Result<String> {
    let key = TypedKey::parse(typed).map_err(|mistake| mistake.advised("one belongs on a line"));
    Ok(key.with_context(|| format!("line {line}"))?.id)
}

/// The rows of a text as CSV, but for comments and blank lines.
fn rows(text: &str) -> Result<Vec<StringRecord>, csv::Error> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    reader.records().collect()
}

/// Whether this is the name of a column of AccessKey IDs, in any spelling.
fn names_keys(name: &str) -> bool {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    let letters = letters.collect::<String>().to_ascii_lowercase();
    letters == "accesskey" || letters.contains("accesskey") && letters.ends_with("id")
}

/// Whether a cell of a report says that there is no key.
fn is_missing(cell: &str) -> bool {
    matches!(cell, "" | "-" | "N/A" | "null")
}

/// Whether a text does not begin as an AccessKey ID does.
fn is_no_key(cell: &str) -> bool {
    TypedKey::parse(cell).map_or(true, |key| KeyType::of(&key.id) == KeyType::Other)
}

#[cfg(test)]
mod tests {
    use super::keys;

    #[test]
    fn keys_are_found_in_lists_and_in_reports() {
        for (text, expected) in [
            ("", &[][..]),
            ("LTAI1\r\n\n  LTAI2 \n# mine\n", &["LTAI1", "LTAI2"]),
            ("\u{FEFF}AccessKey ID\n\"LTAI1\"\n", &["LTAI1"]),
            (
                "# all\n\nLTAI5t****E001\nother\n",
                &["LTAI5t****E001", "other"],
            ),
            ("LTAI1,s3cr3t\nLTAI2:s3cr3t\n", &["LTAI1", "LTAI2"]),
            (
                "user,access_key_1_id,access_key_1_active,access_key_2_id\n\
                 \"a, \"\"b\"\"\",LTAI1,TRUE,N/A\nc,-,FALSE,LTAI2",
                &["LTAI1", "LTAI2"],
            ),
            ("AccessKey ID,AccessKey Secret\nLTAI1,x\n", &["LTAI1"]),
            ("accesskey\nLTAI1", &["LTAI1"]),
        ] {
            assert_eq!(keys(text).expect(text), expected, "{text}");
        }
    }

    #[test]
    fn what_lists_no_keys_is_refused_without_repeating_it() {
        for (text, why) in [
            ("user,access_key_1_exist\na,TRUE", "none of the 2 columns"),
            ("f6IzzFZMmzNwEI4d,s3cr3t", "none of the 2 columns"),
            ("LTAI1\nLTAI2,LTAI3", "line 2"),
        ] {
            let error = format!("{:#}", keys(text).expect_err("no keys"));
            assert!(error.contains(why) && !error.contains("s3cr3t"), "{error}");
        }
    }
}
