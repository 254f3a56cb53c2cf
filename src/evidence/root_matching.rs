//! Which root of an archive is which root of a manifest: roots may be named in another order, and a copy
//! of an archive lies elsewhere, so neither their numbers nor their paths tell, but their files do.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::archive::LogFileKey;

/// A log file as far as it tells its root: by its path below that, and by its content.
#[derive(Clone, Copy, Debug)]
pub(super) struct RootedFile<'f> {
    pub(super) root: u32,
    pub(super) path: &'f [u8],
    pub(super) sha256: [u8; 32],
}

impl<'f> RootedFile<'f> {
    pub(super) fn new(key: &'f LogFileKey, sha256: [u8; 32]) -> Self {
        Self {
            root: key.root,
            path: &key.path,
            sha256,
        }
    }
}

/// How much two roots have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Shared {
    files: u64,
    paths: u64,
}

/// The number of each root of `earlier` files among the roots of the files that there are `now`.
///
/// Those that share the most files belong together, or else the most paths, those of one number first. A
/// root that shares none keeps its number, or, where that is another's, has one that no root has.
pub(super) fn matching_roots<'f>(
    earlier: impl Iterator<Item = RootedFile<'f>>,
    now: impl Iterator<Item = RootedFile<'f>>,
) -> BTreeMap<u32, u32> {
    let mut roots: BTreeSet<u32> = BTreeSet::new();
    let mut by_path: HashMap<&[u8], Vec<RootedFile<'_>>> = HashMap::new();
    for file in earlier {
        roots.insert(file.root);
        by_path.entry(file.path).or_default().push(file);
    }
    let mut shared: BTreeMap<(u32, u32), Shared> = BTreeMap::new();
    let mut unused = roots.last().map_or(0, |last| last + 1);
    for file in now {
        unused = unused.max(file.root + 1);
        for other in by_path.get(file.path).into_iter().flatten() {
            let shared = shared.entry((other.root, file.root)).or_default();
            shared.files += u64::from(other.sha256 == file.sha256);
            shared.paths += 1;
        }
    }
    let mut pairs: Vec<_> = shared.into_iter().collect();
    pairs.sort_by_key(|&((root, other), shared)| (Reverse(shared), root != other, root, other));
    let (mut matching, mut taken) = (BTreeMap::new(), BTreeSet::new());
    for ((root, other), _) in pairs {
        if !matching.contains_key(&root) && taken.insert(other) {
            matching.insert(root, other);
        }
    }
    for root in roots {
        matching.entry(root).or_insert_with(|| {
            if taken.insert(root) {
                return root;
            }
            unused += 1;
            unused - 1
        });
    }
    matching
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Matches roots that are written as words of files, one letter each; a capital is the same path with
    /// other content.
    fn check(earlier: &str, now: &str, expected: &[(u32, u32)]) {
        const PATHS: &[u8] = &[b'/'; 32];
        fn files(roots: &str) -> Vec<RootedFile<'_>> {
            let mut files = Vec::new();
            for (root, word) in (0..).zip(roots.split(' ')) {
                for (place, letter) in word.char_indices() {
                    files.push(RootedFile {
                        root,
                        path: PATHS
                            .get(usize::from(word.as_bytes()[place] & 31)..)
                            .unwrap(),
                        sha256: [u8::try_from(letter).unwrap(); 32],
                    });
                }
            }
            files
        }
        let matching = matching_roots(files(earlier).into_iter(), files(now).into_iter());
        assert_eq!(
            matching.into_iter().collect::<Vec<_>>(),
            expected,
            "{earlier} {now}"
        );
    }

    #[test]
    fn roots_are_matched_by_the_files_that_they_share() {
        check("abc xyz", "abc xyz", &[(0, 0), (1, 1)]);
        check("abc xyz", "xyz abc", &[(0, 1), (1, 0)]);
        check("abc xyz", "xy abcz", &[(0, 1), (1, 0)]);
        // Copies of one another stay where they are, also where one has lost a file.
        check("abc abc", "ab abc", &[(0, 0), (1, 1)]);
        check("abc abc", "abc ab", &[(0, 0), (1, 1)]);
        // Of a file that has changed, the path tells.
        check("a x", "X a", &[(0, 1), (1, 0)]);
        // Roots that share nothing keep their numbers, unless those are taken.
        check("abc", "xyz", &[(0, 0)]);
        check("abc", "", &[(0, 0)]);
        check("", "abc", &[]);
        check("abc xyz", "xyz", &[(0, 2), (1, 0)]);
        check("abc", "xyz abc", &[(0, 1)]);
    }
}
