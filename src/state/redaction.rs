//! How the secrets of what is saved are replaced, which the caller says.

/// Replaces the secrets of texts.
#[derive(Clone, Copy)]
pub struct Redaction<'o> {
    /// In error messages and user agents.
    pub text: &'o (dyn Fn(&str) -> String + Sync),
    /// In names of resources.
    pub name: &'o (dyn Fn(&str) -> String + Sync),
}
