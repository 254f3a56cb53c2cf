//! Conditions on one record, and whether a record matches them.
//!
//! Several values of one condition mean any of them; different conditions must all match. A missing
//! field matches no condition. Time, region and account are not here, because they are options of
//! every scan.

use std::cmp::Ordering;
use std::net::{IpAddr, Ipv4Addr};

use regex::bytes::Regex;
use thiserror::Error;

use crate::event::{Details, Event, Needle, Search};

/// Which events are wanted. Without any condition every event is.
///
/// # Example
///
/// ```
/// use keytrail::calls::{Conditions, Expression, Pattern, SourceFilter};
/// use keytrail::event::Reader;
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
///     if conditions.matches(&record.event) && conditions.matches_text(record.text) {
///         matching += 1;
///     }
/// });
/// assert_eq!(matching, 1);
/// # Ok::<(), keytrail::calls::ConditionError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Conditions {
    /// AccessKeys, compared exactly.
    pub keys: Vec<String>,
    /// AccessKeys that are not wanted.
    pub not_keys: Vec<String>,
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
    /// Names of resources; one of the event's resources has to match.
    pub resources: Vec<Pattern>,
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
    /// Only calls that were denied, for a missing right or a bad credential.
    pub denied: bool,
    /// Expressions of which one has to match somewhere in the text of the record.
    pub texts: Vec<Expression>,
}

/// A condition that cannot be parsed. The message shows an example of a right one.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ConditionError {
    /// An empty text.
    #[error("is empty; for example {example}")]
    Empty {
        /// A condition of this kind.
        example: &'static str,
    },
    /// A text that is neither an address, a network nor a word.
    #[error(
        "is no address; for example 198.51.100.7, 198.51.100.0/24, 2001:db8::7, 2001:db8::/32, \
         or a word that stands in place of an address: Internal, ecs.aliyuncs.com"
    )]
    Address,
    /// A text that is no regular expression, with the reason.
    #[error("is no regular expression ({0}); for example 'i-bp1[0-9a-z]+' or '(?i)password'")]
    Expression(String),
}

/// Parses a condition that is any text but an empty one. `example` is for the error message.
///
/// # Errors
///
/// [`ConditionError::Empty`].
pub fn non_empty(text: &str, example: &'static str) -> Result<String, ConditionError> {
    if text.is_empty() {
        return Err(ConditionError::Empty { example });
    }
    Ok(text.to_owned())
}

/// A regular expression on the text of a record, as it stands in the log file.
#[derive(Clone, Debug)]
pub struct Expression(Regex);

impl Expression {
    /// Parses an expression.
    ///
    /// # Errors
    ///
    /// A text that is empty, no regular expression, or too large a one for the `regex` crate.
    pub fn new(text: &str) -> Result<Self, ConditionError> {
        non_empty(text, "'i-bp1[0-9a-z]+'")?;
        Regex::new(text).map(Self).map_err(|error| {
            // The message repeats the expression on several lines. The reason is on the last one.
            let message = error.to_string();
            let reason = message.lines().last().unwrap_or_default().trim();
            let reason = reason.strip_prefix("error: ").unwrap_or(reason);
            ConditionError::Expression(reason.to_owned())
        })
    }

    fn matches(&self, record: &[u8]) -> bool {
        self.0.is_match(record)
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Expression {}

impl PartialOrd for Expression {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Expression {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.as_str().cmp(other.0.as_str())
    }
}

/// A pattern in which `*` stands for any characters, or none. It matches no missing field.
///
/// # Example
///
/// ```
/// use keytrail::calls::Pattern;
///
/// let pattern = Pattern::new("Create*", "CreateUser")?;
/// assert!(pattern.matches("CreateAccessKey"));
/// assert!(!pattern.matches("DeleteAccessKey"));
/// # Ok::<(), keytrail::calls::ConditionError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pattern {
    /// The texts around the wildcards: one more than there are wildcards.
    parts: Vec<String>,
}

impl Pattern {
    /// Parses a pattern. `example` is for the error message.
    ///
    /// # Errors
    ///
    /// [`ConditionError::Empty`].
    pub fn new(text: &str, example: &'static str) -> Result<Self, ConditionError> {
        non_empty(text, example)?;
        Ok(Self {
            parts: text.split('*').map(str::to_owned).collect(),
        })
    }

