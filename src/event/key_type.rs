//! The type that the form of a key shows. Leaves out whose key it is.

/// The type of a key, as far as the form of its ID shows it.
///
/// No vendor page defines the forms. They are recognized by prefix, never by length
/// (documentation samples and delivered events, 2016 to 2025).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyType {
    /// `LTAI…`: a long-term key of a root account or a RAM user.
    LongTerm,
    /// `STS.…`: a temporary key of an assumed role.
    Sts,
    /// `TMP.…`: a temporary credential of a console session.
    Temporary,
    #[default]
    /// Anything else, such as the 16 letters and digits of the oldest keys.
    Other,
}

impl KeyType {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::LongTerm, Self::Sts, Self::Temporary, Self::Other];

    /// The type of a key, by its prefix.
    ///
    /// ```
    /// use keytrail::event::KeyType;
    ///
    /// assert_eq!(KeyType::of("STS.NTExample").as_str(), "sts");
    /// ```
    pub fn of(access_key_id: &str) -> Self {
        if access_key_id.starts_with("LTAI") {
            Self::LongTerm
        } else if access_key_id.starts_with("STS.") {
            Self::Sts
        } else if access_key_id.starts_with("TMP.") {
            Self::Temporary
        } else {
            Self::Other
        }
    }

    /// Its name in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LongTerm => "long-term",
            Self::Sts => "sts",
            Self::Temporary => "temporary",
            Self::Other => "other",
        }
    }
}
