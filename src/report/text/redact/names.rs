//! The names whose values are secrets.
//!
//! A name is read as its letters, without separators, and as its words, which separators, capitals and
//! digits begin. Long words are looked for among the letters, short ones must be words of their own.

/// What of a value is secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Secrecy {
    /// The value, whatever it is.
    Whole,
    /// A text or a list of texts. An object is searched by its own names, and the ID of an AccessKey
    /// stays.
    Text,
}

/// What a secret name contains; in small letters, and without separators.
///
/// The names of parameters are those of the API references of RAM, KMS, STS, ECS, RDS and CS, as of
/// 2026-11.
const ANYWHERE: [&str; 31] = [
    "secret",
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "securitytoken",
    "signature",
    "privatekey",
    "userdata",
    "plaintext",
    "stringseed",
    "qrcode",
    "samlassertion",
    "keymaterial",
    "clientkeydata",
    "apikey",
    "masterkey",
    "sharedkey",
    "signingkey",
    "signkey",
    "sessionkey",
    "sshkey",
    "encryptionkey",
    "encryptkey",
    "decryptionkey",
    "hmackey",
    "aeskey",
    "jwtkey",
    "authkey",
    "accountkey",
    "licensekey",
];

/// The first letters of these words, a bit each: few places of a name have one of them.
const FIRST_LETTERS: u32 = {
    let mut letters = 0;
    let mut words = ANYWHERE.as_slice();
    while let Some((word, rest)) = words.split_first() {
        if let [first, ..] = word.as_bytes() {
            letters |= 1 << (*first - b'a');
        }
        words = rest;
    }
    letters
};

/// What a secret name in Chinese ends with: password, pass phrase, private key, secret key.
pub(super) const CHINESE: [&str; 4] = ["密码", "口令", "私钥", "密钥"];

/// What a secret name ends with.
const SUFFIXES: [&str; 8] = [
    "token",
    "authorization",
    "cookie",
    "cookies",
    "pwd",
    "psk",
    "pass",
    "passkey",
];

/// Words that end with `pass` and have nothing to do with passwords.
const NO_PASSWORDS: [&str; 2] = ["bypass", "compass"];

/// Words of a name whose value is secret as a whole.
const WORDS: [&str; 6] = ["token", "pwd", "psk", "pass", "jwt", "passkey"];

/// Words of a name whose value is secret where it is a text.
const TEXT_WORDS: [&str; 6] = [
    "credential",
    "credentials",
    "cred",
    "creds",
    "ticket",
    "bearer",
];

/// The same for words that have to be the last ones, unless the name is one of a variable.
const LAST_WORDS: [&str; 4] = ["auth", "sk", "pat", "seed"];

/// In front of `KEY` in the name of a variable, words of keys that find or encrypt something and are no
/// secrets.
const OPEN_KEYS: [&str; 48] = [
    "access",
    "app",
    "bucket",
    "cache",
    "cmk",
    "column",
    "composite",
    "config",
    "customer",
    "dedup",
    "device",
    "dimension",
    "elements",
    "event",
    "field",
    "filter",
    "foreign",
    "group",
    "hash",
    "host",
    "idempotency",
    "index",
    "item",
    "kms",
    "label",
    "last",
    "map",
    "message",
    "metric",
    "next",
    "object",
    "oss",
    "parameter",
    "parameters",
    "partition",
    "path",
    "primary",
    "product",
    "public",
    "range",
    "record",
    "resource",
    "route",
    "routing",
    "row",
    "sort",
    "start",
    "tag",
];

