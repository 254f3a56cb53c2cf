//! The format of an answer, by the option and by the ending of the file that it goes to.
//!
//! Left out: whether a format is for a command, which `settings.rs` and `verify.rs` check.

use std::fs;
use std::path::Path;

use anyhow::bail;

use super::output::OutputCompression;
use super::standard::is_standard;

/// What the ending of a file says of its format.
enum NameEnding {
    /// Nothing.
    Missing,
    /// Nothing but how it is compressed.
    Compressed,
    /// That it is text, which is the default.
    Text,
    /// The word for a format, in lower case.
    Named(String),
}

/// The name of the format that is asked for, of these `formats`; `None` for the default.
///
/// An ending that is no format is refused, since such a file would hold something else than its name
/// states; `.txt` and no ending are the default. An ending of a compression is looked behind, and
/// refused where nothing stands there: programs read what is compressed, and no table.
pub(super) fn format_name(
    named: Option<String>,
    output: Option<&Path>,
    formats: &[&str],
) -> anyhow::Result<Option<String>> {
    let Some(path) = output else {
        return Ok(named);
    };
    let shown = path.display();
    match (named, ending(path)) {
        (None, NameEnding::Compressed) => {
            let (_compression, plain) = OutputCompression::of(path);
            let compressed = path.extension().unwrap_or_default().display();
            bail!(
                "{shown} says how it is compressed, but not in which format; for example \
                 {}.json.{compressed}, or -f table",
                plain.display()
            )
        }
        (named, NameEnding::Missing | NameEnding::Compressed | NameEnding::Text) => Ok(named),
        (None, NameEnding::Named(ending)) if formats.contains(&&*ending) => Ok(Some(ending)),
        (None, NameEnding::Named(ending)) => {
            bail!("no format is called .{ending}; choose with -f")
        }
        (Some(format), NameEnding::Named(ending))
            if formats.contains(&&*ending) && !is_ending_of(&ending, &format) =>
        {
            bail!(
                "{shown} ends in .{ending}, but -f says {format}; -f and the ending have to agree"
            )
        }
        (Some(format), NameEnding::Named(_)) => Ok(Some(format)),
    }
}

/// What the ending of a file says.
fn ending(path: &Path) -> NameEnding {
    // The name of a device or a pipe does not say what goes through it.
    let is_other = fs::metadata(path).is_ok_and(|found| !found.is_file());
    if is_standard(path) || is_other {
        return NameEnding::Missing;
    }
    let (compression, path) = OutputCompression::of(path);
    let missing = match compression {
        OutputCompression::None => NameEnding::Missing,
        OutputCompression::Gzip | OutputCompression::Zstd => NameEnding::Compressed,
    };
    let Some(ending) = path.extension() else {
        return missing;
    };
    let ending = ending.to_string_lossy().to_ascii_lowercase();
    match &*ending {
        "txt" | "text" => NameEnding::Text,
        "" => missing,
        "ndjson" => NameEnding::Named("jsonl".to_owned()),
        // A part of a date or a version.
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => missing,
        _ => NameEnding::Named(ending),
    }
}

/// Whether files of a format may have an ending that is the name of a format.
fn is_ending_of(ending: &str, format: &str) -> bool {
    let others: &[&str] = match format {
        "timesketch" | "ocsf" | "ecs" | "api" => &["json", "jsonl"],
        "timesketch-csv" => &["csv"],
        _ => &[],
    };
    ending == format || others.contains(&ending)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMATS: &[&str] = &["table", "json", "jsonl", "csv", "parquet"];

    fn chosen(named: Option<&str>, output: &str) -> Result<Option<String>, String> {
        let chosen = format_name(named.map(str::to_owned), Some(Path::new(output)), FORMATS);
        chosen.map_err(|error| error.to_string())
    }

    #[test]
    fn the_ending_chooses_the_format_without_regard_to_case_and_behind_a_compression() {
        for (name, format) in [
            ("x", None),
            ("-", None),
            ("x.txt", None),
            ("x.TXT.gz", None),
            ("keys-2024.05.01", None),
            ("x.csv", Some("csv")),
            ("x.CSV", Some("csv")),
            ("x.Csv.GZ", Some("csv")),
            ("a.b/x.json.zst", Some("json")),
            ("x.ndjson", Some("jsonl")),
            ("x.parquet", Some("parquet")),
        ] {
            assert_eq!(chosen(None, name), Ok(format.map(str::to_owned)), "{name}");
        }
    }

    #[test]
    fn an_ending_of_no_format_is_refused_unless_the_format_is_named() {
        for (name, ending) in [("x.tsv", "tsv"), ("x.TSV.gz", "tsv"), ("x.tar.gz", "tar")] {
            let expected = format!("no format is called .{ending}; choose with -f");
            assert_eq!(chosen(None, name), Err(expected), "{name}");
            assert_eq!(chosen(Some("csv"), name), Ok(Some("csv".to_owned())));
        }
    }

    #[test]
    fn a_compressed_file_of_no_format_was_a_table() {
        for (name, example) in [
            ("x.gz", "x.json.gz"),
            ("a.b/x.ZST", "a.b/x.json.ZST"),
            ("keys-2024.05.01.gz", "keys-2024.05.01.json.gz"),
        ] {
            let refused = chosen(None, name).unwrap_err();
            assert!(refused.contains(example), "{refused}");
            assert_eq!(chosen(Some("csv"), name), Ok(Some("csv".to_owned())));
        }
    }

    #[test]
    fn an_ending_that_contradicts_the_format_is_refused() {
        for (format, name) in [
            ("csv", "x.json"),
            ("table", "x.CSV"),
            ("json", "x.jsonl.gz"),
        ] {
            let refused = chosen(Some(format), name);
            assert!(
                refused.is_err_and(|error| error.contains("agree")),
                "{name}"
            );
        }
        for (format, name) in [
            ("timesketch", "x.jsonl"),
            ("timesketch-csv", "x.csv"),
            ("api", "x.json"),
            ("csv", "x.csv.gz"),
            ("table", "x"),
        ] {
            assert_eq!(chosen(Some(format), name), Ok(Some(format.to_owned())));
        }
    }
}
