//! What a message shows of a text that is not understood: one line, cut where it gets long.

/// The most characters of a text.
const MAX_CHARACTERS: usize = 60;

/// The bytes that hold so many characters, whatever they are.
const MAX_BYTES: usize = 4 * MAX_CHARACTERS + 16;

/// The longest list of names, in bytes.
const MAX_NAMES: usize = 80;

/// The first line of a text.
pub(super) fn beginning(text: &str) -> String {
    let line = text.trim_ascii_start();
    let line = line.split(['\n', '\r']).next().unwrap_or_default();
    let line = line.trim_ascii_end();
    let mut seen: String = line.chars().take(MAX_CHARACTERS).collect();
    if seen.len() < line.len() {
        seen.push('…');
    }
    seen
}

/// The first line of bytes.
pub(super) fn beginning_of_bytes(bytes: &[u8]) -> String {
    let bytes = bytes.trim_ascii_start();
    beginning(&String::from_utf8_lossy(
        bytes.get(..MAX_BYTES).unwrap_or(bytes),
    ))
}

/// Names in one line.
pub(super) fn names(names: impl Iterator<Item = impl AsRef<str>>) -> String {
    let mut joined = String::new();
    for name in names {
        let name = beginning(name.as_ref());
        if joined.len() + name.len() > MAX_NAMES {
            joined.push_str(", …");
            break;
        }
        if !joined.is_empty() {
            joined.push_str(", ");
        }
        joined.push_str(&name);
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::{beginning, beginning_of_bytes, names};

    #[test]
    fn what_is_seen_of_a_text_is_one_short_line() {
        assert_eq!(beginning(" \n<html>\r\nmore"), "<html>");
        let long = "云".repeat(100);
        assert_eq!(beginning(&long), "云".repeat(60) + "…");
        assert_eq!(beginning_of_bytes(long.as_bytes()), "云".repeat(60) + "…");
        assert_eq!(names(["a", "b"].iter()), "a, b");
        let many = names(std::iter::repeat_n("abcdefgh", 100));
        assert!(many.len() < 100 && many.ends_with(", …"), "{many}");
    }
}
