//! Reads Rust as far as the rules need it: words, paths, and what is a test.

/// Words and punctuation of Rust text, without comments; a string or a character is one `"`.
/// Two colons are one token.
pub fn tokens(text: &str) -> Vec<String> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let rest = &text[at..];
        if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if rest.starts_with("/*") {
            at += rest.find("*/").map_or(rest.len(), |end| end + 2);
        } else if let Some(length) = literal(rest) {
            tokens.push("\"".to_owned());
            at += length;
        } else if byte.is_ascii_alphanumeric() || byte == b'_' {
            let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
            let length = bytes[at..].iter().take_while(|byte| is_word(byte)).count();
            tokens.push(text[at..at + length].to_owned());
            at += length;
        } else if rest.starts_with("::") {
            tokens.push("::".to_owned());
            at += 2;
        } else {
            let character = rest.chars().next().expect("a character");
            if !character.is_whitespace() {
                tokens.push(character.to_string());
            }
            at += character.len_utf8();
        }
    }
    tokens
}

/// The length of the string or character literal that the text begins with.
fn literal(text: &str) -> Option<usize> {
    let unprefixed = text.trim_start_matches(['b', 'c']);
    let prefix = text.len() - unprefixed.len();
    if let Some(raw) = unprefixed.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if prefix <= 1 && raw[hashes..].starts_with('"') {
            let close = format!("\"{}", "#".repeat(hashes));
            let end = raw[hashes + 1..].find(&close)?;
            return Some(prefix + 1 + hashes + 1 + end + close.len());
        }
    }
    if prefix > 1 {
        return None;
    }
    let quote = unprefixed
        .chars()
        .next()
        .filter(|quote| matches!(quote, '"' | '\''))?;
    if quote == '\'' && !is_character(&unprefixed[1..]) {
        return None;
    }
    let mut escaped = false;
    for (at, character) in unprefixed.char_indices().skip(1) {
        if !escaped && character == quote {
            return Some(prefix + at + 1);
        }
        escaped = !escaped && character == '\\';
    }
    None
}

/// Whether what follows a single quote is a character and not a lifetime.
fn is_character(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next() == Some('\\') || characters.next() == Some('\'')
}

/// The tokens without the items that `#[cfg(test)]` stands on.
pub fn without_tests(tokens: &[String]) -> Vec<String> {
    let mark = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at..].starts_with(&mark.map(str::to_owned)) {
            let mut depth = 0_usize;
            at += mark.len();
            while let Some(token) = tokens.get(at) {
                at += 1;
                match token.as_str() {
                    "{" => depth += 1,
                    "}" if depth == 1 => break,
                    "}" => depth -= 1,
                    ";" if depth == 0 => break,
                    _ => {}
                }
            }
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

/// Keywords that a path with `::` in front can stand behind.
const KEYWORDS: &[&str] = &[
    "use", "as", "dyn", "else", "for", "if", "impl", "in", "match", "mut", "return",
];

/// Every path in the code, the trees of `use` laid out flat.
pub fn paths(tokens: &[String]) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        // After `::` a path goes on, unless nothing but a keyword stands before.
        let goes_on = at > 1
            && tokens[at - 1] == "::"
            && is_name(&tokens[at - 2])
            && !KEYWORDS.contains(&tokens[at - 2].as_str());
        let is_keyword = KEYWORDS.contains(&tokens[at].as_str());
        let begins = is_name(&tokens[at]) && !is_keyword && !goes_on;
        if begins {
            at = path(tokens, at, &mut Vec::new(), &mut paths);
        } else {
            at += 1;
        }
    }
    paths
}

/// Lays out the path that begins at a name; returns the position after it.
fn path(
    tokens: &[String],
    mut at: usize,
    before: &mut Vec<String>,
    paths: &mut Vec<Vec<String>>,
) -> usize {
    let length = before.len();
    loop {
        before.push(tokens[at].clone());
        at += 1;
        if tokens.get(at).map(String::as_str) != Some("::") {
            paths.push(before.clone());
            break;
        }
        match tokens.get(at + 1).map(String::as_str) {
            Some(name) if is_name(name) => at += 1,
            Some("{") => {
                at += 2;
                while let Some(token) = tokens.get(at)
                    && token != "}"
                {
                    at = match token.as_str() {
                        "as" => at + 2,
                        token if is_name(token) => path(tokens, at, before, paths),
                        _ => at + 1,
                    };
                }
                at += 1;
                break;
            }
            // `*`, or the `<` of type arguments.
            _ => {
                paths.push(before.clone());
                at += 1;
                break;
            }
        }
    }
    before.truncate(length);
    at
}

pub fn is_name(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

#[test]
fn code_is_told_from_text() {
    let text = r##"
        // crate::a
        use crate::{b::{c, d as e}, f}; /* crate::g */
        const S: &str = "crate::h \" crate::i"; const R: &str = r#"crate::" j"#;
        fn k<'l>(m: &'l str) -> char { '"'; '\''; b'"'; m::n::<O>::p() }
    "##;
    let paths: Vec<_> = paths(&tokens(text))
        .iter()
        .map(|path| path.join("::"))
        .collect();
    for path in ["crate::b::c", "crate::b::d", "crate::f", "m::n"] {
        assert!(paths.iter().any(|one| one == path), "{path} in {paths:?}");
    }
    let crates = paths.iter().filter(|path| path.starts_with("crate"));
    assert_eq!(crates.count(), 3, "{paths:?}");
}
