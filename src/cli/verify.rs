//! The `verify` command: the evidence of an archive weighed, told, and compared with a manifest.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use keytrail::archive::Archive;
use keytrail::evidence::Manifest;
use keytrail::report::{self, Verification};
use keytrail::scan::{self, Answer, EvidenceOptions, Progress, ReaderKind, ScanOptions, Scope};
use keytrail::usage::Seed;

use super::args::VerifyArguments;
use super::diagnostics::{self, say};
use super::output::Outputs;
use super::progress::watched;
use super::settings::{choose_color, format_of};
use super::{Ending, hints};

/// The formats that the answer comes in.
const TEXT: &str = "table";
const JSON: &str = "json";

/// Reads the archive, weighs it and answers.
pub(super) fn verify(arguments: VerifyArguments) -> anyhow::Result<Ending> {
    let named = arguments
        .format
        .or_else(|| format_of(arguments.output.as_deref()?));
    let json = match named.as_deref() {
        None | Some(TEXT) => false,
        Some(JSON) => true,
        Some(other) => {
            bail!("the format {other} is not for verify, which answers in {TEXT} and {JSON}")
        }
    };
    let mut outputs = Outputs::new(&arguments.input.roots, arguments.force);
    let output = outputs.answer(arguments.output)?;
    let mut file = |path: Option<PathBuf>| path.map(|path| outputs.file(path)).transpose();
    let manifest = file(arguments.manifest)?;
    let errors = file(arguments.telling.errors_to.clone())?;
    let earlier = arguments.against.as_deref().map(earlier).transpose()?;
    choose_color(arguments.telling.color);

    let named = arguments.input.roots;
    let archive = Archive::open(&named)?;
    let options = ScanOptions {
        threads: arguments.input.threads,
        reader: ReaderKind::default(),
        seed: Seed::random(),
    };
    let progress = Arc::new(Progress::default());
    let scanned = watched(&progress, &arguments.telling, || {
        scan::evidence(&archive, &options, EvidenceOptions::default(), &progress)
    })?;
    let Some(scanned) = scanned else {
        return Ok(Ending::Interrupted);
    };
    let Answer {
        of: evidence,
        coverage,
        problems,
    } = scanned?;
    diagnostics::tell(&problems, &archive, errors.as_ref(), arguments.verbose)?;

    let roots: Vec<String> = named
        .iter()
        .map(|root| root.to_string_lossy().into_owned())
        .collect();
    if let Some(manifest) = manifest {
        let shown: Vec<_> = roots
            .iter()
            .map(|root| report::escape(root).into_owned())
            .collect();
        manifest.write(|out| Manifest::write(evidence.log_files(), &shown, out))?;
    }
    let comparison = earlier.map(|earlier| earlier.compare(evidence.log_files()));
    let found = Verification {
        roots: &roots,
        findings: &evidence.findings(roots.len()),
        comparison: comparison.as_ref(),
        coverage: &coverage,
        problems: &problems,
    };
    output.write(|out| {
        if json {
            found.write_json(out)
        } else {
            found.write_text(arguments.verbose, out)
        }
    })?;

    let empty = coverage.files.found == 0;
    if !arguments.telling.quiet {
        if !json {
            say(&diagnostics::footer(&coverage));
        }
        if empty {
            hints::no_log_files(&named, &Scope::default(), &coverage);
        }
    }
    Ok(match comparison {
        Some(comparison) if !comparison.is_same() => Ending::Partial,
        Some(_) | None => Ending::of(&coverage, !empty),
    })
}

/// Reads an earlier manifest.
fn earlier(path: &Path) -> anyhow::Result<Manifest> {
    let text = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Manifest::parse(&text)
        .with_context(|| format!("{} is no manifest of keytrail or sha256sum", path.display()))
}
