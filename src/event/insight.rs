//! What an Insight event says: the AccessKey that it is about, and its words, which have its type, what it
//! is about, and its figures.
//!
//! The members are those of the page "Insights event structure" of ActionTrail (2025-03-27). It gives the
//! figures no unit, and neither do the words.

use std::borrow::Cow;

use super::event::Source;
use super::member::{member, object_member, text_member};
use super::string::decode_utf8;
use super::structure::{is_number, string_content};

/// The type of events of AccessKeys.
const OF_A_KEY: &str = "AkInsight";

/// The type of events of addresses.
const OF_AN_ADDRESS: &str = "IpInsight";

/// The AccessKey that an Insight event is about, where it is text without escapes, as all IDs are.
#[cold]
pub(super) fn insight_key(record: &[u8]) -> Option<&str> {
    let record = std::str::from_utf8(record).ok()?;
    let insight = member(record, "insightDetails")?;
    if string_content(member(insight, "insightType")?)? != OF_A_KEY {
        return None;
    }
    let object = string_content(member(insight, "insightObject")?)?;
    (!object.contains('\\')).then_some(object)
}

/// What the event of a record says, such as `AkInsight LTAI5tExample: 6.2, baseline 0.4`; `""` where it is
/// no Insight event. Only events that are neither of management nor of data can be of Insight.
#[inline]
pub(super) fn insight_words(source: Source, record: &[u8]) -> String {
    match source {
        Source::Management | Source::Data => String::new(),
        Source::Internal => words(&decode_utf8(record).0).unwrap_or_default(),
    }
}

#[cold]
fn words(record: &str) -> Option<String> {
    let insight = object_member(record, "insightDetails")?;
    let text_of = |object, name| text_member(object, name).filter(|text| !text.is_empty());
    let insight_type = text_of(&insight, "insightType")?;
    let mut words = insight_type.clone().into_owned();
    let address = || {
        // The member of older events.
        let address =
            || text_of(&insight, "sourceIpAddress").or_else(|| text_of(record, "sourceIpAddress"));
        (insight_type == OF_AN_ADDRESS).then(address)?
    };
    if let Some(object) = text_of(&insight, "insightObject").or_else(address) {
        words.push(' ');
        words.push_str(&object);
    }
    let context = object_member(&insight, "insightContext").unwrap_or_default();
    let statistics = object_member(&context, "statistics").unwrap_or_default();
    let measured = figure(&statistics, "insight");
    let usual = figure(&statistics, "baseline").map(|figure| format!("baseline {figure}"));
    let figures: Vec<_> = [measured, usual].into_iter().flatten().collect();
    if !figures.is_empty() {
        words.push_str(": ");
        words.push_str(&figures.join(", "));
    }
    Some(words)
}

/// A figure of the statistics, which is a number, or an object with its average.
fn figure(statistics: &str, name: &str) -> Option<String> {
    let figure = match object_member(statistics, name) {
        Some(figure) => text_member(&figure, "average").map(Cow::into_owned),
        None => text_member(statistics, name).map(Cow::into_owned),
    };
    figure.filter(|figure| is_number(figure))
}

/// The type that words begin with.
pub(super) fn type_of(words: &str) -> &str {
    words.split([' ', ':']).next().unwrap_or_default()
}

/// The address that words are about; `""` where they are about none.
pub(super) fn address_of(words: &str) -> &str {
    let rest = words.strip_prefix(OF_AN_ADDRESS);
    let about = rest
        .and_then(|rest| rest.strip_prefix(' '))
        .unwrap_or_default();
    about
        .rsplit_once(": ")
        .map_or(about, |(address, _)| address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_insight_event_says_its_figures_in_every_known_form() {
        for (record, expected) in [
            (
                r#"{"insightDetails": {"insightType": "ApiCallRateInsight", "insightObject": "Ecs",
                    "insightContext": {"statistics": {"insightDuration": 5, "insight": 12.3,
                    "baselineDuration": 10080, "baseline": 0.2}}}}"#,
                "ApiCallRateInsight Ecs: 12.3, baseline 0.2",
            ),
            (
                r#"{"insightDetails":{"INSIGHTTYPE":"AkInsight","insightContext":{"statistics":
                    {"insight":{"average":6.2},"baseline":{"average":"0.4"}}}}}"#,
                "AkInsight: 6.2, baseline 0.4",
            ),
            // The figures of attributes are not those of the event.
            (
                r#"{"insightDetails":{"insightType":"IpInsight","sourceIpAddress":"198.51.100.7",
                    "insightContext":{"attributions":[{"insight":[{"average":3}],"baseline":7}]}}}"#,
                "IpInsight 198.51.100.7",
            ),
            (
                r#"{"insightDetails":{"insightType":"PolicyChangeInsight","insightObject":"Ram"}}"#,
                "PolicyChangeInsight Ram",
            ),
            // Objects as text, at every level.
            (
                r#"{"insightDetails":"{\"insightType\":\"AkInsight\",\"insightObject\":\"k\",
                    \"insightContext\":{\"statistics\":\"{\\\"insight\\\":6.2,\\\"baseline\\\":{}}\"}}"}"#,
                "AkInsight k: 6.2",
            ),
            (
                r#"{"insightDetails":{"insightType":"IpInsight","insightContext":{"statistics":{"baseline":"1"}}},
                    "sourceIpAddress":"198.51.100.8"}"#,
                "IpInsight 198.51.100.8: baseline 1",
            ),
        ] {
            assert_eq!(words(record).as_deref(), Some(expected), "{record}");
        }
        for record in [
            r#"{"requestParameters":"{\"insightType\":\"x\"}"}"#,
            r#"{"insightDetails":{"insightType":""}}"#,
            r#"{"insightDetails":7}"#,
            "[]",
        ] {
            assert_eq!(words(record), None, "{record}");
        }
    }

    #[test]
    fn words_have_the_type_and_the_address() {
        for (words, insight_type, address) in [
            ("", "", ""),
            (
                "AkInsight LTAI5tExample: 6.2, baseline 0.4",
                "AkInsight",
                "",
            ),
            ("AkInsight: 6.2", "AkInsight", ""),
            ("IpInsight", "IpInsight", ""),
            ("IpInsight: 6.2", "IpInsight", ""),
            ("IpInsight 2001:db8::7", "IpInsight", "2001:db8::7"),
            ("IpInsight 2001:db8::7: 6.2", "IpInsight", "2001:db8::7"),
        ] {
            assert_eq!((type_of(words), address_of(words)), (insight_type, address));
        }
    }
}
