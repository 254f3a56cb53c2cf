//! What an Insight event says: its type, what it is about, and its figures.
//!
//! The fields are those of the page "Insights event structure" of ActionTrail (2025-03-27). It gives the
//! figures no unit, and neither does this. They are found by the names of their members, wherever these
//! stand in the record. Left out: the AccessKey that such an event is about, which is a field of an event.

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

use regex::Regex;

use crate::event::{Event, Source, decode_escapes};

/// What one Insight event says. A member that the event does not have is `""`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Insight {
    /// `insightType`, such as `AkInsight`.
    pub kind: String,
    /// What the event is about: `insightObject`, or `sourceIpAddress` of older events of addresses.
    pub object: String,
    /// The figure that was measured.
    pub figure: String,
    /// The figure that is usual.
    pub baseline: String,
}

/// The members, by their names.
struct Members {
    kind: Regex,
    object: Regex,
    address: Regex,
    statistics: Regex,
    figure: Regex,
    baseline: Regex,
}

#[expect(clippy::expect_used, reason = "the expressions are written here")]
static MEMBERS: LazyLock<Members> = LazyLock::new(|| {
    let expression = |text: String| Regex::new(&text).expect("a valid expression");
    let text = |name| expression(format!(r#"(?i:"{name}")\s*:\s*"([^"\\]*)""#));
    // The figure alone, or an object with its average.
    let figure = |name| {
        expression(format!(
            r#"(?i:"{name}")\s*:\s*(?:\{{\s*"average"\s*:\s*)?"?(-?[0-9][0-9.eE+-]*)"#
        ))
    };
    Members {
        kind: text("insightType"),
        object: text("insightObject"),
        address: text("sourceIpAddress"),
        statistics: expression(r#"(?i:"statistics")\s*:\s*\{"#.to_owned()),
        figure: figure("insight"),
        baseline: figure("baseline"),
    }
});

/// The type of events of addresses.
const OF_AN_ADDRESS: &str = "IpInsight";

impl Insight {
    /// Reads the record of an event; `None` where it is no Insight event.
    ///
    /// ```
    /// use keytrail::calls::Insight;
    /// use keytrail::event::Reader;
    ///
    /// let text = br#"[{"eventTime": "2024-03-11T04:00:00Z", "eventCategory": "Insight", "insightDetails": {
    ///     "insightType": "AkInsight", "insightObject": "LTAI5tExample",
    ///     "insightContext": {"statistics": {"insight": 6.2, "baseline": 0.4}}}}]"#;
    /// let mut says = String::new();
    /// Reader::new().read(text, true, |record| {
    ///     let insight = Insight::of(&record.event, &record.as_text());
    ///     says = insight.map(|insight| insight.to_string()).unwrap_or_default();
    /// });
    /// assert_eq!(says, "AkInsight LTAI5tExample: 6.2, baseline 0.4");
    /// ```
    pub fn of(event: &Event<'_>, record: &str) -> Option<Self> {
        // Only events that are neither of management nor of data can be of Insight.
        if event.source != Source::Internal {
            return None;
        }
        Self::parse(record).or_else(|| Self::parse(&decode_escapes(record)?))
    }

    fn parse(record: &str) -> Option<Self> {
        let members = &*MEMBERS;
        let find = |member: &Regex, text: &str| {
            let found = member.captures(text).and_then(|found| found.get(1));
            found
                .map(|found| found.as_str().to_owned())
                .unwrap_or_default()
        };
        let kind = find(&members.kind, record);
        if kind.is_empty() {
            return None;
        }
        let object = match find(&members.object, record) {
            object if object.is_empty() && kind == OF_AN_ADDRESS => find(&members.address, record),
            object => object,
        };
        let statistics = members.statistics.find(record);
        let statistics = statistics.and_then(|found| record.get(found.end()..));
        let statistics = statistics.unwrap_or_default();
        Some(Self {
            kind,
            object,
            figure: find(&members.figure, statistics),
            baseline: find(&members.baseline, statistics),
        })
    }

    /// The address that the event is about; `""` where it is about none.
    pub(super) fn address(&self) -> &str {
        if self.kind == OF_AN_ADDRESS {
            &self.object
        } else {
            ""
        }
    }
}

/// In words: `AkInsight LTAI5tExample: 6.2, baseline 0.4`.
impl fmt::Display for Insight {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            object,
            figure,
            baseline,
        } = self;
        formatter.write_str(kind)?;
        if !object.is_empty() {
            write!(formatter, " {object}")?;
        }
        let baseline = match baseline.as_str() {
            "" => Cow::Borrowed(""),
            baseline => Cow::Owned(format!("baseline {baseline}")),
        };
        let figures = [figure.as_str(), &baseline];
        let figures: Vec<_> = figures.into_iter().filter(|one| !one.is_empty()).collect();
        if !figures.is_empty() {
            write!(formatter, ": {}", figures.join(", "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(record: &str) -> Option<String> {
        Insight::parse(record).map(|insight| insight.to_string())
    }

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
        ] {
            assert_eq!(words(record).as_deref(), Some(expected), "{record}");
        }
        assert_eq!(
            words(r#"{"requestParameters":"{\"insightType\":\"x\"}"}"#),
            None
        );
    }
}
