//! The members of a record that only a call record shows.
//!
//! Counting events does not pay for them: a reader that was made for it reads them together with the
//! event, and they are read from the record's text where it did not. They follow the rules of the
//! tolerant reader, but an invalid value only makes its own member empty: it costs no record.

use std::borrow::Cow;

use super::event::Source;
use super::failure::{SIGN_IN, is_failure};
use super::fields::{self, EventField, FIELD_COUNT};
use super::insight::{address_of, insight_words, type_of};
use super::member::{object_member, text_member};
use super::string::{decode_utf8, unescape};
use super::structure::{members, object_content};
use super::tolerant;

/// The members of a record beyond its event. One that the record does not have is `""`.
///
/// # Examples
///
/// ```
/// use keytrail::event::Details;
///
/// let details = Details::parse(r#"{"eventRW": "Read", "requestId": 7}"#);
/// let expected = Details {
///     rw: "Read".into(),
///     request_id: "7".into(),
///     ..Details::default()
/// };
/// assert_eq!(details, expected);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details<'a> {
    /// `eventRW`: `Read` or `Write`.
    pub rw: Cow<'a, str>,
    /// `eventType`.
    pub event_type: Cow<'a, str>,
    /// `errorMessage`.
    pub error_message: Cow<'a, str>,
    /// `userAgent`.
    pub user_agent: Cow<'a, str>,
    /// `requestId`.
    pub request_id: Cow<'a, str>,
    /// What an Insight event says in words: its type, what it is about, and its figures, such as
    /// `AkInsight LTAI5tExample: 6.2, baseline 0.4`.
    pub insight: Cow<'a, str>,
}

impl<'a> Details<'a> {
    /// Reads a record: the text of one JSON object. All members of any other text are `""`.
    pub fn parse(record: &'a str) -> Self {
        let mut values: [Cow<'a, str>; FIELD_COUNT] = Default::default();
        for (name, value) in members(object_content(record).unwrap_or_default()) {
            if let Some(field) = unescape(name).as_deref().and_then(fields::detail_member)
                && let Some(slot) = values.get_mut(field as usize)
            {
                *slot = tolerant::text(value).ok().flatten().unwrap_or_default();
            }
        }
        let mut take = |field| {
            let value = values.get_mut(field as usize).map(std::mem::take);
            value.unwrap_or_default()
        };
        let source = Source::from_category(&take(EventField::Category));
        Self::of_fields(take, insight_words(source, record.as_bytes()))
    }

    /// The details of a record whose fields and whose source were read with its event.
    #[inline]
    pub(super) fn of_values(
        values: &[&'a str; FIELD_COUNT],
        source: Source,
        record: &[u8],
    ) -> Self {
        #[expect(clippy::indexing_slicing, reason = "a field is an index of the array")]
        let value = |field: EventField| Cow::Borrowed(values[field as usize]);
        Self::of_fields(value, insight_words(source, record))
    }

    #[inline]
    fn of_fields(mut value: impl FnMut(EventField) -> Cow<'a, str>, insight: String) -> Self {
        Self {
            rw: value(EventField::Rw),
            event_type: value(EventField::EventType),
            error_message: value(EventField::ErrorMessage),
            user_agent: value(EventField::UserAgent),
            request_id: value(EventField::RequestId),
            insight: Cow::Owned(insight),
        }
    }

    /// The type of an Insight event, such as `AkInsight`.
    pub fn insight_type(&self) -> &str {
        type_of(&self.insight)
    }

    /// The address that an Insight event is about; `""` where it is about none.
    pub fn insight_address(&self) -> &str {
        address_of(&self.insight)
    }
}

/// A parameter of the request that a record describes: a member of `requestParameters`, which is an
/// object or the text of one. `None` where there is none that holds text.
///
/// ```
/// use keytrail::event::request_parameter;
///
/// let record = r#"{"requestParameters": {"Name": "trail-main"}}"#;
/// assert_eq!(request_parameter(record, "Name").as_deref(), Some("trail-main"));
/// assert_eq!(request_parameter(record, "Region"), None);
/// ```
pub fn request_parameter(record: &str, name: &str) -> Option<String> {
    let parameters = object_member(record, "requestParameters")?;
    text_member(&parameters, name).map(Cow::into_owned)
}

/// Whether a record may have an error message: its name stands somewhere, in any case, or an escape that
/// can stand for a letter of it. Most sign-ins have none, and this is faster than reading members.
fn may_have_message(record: &[u8]) -> bool {
    const NAME: &[u8] = b"errorMessage";
    // The rarest of its letters is the last but one.
    let is_name = |at: usize| {
        let name = at.checked_sub(NAME.len() - 2);
        let name = name.and_then(|begin| record.get(begin..begin + NAME.len()));
        name.is_some_and(|name| name.eq_ignore_ascii_case(NAME))
    };
    memchr::memchr2_iter(b'g', b'G', record).any(is_name)
        || memchr::memmem::find(record, b"\\u00").is_some()
}

/// Whether the error message of a record says that its call failed, though it has no error code.
#[inline]
pub(super) fn is_failed_sign_in(event_name: &str, error_code: &str, record: &[u8]) -> bool {
    // Messages are read of sign-ins alone, so that other events do not pay for them.
    event_name == SIGN_IN && error_code.is_empty() && has_failure_message(record)
}

#[cold]
fn has_failure_message(record: &[u8]) -> bool {
    if !may_have_message(record) {
        return false;
    }
    let (text, _) = decode_utf8(record);
    is_failure(SIGN_IN, "", &Details::parse(&text).error_message)
}

#[cfg(test)]
mod tests {
    use super::Details;

    /// Reading the members of every sign-in cost `keys` two percent.
    #[test]
    fn a_message_is_looked_for_before_members_are_read() {
        use super::may_have_message;
        for record in [
            r#"{"errorMessage":"x"}"#,
            r#"{"ERRORmessagE":"x"}"#,
            r#"{"error\u004dessage":"x"}"#,
            r#"{"eventName":"ConsoleSignin","errormessage":"g"}"#,
        ] {
            assert!(may_have_message(record.as_bytes()), "{record}");
        }
        for record in ["g", r#"{"message":"g","errorCode":"G"}"#, "rrorMessage"] {
            assert!(!may_have_message(record.as_bytes()), "{record}");
        }
    }

    #[test]
    fn details_follow_the_rules_of_the_tolerant_reader() {
        let record = r#"{
            "eventRW": "Read", "EVENTRW": "Write",
            "event\u0054ype": "Api\u0043all",
            "errorMessage": {"not": "text"},
            "useragent": 12.50,
            "requestParameters": {"requestId": "another", "userAgent": "another"},
            "requestId": true
        }"#;
        let expected = Details {
            // The last of a doubled name.
            rw: "Write".into(),
            event_type: "ApiCall".into(),
            user_agent: "12.50".into(),
            request_id: "true".into(),
            ..Details::default()
        };
        assert_eq!(Details::parse(record), expected);
    }

    #[test]
    fn an_invalid_value_empties_only_its_member() {
        let record = r#"{"userAgent": nonsense, "requestId": "r", "eventRW": "\x"}"#;
        let expected = Details {
            request_id: "r".into(),
            ..Details::default()
        };
        assert_eq!(Details::parse(record), expected);
        assert_eq!(Details::parse("no object"), Details::default());
    }
}
