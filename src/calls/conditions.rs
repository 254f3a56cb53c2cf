//! Conditions on one record: what a person asks for, typed, and whether a record meets it.
//!
//! Pure. The same condition given more than once means any of them, different ones mean all of
//! them. A field that is missing meets no condition. Time, region and account are not here: they
//! narrow every command.

use std::cmp::Ordering;
use std::net::{IpAddr, Ipv4Addr};

use regex::bytes::Regex;
use thiserror::Error;

use crate::event::{Details, Event, Needle, Search};

/// What is asked for. Without any condition every event meets it.
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
    /// Where calls come from.
    pub ips: Vec<SourceFilter>,
    /// Where calls that are not wanted come from.
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
    /// Expressions that have to match somewhere in the record's text, as it stands in the log file.
    pub texts: Vec<Expression>,
}

/// A condition that cannot be understood; it shows the right form.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ConditionError {
    /// It says nothing.
    #[error("is empty; for example {example}")]
    Empty {
        /// A condition of this kind.
        example: &'static str,
    },
    /// It looks like an address or a network, and is none.
    #[error(
        "is no address; for example 198.51.100.7, 198.51.100.0/24, 2001:db8::7, 2001:db8::/32, \
         or a word that stands in place of an address: Internal, ecs.aliyuncs.com"
    )]
    Address,
    /// It is no regular expression.
    #[error("is no regular expression ({0}); for example 'i-bp1[0-9a-z]+' or '(?i)password'")]
    Expression(String),
}

/// Takes a text that is compared as a whole.
///
/// # Errors
///
/// An empty text.
pub fn non_empty(text: &str, example: &'static str) -> Result<String, ConditionError> {
    if text.is_empty() {
        return Err(ConditionError::Empty { example });
    }
    Ok(text.to_owned())
}

/// A regular expression over the text of a record.
#[derive(Clone, Debug)]
pub struct Expression(Regex);

impl Expression {
    /// Takes an expression.
    ///
    /// # Errors
    ///
    /// What is no regular expression, or too large a one.
    pub fn new(text: &str) -> Result<Self, ConditionError> {
        non_empty(text, "'i-bp1[0-9a-z]+'")?;
        Regex::new(text).map(Self).map_err(|error| {
            // The error draws the expression over several lines; its last one says what is wrong.
            let told = error.to_string();
            let reason = told.lines().last().unwrap_or_default().trim();
            let reason = reason.strip_prefix("error: ").unwrap_or(reason);
            ConditionError::Expression(reason.to_owned())
        })
    }

    fn is_in(&self, record: &[u8]) -> bool {
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

/// A text in which `*` stands for any characters, or none. It never matches a missing field.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pattern {
    /// What stands between the wildcards.
    parts: Vec<String>,
}

impl Pattern {
    /// Takes a pattern.
    ///
    /// # Errors
    ///
    /// An empty one.
    pub fn new(text: &str, example: &'static str) -> Result<Self, ConditionError> {
        non_empty(text, example)?;
        Ok(Self {
            parts: text.split('*').map(str::to_owned).collect(),
        })
    }

    /// Whether a text is as the pattern says, from its beginning to its end.
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
        // The first and the last part have their places; each other one takes the first place after
        // the one before, which leaves the most for those that follow.
        let inner = text
            .strip_prefix(first.as_str())
            .and_then(|text| text.strip_suffix(last.as_str()));
        let Some(mut inner) = inner else {
            return false;
        };
        for part in middle {
            let after = inner
                .find(part.as_str())
                .and_then(|at| inner.get(at + part.len()..));
            let Some(after) = after else {
                return false;
            };
            inner = after;
        }
        true
    }

    /// The longest text that everything has in it which matches.
    fn needle(&self) -> &str {
        let longest = self.parts.iter().max_by_key(|part| part.len());
        longest.map_or("", String::as_str)
    }
}

/// Where a call comes from, as `sourceIpAddress` says it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SourceFilter {
    /// The addresses that share this many bits with this one. An IPv4 address mapped into IPv6 is
    /// taken for the IPv4 address.
    Network(IpAddr, u8),
    /// A word in place of an address, compared exactly: `Internal`, or the host of a service.
    Word(String),
}

