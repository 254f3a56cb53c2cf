//! Rows without their secrets.
//!
//! Whole records hold secrets, error messages and user agents quote them, and a resource can be named by
//! an address with a password. Formats get these texts from here only, so that no format can write them with their secrets by mistake. Secrets are
//! replaced when a format gets a text, since that takes longer than all the rest of a row. There is no
//! `Debug`, which would show them.

use std::borrow::Cow;

use crate::calls::{CallRow, Resource};
use crate::query::{Dimension, EntryRow};

use super::request::Secrets;
use super::text::redact::{redacted, without_address_passwords};

/// An error message, a user agent or a record without its secrets.
pub fn text_without_secrets(text: &str) -> Cow<'_, str> {
    redacted(text)
}

/// The name of a resource without the password of an address.
pub fn name_without_secrets(name: &str) -> Cow<'_, str> {
    without_address_passwords(name)
}

/// An entry, with the record of its last event where the rows have records.
#[derive(Clone, Copy)]
pub struct RedactedEntry<'r> {
    /// The entry. The name of a user agent or a resource can hold a secret: formats show
    /// [`Self::name`].
    pub row: &'r EntryRow<'r>,
    record: Option<&'r str>,
    has_record: bool,
    secrets: Secrets,
}

impl<'r> RedactedEntry<'r> {
    /// An entry without a record.
    pub fn new(row: &'r EntryRow<'r>, secrets: Secrets) -> Self {
        Self {
            row,
            record: None,
            has_record: false,
            secrets,
        }
    }

    /// The entry with its record; `None` where that could not be read.
    #[must_use]
    pub fn with_record(self, record: Option<&'r str>) -> Self {
        Self {
            record,
            has_record: true,
            ..self
        }
    }

    /// The name of the entry.
    pub fn name(self) -> Option<Cow<'r, str>> {
        let name = self.row.name?;
        Some(match self.row.dimension {
            Dimension::Agent => without(self.secrets, name),
            Dimension::Resource => shown_name(self.secrets, name),
            _ => Cow::Borrowed(name),
        })
    }

    /// The record, if the rows have records and this one could be read.
    pub fn record(self) -> Option<Cow<'r, str>> {
        self.record.map(|record| without(self.secrets, record))
    }

    /// Whether there is a column for the record.
    pub(crate) fn has_record(self) -> bool {
        self.has_record
    }
}

/// A call record.
///
/// ```
/// use keytrail::calls::CallRow;
/// use keytrail::report::{RedactedCall, Secrets};
///
/// let row = CallRow {
///     event_name: "RunInstances",
///     user_agent: "https://example.com/?Signature=abc",
///     ..CallRow::default()
/// };
/// let call = RedactedCall::new(&row, Secrets::Redacted);
/// assert_eq!(call.event_name(), "RunInstances");
/// assert_eq!(
///     call.user_agent(),
///     "https://example.com/?Signature=[redacted 3 chars sha256:ba7816bf]"
/// );
/// ```
#[derive(Clone, Copy)]
pub struct RedactedCall<'r> {
    row: &'r CallRow<'r>,
    has_record: bool,
    secrets: Secrets,
}

/// Getters of texts that quote no record.
macro_rules! plain_texts {
    ($($name:ident)*) => {
        $(
            #[doc = concat!("[`CallRow::", stringify!($name), "`]")]
            pub fn $name(self) -> &'r str {
                self.row.$name
            }
        )*
    };
}

impl<'r> RedactedCall<'r> {
    /// A call record without the whole record. Its resources have their shown names, which
    /// `with_shown_names` gives them.
    pub fn new(row: &'r CallRow<'r>, secrets: Secrets) -> Self {
        Self {
            row,
            has_record: false,
            secrets,
        }
    }

    /// The call record with the whole record.
    #[must_use]
    pub fn with_record(self) -> Self {
        Self {
            has_record: true,
            ..self
        }
    }

    /// [`CallRow::event_time`]
    pub fn event_time(self) -> i64 {
        self.row.event_time
    }

    /// [`CallRow::resources`]
    pub fn resources(self) -> &'r [Resource<'r>] {
        &self.row.resources
    }

    /// [`CallRow::record_number`]
    pub fn record_number(self) -> u32 {
        self.row.record_number
    }

    /// [`CallRow::failed`]
    pub fn failed(self) -> bool {
        self.row.failed()
    }

    plain_texts! {
        region account_id access_key_id user_name principal_id account_type service_name event_name
        rw event_type source_ip error_code insight event_id request_id log_file
    }

    /// [`CallRow::error_message`]
    pub fn error_message(self) -> Cow<'r, str> {
        without(self.secrets, self.row.error_message)
    }

    /// [`CallRow::user_agent`]
    pub fn user_agent(self) -> Cow<'r, str> {
        without(self.secrets, self.row.user_agent)
    }

    /// [`CallRow::record`], if the rows have records.
    pub fn record(self) -> Option<Cow<'r, str>> {
        self.has_record
            .then(|| without(self.secrets, self.row.record))
    }

    /// Whether there is a column for the record.
    pub(crate) fn has_record(self) -> bool {
        self.has_record
    }
}

/// Calls `visit` with the call record whose resources have the names that are shown.
pub(super) fn with_shown_names<T>(
    row: &CallRow<'_>,
    secrets: Secrets,
    visit: impl FnOnce(&CallRow<'_>) -> T,
) -> T {
    let shown = |resource: &Resource<'_>| shown_name(secrets, resource.name).into_owned();
    let is_shown =
        |resource: &Resource<'_>| matches!(shown_name(secrets, resource.name), Cow::Borrowed(_));
    if row.resources.iter().all(is_shown) {
        return visit(row);
    }
    let names: Vec<String> = row.resources.iter().map(shown).collect();
    let resources = row.resources.iter().zip(&names);
    let resources = resources.map(|(resource, name)| Resource { name, ..*resource });
    visit(&CallRow {
        resources: resources.collect(),
        ..row.clone()
    })
}

/// The name of a resource, or a list of them, without the passwords of addresses, unless they are to be
/// kept.
pub(super) fn shown_name(secrets: Secrets, name: &str) -> Cow<'_, str> {
    match secrets {
        Secrets::Redacted => without_address_passwords(name),
        Secrets::Kept => Cow::Borrowed(name),
    }
}

/// A text without its secrets, unless they are to be kept.
pub(super) fn without(secrets: Secrets, text: &str) -> Cow<'_, str> {
    match secrets {
        Secrets::Redacted => redacted(text),
        Secrets::Kept => Cow::Borrowed(text),
    }
}
