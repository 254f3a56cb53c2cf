//! The conditions one by one, in the order in which an empty answer is explained.

use super::conditions::Conditions;
use super::key_filter::KeyFilter;
use crate::event::{Details, Event};

/// One kind of condition: all its values, of which one has to match.
#[derive(Clone, Debug)]
pub struct Step {
    /// The name of its option, without the dashes.
    pub option: &'static str,
    /// Its values as typed; none where the option has none.
    pub values: Vec<String>,
    test: Test,
    field: Field,
}

/// What an event is tested by.
#[derive(Clone, Debug)]
enum Test {
    Regions,
    Accounts,
    Conditions(Box<Conditions>),
}

/// The values of an event that the values of a condition are compared with.
type Field = for<'a> fn(&'a Event<'_>, &'a Details<'_>) -> Vec<&'a str>;

/// The most values for which the nearest one is looked for.
const COMPARED: usize = 8;

impl Step {
    /// The steps of all conditions, and of the regions and accounts that an answer is restricted to.
    pub fn all(regions: &[String], accounts: &[String], conditions: &Conditions) -> Vec<Self> {
        let mut steps = Vec::new();
        let mut add = |option, values: Vec<String>, test, field| {
            steps.push(Self {
                option,
                values,
                test,
                field,
            });
        };
        if !regions.is_empty() {
            let field: Field = |event, _| vec![event.region];
            add("region", regions.to_vec(), Test::Regions, field);
        }
        if !accounts.is_empty() {
            let field: Field = |event, _| vec![event.account()];
            add("account", accounts.to_vec(), Test::Accounts, field);
        }
        for_each_condition(conditions, &mut |option, values, one, field| {
            add(option, values, Test::Conditions(Box::new(one)), field);
        });
        steps
    }

    /// Whether an event passes.
    pub(super) fn passes(&self, event: &Event<'_>, text: &[u8], details: &Details<'_>) -> bool {
        let is_one = |text: &str| self.values.iter().any(|value| value == text);
        match &self.test {
            Test::Regions => is_one(event.region),
            Test::Accounts => is_one(event.account()),
            Test::Conditions(one) => one.matches(event, text, || details),
        }
    }

    /// The values of an event to compare with those of the condition.
    pub(super) fn compared<'a>(
        &self,
        event: &'a Event<'_>,
        details: &'a Details<'_>,
    ) -> Vec<&'a str> {
        if self.values.len() > COMPARED {
            return Vec::new();
        }
        (self.field)(event, details)
    }
}

/// Calls `add` with each kind of condition that there is: its option, its values, the condition alone,
/// and the values of an event that it is about.
fn for_each_condition(
    conditions: &Conditions,
    add: &mut dyn FnMut(&'static str, Vec<String>, Conditions, Field),
) {
    /// One kind of condition of which there can be several values.
    macro_rules! several {
        ($option:literal, $member:ident, $field:expr) => {
            several!($option, $member, $field, |values: &[_]| {
                values.iter().map(ToString::to_string).collect()
            });
        };
        ($option:literal, $member:ident, $field:expr, $texts:expr) => {
            if !conditions.$member.is_empty() {
                let one = Conditions {
                    $member: conditions.$member.clone(),
                    ..Conditions::default()
                };
                let texts = $texts;
                add($option, texts(&conditions.$member), one, $field);
            }
        };
    }
    /// One that is there or not.
    macro_rules! flag {
        ($option:literal, $member:ident, $field:expr) => {
            if conditions.$member {
                let one = Conditions {
                    $member: true,
                    ..Conditions::default()
                };
                add($option, Vec::new(), one, $field);
            }
        };
    }
    let nothing: Field = |_, _| Vec::new();
    several!(
        "key",
        keys,
        |event, _| vec![event.access_key_id],
        KeyFilter::texts
    );
    flag!("no-key", no_key, nothing);
    several!("user", users, |event, _| vec![
        event.user_name,
        event.owner_id
    ]);
    several!("ip", ips, |event, _| vec![event.source_ip]);
    several!("agent", agents, |_, details| vec![&*details.user_agent]);
    several!("service", services, |event, _| vec![event.service_name]);
    several!("event", events, |event, details| match event.event_name {
        "" => vec![&*details.event_type],
        name => vec![name],
    });
    several!("event-id", event_ids, |event, _| vec![event.event_id]);
    several!("event-type", event_types, |_, details| vec![
        &*details.event_type
    ]);
    several!("rw", rw, nothing);
    several!("resource-type", resource_types, |event, _| {
        event
            .resources
            .iter()
            .map(|one| one.resource_type)
            .collect()
    });
    several!("resource", resources, |event, _| {
        event.resources.iter().map(|one| one.name).collect()
    });
    flag!("success", success, nothing);
    several!("error", errors, |event, _| vec![event.error_code]);
    flag!("denied", denied, |event, _| vec![event.error_code]);
    several!("grep", texts, nothing);
    several!("not-key", not_keys, nothing, KeyFilter::texts);
    several!("not-user", not_users, nothing);
    several!("not-ip", not_ips, nothing);
    several!("not-agent", not_agents, nothing);
    several!("not-region", not_regions, nothing);
    several!("not-service", not_services, nothing);
    several!("not-event", not_events, nothing);
    several!("not-resource", not_resources, nothing);
    several!("not-error", not_errors, nothing);
}