impl SourceFilter {
    /// Takes an address, a network or a word. Bits of a network's address beyond its length mean
    /// nothing.
    ///
    /// # Errors
    ///
    /// What looks like an address or a network and is none.
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

    /// Whether a source is this one; `address` is what `text` is when it is an address.
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

    /// Adds what a text holds that holds such a source; false where that cannot be said.
    fn needles(&self, needles: &mut Vec<Needle>) -> bool {
        match self {
            Self::Word(word) => needles.push(Needle::Text(word.clone())),
            Self::Network(IpAddr::V4(network), length) => {
                let Some(needle) = octets(*network, *length) else {
                    return false;
                };
                needles.push(Needle::Text(needle));
                if !needles.contains(&Needle::MappedIpv4) {
                    needles.push(Needle::MappedIpv4);
                }
            }
            // One address has many spellings.
            Self::Network(IpAddr::V6(_), _) => return false,
        }
        true
    }
}

/// The network of an address and the text of a length, if that is one.
fn network(address: IpAddr, length: Option<&str>) -> Option<SourceFilter> {
    let most: u8 = match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    };
    let length = match length {
        None => most,
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().ok().filter(|&length| length <= most)?
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

/// The whole numbers that all addresses of a network begin with, as text, and a dot where more
/// follow.
fn octets(network: Ipv4Addr, length: u8) -> Option<String> {
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

/// Whether a text can stand in place of an address: no wildcard, and not of figures and dots only.
fn is_word(text: &str) -> bool {
    !text.contains(['*', ':', '/'])
        && text.contains(|one: char| one != '.' && !one.is_ascii_digit())
}

/// What `eventRW` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReadWrite {
    /// The call reads.
    Read,
    /// The call writes.
    Write,
}

impl ReadWrite {
    /// The cloud's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "Read",
            Self::Write => "Write",
        }
    }
}

/// What the codes of denied calls begin with: the caller has no right to the call.
///
/// The cloud's own alert on unauthorized calls has the first six, one of them a misspelling that
/// the services give; the last is that of OSS.
const NO_RIGHT: [&str; 7] = [
    "NoPermission",
    "Forbidden",
    "Forbbiden",
    "InvalidAuthorization",
    "AccessForbidden",
    "NotAuthorized",
    "AccessDenied",
];

/// What the codes of denied calls begin with: the credential is unknown, switched off, expired, or
/// was used with a wrong secret.
const BAD_CREDENTIAL: [&str; 4] = [
    "InvalidAccessKeyId",
    "InvalidSecurityToken",
    "SignatureDoesNotMatch",
    "UserDisable",
];

/// Whether an error code says that the call was denied, for a missing right or a bad credential.
/// Calls that were throttled, or had bad parameters, are not.
fn is_denied(error_code: &str) -> bool {
    let mut beginnings = NO_RIGHT.iter().chain(&BAD_CREDENTIAL);
    beginnings.any(|beginning| error_code.starts_with(beginning))
}

