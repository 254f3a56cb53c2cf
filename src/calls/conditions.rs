//! Conditions on one record, and whether a record matches them.
//!
//! Several values of one condition mean any of them; different conditions must all match. A missing
//! field matches no condition. Time, region and account are not here, because they are options of
//! every scan.

use std::fmt;

use super::expression::{self, Expression};
use super::key_filter::KeyFilter;
use super::pattern::Pattern;
use super::source_filter::{SourceFilter, addresses};
use crate::event::{Details, Event, Needle, Resource, Search};

/// Which events are wanted. Without any condition every event is.
///
/// # Example
///
/// ```
/// use keytrail::calls::{Conditions, Expression, Pattern, SourceFilter};
/// use keytrail::event::{Details, Reader};
///
/// let conditions = Conditions {
///     events: vec![Pattern::new("Create*", "CreateUser")?],
///     ips: vec![SourceFilter::new("198.51.100.0/24")?],
///     texts: vec![Expression::new("svc-[a-z]+")?],
///     ..Conditions::default()
/// };
/// let text = br#"[
///     {"eventTime": "2024-03-11T03:58:10Z", "eventName": "CreateUser",
///      "sourceIpAddress": "198.51.100.23", "requestParameters": {"UserName": "svc-sync"}},
///     {"eventTime": "2024-03-11T03:58:11Z", "eventName": "CreateUser",
///      "sourceIpAddress": "203.0.113.77", "requestParameters": {"UserName": "svc-sync"}}
/// ]"#;
/// let mut matching = 0;
/// Reader::new().read(text, true, |record| {
///     let text = record.as_text();
///     let details = Details::parse(&text);
///     matching += u32::from(conditions.matches(&record.event, record.text, || &details));
/// });
/// assert_eq!(matching, 1);
/// # Ok::<(), keytrail::calls::ConditionError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Conditions {
    /// AccessKeys.
    pub keys: KeyFilter,
    /// AccessKeys that are not wanted.
    pub not_keys: KeyFilter,
    /// Only calls without an AccessKey.
    pub no_key: bool,
    /// Services, compared without regard to ASCII case.
    pub services: Vec<String>,
    /// Services that are not wanted.
    pub not_services: Vec<String>,
    /// Event names.
    pub events: Vec<Pattern>,
    /// Event names that are not wanted.
    pub not_events: Vec<Pattern>,
    /// Sources of calls.
    pub ips: Vec<SourceFilter>,
    /// Sources whose calls are not wanted.
    pub not_ips: Vec<SourceFilter>,
    /// Users, by name or principal ID.
    pub users: Vec<Pattern>,
    /// Users that are not wanted, by name or principal ID.
    pub not_users: Vec<Pattern>,
    /// What the user agent is.
    pub agents: Vec<Pattern>,
    /// User agents that are not wanted.
    pub not_agents: Vec<Pattern>,
    /// Regions that are not wanted, compared exactly.
    pub not_regions: Vec<String>,
    /// Names of resources, or type, colon and name; one of the event's resources has to match.
    pub resources: Vec<Pattern>,
    /// Resources that are not wanted: none of the event's resources may match.
    pub not_resources: Vec<Pattern>,
    /// Types of resources, compared exactly; one of the event's resources has to match.
    pub resource_types: Vec<String>,
    /// Reading, writing or both.
    pub rw: Vec<ReadWrite>,
    /// Types of events, compared exactly.
    pub event_types: Vec<String>,
    /// Event IDs, compared exactly.
    pub event_ids: Vec<String>,
    /// Error codes; `*` for any error.
    pub errors: Vec<Pattern>,
    /// Error codes that are not wanted.
    pub not_errors: Vec<Pattern>,
    /// Only calls that did not fail.
    pub success: bool,
    /// Only calls that were denied, for a missing right or a bad credential.
    pub denied: bool,
    /// Expressions of which one has to match somewhere in the text of the record, as it stands or with
    /// its escapes decoded.
    pub texts: Vec<Expression>,
}

/// The values of `eventRW`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReadWrite {
    /// The call reads.
    Read,
    /// The call writes.
    Write,
}

impl ReadWrite {
    /// The value as the cloud writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "Read",
            Self::Write => "Write",
        }
    }
}

impl fmt::Display for ReadWrite {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Conditions {
    /// Whether an event, of which the record and the details are given, matches all conditions. The
    /// cheap ones come first, and the details are made only if they are needed.
    pub fn matches<'d>(
        &self,
        event: &Event<'_>,
        record: &[u8],
        details: impl Fn() -> &'d Details<'d>,
    ) -> bool {
        self.match_event(event)
            && self.match_text(record)
            && (!event.event_name.is_empty() || self.match_nameless(event, &details))
            && (!self.need_details() || self.match_details(details()))
    }

