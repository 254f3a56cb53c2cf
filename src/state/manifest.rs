//! The manifest of a state: which runs it consists of, and what else is true of all of it.
//!
//! It is a JSON document with one member a line, whose last member is the SHA-256 of everything in front
//! of it, so that a changed byte is noticed wherever it is. The text has to be what this module writes.
//!
//! ```text
//! {
//!   "format": "keytrail.state.v1",
//!   "generation": 17,
//!   …
//!   "sha256": "ba7816bf…"
//! }
//! ```
//!
//! A document of another format is not looked at any further. Left out: where the manifest lies, and
//! whether the files that it lists are there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// The one format that is read and written.
const FORMAT: &str = "keytrail.state.v1";

/// What all formats of states of this program begin with.
const ANY_FORMAT: &str = "\"format\": \"keytrail.state.";

/// What stands before and after the digest at the end.
const BEFORE_DIGEST: &str = ",\n  \"sha256\": \"";
const AFTER_DIGEST: &str = "\"\n}\n";

/// The manifest of a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateManifest {
    format: ManifestFormat,
    /// How often the state was committed; 0 before the first commit.
    pub generation: u64,
    /// The version of the program that wrote it.
    #[serde(rename = "keytrail")]
    pub version: String,
    /// Whether secrets were replaced in all that was saved.
    pub secrets: StateSecrets,
    /// The roots that were read, by their number.
    pub roots: Vec<StateRoot>,
    /// The runs that the state consists of, in the order in which they were committed.
    pub runs: Vec<StateRun>,
    /// Runs that the last commit replaced. Their files are still there, for who began to read before it.
    pub retired: Vec<RunId>,
}

/// Whether a state has secrets that stand in records, such as passwords in error messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StateSecrets {
    /// All were replaced before they were saved.
    Redacted,
    /// Some may be there as they were.
    Kept,
}

/// A root of an archive: its real path, or its URL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "RootText", into = "RootText")]
pub struct StateRoot {
    /// The path as bytes, with `/` between the names.
    pub path: Vec<u8>,
}

/// A root as it is written: the path as text and, if it is no UTF-8, as bytes, too.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RootText {
    path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bytes: Option<Vec<u8>>,
}

/// A run: what was read in one go, or merged from earlier runs. Its files never change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateRun {
    /// Its name.
    pub id: RunId,
    /// The class of its size, by which runs are merged.
    pub class: u8,
    /// How many events it has, copies included.
    pub events: u64,
    /// How many of these are copies of events of this run or of an earlier one.
    pub copies: u64,
    /// How many log files were read.
    pub log_files: u64,
    /// The time of the first event, in milliseconds since 1970 UTC; `None` if it has no event.
    pub first: Option<i64>,
    /// The time of the last event.
    pub last: Option<i64>,
    /// Its files.
    pub files: BTreeMap<StateTable, TableFile>,
}

/// A file of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableFile {
    /// Its size in bytes.
    pub size: u64,
    /// How many rows it has.
    pub rows: u64,
    /// The SHA-256 of the list of its checksums.
    #[serde(serialize_with = "write_digest", deserialize_with = "read_digest")]
    pub checksums_sha256: [u8; 32],
}

/// A table of a run, which is one Parquet file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StateTable {
    /// Call records.
    Calls,
    /// Entries of keys.
    Entries,
    /// Which key made or changed which.
    Links,
    /// Parameters and responses of some calls.
    Details,
    /// The ledger: a row for each log file.
    Files,
}

/// The name of a run: a random number, written as 16 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub u64);