    /// Whether the pattern matches every text.
    fn is_any(&self) -> bool {
        self.parts.len() > 1 && self.parts.iter().all(String::is_empty)
    }

    /// Whether the pattern matches the whole of a text.
    pub fn matches(&self, text: &str) -> bool {
        if text.is_empty() {
            return false;
        }
        let Some((first, rest)) = self.parts.split_first() else {
            return false;
        };
        let Some((last, middle)) = rest.split_last() else {
            return text == first;
        };
        // Taking the first occurrence of each middle part leaves the most text for the next ones.
        let inner = text
            .strip_prefix(first.as_str())
            .and_then(|text| text.strip_suffix(last.as_str()));
        let Some(mut inner) = inner else {
            return false;
        };
        for part in middle {
            let after = inner
                .find(part.as_str())
                .and_then(|index| inner.get(index + part.len()..));
            let Some(after) = after else {
                return false;
            };
            inner = after;
        }
        true
    }

    /// The longest text that every match contains.
    fn longest_part(&self) -> &str {
        let longest = self.parts.iter().max_by_key(|part| part.len());
        longest.map_or("", String::as_str)
    }
}

/// A filter on the source of a call, its `sourceIpAddress`.
///
/// # Example
///
/// ```
/// use keytrail::calls::SourceFilter;
///
/// let network = SourceFilter::Network("198.51.100.0".parse().unwrap(), 24);
/// assert_eq!(SourceFilter::new("198.51.100.0/24"), Ok(network));
/// let word = SourceFilter::Word("Internal".to_owned());
/// assert_eq!(SourceFilter::new("Internal"), Ok(word));
/// assert!(SourceFilter::new("300.1.1.1").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SourceFilter {
    /// All addresses whose first bits, as many as the number, are those of this address. An
    /// IPv4-mapped IPv6 address counts as the IPv4 address.
    Network(IpAddr, u8),
    /// `Internal` or the host name of a service, compared exactly.
    Word(String),
}

impl SourceFilter {
    /// Parses an address, a network or a word. Bits of the address beyond the length of the network
    /// are ignored.
    ///
    /// # Errors
    ///
    /// A text that is empty, or looks like an address or a network and is none.
    pub fn new(text: &str) -> Result<Self, ConditionError> {
        non_empty(text, "198.51.100.7")?;
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        match (address.parse::<IpAddr>(), length) {
            (Ok(address), length) => network(address, length).ok_or(ConditionError::Address),
            (Err(_), None) if is_word(text) => Ok(Self::Word(text.to_owned())),
            (Err(_), _) => Err(ConditionError::Address),
        }
    }

    /// Whether a source matches. `address` is the address that `text` spells, if any.
    fn matches(&self, text: &str, address: Option<IpAddr>) -> bool {
        match self {
            Self::Word(word) => word == text,
            Self::Network(network, length) => match (network, address) {
                (IpAddr::V4(network), Some(IpAddr::V4(address))) => {
                    let other = network.to_bits() ^ address.to_bits();
                    other.leading_zeros() >= u32::from(*length)
                }
                (IpAddr::V6(network), Some(IpAddr::V6(address))) => {
                    let other = network.to_bits() ^ address.to_bits();
                    other.leading_zeros() >= u32::from(*length)
                }
                (IpAddr::V4(_) | IpAddr::V6(_), _) => false,
            },
        }
    }

    /// Adds needles of which every text with a matching source has one; false where there are none.
    fn needles(&self, needles: &mut Vec<Needle>) -> bool {
        match self {
            Self::Word(word) => needles.push(Needle::Text(word.clone())),
            Self::Network(IpAddr::V4(network), length) => {
                let Some(needle) = common_text(*network, *length) else {
                    return false;
                };
                needles.push(Needle::Text(needle));
                if !needles.contains(&Needle::MappedIpv4) {
                    needles.push(Needle::MappedIpv4);
                }
            }
            // An IPv6 address has many spellings.
            Self::Network(IpAddr::V6(_), _) => return false,
        }
        true
    }
}

