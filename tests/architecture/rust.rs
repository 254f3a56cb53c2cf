//! Reads Rust as far as the rules need it: words, paths, and what is a test.

use std::collections::BTreeSet;

/// Words and punctuation of Rust text, without comments; a string or a character is one `"`.
/// Two colons are one token.
pub fn tokens(text: &str) -> Vec<String> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut position = 0;
    while let Some(&byte) = bytes.get(position) {
        let rest = &text[position..];
        if rest.starts_with("//") {
            position += rest.find('\n').unwrap_or(rest.len());
        } else if rest.starts_with("/*") {
            position += rest.find("*/").map_or(rest.len(), |end| end + 2);
        } else if let Some(length) = literal(rest) {
            tokens.push("\"".to_owned());
            position += length;
        } else if byte.is_ascii_alphanumeric() || byte == b'_' {
            let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
            let length = bytes[position..]
                .iter()
                .take_while(|byte| is_word(byte))
                .count();
            tokens.push(text[position..position + length].to_owned());
            position += length;
        } else if rest.starts_with("::") {
            tokens.push("::".to_owned());
            position += 2;
        } else {
            let character = rest.chars().next().expect("a character");
            if !character.is_whitespace() {
                tokens.push(character.to_string());
            }
            position += character.len_utf8();
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
    for (position, character) in unprefixed.char_indices().skip(1) {
        if !escaped && character == quote {
            return Some(prefix + position + 1);
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
    let mut position = 0;
    while position < tokens.len() {
        if tokens[position..].starts_with(&mark.map(str::to_owned)) {
            let mut depth = 0_usize;
            position += mark.len();
            while let Some(token) = tokens.get(position) {
                position += 1;
                match token.as_str() {
                    "{" => depth += 1,
                    "}" if depth == 1 => break,
                    "}" => depth -= 1,
                    ";" if depth == 0 => break,
                    _ => {}
                }
            }
        } else {
            kept.push(tokens[position].clone());
            position += 1;
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
    let mut position = 0;
    while position < tokens.len() {
        // After `::` a path goes on, unless nothing but a keyword stands before.
        let goes_on = position > 1
            && tokens[position - 1] == "::"
            && is_name(&tokens[position - 2])
            && !KEYWORDS.contains(&tokens[position - 2].as_str());
        let is_keyword = KEYWORDS.contains(&tokens[position].as_str());
        let begins = is_name(&tokens[position]) && !is_keyword && !goes_on;
        if begins {
            position = path(tokens, position, &mut Vec::new(), &mut paths);
        } else {
            position += 1;
        }
    }
    paths
}

/// Lays out the path that begins at a name; returns the position after it.
fn path(
    tokens: &[String],
    mut position: usize,
    before: &mut Vec<String>,
    paths: &mut Vec<Vec<String>>,
) -> usize {
    let length = before.len();
    loop {
        before.push(tokens[position].clone());
        position += 1;
        if tokens.get(position).map(String::as_str) != Some("::") {
            paths.push(before.clone());
            break;
        }
        match tokens.get(position + 1).map(String::as_str) {
            Some(name) if is_name(name) => position += 1,
            Some("{") => {
                position += 2;
                while let Some(token) = tokens.get(position)
                    && token != "}"
                {
                    position = match token.as_str() {
                        "as" => position + 2,
                        token if is_name(token) => path(tokens, position, before, paths),
                        _ => position + 1,
                    };
                }
                position += 1;
                break;
            }
            // `*`, or the `<` of type arguments.
            _ => {
                paths.push(before.clone());
                position += 1;
                break;
            }
        }
    }
    before.truncate(length);
    position
}

/// One name that a `use` declaration brings.
#[derive(Debug, PartialEq)]
pub struct Use {
    pub path: Vec<String>,
    /// Its name in this module; nothing for `*`, which brings all names of the path.
    pub name: Option<String>,
}

/// The `use` declarations in the code, and the code without them.
pub fn uses(tokens: &[String]) -> (Vec<Use>, Vec<String>) {
    let (mut uses, mut code) = (Vec::new(), Vec::new());
    let mut position = 0;
    while let Some(token) = tokens.get(position) {
        let begins = tokens
            .get(position + 1)
            .is_some_and(|next| is_name(next) || next == "::" || next == "{");
        if token == "use" && begins {
            position = use_tree(tokens, position + 1, Vec::new(), &mut uses);
        } else {
            code.push(token.clone());
        }
        position += 1;
    }
    (uses, code)
}

/// Reads a tree of a `use` declaration; returns the position after it.
fn use_tree(
    tokens: &[String],
    mut position: usize,
    mut path: Vec<String>,
    uses: &mut Vec<Use>,
) -> usize {
    loop {
        match tokens.get(position).map(String::as_str) {
            Some("::") => position += 1,
            Some("*") => {
                uses.push(Use { path, name: None });
                return position + 1;
            }
            Some("{") => {
                position += 1;
                while tokens.get(position).is_some_and(|token| token != "}") {
                    position = match tokens[position].as_str() {
                        "," => position + 1,
                        _ => use_tree(tokens, position, path.clone(), uses),
                    };
                }
                return position + 1;
            }
            Some(name) if is_name(name) => {
                // `{self}` is the path in front of it.
                if name != "self" || path.is_empty() {
                    path.push(name.to_owned());
                }
                position += 1;
                match tokens.get(position).map(String::as_str) {
                    Some("::") => {}
                    Some("as") => {
                        let name = tokens.get(position + 1).cloned();
                        uses.push(Use { path, name });
                        return position + 2;
                    }
                    _ => {
                        let name = path.last().cloned();
                        uses.push(Use { path, name });
                        return position;
                    }
                }
            }
            _ => return position + 1,
        }
    }
}

/// The names of the types and traits that are defined anywhere in the code; associated types are
/// none.
pub fn types(tokens: &[String]) -> BTreeSet<String> {
    let mut types = BTreeSet::new();
    let mut end_of_body = 0;
    for position in 0..tokens.len() {
        if position >= end_of_body
            && begins_item(tokens, position)
            && matches!(&*tokens[position], "impl" | "trait")
        {
            let body = tokens[position..].iter().position(|token| token == "{");
            end_of_body = body.map_or(position, |body| matching(tokens, position + body));
        }
        match definition(tokens, position) {
            Some(("struct" | "enum" | "union" | "trait", name)) => types.insert(name.to_owned()),
            Some(("type", name)) if position >= end_of_body => types.insert(name.to_owned()),
            _ => false,
        };
    }
    types
}

/// Whether the word at a position can be the first of an item, or comes after its visibility.
fn begins_item(tokens: &[String], position: usize) -> bool {
    const BEFORE: &[&str] = &[
        ";", "{", "}", "]", ")", "\"", "pub", "unsafe", "async", "const", "extern",
    ];
    position == 0 || BEFORE.contains(&tokens[position - 1].as_str())
}

/// The kind and the name of the item that is defined at a position, if there is one.
pub fn definition(tokens: &[String], position: usize) -> Option<(&str, &str)> {
    const KINDS: &[&str] = &[
        "struct",
        "enum",
        "union",
        "trait",
        "type",
        "fn",
        "const",
        "static",
        "macro_rules",
    ];
    const NO_NAMES: &[&str] = &["_", "fn", "unsafe", "async", "extern", "mut"];
    let kind = tokens
        .get(position)
        .filter(|kind| KINDS.contains(&kind.as_str()))?;
    let name = match tokens.get(position + 1)?.as_str() {
        "!" | "mut" => tokens.get(position + 2)?,
        name if NO_NAMES.contains(&name) => return None,
        _ => &tokens[position + 1],
    };
    (begins_item(tokens, position) && is_name(name)).then_some((kind.as_str(), name.as_str()))
}

/// The position of the bracket that closes the one at a position, or of the last token.
pub fn matching(tokens: &[String], position: usize) -> usize {
    let mut depth = 0_usize;
    for (position, token) in tokens.iter().enumerate().skip(position) {
        match token.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return position;
        }
    }
    tokens.len() - 1
}

pub fn is_name(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

#[test]
fn imports_and_definitions_are_found() {
    let (uses, code) = uses(&tokens(
        "use a::{self, b::{C as D, e}, f::*}; pub(crate) use super::G; const fn h() -> impl I + use<'_> {}",
    ));
    let found: Vec<_> = uses
        .iter()
        .map(|one| (one.path.join("::"), one.name.as_deref()))
        .collect();
    let expected = [
        ("a", Some("a")),
        ("a::b::C", Some("D")),
        ("a::b::e", Some("e")),
        ("a::f", None),
        ("super::G", Some("G")),
    ];
    assert_eq!(found, expected.map(|(path, name)| (path.to_owned(), name)));
    let defined: Vec<_> = (0..code.len())
        .filter_map(|position| definition(&code, position))
        .collect();
    assert_eq!(defined, [("fn", "h")]);

    let code = tokens(
        "pub struct A<const N: usize>(*const B); static mut C: &'static str = \"\"; const _: () = ();
         macro_rules! d { () => {} } impl<const M: usize> E for F { type G = fn(H); } unsafe extern \"C\" fn i() {}",
    );
    let defined: Vec<_> = (0..code.len())
        .filter_map(|position| definition(&code, position))
        .collect();
    let expected = [
        ("struct", "A"),
        ("static", "C"),
        ("macro_rules", "d"),
        ("type", "G"),
        ("fn", "i"),
    ];
    assert_eq!(defined, expected);

    let code = tokens(
        "enum A {} fn f() -> impl I { type B = u8; struct C; } impl J for A { type D = u8; fn g() { enum E {} } }
         mod m { pub(crate) trait F { type G; } union H {} }",
    );
    let found: Vec<_> = types(&code).into_iter().collect();
    assert_eq!(found, ["A", "B", "C", "E", "F", "H"]);
}

#[test]
fn paths_in_comments_and_strings_do_not_count() {
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