/// What is wrong with a manifest.
#[derive(Debug, Error)]
pub enum ManifestFault {
    /// It is of a newer format, or of another program.
    #[error("unknown format {0:?}")]
    UnknownFormat(String),
    /// It is no JSON, or not the JSON of a manifest.
    #[error("it is no manifest of a state")]
    Json(#[source] serde_json::Error),
    /// It is cut off, or a byte is not the one that was written.
    #[error("its bytes do not have the SHA-256 at its end")]
    Digest,
    /// It contradicts itself.
    #[error("it cannot be right: {0}")]
    Contradiction(&'static str),
}

/// The format, which is written and checked and not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ManifestFormat;

/// Of a manifest of any format.
#[derive(Deserialize)]
struct FormatOnly {
    format: String,
}

impl StateManifest {
    /// The manifest of a state in which nothing has been saved.
    pub(super) fn empty() -> Self {
        Self {
            format: ManifestFormat,
            generation: 0,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            secrets: StateSecrets::Redacted,
            roots: Vec::new(),
            runs: Vec::new(),
            retired: Vec::new(),
        }
    }

    /// Whether a text that may be cut off begins as a manifest of any format.
    pub(super) fn is_beginning_of_one(text: &[u8]) -> bool {
        let text = String::from_utf8_lossy(text);
        text.contains(ANY_FORMAT)
    }

    /// Reads a manifest.
    pub(super) fn parse(text: &[u8]) -> Result<Self, ManifestFault> {
        let format = serde_json::from_slice::<FormatOnly>(text).map_err(ManifestFault::Json)?;
        if format.format != FORMAT {
            return Err(ManifestFault::UnknownFormat(format.format));
        }
        let body = verified_body(text).ok_or(ManifestFault::Digest)?;
        let manifest = format!("{body}\n}}");
        let manifest: Self = serde_json::from_str(&manifest).map_err(ManifestFault::Json)?;
        manifest.check().map_err(ManifestFault::Contradiction)?;
        Ok(manifest)
    }

    /// The text of the manifest, if it can be read back.
    pub(super) fn to_text(&self) -> Result<Vec<u8>, ManifestFault> {
        self.check().map_err(ManifestFault::Contradiction)?;
        let text = serde_json::to_string_pretty(self).map_err(ManifestFault::Json)?;
        let body = text.strip_suffix("\n}").unwrap_or(&text);
        let digest = hex(&Sha256::digest(body).into());
        Ok(format!("{body}{BEFORE_DIGEST}{digest}{AFTER_DIGEST}").into_bytes())
    }

    /// The run of this name.
    pub fn run(&self, id: RunId) -> Option<&StateRun> {
        self.runs.iter().find(|run| run.id == id)
    }

    fn check(&self) -> Result<(), &'static str> {
        let mut ids = BTreeSet::new();
        let mut size = Some(0_u64);
        for run in &self.runs {
            if !ids.insert(run.id) {
                return Err("a run stands twice");
            }
            if run.files.is_empty() {
                return Err("a run has no files");
            }
            let times_fit = run.first.is_some() == run.last.is_some() && run.first <= run.last;
            if !times_fit || run.copies > run.events {
                return Err("the numbers of a run do not fit");
            }
            for file in run.files.values() {
                size = size.and_then(|size| size.checked_add(file.size));
            }
        }
        if size.is_none_or(|size| i64::try_from(size).is_err()) {
            return Err("the files are larger than any disk");
        }
        if !self.retired.iter().all(|id| ids.insert(*id)) {
            return Err("a retired run stands twice");
        }
        if self.generation == 0 && !ids.is_empty() {
            return Err("there are runs before the first commit");
        }
        Ok(())
    }
}

/// What stands before the digest, if the digest is that of it.
fn verified_body(text: &[u8]) -> Option<&str> {
    let text = str::from_utf8(text).ok()?;
    let (body, digest) = text
        .strip_suffix(AFTER_DIGEST)?
        .rsplit_once(BEFORE_DIGEST)?;
    let found = hex(&Sha256::digest(body).into());
    (digest == found).then_some(body)
}

impl StateTable {
    /// All tables, in the order in which the checksums of their files stand.
    pub const ALL: [Self; 5] = [
        Self::Calls,
        Self::Entries,
        Self::Links,
        Self::Details,
        Self::Files,
    ];

    /// The name of the file.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Calls => "calls.parquet",
            Self::Entries => "entries.parquet",
            Self::Links => "links.parquet",
            Self::Details => "details.parquet",
            Self::Files => "files.parquet",
        }
    }
}

