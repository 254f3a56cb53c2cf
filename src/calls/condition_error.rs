//! Why a condition cannot be parsed, and the check that all of them share.

use thiserror::Error;

/// A condition that cannot be parsed. The message shows an example of a right one.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ConditionError {
    /// An empty text.
    #[error("is empty; for example {example}")]
    Empty {
        /// A condition of this kind.
        example: &'static str,
    },
    /// A text that is neither an address, a network nor a word.
    #[error(
        "is no address; for example 198.51.100.7, 198.51.100.0/24, 2001:db8::7, 2001:db8::/32, \
         or a word that stands in place of an address: Internal, ecs.aliyuncs.com"
    )]
    Address,
    /// Two addresses with a hyphen between them.
    #[error("is no address; ranges as CIDR, for example 198.51.100.0/24")]
    Range,
    /// A word of the cloud in another case.
    #[error("is no address, and words compare exactly; there is `Internal`")]
    WordInOtherCase,
    /// Several values with commas between them, where one is expected.
    #[error("is one value with a comma in it; for any of several repeat the option")]
    List,
    /// A `*` where it stands for nothing.
    #[error("has a `*`, which stands for nothing here; for example {example}")]
    Pattern {
        /// A condition of this kind.
        example: &'static str,
    },
    /// A text that is no regular expression, with the reason.
    #[error("is no regular expression ({0}); for example 'i-bp1[0-9a-z]+' or '(?i)password'")]
    Expression(String),
}

/// Parses a condition that is any text but an empty one. `example` is for the error message.
///
/// # Errors
///
/// [`ConditionError::Empty`].
pub fn non_empty(text: &str, example: &'static str) -> Result<String, ConditionError> {
    if text.is_empty() {
        return Err(ConditionError::Empty { example });
    }
    Ok(text.to_owned())
}

/// Parses a condition that is compared as a whole: neither a pattern nor a list. `example` is for the
/// error message.
///
/// # Errors
///
/// [`ConditionError::Empty`], [`ConditionError::Pattern`] and [`ConditionError::List`].
pub fn exact(text: &str, example: &'static str) -> Result<String, ConditionError> {
    let text = non_empty(text, example)?;
    if text.contains('*') {
        return Err(ConditionError::Pattern { example });
    }
    if text.contains(',') {
        return Err(ConditionError::List);
    }
    Ok(text)
}