/// Last words of names that say something about a secret and are none.
const ABOUT: [&str; 62] = [
    "age",
    "algorithm",
    "arn",
    "attempts",
    "bucket",
    "complexity",
    "count",
    "created",
    "date",
    "days",
    "disabled",
    "duration",
    "enabled",
    "encoding",
    "expiration",
    "expire",
    "expired",
    "expires",
    "expiry",
    "file",
    "format",
    "history",
    "hours",
    "id",
    "ids",
    "interval",
    "length",
    "limit",
    "method",
    "mode",
    "name",
    "names",
    "origin",
    "owner",
    "pair",
    "pairs",
    "path",
    "policies",
    "policy",
    "prevention",
    "provider",
    "rate",
    "ref",
    "region",
    "report",
    "required",
    "role",
    "rotation",
    "seconds",
    "size",
    "spec",
    "state",
    "status",
    "stdin",
    "strength",
    "through",
    "time",
    "ttl",
    "type",
    "types",
    "unix",
    "version",
];

/// Names of headers and parameters, by their letters, that in a list stand in front of their value.
const LISTED: [&str; 17] = [
    "accesskeysecret",
    "accesstoken",
    "apikey",
    "authorization",
    "cookie",
    "pass",
    "passwd",
    "password",
    "proxyauthorization",
    "pwd",
    "secret",
    "securitytoken",
    "setcookie",
    "token",
    "xacssecuritytoken",
    "xapikey",
    "xauthtoken",
];

/// The ends of the two names by which an object names a thing and gives its value: `Key` and
/// `Value`, `ParameterKey` and `ParameterValue`, `Tag.1.Key` and `Tag.1.Value`.
pub(super) const NAME_SUFFIXES: [&str; 8] = [
    "key",
    "name",
    "header",
    "field",
    "parameter",
    "param",
    "variable",
    "attribute",
];
pub(super) const VALUE_SUFFIXES: [&str; 3] = ["value", "values", "val"];

/// Ends of the second name that do not stand beside a `Name`: that is how a file is sent, and what it
/// holds is evidence.
pub(super) const CONTENT_SUFFIXES: [&str; 2] = ["content", "contents"];

/// Whether the value of such a name is a secret, and what of it. Whatever is neither a letter nor a
/// digit separates words, invisible characters included.
pub(super) fn secrecy(name: &str) -> Option<Secrecy> {
    // The type of a resource, such as `ACS::KMS::Secret`, under which names stand.
    if name.contains("::") {
        return None;
    }
    if !name.is_ascii() && CHINESE.iter().any(|word| name.ends_with(word)) {
        return Some(Secrecy::Whole);
    }
    with_letters(name, |letters| secrecy_of(name, letters))
}

/// Whether a name in a list is one of a secret that the next element holds. More names may stand in a
/// list than beside a colon, so these are few.
pub(super) fn is_listed(name: &str) -> bool {
    let is_variable = name.contains('_') && !name.contains(|c: char| c.is_ascii_lowercase());
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    name.len() <= 64
        && name.bytes().all(is_name)
        && (is_variable || is_option(name) || is_among(&LISTED, name))
        && secrecy(name).is_some()
}

/// Whether a name is one of an option of a command.
pub(super) fn is_option(name: &str) -> bool {
    name.starts_with('-')
}

/// The name without a suffix, in small letters, if it has that.
pub(super) fn prefix(name: &str, suffix: &str) -> Option<String> {
    let (prefix, found) = name.split_at_checked(name.len().checked_sub(suffix.len())?)?;
    found
        .eq_ignore_ascii_case(suffix)
        .then(|| prefix.to_ascii_lowercase())
}

fn is_among(names: &[&str], name: &str) -> bool {
    with_letters(name, |letters| {
        let mut names = names.iter();
        let same = |name: &&str| letters.iter().map(|l| l.small).eq(name.bytes());
        names.any(same)
    })
}

/// A letter or a digit of a name.
#[derive(Clone, Copy, Default)]
struct Letter {
    small: u8,
    /// Whether a word begins with it.
    begins: bool,
}

/// How many letters of a name are looked at, from its end: what is longer is no name.
const MAX_LETTERS: usize = 256;