impl RunId {
    /// Reads the name of a run; anything but 16 lower-case hex digits is none.
    pub fn parse(text: &str) -> Option<Self> {
        let id = Self(u64::from_str_radix(text, 16).ok()?);
        (id.to_string() == text).then_some(id)
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

impl Serialize for RunId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RunId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("the name of a run is no 16 hex digits"))
    }
}

impl Serialize for ManifestFormat {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(FORMAT)
    }
}

impl<'de> Deserialize<'de> for ManifestFormat {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let format = String::deserialize(deserializer)?;
        let is_it = format == FORMAT;
        is_it
            .then_some(Self)
            .ok_or_else(|| D::Error::custom("another format"))
    }
}

impl From<StateRoot> for RootText {
    fn from(StateRoot { path }: StateRoot) -> Self {
        match String::from_utf8(path) {
            Ok(path) => Self { path, bytes: None },
            Err(error) => Self {
                path: String::from_utf8_lossy(error.as_bytes()).into_owned(),
                bytes: Some(error.into_bytes()),
            },
        }
    }
}

impl TryFrom<RootText> for StateRoot {
    type Error = &'static str;

    fn try_from(RootText { path, bytes }: RootText) -> Result<Self, Self::Error> {
        let Some(bytes) = bytes else {
            return Ok(Self {
                path: path.into_bytes(),
            });
        };
        if str::from_utf8(&bytes).is_ok() || String::from_utf8_lossy(&bytes) != path {
            return Err("the path of a root is not that of its bytes");
        }
        Ok(Self { path: bytes })
    }
}

/// A digest as lower-case hex.
fn hex(digest: &[u8; 32]) -> String {
    let (halves, _) = digest.as_chunks::<16>();
    let halves = halves.iter().map(|half| u128::from_be_bytes(*half));
    let halves: Vec<String> = halves.map(|half| format!("{half:032x}")).collect();
    halves.concat()
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let (high, low) = text.split_at_checked(32)?;
    let mut digest = [0; 32];
    for (half, text) in digest.as_chunks_mut::<16>().0.iter_mut().zip([high, low]) {
        *half = u128::from_str_radix(text, 16).ok()?.to_be_bytes();
    }
    (hex(&digest) == text).then_some(digest)
}

fn write_digest<S: Serializer>(digest: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex(digest))
}

