//! The format of an answer, by the option and by the ending of the file that it goes to.
//!
//! Left out: whether a format is for a command, which `settings.rs` and `verify.rs` check.

use std::fs;
use std::path::Path;

use anyhow::bail;

use super::output::OutputCompression;
use super::roots::STANDARD;

/// The name of the format that is asked for, of these `formats`; `None` for the default.
///
/// An ending that is no format is refused, since such a file would hold something else than its name
/// states; `.txt` and no ending are the default, and an ending of a compression is removed before.
pub(super) fn format_name(
    named: Option<String>,
    output: Option<&Path>,
    formats: &[&str],
) -> anyhow::Result<Option<String>> {
    let Some(path) = output else {
        return Ok(named);
    };
    let Some(ending) = ending(path) else {
        return Ok(named);
    };
    let is_format = formats.contains(&&*ending);
    match named {
        Some(format) if is_format && !is_ending_of(&ending, &format) => bail!(
            "{} ends in .{ending}, but -f says {format}; -f and the ending have to agree",
            path.display()
        ),
        Some(format) => Ok(Some(format)),
        None if is_format => Ok(Some(ending)),
        None => bail!("no format is called .{ending}; choose with -f"),
    }
}

/// The ending of a file that stands for a format, in lower case.
fn ending(path: &Path) -> Option<String> {
    // The name of a device or a pipe does not say what goes through it.
    let is_other = fs::metadata(path).is_ok_and(|found| !found.is_file());
    if path.as_os_str() == STANDARD || is_other {
        return None;
    }
    let (_compression, path) = OutputCompression::of(path);
    let ending = path.extension()?.to_string_lossy().to_ascii_lowercase();
    match &*ending {
        "txt" | "text" | "" => None,
        "ndjson" => Some("jsonl".to_owned()),
        // A part of a date or a version.
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => None,
        _ => Some(ending),
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
            ("x.gz", None),
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
