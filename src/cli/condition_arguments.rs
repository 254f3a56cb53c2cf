//! The conditions of `lookup` as they are typed.

use anyhow::Context as _;
use clap::Args;
use keytrail::calls::{self, Conditions, Expression, KeyFilter, Pattern, ReadWrite, SourceFilter};

use super::key_list;
use super::typed_key::TypedKey;
use super::words::one_of;

/// The conditions, each as often as it is typed.
#[derive(Debug, Args)]
pub(super) struct ConditionArguments {
    /// Only calls with this AccessKey; with `*`, as the cloud masks keys (`LTAI5tCi****E001`), or
    /// `@FILE` for the keys of a file
    ///
    /// A file has one key a line, or is CSV with columns of AccessKey IDs, such as a credential report.
    ///
    /// An AccessKey among the archives, such as `lookup ./archive LTAI5tExample`, means the same.
    ///
    /// Events of Insight that are about the key are shown, too. They are no use of it, and nothing else
    /// counts them as one.
    #[arg(long = "key", value_name = "KEY", help_heading = CONDITIONS)]
    keys: Vec<String>,
    /// Only calls without an AccessKey: sign-ins, the console, the cloud's own services
    #[arg(long, help_heading = CONDITIONS, overrides_with = "no_key")]
    no_key: bool,
    /// Only calls to this service, by its whole name without regard to case (`Ecs`, `Oss`, …)
    #[arg(long = "service", value_name = "S", help_heading = CONDITIONS,
          value_parser = |text: &str| calls::exact(text, "Ecs"))]
    services: Vec<String>,
    /// Only calls of this name; `*` stands for any characters (`Create*`)
    ///
    /// An event without a name has its type for one, as in the table: `ActionTrailInsight`, and of
    /// Insight also `AkInsight` and the like.
    #[arg(long = "event", value_name = "NAME", help_heading = CONDITIONS,
          value_parser = |text: &str| Pattern::of_one_name(text, "RunInstances, or 'Create*'"))]
    events: Vec<Pattern>,
    /// Only calls from this address, network (CIDR), or word in place of an address (`Internal`)
    ///
    /// IPv4 and IPv6. Addresses are compared by value, however they are spelt; words exactly. An
    /// address is also found in a list, with a port, in brackets and with a zone. Events of Insight that
    /// are about the address are shown, too.
    #[arg(long = "ip", value_name = "IP", help_heading = CONDITIONS,
          value_parser = |text: &str| SourceFilter::new(text))]
    ips: Vec<SourceFilter>,
    /// Only calls by this user: the user name or the principal ID; with `*`
    #[arg(long = "user", value_name = "USER", help_heading = CONDITIONS,
          value_parser = |text: &str| Pattern::new(text, "alice, or 'admin-*'"))]
    users: Vec<Pattern>,
    /// Only calls by this user agent; with `*` (`python*`)
    #[arg(long = "agent", value_name = "AGENT", help_heading = CONDITIONS,
          value_parser = |text: &str| Pattern::new(text, "'python*', or 'Terraform/1.5.0'"))]
    agents: Vec<Pattern>,
    /// Only calls that name this resource, alone or as `TYPE:NAME`; with `*`
    #[arg(long = "resource", value_name = "NAME", help_heading = CONDITIONS,
          value_parser = |text: &str| Pattern::new(text, "i-bp1example, or 'i-bp1*'"))]
    resources: Vec<Pattern>,
    /// Only calls that name a resource of this type, compared exactly
    #[arg(long = "resource-type", value_name = "TYPE", help_heading = CONDITIONS,
          value_parser = |text: &str| calls::exact(text, "ACS::ECS::Instance"))]
    resource_types: Vec<String>,
    /// Only calls that read, or that write, by the event's eventRW
    #[arg(long, value_name = "HOW", help_heading = CONDITIONS,
          value_parser = one_of(&[ReadWrite::Read, ReadWrite::Write], rw_and_help))]
    rw: Vec<ReadWrite>,
    /// Only events of this type, compared exactly (`ApiCall`, `ConsoleSignin`, …)
    #[arg(long = "event-type", value_name = "TYPE", help_heading = CONDITIONS,
          value_parser = |text: &str| calls::exact(text, "ApiCall"))]
    event_types: Vec<String>,
    /// Only the event with this ID, compared exactly
    #[arg(long = "event-id", value_name = "ID", help_heading = CONDITIONS,
          value_parser = |text: &str| calls::exact(text, "AE3B631D-B6BE-5BFC-9F14-6BAA2683B0BA"))]
    event_ids: Vec<String>,
    /// Only calls that failed; with a code, those that failed with it; with `*`
    ///
    /// A sign-in to the console also failed where its error message is neither empty nor `success`.
    ///
    /// What follows `--error` is a code unless it is an option or the path of a file or a folder.
    /// `--error=CODE` leaves no doubt.
    #[arg(long = "error", value_name = "CODE", help_heading = CONDITIONS,
          num_args = 0..=1, require_equals = true, default_missing_value = "*",
          value_parser = |text: &str| Pattern::of_one_name(text, "NoPermission, or 'Forbidden*'"))]
    errors: Vec<Pattern>,
    /// Only calls that did not fail
    #[arg(long, help_heading = CONDITIONS, overrides_with = "success")]
    success: bool,
    /// Only calls that were denied: for a missing right, or a bad credential
    ///
    /// These are error codes that begin with `NoPermission`, `Forbidden` (also misspelt
    /// `Forbbiden`), `InvalidAuthorization`, `AccessForbidden`, `NotAuthorized`, `AccessDenied`,
    /// `Unauthorized`, `AccessKeyId.AccessPolicyDenied`, `InvalidAccessKeyId`,
    /// `InvalidSecurityToken`, `SignatureDoesNotMatch`, `SignatureNotMatch` or `UserDisable`.
    #[arg(long, help_heading = CONDITIONS, overrides_with = "denied")]
    denied: bool,
    /// Only events in whose text this regular expression matches
    ///
    /// It is tried on the text as it stands in the log file, and on the text with the escapes of JSON
    /// decoded, also where JSON stands in strings of JSON.
    #[arg(long = "grep", value_name = "REGEX", help_heading = CONDITIONS,
          value_parser = |text: &str| Expression::new(text))]
    texts: Vec<Expression>,
    /// No calls with this AccessKey; the same forms
    #[arg(long = "not-key", value_name = "KEY", help_heading = CONDITIONS)]
    not_keys: Vec<String>,
    /// No calls to this service
    #[arg(long = "not-service", value_name = "S", help_heading = CONDITIONS,
          value_parser = |text: &str| calls::exact(text, "Ecs"))]
    not_services: Vec<String>,
    /// No calls of this name; with `*`
    #[arg(long = "not-event", value_name = "NAME", help_heading = CONDITIONS,
          value_parser = |text: &str| Pattern::of_one_name(text, "RunInstances, or 'Describe*'"))]
    not_events: Vec<Pattern>,
    /// No calls from this address, network or word
    #[arg(long = "not-ip", value_name = "IP", help_heading = CONDITIONS,
          value_parser = |text: &str| SourceFilter::new(text))]
    not_ips: Vec<SourceFilter>,
    /// No calls by this user, by name or principal ID; with `*`
    #[arg(long = "not-user", value_name = "USER", help_heading = CONDITIONS,
          value_parser = |text: &str| Pattern::new(text, "alice, or 'admin-*'"))]
    not_users: Vec<Pattern>,
    /// No calls by this user agent; with `*`
    #[arg(long = "not-agent", value_name = "AGENT", help_heading = CONDITIONS,
          value_parser = |text: &str| Pattern::new(text, "'python*', or 'Terraform/1.5.0'"))]
    not_agents: Vec<Pattern>,
    /// No calls of this region, by the event's acsRegion
    #[arg(long = "not-region", value_name = "R", help_heading = CONDITIONS,
          value_parser = |text: &str| calls::exact(text, "cn-hangzhou"))]
    not_regions: Vec<String>,
    /// No calls that name this resource, alone or as `TYPE:NAME`; with `*`
    #[arg(long = "not-resource", value_name = "NAME", help_heading = CONDITIONS,
          value_parser = |text: &str| Pattern::new(text, "i-bp1example, or 'i-bp1*'"))]
    not_resources: Vec<Pattern>,
    /// No calls that failed with this code; with `*`
    #[arg(long = "not-error", value_name = "CODE", help_heading = CONDITIONS,
          value_parser = |text: &str| Pattern::of_one_name(text, "Throttling, or 'Throttling*'"))]
    not_errors: Vec<Pattern>,
}