/// Reads a name. Names are short, and a record has a hundred of them: most need no allocation.
fn with_letters<R>(name: &str, read: impl FnOnce(&[Letter]) -> R) -> R {
    if name.len() <= 64 {
        let mut short = [Letter::default(); 64];
        let mut length = 0;
        for (to, letter) in short.iter_mut().zip(letters(name)) {
            *to = letter;
            length += 1;
        }
        read(short.get(..length).unwrap_or_default())
    } else {
        let letters: Vec<_> = letters(name).collect();
        let start = letters.len().saturating_sub(MAX_LETTERS);
        read(letters.get(start..).unwrap_or_default())
    }
}

fn letters(name: &str) -> impl Iterator<Item = Letter> {
    let mut characters = name.chars().peekable();
    let mut before = ' ';
    std::iter::from_fn(move || {
        loop {
            let character = characters.next()?;
            let last = std::mem::replace(&mut before, character);
            if !character.is_alphanumeric() {
                continue;
            }
            let next_is_small = characters.peek().is_some_and(char::is_ascii_lowercase);
            let begins = !last.is_alphanumeric()
                || last.is_ascii_digit() != character.is_ascii_digit()
                || character.is_ascii_uppercase() && (!last.is_ascii_uppercase() || next_is_small);
            // What is not ASCII is in none of the words.
            let small = u8::try_from(character).map_or(0xff, |byte| byte.to_ascii_lowercase());
            return Some(Letter { small, begins });
        }
    })
}

fn secrecy_of(name: &str, letters: &[Letter]) -> Option<Secrecy> {
    let is = |letters: &[Letter], word: &str| letters.iter().map(|l| l.small).eq(word.bytes());
    let ends_with = |letters: &[Letter], end: &str| {
        let start = letters.len().checked_sub(end.len());
        start.is_some_and(|start| is(letters.get(start..).unwrap_or_default(), end))
    };
    let words = letters.chunk_by(|_, next| !next.begins);
    let is_number = |word: &&[Letter]| word.iter().all(|letter| letter.small.is_ascii_digit());
    let last = words.clone().rev().find(|word| !is_number(word))?;
    if ABOUT.iter().any(|about| is(last, about)) {
        return None;
    }
    if contains_secret(letters).is_some_and(|rest| !ABOUT.iter().any(|about| is(rest, about)))
        || SUFFIXES.iter().any(|end| ends_with(letters, end))
            && !NO_PASSWORDS.iter().any(|end| ends_with(letters, end))
    {
        return Some(Secrecy::Whole);
    }
    let is_variable = name.contains('_') || !name.contains(|c: char| c.is_ascii_lowercase());
    let mut text = false;
    let mut before: Option<&[Letter]> = None;
    for word in words {
        if is_number(&word) {
            continue;
        }
        if WORDS.iter().any(|secret| is(word, secret)) {
            return Some(Secrecy::Whole);
        }
        text |= TEXT_WORDS.iter().any(|secret| is(word, secret));
        let counts = is_variable || std::ptr::eq(word, last);
        text |= counts && LAST_WORDS.iter().any(|secret| is(word, secret));
        let is_key = is_variable && (is(word, "key") || is(word, "keys"));
        text |= is_key && before.is_some_and(|word| !OPEN_KEYS.iter().any(|open| is(word, open)));
        before = Some(word);
    }
    text.then_some(Secrecy::Text)
}

/// What follows the last of the words that may stand anywhere.
fn contains_secret(letters: &[Letter]) -> Option<&[Letter]> {
    (0..letters.len()).rev().find_map(|at| {
        let rest = letters.get(at..)?;
        let first = rest.first()?.small.wrapping_sub(b'a');
        if first >= 26 || FIRST_LETTERS >> first & 1 == 0 {
            return None;
        }
        let word = ANYWHERE.iter().find(|word| {
            let mut letters = rest.iter();
            word.bytes()
                .all(|byte| letters.next().is_some_and(|letter| letter.small == byte))
        })?;
        rest.get(word.len()..)
    })
}
