//! A key before or behind its archives, told apart by what exists.

use std::path::{Path, PathBuf};

use keytrail::event::KeyType;

use super::standard::is_standard;

/// The key and the archives, where either may stand first.
///
/// The word in the place of the key is the key unless it exists and exactly one of the others does not.
pub(super) fn told_apart(key: String, mut roots: Vec<PathBuf>) -> (String, Vec<PathBuf>) {
    if !exists(Path::new(&key)) {
        return (key, roots);
    }
    let mut missing = roots.iter().enumerate().filter(|(_, root)| !exists(root));
    let (Some((place, word)), None) = (missing.next(), missing.next()) else {
        return (key, roots);
    };
    let Some(word) = word.to_str().map(str::to_owned) else {
        return (key, roots);
    };
    roots.remove(place);
    roots.insert(0, key.into());
    (word, roots)
}

/// Takes the keys out of the archives: words that look like keys and that do not exist. One archive
/// has to be left.
pub(super) fn take_keys(roots: &mut Vec<PathBuf>) -> Vec<String> {
    let is_key = |root: &PathBuf| !exists(root) && root.to_str().is_some_and(looks_like_a_key);
    let (keys, archives): (Vec<_>, Vec<_>) = roots.iter().cloned().partition(is_key);
    if archives.is_empty() {
        return Vec::new();
    }
    *roots = archives;
    let keys = keys.into_iter();
    keys.filter_map(|key| key.into_os_string().into_string().ok())
        .collect()
}

/// Whether a word begins as the cloud's AccessKey IDs do, and has more than the four letters of that.
pub(super) fn looks_like_a_key(word: &str) -> bool {
    KeyType::of(word) != KeyType::Other && word.len() > 4 && !word.contains('/')
}

/// Whether a word can be an archive: something on disk, standard input, or a URL.
fn exists(word: &Path) -> bool {
    let is_url = || word.to_str().is_some_and(|word| word.contains("://"));
    is_standard(word) || word.exists() || is_url()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apart(key: &str, roots: &[&str]) -> (String, Vec<PathBuf>) {
        told_apart(key.to_owned(), roots.iter().map(PathBuf::from).collect())
    }

    #[test]
    fn a_key_is_told_from_archives_by_what_exists() {
        let paths = |roots: &[&str]| roots.iter().map(PathBuf::from).collect::<Vec<_>>();
        for (key, roots, found, archives) in [
            ("K", &["src"][..], "K", &["src"][..]),
            ("src", &["K"], "K", &["src"]),
            ("src", &["tests", "K"], "K", &["src", "tests"]),
            ("-", &["K"], "K", &["-"]),
            // Where it cannot be told, the first is the key.
            ("src", &["tests"], "src", &["tests"]),
            ("src", &["K", "L"], "src", &["K", "L"]),
            ("K", &["L"], "K", &["L"]),
        ] {
            let expected = (found.to_owned(), paths(archives));
            assert_eq!(apart(key, roots), expected, "{key} {roots:?}");
        }
    }

    #[test]
    fn only_what_looks_like_a_key_is_taken_from_the_archives() {
        let take = |roots: &[&str]| {
            let mut left = roots.iter().map(PathBuf::from).collect();
            let keys = take_keys(&mut left);
            (keys, left)
        };
        assert_eq!(
            take(&["src", "LTAI5tK"]),
            (vec!["LTAI5tK".to_owned()], vec!["src".into()])
        );
        assert_eq!(
            take(&["STS.NK", "src"]),
            (vec!["STS.NK".to_owned()], vec!["src".into()])
        );
        for roots in [&["src", "sorce"][..], &["LTAI5tK"], &["src", "LTAI/x"]] {
            let paths = roots.iter().map(PathBuf::from).collect();
            assert_eq!(take(roots), (Vec::new(), paths));
        }
    }
}
