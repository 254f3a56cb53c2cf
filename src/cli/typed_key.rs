//! An AccessKey as it is typed or pasted: blanks and quotes around it, and a secret behind it.
//!
//! No message repeats what was typed, because it may be a secret.

use anyhow::{anyhow, bail};
use keytrail::event::KeyType;
use thiserror::Error;

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

/// Why what was typed is not one AccessKey.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(super) enum KeyMistake {
    #[error("the AccessKey is empty; for example LTAI5tExample")]
    Empty,
    #[error("there are several AccessKeys in one")]
    Several,
    #[error("an AccessKey has no comma")]
    Comma,
}

impl KeyMistake {
    /// The mistake, with what to do where several keys are meant.
    pub(super) fn advised(self, advice: &str) -> anyhow::Error {
        match self {
            Self::Empty => self.into(),
            Self::Several | Self::Comma => anyhow!("{self}; {advice}"),
        }
    }
}

/// Quotes that come along when a key is copied.
const QUOTES: &[char] = &['"', '\'', '`', '“', '”', '‘', '’', '«', '»'];

impl TypedKey {
    /// Finds the AccessKey ID in what was typed.
    pub(super) fn parse(typed: &str) -> Result<Self, KeyMistake> {
        let text = typed.trim_matches(|one: char| one.is_whitespace() || QUOTES.contains(&one));
        if text.is_empty() {
            return Err(KeyMistake::Empty);
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
                return Err(KeyMistake::Several);
            }
            return Ok(Self {
                id: id.to_owned(),
                left_out: Some(LeftOut::Secret),
            });
        }
        if text.contains(',') {
            return Err(KeyMistake::Comma);
        }
        Ok(Self {
            id: text.to_owned(),
            left_out,
        })
    }

    /// The same where only one whole key is meant.
    pub(super) fn parse_whole(typed: &str) -> anyhow::Result<Self> {
        let key = Self::parse(typed).map_err(|mistake| {
            mistake.advised(
                "this is about one: ask about each for itself, or lookup ARCHIVE --key A --key B \
                 --by key,service",
            )
        })?;
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
