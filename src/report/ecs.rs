//! The `ecs` format: one document of the Elastic Common Schema a line.
//!
//! What the schema has no field for stands under `aliyun.actiontrail`.

use std::io;

use super::activity::{Activity, Source, activity, source, summary};
use super::nested::{Nested, resources, write_lines};
use super::time::time;
use super::{Command, Format, Question, Report, Row};

/// The format.
pub(super) struct Ecs;

/// The version of the schema whose fields these are.
const VERSION: &str = "8.17.0";

impl Format for Ecs {
    fn name(&self) -> &'static str {
        "ecs"
    }

    fn about(&self) -> &'static str {
        "Elastic Common Schema, one document a line"
    }

    fn answers(&self, question: &Question<'_>) -> bool {
        question.command == Command::Lookup
    }

    fn write(&self, report: &mut Report<'_>, out: &mut (dyn io::Write + Send)) -> io::Result<()> {
        write_lines(report, document, out)
    }
}

fn document(row: &Row<'_>) -> Nested {
    let mut document = Nested::default();
    let moment = row.time("event_time").unwrap_or_default();
    document.put("@timestamp", time(moment).to_string());
    document.put("message", summary(row));
    document.put("ecs.version", VERSION);
    document.put("event.kind", "event");
    let (category, kind) = category(row);
    document.put("event.category", vec![category]);
    document.put("event.type", vec![kind]);
    document.put("event.module", "aliyun");
    document.put("event.dataset", "aliyun.actiontrail");
    document.put_text("event.provider", row, "service_name");
    document.put_text("event.action", row, "event_name");
    document.put_text("event.id", row, "event_id");
    let failed = row.text("error_code").is_some();
    document.put("event.outcome", if failed { "failure" } else { "success" });
    if let Some(record) = row.record("event") {
        document.put("event.original", record);
    }
    document.put_text("error.code", row, "error_code");
    document.put_text("error.message", row, "error_message");
    document.put("cloud.provider", "alibaba_cloud");
    document.put_text("cloud.account.id", row, "account_id");
    document.put_text("cloud.region", row, "region");
    document.put_text("cloud.service.name", row, "service_name");
    document.put_text("user.name", row, "user_name");
    document.put_text("user.id", row, "principal_id");
    document.put_text("source.address", row, "source_ip");
    if let Source::Address(address) = source(row) {
        document.put("source.ip", address);
        document.put("related.ip", vec![address]);
    }
    if let Some(user) = row.text("user_name") {
        document.put("related.user", vec![user]);
    }
    document.put_text("user_agent.original", row, "user_agent");
    document.put_text("log.file.path", row, "log_file");
    for (path, column) in [
        (
            "aliyun.actiontrail.user_identity.access_key_id",
            "access_key_id",
        ),
        ("aliyun.actiontrail.user_identity.type", "account_type"),
        ("aliyun.actiontrail.event_type", "event_type"),
        ("aliyun.actiontrail.rw", "rw"),
        ("aliyun.actiontrail.request_id", "request_id"),
    ] {
        document.put_text(path, row, column);
    }
    if let Some(number) = row.count("record_number") {
        document.put("aliyun.actiontrail.record_number", number);
    }
    let touched = row.resources("resources");
    if !touched.is_empty() {
        document.put("aliyun.actiontrail.resource", resources(touched));
    }
    document
}

/// The category and the type, out of those that the schema allows together.
fn category(row: &Row<'_>) -> (&'static str, &'static str) {
    let event_type = row.text("event_type").unwrap_or_default();
    match event_type {
        "ConsoleSignin" => return ("authentication", "start"),
        "ConsoleSignout" => return ("authentication", "end"),
        _ => {}
    }
    let service = row.text("service_name").unwrap_or_default();
    let iam = ["Ram", "Ims"]
        .iter()
        .any(|one| one.eq_ignore_ascii_case(service));
    let category = if iam { "iam" } else { "configuration" };
    let kind = match activity(row) {
        Activity::Create => "creation",
        Activity::Read if iam => "info",
        Activity::Read => "access",
        Activity::Update => "change",
        Activity::Delete => "deletion",
        Activity::Other => "info",
    };
    (category, kind)
}
