//! The members of a record that only a call record shows.
//!
//! Read apart from the event, and only of records that are wanted, so that who counts events does
//! not pay for them. What they mean is what the tolerant reader would say: the same grammar, the
//! same rules for names and values. Nonsense in one of them costs that member only, because the
//! record has been taken for an event already.

use std::borrow::Cow;

use super::fields::{self, DETAILS, Detail};
use super::string::decode;
use super::structure::{member, object, pieces};
use super::tolerant;

/// What a record says beyond its event. A field that the record does not have is `""`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details<'a> {
    text: [Cow<'a, str>; DETAILS.len()],
}

impl<'a> Details<'a> {
    /// Reads a record: the text of one JSON object.
    pub fn parse(record: &'a str) -> Self {
        let mut details = Self::default();
        let members = object(record).unwrap_or_default();
        for (name, value) in pieces(members).filter_map(member) {
            if let Some(detail) = decode(name).as_deref().and_then(fields::detail)
                && let Some(text) = details.text.get_mut(detail as usize)
            {
                *text = tolerant::text(value).ok().flatten().unwrap_or_default();
            }
        }
        details
    }

    /// `eventRW`: `Read` or `Write`.
    pub fn rw(&self) -> &str {
        self.text(Detail::Rw)
    }

    /// `eventType`.
    pub fn event_type(&self) -> &str {
        self.text(Detail::EventType)
    }

    /// `errorMessage`.
    pub fn error_message(&self) -> &str {
        self.text(Detail::ErrorMessage)
    }

    /// `userAgent`.
    pub fn user_agent(&self) -> &str {
        self.text(Detail::UserAgent)
    }

    /// `requestId`.
    pub fn request_id(&self) -> &str {
        self.text(Detail::RequestId)
    }

    fn text(&self, detail: Detail) -> &str {
        self.text.get(detail as usize).map_or("", |text| text)
    }
}

#[cfg(test)]
mod tests {
    use super::Details;

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
    fn nonsense_costs_its_member_only() {
        let details =
            Details::parse(r#"{"userAgent": nonsense, "requestId": "r", "eventRW": "\x"}"#);
        assert_eq!(
            (details.user_agent(), details.request_id(), details.rw()),
            ("", "r", "")
        );
        assert_eq!(Details::parse("no object"), Details::default());
    }
}