    /// Whether an event matches the conditions on its fields. The name and the source of one without a
    /// name are left to `match_nameless`.
    fn match_event(&self, event: &Event<'_>) -> bool {
        let Self {
            keys,
            not_keys,
            no_key,
            services,
            not_services,
            events,
            not_events,
            ips,
            not_ips,
            users,
            not_users,
            not_regions,
            resources,
            not_resources,
            resource_types,
            event_ids,
            errors,
            not_errors,
            success,
            denied,
            // These are for `match_text` and `match_details`.
            agents: _,
            not_agents: _,
            rw: _,
            event_types: _,
            texts: _,
        } = self;
        let same = |text| move |one: &String| one == text;
        let service = |one: &String| one.eq_ignore_ascii_case(event.service_name);
        let name = |one: &Pattern| one.matches(event.event_name);
        let user = |one: &Pattern| one.matches(event.user_name) || one.matches(event.owner_id);
        // A sign-in can fail without a code.
        let error = |one: &Pattern| one.matches(event.error_code) || one.is_any() && event.failed();
        let resource = |one: &Pattern| event.resources.iter().any(|other| is_named(other, one));
        let typed = |one: &String| {
            let mut types = event.resources.iter().map(|other| other.resource_type);
            types.any(|other| one == other)
        };
        let key = |filter: &KeyFilter| {
            filter.matches(event.access_key_id) || filter.matches(event.insight_key)
        };
        (keys.is_empty() || key(keys))
            && !key(not_keys)
            && (!no_key || event.access_key_id.is_empty())
            && passes(services, not_services, service)
            && (event.event_name.is_empty()
                || passes(events, not_events, name) && passes_source(ips, not_ips, event.source_ip))
            && passes(event_ids, &[], same(event.event_id))
            && passes(&[], not_regions, same(event.region))
            && passes(errors, not_errors, error)
            && (!success || !event.failed())
            && (!denied || event.denied())
            && passes(users, not_users, user)
            && passes(resources, not_resources, resource)
            && passes(resource_types, &[], typed)
    }

    /// Whether the text of a record matches the conditions on it.
    fn match_text(&self, record: &[u8]) -> bool {
        self.texts.is_empty() || expression::any_matches(&self.texts, record)
    }

    /// Whether an event without a name matches the conditions on names and sources. It is called by its
    /// type, as in a table, and one of Insight also by the type of that; its source is the address that it
    /// is about.
    fn match_nameless<'d>(&self, event: &Event<'_>, details: impl Fn() -> &'d Details<'d>) -> bool {
        let Self {
            events,
            not_events,
            ips,
            not_ips,
            ..
        } = self;
        let any_name = events.is_empty() && not_events.is_empty();
        if any_name && ips.is_empty() && not_ips.is_empty() {
            return true;
        }
        let details = details();
        let source = match event.source_ip {
            "" => details.insight_address(),
            source => source,
        };
        let name =
            |one: &Pattern| one.matches(&details.event_type) || one.matches(details.insight_type());
        passes(events, not_events, name) && passes_source(ips, not_ips, source)
    }

    /// Whether there are conditions on the details of a record.
    fn need_details(&self) -> bool {
        !(self.rw.is_empty()
            && self.event_types.is_empty()
            && self.agents.is_empty()
            && self.not_agents.is_empty())
    }

    /// Whether the details of a record match the conditions on them.
    fn match_details(&self, details: &Details<'_>) -> bool {
        let rw = |one: &ReadWrite| one.as_str().eq_ignore_ascii_case(&details.rw);
        let event_type = |one: &String| *one == details.event_type;
        let agent = |one: &Pattern| one.matches(&details.user_agent);
        passes(&self.rw, &[], rw)
            && passes(&self.event_types, &[], event_type)
            && passes(&self.agents, &self.not_agents, agent)
    }

    /// Whether there are conditions on the text of a record.
    pub fn need_text(&self) -> bool {
        !self.texts.is_empty()
    }

    /// A search for texts that may have an event which matches; `None` where no condition can be
    /// searched for. It is for the one condition that is likely to exclude the most texts.
    pub fn search(&self) -> Option<Search> {
        let texts = |texts: &[String]| Some(texts.iter().cloned().map(Needle::Text).collect());
        let patterns = |patterns: &[Pattern]| {
            let needle = |pattern: &Pattern| Needle::Text(pattern.longest_part().to_owned());
            Some(patterns.iter().map(needle).collect())
        };
        let sources = |sources: &[SourceFilter]| {
            let mut needles = Vec::new();
            let all = sources.iter().all(|source| source.needles(&mut needles));
            all.then_some(needles)
        };
        // Where type and name stand together in a condition, they are apart in the text.
        let resources = self.resources.iter().map(|pattern| {
            let parts = pattern.parts().flat_map(|part| part.split(':'));
            let longest = parts.max_by_key(|part| part.len()).unwrap_or_default();
            Needle::Text(longest.to_owned())
        });
        let resources: Vec<_> = resources.collect();
        let any_of = |needles: Option<Vec<Needle>>| Search::any_of(&needles?);
        any_of(texts(&self.event_ids))
            .or_else(|| any_of(Some(self.keys.needles())))
            .or_else(|| any_of(sources(&self.ips)))
            .or_else(|| any_of(Some(resources)))
            .or_else(|| any_of(patterns(&self.users)))
            .or_else(|| any_of(patterns(&self.errors)))
            .or_else(|| any_of(patterns(&self.agents)))
            .or_else(|| any_of(patterns(&self.events)))
            .or_else(|| any_of(texts(&self.resource_types)))
    }
}

