//! Secrets that are known by their own form, whatever names them: tokens of JWT, private keys in
//! base64 without the lines around them, and the tokens of some services.

use memchr::memmem;

use super::base64::decoded_head;
use super::cursor::{part, rest};
use super::replacement::{Replacement, mark};

/// The beginning of the header of a JWT: `{"` in base64.
const JWT: &[u8] = b"eyJ";

/// How many characters a key in base64 has at least.
const MIN_KEY: usize = 32;

/// How tokens of services begin, and how many characters follow at least. From the documentation of
/// the services, as of 2026-11.
const PREFIXES: [(&str, usize); 8] = [
    ("ghp_", 30),
    ("gho_", 30),
    ("ghu_", 30),
    ("ghs_", 30),
    ("ghr_", 30),
    ("github_pat_", 30),
    ("sk-", 32),
    ("AGE-SECRET-KEY-", 30),
];

/// Whether a text is long enough in one piece to hold such a secret.
pub(super) fn can_hold(text: &str) -> bool {
    let mut run = 0;
    text.bytes().any(|byte| {
        run = if is_base64(byte) { run + 1 } else { 0 };
        run >= MIN_KEY - 4
    }) || memmem::find(text.as_bytes(), JWT).is_some()
}

/// Finds the secrets that are known by their form.
pub(super) fn find_forms(text: &str, found: &mut Vec<Replacement>) {
    find_jwts(text, found);
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(start) = rest(text, at).bytes().position(is_token) {
        let start = at + start;
        let end = start + run(bytes, start, is_token);
        at = end.max(start + 1);
        let token = part(text, start, end);
        let is_prefixed = PREFIXES.iter().any(|(prefix, length)| {
            let rest = token.strip_prefix(prefix);
            rest.is_some_and(|rest| rest.len() >= *length)
        });
        let end = if is_prefixed {
            end
        } else if token.len() >= MIN_KEY && is_private_key(token) {
            end_of_lines(bytes, end)
        } else {
            continue;
        };
        push(text, start, end, found);
        at = end;
    }
}

/// Finds tokens of JWT: three parts in base64 with dots between them, of which the last may be empty.
fn find_jwts(text: &str, found: &mut Vec<Replacement>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(start) = memmem::find(rest(text, at).as_bytes(), JWT) {
        let start = at + start;
        let header = run(bytes, start, is_base64_url);
        let body_start = start + header + 1;
        at = start + header;
        let body = run(bytes, body_start, is_base64_url);
        if header < 8 || body < 4 || bytes.get(at) != Some(&b'.') {
            continue;
        }
        let mut end = body_start + body;
        while bytes.get(end) == Some(&b'.') {
            end += 1 + run(bytes, end + 1, is_base64_url);
        }
        push(text, start, end, found);
        at = end;
    }
}

fn push(text: &str, start: usize, end: usize, found: &mut Vec<Replacement>) {
    let text = mark(part(text, start, end));
    found.push(Replacement { start, end, text });
}

/// How many bytes from a position on are of a kind.
fn run(bytes: &[u8], start: usize, is: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(start..).unwrap_or_default();
    rest.iter().take_while(|byte| is(**byte)).count()
}

/// The end of a text in base64 that goes on in the next lines.
fn end_of_lines(bytes: &[u8], mut end: usize) -> usize {
    loop {
        end += run(bytes, end, |byte| byte == b'=');
        let next = end + run(bytes, end, |byte| matches!(byte, b'\r' | b'\n'));
        let line = run(bytes, next, is_base64);
        if next == end || line == 0 {
            return end;
        }
        end = next + line;
    }
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

fn is_base64_url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

fn is_token(byte: u8) -> bool {
    is_base64(byte) || is_base64_url(byte)
}

/// Whether the text begins as a private key in base64 does: in DER (PKCS #1, #8 and #12, and SEC 1),
/// in the form of OpenSSH, or as PEM that is encoded once more.
fn is_private_key(text: &str) -> bool {
    let head = decoded_head(text);
    if head.starts_with(b"openssh-key-v1") {
        return true;
    }
    if let Some(label) = head.strip_prefix(b"-----BEGIN ".as_slice()) {
        return memmem::find(label, b"PRIVATE KEY").is_some();
    }
    // A sequence, its length, and a version; a certificate and a public key have none.
    let Some((0x30, rest)) = head.split_first().map(|(first, rest)| (*first, rest)) else {
        return false;
    };
    let length = match rest.first() {
        Some(0..=0x7f) => 1,
        Some(0x81) => 2,
        Some(0x82) => 3,
        _ => return false,
    };
    match rest.get(length..) {
        // The version, and what follows it: a number, an algorithm, or the octets of the key.
        Some([0x02, 0x01, 0 | 1, 0x02 | 0x30 | 0x04, ..] | [0x02, 0x01, 3, 0x30, ..]) => true,
        Some(_) | None => false,
    }
}
