//! The `api` format: the reply that the cloud's own API would give.
//!
//! One JSON object, in one line, of the types in `cloud/`. The array is always there, and all of it:
//! there is never a next page.

use std::io;

use crate::query::{Dimension, Question};
use crate::report::cloud::last_used::{self, KeyReply, ListItem, UnusedKeyReply};
use crate::report::cloud::lookup_events::{LookupEventsReply, event};
use crate::report::cloud::request_id::request_id;
use crate::report::contract::{Format, Report};
use crate::report::redacted::RedactedEntry;
use crate::report::text::json::push_json;

/// The format.
pub(super) struct ApiFormat;

impl Format for ApiFormat {
    fn name(&self) -> &'static str {
        "api"
    }

    fn about(&self) -> &'static str {
        "the reply of the cloud's own API, for last-used and lookup"
    }

    fn answers(&self, question: Question) -> bool {
        match question {
            Question::Keys
            | Question::Dump
            | Question::Groups
            | Question::LastUsed(Dimension::Region | Dimension::Agent | Dimension::Error) => false,
            Question::LastUsed(_) | Question::Lookup => true,
        }
    }

    fn needs_records(&self) -> bool {
        true
    }

    fn write(&self, report: &mut Report<'_>, out: &mut (dyn io::Write + Send)) -> io::Result<()> {
        match report.request.question {
            Question::LastUsed(Dimension::Key) => write_key(report, out),
            Question::LastUsed(Dimension::Service) => {
                write_list("Products", last_used::product, report, out)
            }
            Question::LastUsed(Dimension::Event) => {
                write_list("Events", last_used::event, report, out)
            }
            Question::LastUsed(Dimension::Ip) => write_list("Ips", last_used::ip, report, out),
            Question::LastUsed(Dimension::Resource) => {
                write_list("Resources", last_used::resource, report, out)
            }
            Question::Lookup => write_events(report, out),
            Question::Keys
            | Question::Dump
            | Question::Groups
            | Question::LastUsed(Dimension::Region | Dimension::Agent | Dimension::Error) => {
                Err(io::Error::new(
                    io::ErrorKind::Unsupported,
                    "the api format has no reply to this command",
                ))
            }
        }
    }
}

fn write_key(report: &mut Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let request_id = request_id(&report.request);
    let mut line = Vec::new();
    report.rows.for_each(&mut |row| {
        // One key has one row; were there more, the first would be the newest.
        if line.is_empty() {
            push_json(&KeyReply::new(&request_id, row.entry()?), &mut line)?;
        }
        Ok(())
    })?;
    if line.is_empty() {
        let reply = UnusedKeyReply {
            request_id: &request_id,
            access_key_id: report.request.access_key_id.unwrap_or_default(),
        };
        push_json(&reply, &mut line)?;
    }
    line.push(b'\n');
    out.write_all(&line)
}

fn write_list(
    member: &str,
    item: for<'r> fn(RedactedEntry<'r>) -> ListItem<'r>,
    report: &mut Report<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let request_id = request_id(&report.request);
    write!(out, r#"{{"RequestId":"{request_id}","{member}":["#)?;
    let mut line = Vec::new();
    let mut separator: &[u8] = b"";
    report.rows.for_each(&mut |row| {
        line.clear();
        line.extend_from_slice(separator);
        separator = b",";
        push_json(&item(row.entry()?), &mut line)?;
        out.write_all(&line)
    })?;
    out.write_all(b"]}\n")
}

fn write_events(report: &mut Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let mut line = Vec::new();
    let reply = LookupEventsReply::new(&report.request, report.coverage);
    push_json(&reply, &mut line)?;
    // The list is the last member of the reply.
    line.pop();
    line.extend_from_slice(br#","Events":["#);
    out.write_all(&line)?;
    let mut separator = "";
    let mut unsound = 0_u64;
    report.rows.for_each(&mut |row| {
        let Some(record) = row.call()?.record() else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the api format needs whole events",
            ));
        };
        let (event, is_sound) = event(&record);
        unsound += u64::from(!is_sound);
        out.write_all(separator.as_bytes())?;
        separator = ",";
        out.write_all(event.as_bytes())
    })?;
    if unsound > 0 {
        report.notices.push(format!(
            "{unsound} events are not sound JSON or nested too deep; what is wrong in them is \
             given as text"
        ));
    }
    out.write_all(b"]}\n")
}