const CONDITIONS: &str = "Conditions";

impl ConditionArguments {
    /// Adds keys that stand among the archives.
    pub(super) fn add_keys(&mut self, keys: Vec<String>) {
        self.keys.extend(keys);
    }

    /// What is meant. The conditions are sorted, so that they do not depend on the order in which they
    /// are typed.
    pub(super) fn conditions(self, quiet: bool) -> anyhow::Result<Conditions> {
        Ok(Conditions {
            keys: key_filter(&self.keys, quiet).context("--key")?,
            not_keys: key_filter(&self.not_keys, quiet).context("--not-key")?,
            no_key: self.no_key,
            services: sorted(self.services),
            not_services: sorted(self.not_services),
            events: sorted(self.events),
            not_events: sorted(self.not_events),
            ips: sorted(self.ips),
            not_ips: sorted(self.not_ips),
            users: sorted(self.users),
            not_users: sorted(self.not_users),
            agents: sorted(self.agents),
            not_agents: sorted(self.not_agents),
            not_regions: sorted(self.not_regions),
            resources: sorted(self.resources),
            not_resources: sorted(self.not_resources),
            resource_types: sorted(self.resource_types),
            rw: sorted(self.rw),
            event_types: sorted(self.event_types),
            event_ids: sorted(self.event_ids),
            errors: sorted(self.errors),
            not_errors: sorted(self.not_errors),
            success: self.success,
            denied: self.denied,
            texts: sorted(self.texts),
        })
    }
}

/// The keys that were typed, those of files among them.
fn key_filter(typed: &[String], quiet: bool) -> anyhow::Result<KeyFilter> {
    let mut filter = KeyFilter::default();
    for text in typed {
        let keys = match text.strip_prefix('@') {
            Some(path) => key_list::read(path.as_ref())?,
            None => vec![typed_key(text, quiet)?],
        };
        for key in keys {
            filter.add(&key)?;
        }
    }
    Ok(filter)
}

fn typed_key(text: &str, quiet: bool) -> anyhow::Result<String> {
    let key = TypedKey::parse(text)
        .map_err(|mistake| mistake.advised("for any of several repeat the option"))?;
    if !quiet {
        key.report_what_was_left_out();
    }
    Ok(key.id)
}

fn sorted<T: Ord>(mut conditions: Vec<T>) -> Vec<T> {
    conditions.sort_unstable();
    conditions.dedup();
    conditions
}

fn rw_and_help(rw: ReadWrite) -> (&'static str, &'static str) {
    match rw {
        ReadWrite::Read => ("read", "The call reads"),
        ReadWrite::Write => ("write", "The call writes"),
    }
}
