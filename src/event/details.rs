//! The members of a record that only a call record shows.
//!
//! They are read of wanted records only, apart from the event, so that counting events does not pay
//! for them. They follow the rules of the tolerant reader, but an invalid value only makes its own
//! member empty: the record has been read as an event already.

use std::borrow::Cow;

use super::embedded::{self, Embedded};
use super::failure::{SIGN_IN, is_failure};
use super::fields::{self, DETAIL_MEMBERS, DetailField};
use super::string::{decode_utf8, unescape};
use super::structure::{members, object_content, string_content};
use super::tolerant;

/// The members of a record beyond its event. One that the record does not have is `""`.
///
/// # Examples
///
/// ```
/// use keytrail::event::Details;
///
/// let details = Details::parse(r#"{"eventRW": "Read", "requestId": 7}"#);
/// assert_eq!(details.rw(), "Read");
/// assert_eq!(details.request_id(), "7");
/// assert_eq!(details.user_agent(), "");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details<'a> {
    values: [Cow<'a, str>; DETAIL_MEMBERS.len()],
}

impl<'a> Details<'a> {
    /// Reads a record: the text of one JSON object. All members of any other text are `""`.
    pub fn parse(record: &'a str) -> Self {
        let mut details = Self::default();
        for (name, value) in members(object_content(record).unwrap_or_default()) {
            if let Some(field) = unescape(name).as_deref().and_then(fields::detail_member)
                && let Some(slot) = details.values.get_mut(field as usize)
            {
                *slot = tolerant::text(value).ok().flatten().unwrap_or_default();
            }
        }
        details
    }

    /// `eventRW`: `Read` or `Write`.
    pub fn rw(&self) -> &str {
        self.value(DetailField::Rw)
    }

    /// `eventType`.
    pub fn event_type(&self) -> &str {
        self.value(DetailField::EventType)
    }

    /// `errorMessage`.
    pub fn error_message(&self) -> &str {
        self.value(DetailField::ErrorMessage)
    }

    /// `userAgent`.
    pub fn user_agent(&self) -> &str {
        self.value(DetailField::UserAgent)
    }

    /// `requestId`.
    pub fn request_id(&self) -> &str {
        self.value(DetailField::RequestId)
    }

    fn value(&self, field: DetailField) -> &str {
        self.values.get(field as usize).map_or("", |value| value)
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
    let value = member(object_content(record)?, "requestParameters")?;
    let Embedded::Object(parameters) = embedded::object(value) else {
        return None;
    };
    let text = tolerant::text(member(object_content(&parameters)?, name)?).ok()??;
    Some(text.into_owned())
}

/// The AccessKey that an Insight event is about, where it is text without escapes, as all IDs are.
/// (The page "Structure of Insights events" of ActionTrail.)
#[cold]
pub(super) fn insight_key(record: &[u8]) -> Option<&str> {
    let record = std::str::from_utf8(record).ok()?;
    let insight = object_content(member(object_content(record)?, "insightDetails")?)?;
    let insight_type = string_content(member(insight, "insightType")?)?;
    if insight_type != "AkInsight" {
        return None;
    }
    let object = string_content(member(insight, "insightObject")?)?;
    (!object.contains('\\')).then_some(object)
}

/// The value of the last member of this name, without regard to ASCII case.
fn member<'c>(content: &'c str, name: &str) -> Option<&'c str> {
    members(content)
        .filter(|(found, _)| unescape(found).is_some_and(|found| found.eq_ignore_ascii_case(name)))
        .map(|(_, value)| value)
        .last()
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
    is_failure(SIGN_IN, "", Details::parse(&text).error_message())
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
        let details = Details::parse(record);
        assert_eq!(details.rw(), "Write", "the last of a doubled name");
        assert_eq!(details.event_type(), "ApiCall");
        assert_eq!(details.error_message(), "");
        assert_eq!(details.user_agent(), "12.50");
        assert_eq!(details.request_id(), "true");
    }

    #[test]
    fn an_invalid_value_empties_only_its_member() {
        let details =
            Details::parse(r#"{"userAgent": nonsense, "requestId": "r", "eventRW": "\x"}"#);
        assert_eq!(
            (details.user_agent(), details.request_id(), details.rw()),
            ("", "r", "")
        );
        assert_eq!(Details::parse("no object"), Details::default());
    }
}
