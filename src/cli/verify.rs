//! The `verify` command: the evidence of an archive, reported and compared with a manifest.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use keytrail::evidence::{Evidence, Manifest};
use keytrail::report::{self, DOCUMENTS, Document, Verification};
use keytrail::scan::{
    self, Answer, EvidenceOptions, Progress, ReaderKind, ScanError, ScanOptions, Scope, Sources,
};

use super::args::VerifyArguments;
use super::diagnostics;
use super::ending::Ending;
use super::hints;
use super::output::{Output, Outputs};
use super::output_format::format_name;
use super::roots;
use super::run::{ArchiveQuestion, Run, WriteContext, WriteOutcome};
use super::settings;

/// A question about the log files themselves.
struct EvidenceQuestion {
    options: EvidenceOptions,
    document: &'static dyn Document,
    output: Output,
    manifest: Option<Output>,
    earlier: Option<Manifest>,
}

/// Reads the archive, digests it and reports.
pub(super) fn answer(arguments: VerifyArguments) -> anyhow::Result<Ending> {
    roots::refuse_states(&arguments.input.roots, "verify")?;
    // A question about the exit code alone.
    let silent =
        arguments.messages.quiet && arguments.format.is_none() && arguments.output.is_none();
    let mut formats = settings::format_names();
    formats.extend(DOCUMENTS.iter().map(|document| document.name()));
    let named = format_name(arguments.format, arguments.output.as_deref(), &formats)?;
    let document = document(named.as_deref())?;
    let mut outputs = Outputs::new(&arguments.input.roots, arguments.force);
    let output = outputs.answer(arguments.output)?;
    let mut file = |path: Option<PathBuf>| path.map(|path| outputs.file(path)).transpose();
    let manifest = file(arguments.manifest)?;
    let errors = file(arguments.messages.errors_to.clone())?;
    let question = EvidenceQuestion {
        options: EvidenceOptions {
            inflate_twice: arguments.independent,
        },
        document,
        output,
        manifest,
        earlier: arguments.against.as_deref().map(earlier).transpose()?,
    };
    let reader = ReaderKind::default();
    let (input, messages) = (arguments.input, &arguments.messages);
    let run = settings::run(input, reader, errors, messages, arguments.verbose)?;
    Run { silent, ..run }.answer(&question)
}

impl ArchiveQuestion for EvidenceQuestion {
    type Collected = Evidence;

    fn scan(
        &self,
        sources: &Sources,
        options: &ScanOptions,
        progress: &Progress,
    ) -> Result<Answer<Evidence>, ScanError> {
        scan::evidence(sources, options, self.options, progress)
    }

    fn write(
        &self,
        context: &WriteContext<'_>,
        answer: &mut Answer<Evidence>,
    ) -> anyhow::Result<WriteOutcome> {
        let evidence = &answer.of;
        let roots = context.run.roots.iter();
        let roots: Vec<String> = roots
            .map(|root| root.to_string_lossy().into_owned())
            .collect();
        if let Some(manifest) = &self.manifest {
            let escaped: Vec<_> = roots
                .iter()
                .map(|root| report::escape(root).into_owned())
                .collect();
            manifest.write(|out| Manifest::write(evidence.log_files(), &escaped, out))?;
        }
        let earlier = self.earlier.as_ref();
        let comparison = earlier.map(|earlier| earlier.compare(evidence.log_files()));
        let verification = Verification {
            roots: &roots,
            findings: &evidence.findings(roots.len()),
            comparison: comparison.as_ref(),
            coverage: &answer.coverage,
            problems: &answer.problems,
        };
        let full = context.run.verbose;
        if !context.run.silent {
            self.output
                .write(|out| self.document.write(&verification, full, out))?;
        }
        Ok(WriteOutcome::Whole {
            found: answer.coverage.files.found > 0,
            complete: comparison.is_none_or(|comparison| comparison.is_same()),
        })
    }

    fn outputs(&self) -> Vec<&Output> {
        [&self.output].into_iter().chain(&self.manifest).collect()
    }

    fn footer(&self, answer: &Answer<Self::Collected>) -> Option<String> {
        let is_carried = self.document.carries_coverage();
        (!is_carried).then(|| diagnostics::footer(&answer.coverage, None))
    }

    /// The answer itself says them.
    fn blind(&self, _answer: &Answer<Evidence>, _is_empty: bool) -> Vec<String> {
        Vec::new()
    }

    fn explain_nothing(&self, run: &Run, answer: &Answer<Evidence>) -> anyhow::Result<()> {
        hints::explain_no_log_files(run, &Scope::default(), &answer.coverage);
        Ok(())
    }
}

/// The document of a name, or the default.
fn document(name: Option<&str>) -> anyhow::Result<&'static dyn Document> {
    let mut documents = DOCUMENTS.iter();
    let document = documents.find(|document| name.is_none_or(|name| document.name() == name));
    document.copied().with_context(|| {
        let names: Vec<_> = DOCUMENTS.iter().map(|document| document.name()).collect();
        format!(
            "the format {} is not for verify, which answers in {}",
            name.unwrap_or_default(),
            names.join(" and ")
        )
    })
}

/// Reads an earlier manifest.
fn earlier(path: &Path) -> anyhow::Result<Manifest> {
    let text = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Manifest::parse(&text)
        .with_context(|| format!("{} is no manifest of keytrail or sha256sum", path.display()))
}
