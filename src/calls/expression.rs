//! Regular expressions on the text of a record.

use std::cmp::Ordering;
use std::fmt;

use regex::bytes::Regex;

use super::condition_error::{ConditionError, non_empty};
use crate::event::decode_escapes;

/// A regular expression on the text of a record: as it stands in the log file, and with the escapes of
/// JSON decoded.
///
/// # Example
///
/// ```
/// use keytrail::calls::Expression;
///
/// let expression = Expression::new("张伟")?;
/// assert!(expression.matches("{\"userName\": \"张伟\"}".as_bytes()));
/// assert!(expression.matches(br#"{"userName": "\u5f20\u4f1f"}"#));
/// assert!(expression.matches(br#"{"requestParameterJson": "{\"Name\":\"\\u5f20\\u4f1f\"}"}"#));
/// # Ok::<(), keytrail::calls::ConditionError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Expression(Regex);

/// How often escapes are decoded: JSON stands in strings of JSON.
const LAYERS: usize = 4;

impl Expression {
    /// Parses an expression.
    ///
    /// # Errors
    ///
    /// A text that is empty, no regular expression, or too large a one for the `regex` crate.
    pub fn new(text: &str) -> Result<Self, ConditionError> {
        non_empty(text, "'i-bp1[0-9a-z]+'")?;
        Regex::new(text).map(Self).map_err(|error| {
            // The message repeats the expression on several lines. The reason is on the last one.
            let message = error.to_string();
            let reason = message.lines().last().unwrap_or_default().trim();
            let reason = reason.strip_prefix("error: ").unwrap_or(reason);
            ConditionError::Expression(reason.to_owned())
        })
    }

    /// Whether it matches somewhere in a record.
    pub fn matches(&self, record: &[u8]) -> bool {
        any_matches(std::slice::from_ref(self), record)
    }
}

/// Whether one of the expressions matches a record in one of its readings.
pub(super) fn any_matches(expressions: &[Expression], record: &[u8]) -> bool {
    let matches = |text: &[u8]| expressions.iter().any(|one| one.0.is_match(text));
    if matches(record) {
        return true;
    }
    if expressions.is_empty() || memchr::memchr(b'\\', record).is_none() {
        return false;
    }
    let mut decoded = decode_escapes(&String::from_utf8_lossy(record));
    for _ in 0..LAYERS {
        let Some(text) = decoded else { return false };
        if matches(text.as_bytes()) {
            return true;
        }
        decoded = decode_escapes(&text);
    }
    false
}

impl fmt::Display for Expression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.as_str())
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Expression {}

impl PartialOrd for Expression {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Expression {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.as_str().cmp(other.0.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_what_is_wrong_with_an_expression() {
        let error = Expression::new("a(b").unwrap_err().to_string();
        assert!(error.contains("unclosed group"), "{error}");
        assert!(error.contains("for example"), "{error}");
    }

    #[test]
    fn text_behind_escapes_is_found() {
        let record = br#"{"a":"\u5f20","b":"x\/y","c":"{\"d\":\"\\ud83d\\ude00\\n\"}","e":"\q"}"#;
        for (expression, expected) in [
            ("张", true),
            (r"\\u5f20", true),
            ("x/y", true),
            ("😀\n", true),
            (r#""d":"#, true),
            ("李", false),
        ] {
            let expression = Expression::new(expression).unwrap();
            assert_eq!(expression.matches(record), expected, "{expression:?}");
        }
    }
}
