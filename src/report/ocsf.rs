//! The `ocsf` format: one event of the Open Cybersecurity Schema Framework a line, class 6003 (API
//! Activity) of version 1.8.0 with the profile `cloud`.
//!
//! What the class has no place for stands under `unmapped` with our columns' names. A member that
//! the schema demands and the event does not have is `unknown`.

use std::io;

use super::activity::{Activity, Source, activity, source, summary};
use super::nested::{Nested, resources, write_lines};
use super::time::time;
use super::{Command, Format, Question, Report, Row};

/// The format.
pub(super) struct Ocsf;

const VERSION: &str = "1.8.0";

/// What stands where the schema demands something.
const UNKNOWN: &str = "unknown";

impl Format for Ocsf {
    fn name(&self) -> &'static str {
        "ocsf"
    }

    fn about(&self) -> &'static str {
        "OCSF API Activity (class 6003), one event a line"
    }

    fn answers(&self, question: &Question<'_>) -> bool {
        question.command == Command::Lookup
    }

    fn write(&self, report: &mut Report<'_>, out: &mut (dyn io::Write + Send)) -> io::Result<()> {
        write_lines(report, event, out)
    }
}

fn event(row: &Row<'_>) -> Nested {
    let mut event = Nested::default();
    let (activity_id, activity_name) = match activity(row) {
        Activity::Create => (1, "Create"),
        Activity::Read => (2, "Read"),
        Activity::Update => (3, "Update"),
        Activity::Delete => (4, "Delete"),
        Activity::Other => (99, "Other"),
    };
    event.put("category_uid", 6);
    event.put("category_name", "Application Activity");
    event.put("class_uid", 6003);
    event.put("class_name", "API Activity");
    event.put("activity_id", activity_id);
    event.put("activity_name", activity_name);
    event.put("type_uid", 600_300 + activity_id);
    event.put("severity_id", 1);
    event.put("severity", "Informational");
    event.put("message", summary(row));
    let moment = row.time("event_time").unwrap_or_default();
    event.put("time", moment);
    event.put("metadata.version", VERSION);
    event.put("metadata.profiles", vec!["cloud"]);
    event.put("metadata.product.name", "ActionTrail");
    event.put("metadata.product.vendor_name", "Alibaba Cloud");
    event.put("metadata.original_time", time(moment).to_string());
    event.put_text("metadata.original_event_uid", row, "event_id");
    event.put("api.operation", row.text("event_name").unwrap_or(UNKNOWN));
    event.put_text("api.service.name", row, "service_name");
    event.put_text("api.request.uid", row, "request_id");
    put_actor(row, &mut event);
    event.put("cloud.provider", "Alibaba Cloud");
    event.put_text("cloud.region", row, "region");
    event.put_text("cloud.account.uid", row, "account_id");
    match source(row) {
        Source::Address(address) => event.put("src_endpoint.ip", address),
        Source::Service(host) => event.put("src_endpoint.svc_name", host),
        Source::Word(word) => event.put("src_endpoint.name", word),
        Source::Unknown => event.put("src_endpoint.name", UNKNOWN),
    }
    event.put_text("http_request.user_agent", row, "user_agent");
    let touched = row.resources("resources");
    if !touched.is_empty() {
        event.put("resources", resources(touched));
    }
    let failed = row.text("error_code").is_some();
    event.put("status_id", if failed { 2 } else { 1 });
    event.put("status", if failed { "Failure" } else { "Success" });
    event.put_text("status_code", row, "error_code");
    event.put_text("status_detail", row, "error_message");
    event.put_text("unmapped.rw", row, "rw");
    event.put_text("unmapped.event_type", row, "event_type");
    event.put_text("unmapped.log_file", row, "log_file");
    if let Some(number) = row.count("record_number") {
        event.put("unmapped.record_number", number);
    }
    if let Some(record) = row.record("event") {
        event.put("raw_data", record);
    }
    event
}

fn put_actor(row: &Row<'_>, event: &mut Nested) {
    let key = row.text("access_key_id");
    let known = ["user_name", "principal_id", "account_id"]
        .iter()
        .any(|column| row.text(column).is_some());
    if !known {
        event.put("actor.user.name", UNKNOWN);
    }
    event.put_text("actor.user.name", row, "user_name");
    event.put_text("actor.user.uid", row, "principal_id");
    event.put_text("actor.user.account.uid", row, "account_id");
    let type_id = match row.text("account_type") {
        None => 0,
        Some("ram-user" | "assumed-role" | "saml-user" | "oidc-user" | "cloudsso-user") => 1,
        Some("root-account") => 2,
        Some("system") => 3,
        Some(_) => 99,
    };
    event.put("actor.user.type_id", type_id);
    event.put_text("actor.user.type", row, "account_type");
    if let Some(key) = key {
        event.put("actor.user.credential_uid", key);
        if key.starts_with("STS.") {
            event.put("actor.session.credential_uid", key);
        }
    }
}