fn read_digest<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
    let text = String::deserialize(deserializer)?;
    unhex(&text).ok_or_else(|| D::Error::custom("a SHA-256 is no 64 hex digits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> StateManifest {
        let file = TableFile {
            size: 4096,
            rows: 17,
            checksums_sha256: [0xa5; 32],
        };
        let run = StateRun {
            id: RunId(0xab),
            class: 1,
            events: 9,
            copies: 2,
            log_files: 3,
            first: Some(-1),
            last: Some(1_709_630_492_000),
            files: BTreeMap::from([(StateTable::Calls, file.clone()), (StateTable::Files, file)]),
        };
        let roots = [&b"/archive \"\n"[..], b"oss://bucket/", b"/a\xff\xfe/b"];
        StateManifest {
            generation: 5,
            roots: roots
                .map(|path| StateRoot {
                    path: path.to_owned(),
                })
                .to_vec(),
            runs: vec![run],
            retired: vec![RunId(u64::MAX)],
            ..StateManifest::empty()
        }
    }

    /// A text with the digest that belongs to it, made from the text of a manifest.
    fn sealed(from: &str, to: &str) -> Vec<u8> {
        let text = String::from_utf8(manifest().to_text().unwrap()).unwrap();
        let (body, _) = text.rsplit_once(BEFORE_DIGEST).unwrap();
        assert!(body.contains(from), "{from}");
        let body = body.replacen(from, to, 1);
        let digest = hex(&Sha256::digest(&body).into());
        format!("{body}{BEFORE_DIGEST}{digest}{AFTER_DIGEST}").into_bytes()
    }

    #[test]
    fn a_manifest_is_read_back() {
        for manifest in [manifest(), StateManifest::empty()] {
            let text = manifest.to_text().unwrap();
            assert_eq!(StateManifest::parse(&text).unwrap(), manifest);
            assert!(StateManifest::is_beginning_of_one(&text[..64]));
            // It is one JSON document for everybody else.
            let json: serde_json::Value = serde_json::from_slice(&text).unwrap();
            assert_eq!(json["format"], "keytrail.state.v1");
            assert_eq!(json["generation"], manifest.generation);
        }
        let text = sealed("", "");
        let json: serde_json::Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(json["runs"][0]["id"], "00000000000000ab");
        assert_eq!(json["runs"][0]["files"]["calls"]["rows"], 17);
        assert_eq!(json["retired"][0], "ffffffffffffffff");
        assert_eq!(json["roots"][2]["path"], "/a\u{fffd}\u{fffd}/b");
    }

    #[test]
    fn no_changed_byte_and_no_cut_goes_unnoticed() {
        let text = manifest().to_text().unwrap();
        for length in 0..text.len() {
            StateManifest::parse(&text[..length]).unwrap_err();
        }
        for position in 0..text.len() {
            for bit in 0..8 {
                let mut flipped = text.clone();
                flipped[position] ^= 1 << bit;
                StateManifest::parse(&flipped).unwrap_err();
            }
        }
        for other in [
            &b""[..],
            b"{}",
            b"[]",
            b"\xff",
            b"{\"format\": \"keytrail.state.v1\"}",
        ] {
            StateManifest::parse(other).unwrap_err();
            let joined = [&text, other].concat();
            assert_eq!(StateManifest::parse(&joined).is_ok(), other.is_empty());
        }
        let deep = "[".repeat(100_000);
        StateManifest::parse(deep.as_bytes()).unwrap_err();
    }

    #[test]
    fn what_cannot_be_is_refused_even_with_the_right_digest() {
        StateManifest::parse(&sealed("", "")).unwrap();
        for (from, to) in [
            ("00000000000000ab", "../../00000000ab"),
            ("00000000000000ab", "00000000000000AB"),
            ("00000000000000ab", "0000000000000ab"),
            ("00000000000000ab", "+0000000000000ab"),
            ("00000000000000ab", "ffffffffffffffff"),
            ("\"calls\"", "\"../calls\""),
            ("\"calls\"", "\"calls.parquet\""),
            ("\"size\": 4096", "\"size\": -1"),
            ("\"size\": 4096", "\"size\": 4096.5"),
            ("\"size\": 4096", "\"size\": 18446744073709551615"),
            ("\"size\": 4096", "\"size\": 9223372036854775807"),
            ("\"size\": 4096", "\"size\": 4096, \"size\": 1"),
            ("\"size\": 4096", "\"other\": 4096"),
            ("\"size\": 4096", "\"size\": 4096, \"other\": 1"),
            ("\"class\": 1", "\"class\": 256"),
            ("\"copies\": 2", "\"copies\": 10"),
            ("\"first\": -1", "\"first\": null"),
            ("\"first\": -1", "\"first\": 1709630492001"),
            ("\"generation\": 5", "\"generation\": 0"),
            ("\"generation\": 5", "\"generation\": \"5\""),
            ("\"redacted\"", "\"unknown\""),
            ("a5a5", "A5a5"),
            ("a5a5", "+5a5"),
            ("a5a5", "a5a"),
            ("/a\u{fffd}", "/b\u{fffd}"),
            (
                "\"path\": \"oss://bucket/\"",
                "\"path\": \"a\", \"bytes\": [97]",
            ),
            ("255", "256"),
            (
                "\"ffffffffffffffff\"",
                "\"ffffffffffffffff\", \"ffffffffffffffff\"",
            ),
        ] {
            let text = sealed(from, to);
            assert!(StateManifest::parse(&text).is_err(), "{from} -> {to}");
        }
        let newer = sealed("keytrail.state.v1", "keytrail.state.v2");
        let fault = StateManifest::parse(&newer).unwrap_err();
        assert_eq!(fault.to_string(), "unknown format \"keytrail.state.v2\"");
    }
}
