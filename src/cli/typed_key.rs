//! An AccessKey as it is typed or pasted: blanks and quotes around it, and a secret behind it.
//!
//! No message repeats what was typed, because it may be a secret.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use keytrail::event::KeyType;

use super::diagnostics::eprint_line;

/// An AccessKey ID, or a pattern of them, without what was typed around it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TypedKey {
    pub(super) id: String,
    left_out: Option<LeftOut>,
}

/// What was typed around a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LeftOut {
    Around,
    Secret,
}

/// Quotes that come along when a key is copied.
const QUOTES: &[char] = &['"', '\'', '`', '“', '”', '‘', '’', '«', '»'];

impl TypedKey {
    /// Finds the AccessKey ID in what was typed.
    pub(super) fn parse(typed: &str) -> anyhow::Result<Self> {
        let text = typed.trim_matches(|one: char| one.is_whitespace() || QUOTES.contains(&one));
        if text.is_empty() {
            bail!("the AccessKey is empty; for example LTAI5tExample");
        }
        let left_out = (text != typed).then_some(LeftOut::Around);
        let end = text
            .find(|one: char| !is_of_an_id(one))
            .unwrap_or(text.len());
        let (id, rest) = text.split_at(end);
        // A path can begin as a long word, too.
        let is_id = begins_as_id(id) || id.len() >= 16 && rest.starts_with(':');
        if !rest.is_empty() && is_id {
            let mut others = rest.split(|one: char| !is_of_an_id(one));
            if others.all(|other| other.is_empty() || begins_as_id(other)) {
                bail!("there are several AccessKeys in one; repeat the option for each");
            }
            return Ok(Self {
                id: id.to_owned(),
                left_out: Some(LeftOut::Secret),
            });
        }
        if text.contains(',') {
            bail!("an AccessKey has no comma; for any of several repeat the option");
        }
        Ok(Self {
            id: text.to_owned(),
            left_out,
        })
    }

    /// The same where only one whole key is meant.
    pub(super) fn parse_whole(typed: &str) -> anyhow::Result<Self> {
        let key = Self::parse(typed)?;
        if key.id.contains('*') {
            bail!(
                "this is about one whole AccessKey, and none has a `*`; keytrail keys ARCHIVE lists the \
                 keys, and lookup --key takes patterns"
            );
        }
        Ok(key)
    }

    /// Reports what was typed around the key, without repeating it.
    pub(super) fn report_what_was_left_out(&self) {
        match self.left_out {
            None => {}
            Some(LeftOut::Around) => {
                eprint_line("keytrail: blanks and quotes around the AccessKey are left out");
            }
            Some(LeftOut::Secret) => eprint_line(
                "keytrail: only the AccessKey ID is used; what stands behind it, perhaps a secret, is \
                 left out",
            ),
        }
    }
}

/// The keys of a file, one a line. Empty lines, comments behind `#` and the header of the table that the
/// console exports are none.
pub(super) fn of_file(path: &Path) -> anyhow::Result<Vec<TypedKey>> {
    let shown = path.display();
    let text = fs::read(path).with_context(|| format!("cannot read the keys in {shown}"))?;
    let text = String::from_utf8_lossy(&text);
    let mut keys = Vec::new();
    for (number, line) in text.trim_start_matches('\u{FEFF}').lines().enumerate() {
        let line = line.trim();
        let is_header = number == 0 && line.to_ascii_lowercase().starts_with("accesskey");
        if line.is_empty() || line.starts_with('#') || is_header {
            continue;
        }
        let key = TypedKey::parse(line);
        keys.push(key.with_context(|| format!("line {} of {shown}", number + 1))?);
    }
    if keys.is_empty() {
        bail!("there is no AccessKey in {shown}");
    }
    // That a file has quotes or secrets is no news for each line.
    for key in &mut keys {
        key.left_out = None;
    }
    Ok(keys)
}

/// Whether a character can be in an AccessKey ID, or in a pattern of them.
fn is_of_an_id(one: char) -> bool {
    one.is_ascii_alphanumeric() || matches!(one, '.' | '*')
}

/// Whether a text is an AccessKey ID of a known form.
fn begins_as_id(text: &str) -> bool {
    KeyType::of(text) != KeyType::Other
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_found_in_what_was_pasted() {
        for (typed, id, left_out) in [
            ("LTAI5tExample", "LTAI5tExample", None),
            (" LTAI5tExample\n", "LTAI5tExample", Some(LeftOut::Around)),
            ("'LTAI5tExample'", "LTAI5tExample", Some(LeftOut::Around)),
            ("“LTAI5tExample”", "LTAI5tExample", Some(LeftOut::Around)),
            (
                "LTAI5tExample:s3cr3t",
                "LTAI5tExample",
                Some(LeftOut::Secret),
            ),
            (
                "LTAI5tExample,s3cr3t",
                "LTAI5tExample",
                Some(LeftOut::Secret),
            ),
            ("\"STS.NUx\", s3cr3t+/=", "STS.NUx", Some(LeftOut::Secret)),
            (
                "f6IzzFZMmzNwEI4d:s3cr3t",
                "f6IzzFZMmzNwEI4d",
                Some(LeftOut::Secret),
            ),
            ("LTAI5tCi****E001", "LTAI5tCi****E001", None),
            ("acs:ram/x", "acs:ram/x", None),
            (
                "a-folder-of-a-long-name/archive",
                "a-folder-of-a-long-name/archive",
                None,
            ),
        ] {
            let key = TypedKey::parse(typed).unwrap();
            assert_eq!((key.id.as_str(), key.left_out), (id, left_out), "{typed}");
        }
    }

    #[test]
    fn lists_and_patterns_are_refused_without_repeating_them() {
        for typed in ["", "  ", "''", "LTAI5tA,LTAI5tB", "LTAI5tA STS.B", "K1,K2"] {
            let error = TypedKey::parse(typed).unwrap_err().to_string();
            assert!(
                !error.contains("K1") && !error.contains("LTAI5tA"),
                "{error}"
            );
        }
        assert!(TypedKey::parse_whole("LTAI5t*").is_err());
    }
}
