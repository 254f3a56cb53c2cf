//! Percent-encoded text.

use memchr::memchr;

use super::cursor::{part, rest};

/// The longest text that is decoded: some thirty bytes of memory are needed for each of its bytes,
/// and no request has so long an address.
const MAX_LENGTH: usize = 1 << 20;

/// How many times text is decoded.
const MAX_TIMES: usize = 3;

/// Decodes a text, up to [`MAX_TIMES`] where it was encoded again and again. Also gives the position
/// in the encoded text of each decoded byte, and of the end. `None` where nothing is encoded.
pub(super) fn percent_decoded(text: &str) -> Option<(String, Vec<usize>)> {
    if text.len() > MAX_LENGTH {
        return None;
    }
    let (mut decoded, mut places) = decoded_once(text)?;
    for _ in 1..MAX_TIMES {
        let Some((again, read)) = decoded_once(&decoded) else {
            break;
        };
        places = read
            .iter()
            .map(|&at| places.get(at).copied().unwrap_or(text.len()))
            .collect();
        decoded = again;
    }
    Some((decoded, places))
}

/// Decodes the bytes of ASCII.
fn decoded_once(text: &str) -> Option<(String, Vec<usize>)> {
    memchr(b'%', text.as_bytes())?;
    let mut decoded = String::with_capacity(text.len());
    let mut places = Vec::with_capacity(text.len() + 1);
    let mut at = 0;
    while let Some(character) = rest(text, at).chars().next() {
        let encoded = part(text, at, at + 3)
            .strip_prefix('%')
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())
            .filter(u8::is_ascii);
        let (character, length) = match encoded {
            Some(byte) => (char::from(byte), 3),
            None => (character, character.len_utf8()),
        };
        places.extend(at..at + character.len_utf8());
        decoded.push(character);
        at += length;
    }
    places.push(text.len());
    (decoded.len() < text.len()).then_some((decoded, places))
}
