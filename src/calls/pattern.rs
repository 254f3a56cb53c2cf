//! Patterns with `*`, as names are compared with.

use std::fmt;

use super::condition_error::{ConditionError, non_empty};

/// A pattern in which `*` stands for any characters, or none. It matches no missing field.
///
/// # Example
///
/// ```
/// use keytrail::calls::Pattern;
///
/// let pattern = Pattern::new("Create*", "CreateUser")?;
/// assert!(pattern.matches("CreateAccessKey"));
/// assert!(!pattern.matches("DeleteAccessKey"));
/// # Ok::<(), keytrail::calls::ConditionError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pattern {
    /// The texts around the wildcards: one more than there are wildcards.
    parts: Vec<String>,
}

impl Pattern {
    /// Parses a pattern. `example` is for the error message.
    ///
    /// # Errors
    ///
    /// [`ConditionError::Empty`].
    pub fn new(text: &str, example: &'static str) -> Result<Self, ConditionError> {
        non_empty(text, example)?;
        Ok(Self {
            parts: text.split('*').map(str::to_owned).collect(),
        })
    }

    /// Whether the pattern matches the whole of a text.
    pub fn matches(&self, text: &str) -> bool {
        if text.is_empty() {
            return false;
        }
        let Some((first, rest)) = self.parts.split_first() else {
            return false;
        };
        let Some((last, middle)) = rest.split_last() else {
            return text == first;
        };
        // Taking the first occurrence of each middle part leaves the most text for the next ones.
        let inner = text
            .strip_prefix(first.as_str())
            .and_then(|text| text.strip_suffix(last.as_str()));
        let Some(mut inner) = inner else {
            return false;
        };
        for part in middle {
            let after = inner
                .find(part.as_str())
                .and_then(|index| inner.get(index + part.len()..));
            let Some(after) = after else {
                return false;
            };
            inner = after;
        }
        true
    }

    /// Parses a pattern of names that have no commas, so that a list of them is refused.
    ///
    /// # Errors
    ///
    /// [`ConditionError::Empty`] and [`ConditionError::List`].
    pub fn of_one_name(text: &str, example: &'static str) -> Result<Self, ConditionError> {
        if text.contains(',') {
            return Err(ConditionError::List);
        }
        Self::new(text, example)
    }

    /// Whether the pattern matches every text.
    pub(super) fn is_any(&self) -> bool {
        self.parts.len() > 1 && self.parts.iter().all(String::is_empty)
    }

    /// Whether it can match a type and a name with a colon between them, and not the name alone.
    pub(super) fn may_match_joined(&self) -> bool {
        self.parts().any(|part| part.contains(':')) || self.parts.len() > 1
    }

    /// The text that it matches, where it has no wildcard.
    pub(super) fn as_text(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [text] => Some(text),
            _ => None,
        }
    }

    /// The texts around the wildcards.
    pub(super) fn parts(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().map(String::as_str)
    }

    /// The longest text that every match contains.
    pub(super) fn longest_part(&self) -> &str {
        self.parts().max_by_key(|part| part.len()).unwrap_or("")
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.parts.join("*"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::new(text, "x").unwrap()
    }

    /// The same by backtracking.
    fn matches_by_backtracking(pattern: &[u8], text: &[u8]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some((b'*', rest)) => {
                (0..=text.len()).any(|index| matches_by_backtracking(rest, &text[index..]))
            }
            Some((one, rest)) => {
                text.first() == Some(one) && matches_by_backtracking(rest, &text[1..])
            }
        }
    }

    proptest! {
        #[test]
        fn a_pattern_matches_what_backtracking_finds(
            wanted in "[ab*]{1,6}",
            text in "[ab*]{1,8}",
        ) {
            let pattern = pattern(&wanted);
            let expected = matches_by_backtracking(wanted.as_bytes(), text.as_bytes());
            prop_assert_eq!(pattern.matches(&text), expected);
            prop_assert_eq!(pattern.to_string(), wanted);
            if pattern.matches(&text) {
                prop_assert!(text.contains(pattern.longest_part()));
            }
        }
    }

    #[test]
    fn a_missing_field_matches_no_pattern() {
        assert!(!pattern("*").matches(""));
        assert!(pattern("*").matches("x"));
    }

    #[test]
    fn a_list_of_names_is_refused() {
        assert_eq!(
            Pattern::of_one_name("Create*,Delete*", "x"),
            Err(ConditionError::List)
        );
        assert!(Pattern::of_one_name("Create*", "x").is_ok());
    }
}
