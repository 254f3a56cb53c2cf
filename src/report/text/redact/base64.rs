//! Text in base64, as commands are sent. Leaves out what is secret in it.

/// The fewest characters of a text that is decoded, and the most.
const MIN_LENGTH: usize = 16;
const MAX_LENGTH: usize = 1 << 18;

/// The text that another one stands for as a whole, if that is base64, with line ends or without. Most
/// other texts have a character of their own near their beginning.
pub(super) fn decoded_text(text: &str) -> Option<String> {
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let digits = text.trim_end_matches(['\r', '\n', '=']);
    if !(MIN_LENGTH..=MAX_LENGTH).contains(&text.len())
        || !digits
            .bytes()
            .all(|byte| is_digit(byte) || is_line_end(byte))
    {
        return None;
    }
    let digits = digits.bytes().filter(|byte| !is_line_end(*byte));
    let mut bytes = Vec::new();
    for byte in decoded(digits.filter_map(value_of)) {
        if byte < b' ' && !byte.is_ascii_whitespace() {
            return None;
        }
        bytes.push(byte);
    }
    String::from_utf8(bytes).ok()
}

/// The first bytes that a text stands for, which begins as base64.
pub(super) fn decoded_head(text: &str) -> Vec<u8> {
    decoded(text.bytes().take(64).map_while(value_of)).collect()
}

/// The bytes that digits of base64 stand for.
fn decoded(values: impl Iterator<Item = u8>) -> impl Iterator<Item = u8> {
    let (mut bits, mut count) = (0_u32, 0);
    values.filter_map(move |value| {
        bits = bits << 6 | u32::from(value);
        count += 6;
        (count >= 8).then(|| {
            count -= 8;
            u8::try_from(bits >> count & 0xff).unwrap_or_default()
        })
    })
}

/// The value of a digit of base64, of the usual alphabet or the one for addresses.
fn value_of(digit: u8) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'a'..=b'z' => Some(digit - b'a' + 26),
        b'0'..=b'9' => Some(digit - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}