impl Conditions {
    /// Whether an event meets the conditions on its own fields.
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
            // Those of the text and the details.
            rw: _,
            event_types: _,
            texts: _,
        } = self;
        let same = |text| move |one: &String| one == text;
        let service = |one: &String| one.eq_ignore_ascii_case(event.service_name);
        let name = |one: &Pattern| one.matches(event.event_name);
        let user = |one: &Pattern| one.matches(event.user_name) || one.matches(event.owner_id);
        let named = |one: &Pattern| event.resources.iter().any(|other| one.matches(other.name));
        let typed = |one: &String| {
            let mut types = event.resources.iter().map(|other| other.resource_type);
            types.any(|other| one == other)
        };
        passes(keys, not_keys, same(event.access_key_id))
            && passes(services, not_services, service)
            && passes(events, not_events, name)
            && passes(event_ids, &[], same(event.event_id))
            && passes(errors, &[], |one: &Pattern| one.matches(event.error_code))
            && (!denied || is_denied(event.error_code))
            && passes(users, not_users, user)
            && passes_source(ips, not_ips, event.source_ip)
            && passes(resources, &[], named)
            && passes(resource_types, &[], typed)
    }

    /// Whether a record's text, as it stands, meets the conditions on it.
    pub fn matches_text(&self, record: &[u8]) -> bool {
        passes(&self.texts, &[], |one: &Expression| one.is_in(record))
    }

    /// Whether there are conditions on a record's details.
    pub fn need_details(&self) -> bool {
        !(self.rw.is_empty() && self.event_types.is_empty())
    }

    /// Whether a record meets the conditions on its details.
    pub fn matches_details(&self, details: &Details<'_>) -> bool {
        passes(&self.rw, &[], |one: &ReadWrite| {
            one.as_str().eq_ignore_ascii_case(details.rw())
        }) && passes(&self.event_types, &[], |one: &String| {
            one == details.event_type()
        })
    }

    /// A search that finds every text with an event which meets the conditions; `None` where no
    /// condition can be searched for. By the condition that is likely to rule out the most.
    pub fn search(&self) -> Option<Search> {
        let texts = |texts: &[String]| Some(texts.iter().cloned().map(Needle::Text).collect());
        let patterns = |patterns: &[Pattern]| {
            let needle = |pattern: &Pattern| Needle::Text(pattern.needle().to_owned());
            Some(patterns.iter().map(needle).collect())
        };
        let origins = |origins: &[SourceFilter]| {
            let mut needles = Vec::new();
            let all = origins.iter().all(|origin| origin.needles(&mut needles));
            all.then_some(needles)
        };
        let any_of = |needles: Option<Vec<Needle>>| Search::any_of(&needles?);
        any_of(texts(&self.event_ids))
            .or_else(|| any_of(texts(&self.keys)))
            .or_else(|| any_of(origins(&self.ips)))
            .or_else(|| any_of(patterns(&self.resources)))
            .or_else(|| any_of(patterns(&self.users)))
            .or_else(|| any_of(patterns(&self.errors)))
            .or_else(|| any_of(patterns(&self.events)))
            .or_else(|| any_of(texts(&self.resource_types)))
    }
}

/// Whether something is one of those wanted, if any are named, and none of those that are not.
fn passes<T>(wanted: &[T], unwanted: &[T], is: impl Fn(&T) -> bool) -> bool {
    (wanted.is_empty() || wanted.iter().any(&is)) && !unwanted.iter().any(&is)
}

/// The same for where a call comes from, which is read as an address only if it is asked for.
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

    /// The same question by trying every way.
    fn plain(pattern: &[u8], text: &[u8]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some((b'*', rest)) => (0..=text.len()).any(|at| plain(rest, &text[at..])),
            Some((one, rest)) => text.first() == Some(one) && plain(rest, &text[1..]),
        }
    }

    proptest! {
        #[test]
        fn a_pattern_matches_what_trying_every_way_finds(
            wanted in "[ab*]{1,6}",
            text in "[ab*]{1,8}",
        ) {
            let pattern = pattern(&wanted);
            prop_assert_eq!(pattern.matches(&text), plain(wanted.as_bytes(), text.as_bytes()));
            if pattern.matches(&text) {
                prop_assert!(text.contains(pattern.needle()));
            }
        }
    }

    #[test]
    fn a_missing_field_meets_no_pattern() {
        assert!(!pattern("*").matches(""));
        assert!(pattern("*").matches("x"));
    }

    fn meets(condition: &str, source: &str) -> bool {
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
            assert_eq!(meets(condition, source), expected, "{condition} {source}");
        }
    }

    #[test]
    fn what_is_no_address_is_told_with_the_right_form() {
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
    fn a_search_finds_what_meets_the_conditions() {
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
    fn the_codes_of_denied_calls_are_told_from_others() {
        for code in [
            "NoPermission",
            "Forbidden.RAM",
            "Forbbiden",
            "InvalidAccessKeyId.Inactive",
            "InvalidSecurityToken.Expired",
            "SignatureDoesNotMatch",
            "AccessDenied",
            "UserDisable",
        ] {
            assert!(is_denied(code), "{code}");
        }
        for code in ["", "Throttling", "InvalidParameter", "EntityNotExist.User"] {
            assert!(!is_denied(code), "{code}");
        }
    }
}
