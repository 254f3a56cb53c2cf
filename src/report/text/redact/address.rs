//! The password of an address: `mysql://user:password@host`.

use memchr::memmem;

use super::cursor::{part, rest};
use super::replacement::{Replacement, replaced};

/// How long the part of an address may be in which a password is looked for.
const LOOK_AHEAD: usize = 512;

/// Finds the passwords of addresses in a text.
pub(super) fn find_passwords(text: &str, found: &mut Vec<Replacement>) {
    let mut at = 0;
    while let Some(sign) = memmem::find(rest(text, at).as_bytes(), b"://") {
        let start = at + sign + "://".len();
        at = start;
        if let Some((start, end)) = password(text, start) {
            found.extend(replaced(text, start, end));
            at = end;
        }
    }
}

/// The range of the password of the address whose authority begins here.
fn password(text: &str, start: usize) -> Option<(usize, usize)> {
    let address = rest(text, start);
    let ends =
        |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>');
    let bytes = address.as_bytes();
    let bytes = bytes.get(..bytes.len().min(LOOK_AHEAD)).unwrap_or_default();
    let bytes = bytes.split(ends).next()?;
    let authority = bytes.split(|byte| matches!(byte, b'/' | b'?' | b'#'));
    let authority = authority.into_iter().next()?;
    let colon = authority.iter().position(|byte| *byte == b':')?;
    let inside = colon + 1;
    let last_at = |bytes: &[u8]| bytes.iter().rposition(|byte| *byte == b'@');
    let end = match last_at(authority) {
        Some(end) => end,
        // A password that should have been encoded: what stands behind the colon is no port.
        None if authority.get(inside..)?.iter().all(u8::is_ascii_digit) => return None,
        None => last_at(bytes)?,
    };
    (end > inside && !part(text, start + inside, start + end).is_empty())
        .then_some((start + inside, start + end))
}
