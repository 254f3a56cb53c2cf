//! The `ocsf` format: one event of the Open Cybersecurity Schema Framework a line, class 6003 (API
//! Activity) of version 1.8.0 with the profile `cloud`.
//!
//! What the class has no place for stands under `unmapped` with our columns' names. A member that
//! the schema requires and the event does not have is `unknown`.

use std::io;

use crate::query::Question;
use crate::report::contract::{Format, Report};
use crate::report::redacted::RedactedCall;
use crate::report::text::time::time;

use super::activity::{CallActivity, CallSource, activity, call_addresses, call_source, summary};
use super::object::{ObjectBuilder, write_lines};

/// The format.
pub(super) struct OcsfFormat;

const VERSION: &str = "1.8.0";

/// The value of a member that the schema requires and the event does not have.
const UNKNOWN: &str = "unknown";

impl Format for OcsfFormat {
    fn name(&self) -> &'static str {
        "ocsf"
    }

    fn about(&self) -> &'static str {
        "OCSF API Activity (class 6003), one event a line"
    }

    fn answers(&self, question: Question) -> bool {
        question == Question::Lookup
    }

    fn write(&self, report: &mut Report<'_>, out: &mut (dyn io::Write + Send)) -> io::Result<()> {
        write_lines(report, event, out)
    }
}

fn event(call: RedactedCall<'_>) -> ObjectBuilder {
    let mut event = ObjectBuilder::default();
    let (activity_id, activity_name) = match activity(call) {
        CallActivity::Create => (1, "Create"),
        CallActivity::Read => (2, "Read"),
        CallActivity::Update => (3, "Update"),
        CallActivity::Delete => (4, "Delete"),
        CallActivity::Other => (99, "Other"),
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
    event.put("message", summary(call));
    event.put("time", call.event_time());
    event.put("metadata.version", VERSION);
    event.put("metadata.profiles", vec!["cloud"]);
    event.put("metadata.product.name", "ActionTrail");
    event.put("metadata.product.vendor_name", "Alibaba Cloud");
    event.put("metadata.original_time", time(call.event_time()));
    event.put_text("metadata.original_event_uid", call.event_id());
    let operation = match call.event_name() {
        "" => UNKNOWN,
        name => name,
    };
    event.put("api.operation", operation);
    event.put_text("api.service.name", call.service_name());
    event.put_text("api.request.uid", call.request_id());
    put_actor(call, &mut event);
    event.put("cloud.provider", "Alibaba Cloud");
    event.put_text("cloud.region", call.region());
    event.put_text("cloud.account.uid", call.account_id());
    match call_source(call) {
        CallSource::Address(address) => {
            event.put("src_endpoint.ip", address.to_string());
            let through: Vec<_> = call_addresses(call).into_iter().skip(1).collect();
            if !through.is_empty() {
                event.put("src_endpoint.intermediate_ips", through);
            }
        }
        CallSource::Service(host) => event.put("src_endpoint.svc_name", host),
        CallSource::Word(word) => event.put("src_endpoint.name", word),
        CallSource::Unknown => event.put("src_endpoint.name", UNKNOWN),
    }
    event.put_text("http_request.user_agent", &call.user_agent());
    event.put_resources("resources", call.resources());
    let failed = call.failed();
    event.put("status_id", if failed { 2 } else { 1 });
    event.put("status", if failed { "Failure" } else { "Success" });
    event.put_text("status_code", call.error_code());
    event.put_text("status_detail", &call.error_message());
    event.put_text("unmapped.rw", call.rw());
    event.put_text("unmapped.event_type", call.event_type());
    event.put_text("unmapped.insight", call.insight());
    event.put_text("unmapped.log_file", call.log_file());
    event.put("unmapped.record_number", call.record_number());
    if let Some(record) = call.record() {
        event.put("raw_data", record);
    }
    event
}

fn put_actor(call: RedactedCall<'_>, event: &mut ObjectBuilder) {
    let texts = [call.user_name(), call.principal_id(), call.account_id()];
    if texts.iter().all(|text| text.is_empty()) {
        event.put("actor.user.name", UNKNOWN);
    }
    event.put_text("actor.user.name", call.user_name());
    event.put_text("actor.user.uid", call.principal_id());
    event.put_text("actor.user.account.uid", call.account_id());
    let type_id = match call.account_type() {
        "" => 0,
        "ram-user" | "assumed-role" | "saml-user" | "oidc-user" | "cloudsso-user" => 1,
        "root-account" => 2,
        "system" => 3,
        _ => 99,
    };
    event.put("actor.user.type_id", type_id);
    event.put_text("actor.user.type", call.account_type());
    let key = call.access_key_id();
    event.put_text("actor.user.credential_uid", key);
    if key.starts_with("STS.") {
        event.put("actor.session.credential_uid", key);
    }
}
