//! The `ecs` format: one document of the Elastic Common Schema a line.
//!
//! What the schema has no field for stands under `aliyun.actiontrail`.

use std::io;

use crate::query::Question;
use crate::report::contract::{Format, Report};
use crate::report::redacted::RedactedCall;
use crate::report::text::time::time;

use super::activity::{CallActivity, CallSource, activity, call_addresses, call_source, summary};
use super::object::{ObjectBuilder, write_lines};

/// The format.
pub(super) struct EcsFormat;

/// The version of the schema whose fields these are.
const VERSION: &str = "8.17.0";

impl Format for EcsFormat {
    fn name(&self) -> &'static str {
        "ecs"
    }

    fn about(&self) -> &'static str {
        "Elastic Common Schema, one document a line"
    }

    fn answers(&self, question: Question) -> bool {
        question == Question::Lookup
    }

    fn write(&self, report: &mut Report<'_>, out: &mut (dyn io::Write + Send)) -> io::Result<()> {
        write_lines(report, document, out)
    }
}

fn document(call: RedactedCall<'_>) -> ObjectBuilder {
    let mut document = ObjectBuilder::default();
    document.put("@timestamp", time(call.event_time()));
    document.put("message", summary(call));
    document.put("ecs.version", VERSION);
    document.put("event.kind", "event");
    let (category, kind) = category_and_type(call);
    document.put("event.category", vec![category]);
    document.put("event.type", vec![kind]);
    document.put("event.module", "aliyun");
    document.put("event.dataset", "aliyun.actiontrail");
    document.put_text("event.provider", call.service_name());
    document.put_text("event.action", call.event_name());
    document.put_text("event.id", call.event_id());
    let failed = call.failed();
    document.put("event.outcome", if failed { "failure" } else { "success" });
    if let Some(record) = call.record() {
        document.put("event.original", record);
    }
    document.put_text("error.code", call.error_code());
    document.put_text("error.message", &call.error_message());
    document.put("cloud.provider", "alibaba_cloud");
    document.put_text("cloud.account.id", call.account_id());
    document.put_text("cloud.region", call.region());
    document.put_text("cloud.service.name", call.service_name());
    document.put_text("user.name", call.user_name());
    document.put_text("user.id", call.principal_id());
    document.put_text("source.address", call.source_ip());
    if let CallSource::Address(address) = call_source(call) {
        document.put("source.ip", address.to_string());
        document.put("related.ip", call_addresses(call));
    }
    if !call.user_name().is_empty() {
        document.put("related.user", vec![call.user_name()]);
    }
    document.put_text("user_agent.original", &call.user_agent());
    document.put_text("log.file.path", call.log_file());
    for (path, text) in [
        ("user_identity.access_key_id", call.access_key_id()),
        ("user_identity.type", call.account_type()),
        ("event_type", call.event_type()),
        ("insight", call.insight()),
        ("rw", call.rw()),
        ("request_id", call.request_id()),
    ] {
        document.put_text(&format!("aliyun.actiontrail.{path}"), text);
    }
    document.put("aliyun.actiontrail.record_number", call.record_number());
    document.put_resources("aliyun.actiontrail.resource", call.resources());
    document
}

/// The category and the type, out of those that the schema allows together.
fn category_and_type(call: RedactedCall<'_>) -> (&'static str, &'static str) {
    match call.event_type() {
        "ConsoleSignin" => return ("authentication", "start"),
        "ConsoleSignout" => return ("authentication", "end"),
        _ => {}
    }
    let iam = ["Ram", "Ims"]
        .iter()
        .any(|service| service.eq_ignore_ascii_case(call.service_name()));
    let category = if iam { "iam" } else { "configuration" };
    let kind = match activity(call) {
        CallActivity::Create => "creation",
        CallActivity::Read if iam => "info",
        CallActivity::Read => "access",
        CallActivity::Update => "change",
        CallActivity::Delete => "deletion",
        CallActivity::Other => "info",
    };
    (category, kind)
}
