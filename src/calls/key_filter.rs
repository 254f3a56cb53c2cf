//! The AccessKeys of a condition: some exact, some as patterns.

use std::collections::BTreeSet;

use super::condition_error::ConditionError;
use super::pattern::Pattern;
use crate::event::Needle;

/// A set of AccessKeys, of which an event has to have one, or must have none.
///
/// Whole keys are found by a search, so that a list of many costs no more than a few. `*` stands for
/// any text, and so does the row of stars with which the cloud masks a key.
///
/// # Example
///
/// ```
/// use keytrail::calls::KeyFilter;
///
/// let mut keys = KeyFilter::default();
/// keys.add("LTAI5tExample")?;
/// keys.add("LTAI5tCi****E001")?;
/// assert!(keys.matches("LTAI5tExample"));
/// assert!(keys.matches("LTAI5tCiDeployEXAMPLE001"));
/// assert!(!keys.matches("LTAI5tExample2"));
/// # Ok::<(), keytrail::calls::ConditionError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyFilter {
    exact: BTreeSet<String>,
    patterns: BTreeSet<Pattern>,
}

impl KeyFilter {
    /// Adds a key, or a pattern of keys.
    ///
    /// # Errors
    ///
    /// [`ConditionError::Empty`].
    pub fn add(&mut self, text: &str) -> Result<(), ConditionError> {
        let pattern = Pattern::new(text, "LTAI5tExample, or 'LTAI5t*'")?;
        match pattern.as_text() {
            Some(text) => self.exact.insert(text.to_owned()),
            None => self.patterns.insert(pattern),
        };
        Ok(())
    }

    /// Whether it has no key.
    pub fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.patterns.is_empty()
    }

    /// Whether an AccessKey is one of them. A missing one is none.
    pub fn matches(&self, access_key_id: &str) -> bool {
        self.exact.contains(access_key_id)
            || self.patterns.iter().any(|one| one.matches(access_key_id))
    }

    /// All of them as typed, whole keys first.
    pub(super) fn texts(&self) -> Vec<String> {
        let patterns = self.patterns.iter().map(ToString::to_string);
        self.exact.iter().cloned().chain(patterns).collect()
    }

    /// Needles of which every text with one of the keys has one.
    pub(super) fn needles(&self) -> Vec<Needle> {
        let exact = self.exact.iter().map(String::as_str);
        let patterns = self.patterns.iter().map(Pattern::longest_part);
        let texts = exact.chain(patterns).map(str::to_owned);
        texts.map(Needle::Text).collect()
    }
}
