//! A list of known keys: one a line, or in the columns of a CSV file such as a credential report.

use anyhow::bail;

/// The keys that a text lists.
pub(super) fn keys(text: &str) -> anyhow::Result<Vec<String>> {
    let text = text.trim_start_matches('\u{FEFF}');
    let rows = rows(text);
    let Some((header, body)) = rows.split_first() else {
        return Ok(Vec::new());
    };
    let columns: Vec<usize> = (0..header.len())
        .filter(|&column| header.get(column).is_some_and(|name| names_keys(name)))
        .collect();
    if header.len() == 1 {
        let lines = if columns.is_empty() { &*rows } else { body };
        let keys = lines.iter().flatten().filter(|line| !line.starts_with('#'));
        return Ok(keys.cloned().collect());
    }
    if columns.is_empty() {
        bail!(
            "no column is named after an AccessKey ID, such as AccessKeyId or access_key_1_id; its \
             columns are {}",
            header.join(", ")
        );
    }
    let cells = body.iter().flat_map(|row| {
        let columns = columns.iter();
        columns.filter_map(|&column| row.get(column))
    });
    let is_key = |cell: &&String| !matches!(&***cell, "" | "-" | "N/A" | "null");
    Ok(cells.filter(is_key).cloned().collect())
}

/// Whether this is the name of a column of AccessKey IDs, in any spelling.
fn names_keys(name: &str) -> bool {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    let letters = letters.collect::<String>().to_ascii_lowercase();
    letters.contains("accesskey") && letters.ends_with("id")
}

/// The cells of each line that has any, without blanks and quotes around them.
fn rows(text: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let (mut row, mut cell, mut is_quoted) = (Vec::new(), String::new(), false);
    for letter in text.chars().chain(['\n']) {
        match letter {
            // A doubled quote inside a cell ends and begins quotes, which no key has inside.
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => row.push(std::mem::take(&mut cell)),
            '\n' | '\r' if !is_quoted => {
                row.push(std::mem::take(&mut cell));
                for cell in &mut row {
                    *cell = cell.trim().to_owned();
                }
                if row.iter().any(|cell| !cell.is_empty()) {
                    rows.push(std::mem::take(&mut row));
                }
                row.clear();
            }
            _ => cell.push(letter),
        }
    }
    rows
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
                "user,access_key_1_id,access_key_1_active,access_key_2_id\n\
                 \"a, b\",LTAI1,TRUE,N/A\nc,-,FALSE,LTAI2",
                &["LTAI1", "LTAI2"],
            ),
            ("AccessKey ID,AccessKey Secret\nLTAI1,x\n", &["LTAI1"]),
        ] {
            assert_eq!(keys(text).expect(text), expected, "{text}");
        }
    }

    #[test]
    fn a_report_without_keys_is_refused_with_its_columns() {
        let report = "user,access_key_1_exist,access_key_1_last_used\na,TRUE,-";
        let error = keys(report).expect_err("no keys").to_string();
        assert!(error.contains("access_key_1_exist"), "{error}");
    }
}
