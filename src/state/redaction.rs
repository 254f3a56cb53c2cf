//! How the secrets of what is saved are replaced, which the caller says.

use std::borrow::Cow;

/// Replaces the secrets of texts.
#[derive(Clone, Copy)]
pub struct Redaction {
    /// In error messages and user agents.
    pub text: fn(&str) -> Cow<'_, str>,
    /// In names of resources.
    pub name: fn(&str) -> Cow<'_, str>,
}
