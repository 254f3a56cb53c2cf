//! Where calls come from: filters on `sourceIpAddress`, and the addresses in it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use super::condition_error::{ConditionError, non_empty};
use crate::event::Needle;

/// A filter on the source of a call, its `sourceIpAddress`, and on every address in it.
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
    /// A field as a table shows it that is more than an address: a list of them, or one with a port or
    /// a zone. Its parts are compared exactly; blanks around them mean nothing.
    Field(Vec<String>),
}

impl SourceFilter {
    /// Parses an address, a network or a word. Bits of the address beyond the length of the network
    /// are ignored.
    ///
    /// # Errors
    ///
    /// A text that is empty, or looks like an address or a network and is none.
    pub fn new(text: &str) -> Result<Self, ConditionError> {
        let text = non_empty(text.trim(), "198.51.100.7")?;
        let text = bare(&text).unwrap_or(&text);
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        match (address.parse::<IpAddr>(), length) {
            (Ok(address), length) => network(address, length).ok_or(ConditionError::Address),
            (Err(_), None) if is_range(text) => Err(ConditionError::Range),
            (Err(_), None) if is_field(text) => {
                Ok(Self::Field(parts(text).map(str::to_owned).collect()))
            }
            (Err(_), None) if text.contains(',') => Err(ConditionError::List),
            (Err(_), None) if is_internal_in_other_case(text) => {
                Err(ConditionError::WordInOtherCase)
            }
            (Err(_), None) if is_word(text) => Ok(Self::Word(text.to_owned())),
            (Err(_), _) => Err(ConditionError::Address),
        }
    }

    /// Whether a source is one of these.
    pub fn any_matches(filters: &[Self], source: &str) -> bool {
        let addresses: Vec<IpAddr> = addresses(source).collect();
        filters.iter().any(|one| one.matches(source, &addresses))
    }

    /// Whether a source matches. `addresses` are all addresses in `text`.
    pub(super) fn matches(&self, text: &str, addresses: &[IpAddr]) -> bool {
        match self {
            Self::Word(word) => word == text.trim(),
            Self::Field(wanted) => parts(text).eq(wanted.iter().map(String::as_str)),
            Self::Network(network, length) => addresses
                .iter()
                .any(|address| is_inside(*address, *network, *length)),
        }
    }

    /// Adds needles of which every text with a matching source has one; false where there are none.
    pub(super) fn needles(&self, needles: &mut Vec<Needle>) -> bool {
        match self {
            Self::Word(word) => needles.push(Needle::Text(word.clone())),
            Self::Field(wanted) => match wanted.first() {
                Some(first) => needles.push(Needle::Text(first.clone())),
                None => return false,
            },
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

/// Whether an address is in a network of this length.
fn is_inside(address: IpAddr, network: IpAddr, length: u8) -> bool {
    match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            let other = network.to_bits() ^ address.to_bits();
            other.leading_zeros() >= u32::from(length)
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            let other = network.to_bits() ^ address.to_bits();
            other.leading_zeros() >= u32::from(length)
        }
        (IpAddr::V4(_) | IpAddr::V6(_), _) => false,
    }
}

/// The address inside brackets, where a text is nothing else.
fn bare(text: &str) -> Option<&str> {
    text.strip_prefix('[')?.strip_suffix(']')
}

/// The parts of a source: it may be a list.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split(|one: char| matches!(one, ',' | ';') || one.is_whitespace());
    parts.filter(|part| !part.is_empty())
}

/// Every address in a source: alone, in a list, with a port, in brackets, with a zone. One that is
/// mapped into IPv6 is the IPv4 address.
///
/// ```
/// use std::net::IpAddr;
///
/// use keytrail::calls::addresses;
///
/// let addresses: Vec<IpAddr> = addresses("203.0.113.7:443, [2001:db8::7]").collect();
/// assert_eq!(addresses, ["203.0.113.7", "2001:db8::7"].map(|one| one.parse::<IpAddr>().unwrap()));
/// ```
pub fn addresses(source: &str) -> impl Iterator<Item = IpAddr> {
    parts(source).filter_map(address)
}