/// The network of an address and of the text of a length in bits.
fn network(address: IpAddr, length: Option<&str>) -> Option<SourceFilter> {
    let bits: u8 = match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    };
    let length = match length {
        None => bits,
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().ok().filter(|&length| length <= bits)?
        }
        Some(_) => return None,
    };
    let canonical = address.to_canonical();
    match (address, canonical) {
        (IpAddr::V6(_), IpAddr::V4(_)) => match length.checked_sub(96) {
            Some(length) => Some(SourceFilter::Network(canonical, length)),
            None => Some(SourceFilter::Network(address, length)),
        },
        (IpAddr::V4(_) | IpAddr::V6(_), _) => Some(SourceFilter::Network(address, length)),
    }
}

/// The text that all addresses of a network begin with: its whole octets, and a dot if more follow.
fn common_text(network: Ipv4Addr, length: u8) -> Option<String> {
    let whole = usize::from(length / 8);
    let mut text = String::new();
    for (number, octet) in network.octets().iter().take(whole).enumerate() {
        if number > 0 {
            text.push('.');
        }
        text.push_str(&octet.to_string());
    }
    if (1..4).contains(&whole) {
        text.push('.');
    }
    (!text.is_empty()).then_some(text)
}

/// Whether a text can be a word: without wildcards, and not of digits and dots only.
fn is_word(text: &str) -> bool {
    !text.contains(['*', ':', '/'])
        && text.contains(|one: char| one != '.' && !one.is_ascii_digit())
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

impl Conditions {
    /// Whether an event matches all conditions but those on its text and its details.
    pub fn matches(&self, event: &Event<'_>) -> bool {
        let Self {
            keys,
            not_keys,
            services,
            not_services,
            events,
            not_events,
            ips,
            not_ips,
            users,
            not_users,
            resources,
            resource_types,
            event_ids,
            errors,
            denied,
            // These are for `matches_text` and `matches_details`.
            rw: _,
            event_types: _,
            texts: _,
        } = self;
        let same = |text| move |one: &String| one == text;
        let service = |one: &String| one.eq_ignore_ascii_case(event.service_name);
        let name = |one: &Pattern| one.matches(event.event_name);
        let user = |one: &Pattern| one.matches(event.user_name) || one.matches(event.owner_id);
        let named = |one: &Pattern| event.resources.iter().any(|other| one.matches(other.name));
        // A sign-in can fail without a code.
        let failed_with =
            |one: &Pattern| one.matches(event.error_code) || one.is_any() && event.failed();
        let typed = |one: &String| {
            let mut types = event.resources.iter().map(|other| other.resource_type);
            types.any(|other| one == other)
        };
        passes(keys, not_keys, same(event.access_key_id))
            && passes(services, not_services, service)
            && passes(events, not_events, name)
            && passes(event_ids, &[], same(event.event_id))
            && passes(errors, &[], failed_with)
            && (!denied || event.denied())
            && passes(users, not_users, user)
            && passes_source(ips, not_ips, event.source_ip)
            && passes(resources, &[], named)
            && passes(resource_types, &[], typed)
    }

    /// Whether the text of a record matches the conditions on it.
    pub fn matches_text(&self, record: &[u8]) -> bool {
        passes(&self.texts, &[], |one: &Expression| one.matches(record))
    }

    /// Whether there are conditions on the details of a record.
    pub fn need_details(&self) -> bool {
        !(self.rw.is_empty() && self.event_types.is_empty())
    }

    /// Whether the details of a record match the conditions on them.
    pub fn matches_details(&self, details: &Details<'_>) -> bool {
        passes(&self.rw, &[], |one: &ReadWrite| {
            one.as_str().eq_ignore_ascii_case(details.rw())
        }) && passes(&self.event_types, &[], |one: &String| {
            one == details.event_type()
        })
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
        let any_of = |needles: Option<Vec<Needle>>| Search::any_of(&needles?);
        any_of(texts(&self.event_ids))
            .or_else(|| any_of(texts(&self.keys)))
            .or_else(|| any_of(sources(&self.ips)))
            .or_else(|| any_of(patterns(&self.resources)))
            .or_else(|| any_of(patterns(&self.users)))
            .or_else(|| any_of(patterns(&self.errors)))
            .or_else(|| any_of(patterns(&self.events)))
            .or_else(|| any_of(texts(&self.resource_types)))
    }
}

/// Whether one of the wanted values matches, if there are any, and none of the unwanted ones.
fn passes<T>(wanted: &[T], unwanted: &[T], matches: impl Fn(&T) -> bool) -> bool {
    (wanted.is_empty() || wanted.iter().any(&matches)) && !unwanted.iter().any(&matches)
}

/// The same for sources, which are parsed as addresses only if there is such a condition.
fn passes_source(wanted: &[SourceFilter], unwanted: &[SourceFilter], source: &str) -> bool {
    if wanted.is_empty() && unwanted.is_empty() {
        return true;
    }
    let address = source.parse::<IpAddr>().ok();
    let address = address.map(|address| address.to_canonical());
    passes(wanted, unwanted, |one| one.matches(source, address))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::new(text, "x").unwrap()
    }

    /// The same by backtracking.
    fn matches_by_backtracking(pattern: &[u8], text: &[u8]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some((b'*', rest)) => {
                (0..=text.len()).any(|index| matches_by_backtracking(rest, &text[index..]))
            }
            Some((one, rest)) => {
                text.first() == Some(one) && matches_by_backtracking(rest, &text[1..])
            }
        }
    }

    proptest! {
        #[test]
        fn a_pattern_matches_what_backtracking_finds(
            wanted in "[ab*]{1,6}",
            text in "[ab*]{1,8}",
        ) {
            let pattern = pattern(&wanted);
            let expected = matches_by_backtracking(wanted.as_bytes(), text.as_bytes());
            prop_assert_eq!(pattern.matches(&text), expected);
            if pattern.matches(&text) {
                prop_assert!(text.contains(pattern.longest_part()));
            }
        }
    }

    #[test]
    fn a_missing_field_matches_no_pattern() {
        assert!(!pattern("*").matches(""));
        assert!(pattern("*").matches("x"));
    }

    fn source_matches(condition: &str, source: &str) -> bool {
        passes_source(&[SourceFilter::new(condition).unwrap()], &[], source)
    }

    #[test]
    fn addresses_are_compared_by_value() {
        for (condition, source, expected) in [
            ("198.51.100.7", "198.51.100.7", true),
            ("198.51.100.7", "198.51.100.70", false),
            ("198.51.100.7", "::ffff:198.51.100.7", true),
            ("198.51.100.7", "::FFFF:c633:6407", true),
            ("::ffff:198.51.100.7", "198.51.100.7", true),
            ("198.51.100.9/24", "198.51.100.255", true),
            ("198.51.100.0/24", "198.51.101.0", false),
            ("198.51.100.0/23", "198.51.101.0", true),
            ("0.0.0.0/0", "203.0.113.1", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("0.0.0.0/0", "Internal", false),
            ("::ffff:198.51.100.0/120", "198.51.100.7", true),
            ("::/0", "2001:db8::1", true),
            ("2001:db8::7", "2001:0DB8:0:0:0:0:0:7", true),
            ("2001:db8::/32", "2001:db8:ffff::", true),
            ("2001:db8::/32", "2001:db9::", false),
            ("Internal", "Internal", true),
            ("Internal", "internal", false),
            ("ecs.aliyuncs.com", "ecs.aliyuncs.com", true),
            ("192.168.XX.XX", "192.168.XX.XX", true),
        ] {
            assert_eq!(
                source_matches(condition, source),
                expected,
                "{condition} {source}"
            );
        }
    }

    #[test]
    fn the_error_for_a_bad_condition_shows_a_good_one() {
        for text in [
            "300.1.1.1",
            "1.2.3",
            "1.2.3.4/33",
            "1.2.3.4/",
            "1.2.3.4/x",
            "1.2.3.4/+8",
            "::1/129",
            "2001:db8",
            "10.*",
            "Internal/8",
            "7",
        ] {
            let error = SourceFilter::new(text).expect_err(text).to_string();
            assert!(error.contains("198.51.100.0/24"), "{error}");
        }
        assert!(SourceFilter::new("").is_err());
        let error = Expression::new("a(b").unwrap_err().to_string();
        assert!(error.contains("unclosed group"), "{error}");
        assert!(error.contains("for example"), "{error}");
    }

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
}
