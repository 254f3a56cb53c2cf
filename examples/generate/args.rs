//! The command line of the generator, parsed by hand because it is short.

use std::{error::Error, path::PathBuf};

use crate::world::ACCOUNTS;

pub const USAGE: &str = "\
Writes a synthetic ActionTrail archive in OSS layout.

Usage: generate OUT_DIR [options]

  --shape SHAPE       normal  files of 20 KB to 5 MB inflated, lognormal (default)
                      tiny    40,000 files of 3 to 400 KB inflated
                      giant   one file, one array
                      daily   100,000 files of a few events over 400 days
  --bytes SIZE        inflated bytes in all, about; with K, M or G (powers of 1000)
  --files N           number of files
  --seed N            another archive of the same kind (default 1)
  --keys N            number of AccessKeys (default 5000)
  --days N            days the archive spans (default 30, daily 400)
  --duplicates P      deliver P percent of the files a second time, in two
                      halves, under the prefix of another trail
  --layout LAYOUT     single (default) or multi: eight accounts of one
                      resource directory
  --hot-key           add one key that is used in one percent of the files only;
                      the summary names it

The summary on stdout is one JSON object.";

/// The sizes of the files.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Shape {
    Normal,
    Tiny,
    Giant,
    Daily,
}

/// The parameters of a shape.
pub struct Sizes {
    /// Inflated bytes of a file on average.
    pub mean: u64,
    pub smallest: u64,
    pub largest: u64,
    /// The standard deviation of the binary logarithm, in sixteenths.
    pub spread: u64,
    pub files: u64,
    pub days: u64,
}

impl Shape {
    pub fn sizes(self) -> Sizes {
        match self {
            Self::Normal => Sizes {
                mean: 872_000,
                smallest: 20_000,
                largest: 5_000_000,
                spread: 24,
                files: 1_950,
                days: 30,
            },
            Self::Tiny => Sizes {
                mean: 46_000,
                smallest: 3_000,
                largest: 400_000,
                spread: 22,
                files: 40_000,
                days: 30,
            },
            Self::Giant => Sizes {
                mean: 1_000_000_000,
                smallest: 0,
                largest: u64::MAX,
                spread: 0,
                files: 1,
                days: 30,
            },
            Self::Daily => Sizes {
                mean: 4_500,
                smallest: 1_000,
                largest: 20_000,
                spread: 12,
                files: 100_000,
                days: 400,
            },
        }
    }
}

/// The parsed command line.
pub struct Args {
    pub out: PathBuf,
    pub shape: Shape,
    pub bytes: u64,
    pub files: u64,
    pub seed: u64,
    pub keys: u64,
    pub days: u64,
    pub duplicates: u64,
    pub multi: bool,
    pub hot_key: bool,
}

impl Args {
    /// Parses the words after the name of the program; `None` when help was asked for.
    pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Option<Self>, Box<dyn Error>> {
        let mut out = None;
        let mut shape = Shape::Normal;
        let (mut bytes, mut files, mut days) = (None, None, None);
        let (mut seed, mut keys, mut duplicates) = (1, 5_000, 0);
        let (mut multi, mut hot_key) = (false, false);
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
            match word.as_str() {
                "-h" | "--help" => return Ok(None),
                "--shape" => {
                    shape = match value()?.as_str() {
                        "normal" => Shape::Normal,
                        "tiny" => Shape::Tiny,
                        "giant" => Shape::Giant,
                        "daily" => Shape::Daily,
                        other => return Err(format!("unknown shape {other:?}").into()),
                    }
                }
                "--layout" => {
                    multi = match value()?.as_str() {
                        "single" => false,
                        "multi" => true,
                        other => return Err(format!("unknown layout {other:?}").into()),
                    }
                }
                "--bytes" => bytes = Some(number(&value()?)?),
                "--files" => files = Some(number(&value()?)?),
                "--days" => days = Some(number(&value()?)?),
                "--seed" => seed = number(&value()?)?,
                "--keys" => keys = number(&value()?)?,
                "--duplicates" => duplicates = number(&value()?)?,
                "--hot-key" => hot_key = true,
                option if option.starts_with('-') => {
                    return Err(format!("unknown option {option}; --help lists them").into());
                }
                _ if out.is_none() => out = Some(PathBuf::from(word)),
                _ => return Err(format!("unexpected argument {word:?}").into()),
            }
        }
        let Some(out) = out else {
            return Err("OUT_DIR is missing; --help lists the arguments".into());
        };
        let sizes = shape.sizes();
        let files = match (shape, files, bytes) {
            (Shape::Giant, None | Some(1), _) => 1,
            (Shape::Giant, Some(_), _) => return Err("a giant is one file".into()),
            (_, Some(files), _) => files,
            (_, None, Some(bytes)) => (bytes / sizes.mean).max(1),
            (_, None, None) => sizes.files,
        };
        if shape == Shape::Giant && duplicates > 0 {
            return Err(
                "a giant is never in memory as a whole, so it cannot be delivered twice".into(),
            );
        }
        let days = days.unwrap_or(sizes.days);
        if multi && keys < ACCOUNTS {
            return Err(format!("each of the {ACCOUNTS} accounts needs a key").into());
        }
        if files == 0 || keys == 0 || days == 0 {
            return Err("--files, --keys and --days must not be zero".into());
        }
        let bytes = bytes.unwrap_or(files * sizes.mean);
        Ok(Some(Self {
            out,
            shape,
            bytes,
            files,
            seed,
            keys,
            days,
            duplicates,
            multi,
            hot_key,
        }))
    }
}

/// A count with an optional `K`, `M` or `G`.
pub fn number(text: &str) -> Result<u64, String> {
    let (digits, unit) = match text.as_bytes().last() {
        Some(b'K' | b'k') => (text.trim_end_matches(['K', 'k']), 1_000),
        Some(b'M' | b'm') => (text.trim_end_matches(['M', 'm']), 1_000_000),
        Some(b'G' | b'g') => (text.trim_end_matches(['G', 'g']), 1_000_000_000),
        _ => (text, 1),
    };
    digits
        .parse::<u64>()
        .ok()
        .and_then(|count| count.checked_mul(unit))
        .ok_or_else(|| format!("{text:?} is no count; try 1700M"))
}