/// Whether one of the wanted values matches, if there are any, and none of the unwanted ones.
fn passes<T>(wanted: &[T], unwanted: &[T], matches: impl Fn(&T) -> bool) -> bool {
    (wanted.is_empty() || wanted.iter().any(&matches)) && !unwanted.iter().any(&matches)
}

/// The same for sources, which are parsed only if there is such a condition.
fn passes_source(wanted: &[SourceFilter], unwanted: &[SourceFilter], source: &str) -> bool {
    if wanted.is_empty() && unwanted.is_empty() {
        return true;
    }
    let addresses: Vec<_> = addresses(source).collect();
    passes(wanted, unwanted, |one| one.matches(source, &addresses))
}

/// Whether a pattern matches the name of a resource, or its type, a colon and its name.
fn is_named(resource: &Resource<'_>, wanted: &Pattern) -> bool {
    let Resource {
        resource_type,
        name,
    } = resource;
    wanted.matches(name)
        || !resource_type.is_empty()
            && wanted.may_match_joined()
            && wanted.matches(&format!("{resource_type}:{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_finds_texts_with_matching_events() {
        for (condition, text) in [
            ("198.51.100.7", r#"{"sourceIpAddress":"198.51.100.7"}"#),
            ("198.51.100.0/22", r#"{"sourceIpAddress":"198.51.103.7"}"#),
            ("198.51.100.7", r#"{"sourceIpAddress":"::ffff:c633:6407"}"#),
            ("Internal", r#"{"sourceIpAddress":"Intern\u0061l"}"#),
        ] {
            let conditions = Conditions {
                ips: vec![SourceFilter::new(condition).unwrap()],
                ..Conditions::default()
            };
            let search = conditions.search().expect(condition);
            assert!(search.may_match(text.as_bytes()), "{condition} {text}");
            assert!(!search.may_match(br#"{"sourceIpAddress":"203.0.113.9"}"#));
        }
        for condition in ["2001:db8::7", "0.0.0.0/4"] {
            let conditions = Conditions {
                ips: vec![SourceFilter::new(condition).unwrap()],
                ..Conditions::default()
            };
            assert!(conditions.search().is_none(), "{condition}");
        }
        assert!(Conditions::default().search().is_none());
    }

    #[test]
    fn a_resource_is_found_as_the_table_prints_it() {
        let resource = Resource {
            resource_type: "ACS::RAM::User",
            name: "svc-sync",
        };
        for (wanted, expected) in [
            ("svc-sync", true),
            ("ACS::RAM::User:svc-sync", true),
            ("ACS::RAM::*:svc*", true),
            ("*sync", true),
            ("ACS::RAM::User", false),
            ("ACS::RAM::Role:svc-sync", false),
        ] {
            let pattern = Pattern::new(wanted, "x").unwrap();
            assert_eq!(is_named(&resource, &pattern), expected, "{wanted}");
            if expected {
                let conditions = Conditions {
                    resources: vec![pattern],
                    ..Conditions::default()
                };
                let search = conditions.search().expect(wanted);
                let text = br#"{"referencedResources":{"ACS::RAM::User":["svc-sync"]}}"#;
                assert!(search.may_match(text), "{wanted}");
            }
        }
    }
}
