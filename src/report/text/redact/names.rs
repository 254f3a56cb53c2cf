//! The names whose values are secrets.

/// What a secret name contains; in small letters, and without separators.
pub(super) const SECRET: [&str; 8] = [
    "secret",
    "password",
    "passwd",
    "passphrase",
    "securitytoken",
    "signature",
    "privatekey",
    "userdata",
];

/// The first letters of these words: few places of a name have one of them.
pub(super) const SECRET_FIRST: &[u8] = b"spu";

/// What a secret name ends with.
const SECRET_SUFFIXES: [&str; 7] = [
    "token",
    "authorization",
    "apikey",
    "cookie",
    "pwd",
    "psk",
    "presharedkey",
];

/// The ends of the two names by which an object names a thing and gives its value: `Key` and
/// `Value`, `ParameterKey` and `ParameterValue`, `Tag.1.Key` and `Tag.1.Value`.
pub(super) const NAME_SUFFIXES: [&str; 2] = ["key", "name"];
pub(super) const VALUE_SUFFIXES: [&str; 2] = ["value", "values"];

/// Whether the value of such a name is a secret. Whatever is neither a letter nor a digit separates
/// words, invisible characters included.
pub(super) fn is_secret(name: &str) -> bool {
    let letters = name
        .chars()
        .filter(|character| character.is_alphanumeric())
        // What is not ASCII is in none of the words.
        .map(|character| u8::try_from(character).map_or(0xff, |byte| byte.to_ascii_lowercase()));
    // Names are short, and a record has a hundred of them: most need no allocation.
    let (mut short, mut long) = ([0; 64], Vec::new());
    let name = if name.len() <= short.len() {
        let mut length = 0;
        for (to, letter) in short.iter_mut().zip(letters) {
            *to = letter;
            length += 1;
        }
        short.get(..length).unwrap_or_default()
    } else {
        long.extend(letters);
        long.as_slice()
    };
    SECRET_SUFFIXES
        .iter()
        .any(|suffix| name.ends_with(suffix.as_bytes()))
        || (0..name.len()).any(|at| {
            let rest = name.get(at..).unwrap_or_default();
            rest.first()
                .is_some_and(|letter| SECRET_FIRST.contains(letter))
                && SECRET.iter().any(|word| rest.starts_with(word.as_bytes()))
        })
}

/// The name without a suffix, in small letters, if it has that.
pub(super) fn prefix(name: &str, suffix: &str) -> Option<String> {
    let (prefix, found) = name.split_at_checked(name.len().checked_sub(suffix.len())?)?;
    found
        .eq_ignore_ascii_case(suffix)
        .then(|| prefix.to_ascii_lowercase())
}