/// The address that a part of a source is.
fn address(part: &str) -> Option<IpAddr> {
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|one| one.is_ascii_digit());
    let address = if let Some(bracketed) = part.strip_prefix('[') {
        let (inside, behind) = bracketed.split_once(']')?;
        if !(behind.is_empty() || behind.strip_prefix(':').is_some_and(is_port)) {
            return None;
        }
        inside
    } else {
        match part.split_once(':') {
            Some((before, digits)) if is_port(digits) && before.contains('.') => before,
            Some(_) | None => part,
        }
    };
    let address = match address.split_once('%') {
        Some((address, zone)) if !zone.is_empty() && address.contains(':') => address,
        Some(_) | None => address,
    };
    address
        .parse()
        .ok()
        .map(|address: IpAddr| address.to_canonical())
}

/// Whether a text is a source with an address in it: what a table can show.
fn is_field(text: &str) -> bool {
    !text.contains('*')
        && parts(text).all(|part| address(part).is_some() || is_word(part))
        && addresses(text).next().is_some()
}

/// Whether a text is an address, a hyphen and something else.
fn is_range(text: &str) -> bool {
    let first = text.split_once('-').map(|(first, _last)| first.trim());
    first.is_some_and(|first| first.parse::<IpAddr>().is_ok())
}

fn is_internal_in_other_case(text: &str) -> bool {
    text.eq_ignore_ascii_case("Internal") && text != "Internal"
}

impl fmt::Display for SourceFilter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(address @ IpAddr::V4(_), 32)
            | Self::Network(address @ IpAddr::V6(_), 128) => write!(formatter, "{address}"),
            Self::Network(address, length) => write!(formatter, "{address}/{length}"),
            Self::Word(word) => formatter.write_str(word),
            Self::Field(parts) => formatter.write_str(&parts.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source_matches(condition: &str, source: &str) -> bool {
        SourceFilter::any_matches(&[SourceFilter::new(condition).unwrap()], source)
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
    fn an_address_is_found_in_a_list_with_a_port_in_brackets_and_with_a_zone() {
        for (condition, source, expected) in [
            ("203.0.113.7", "203.0.113.7, 10.0.0.1", true),
            ("10.0.0.0/8", "203.0.113.7,10.0.0.1", true),
            ("203.0.113.7", "unknown, 203.0.113.7", true),
            ("203.0.113.7", "203.0.113.7:51234", true),
            ("203.0.113.7", " 203.0.113.7 ", true),
            ("203.0.113.7", "203.0.113.7:", false),
            ("203.0.113.7", "[203.0.113.7]", true),
            ("2001:db8::7", "[2001:db8::7]:443", true),
            ("2001:db8::7", "[2001:db8::7]", true),
            ("2001:db8::7", "[2001:db8::7]x", false),
            ("fe80::7", "fe80::7%eth0", true),
            ("fe80::7", "[fe80::7%eth0]:1", true),
            ("[2001:db8::7]", "2001:db8::7", true),
            (" 203.0.113.7", "203.0.113.7", true),
            // What a table shows stands for that and for nothing else.
            ("203.0.113.7, 10.0.0.1", "203.0.113.7,10.0.0.1", true),
            ("203.0.113.7, 10.0.0.1", "203.0.113.7", false),
            ("203.0.113.7:51234", "203.0.113.7:51234", true),
            ("203.0.113.7:51234", "203.0.113.7", false),
            ("[2001:db8::7]:443", "[2001:db8::7]:443", true),
            ("fe80::7%eth0", "fe80::7%eth0", true),
            ("unknown, 10.0.0.1", "unknown, 10.0.0.1", true),
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
            "203.0.113.77-203.0.113.99",
            "203.0.113.77 - 203.0.113.99",
            "2001:db8::1-2001:db8::9",
        ] {
            let error = SourceFilter::new(text).expect_err(text).to_string();
            assert!(error.contains("198.51.100.0/24"), "{text}: {error}");
        }
        for (text, expected) in [
            ("203.0.113.77-203.0.113.99", ConditionError::Range),
            ("203.0.113.77-99", ConditionError::Range),
            ("internal", ConditionError::WordInOtherCase),
            ("INTERNAL", ConditionError::WordInOtherCase),
            ("Internal,ecs.aliyuncs.com", ConditionError::List),
            ("10.0.0.1, 10.*", ConditionError::List),
        ] {
            assert_eq!(SourceFilter::new(text), Err(expected), "{text}");
        }
        assert!(SourceFilter::new("").is_err());
        assert!(SourceFilter::new(" ").is_err());
    }
}
