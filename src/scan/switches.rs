//! The calls that switch trails, recognized in events for the blind times.
//!
//! Left out: what follows of them, which is in `coverage`.

use crate::coverage::{SwitchCall, TrailSwitch};
use crate::event::{Event, Record, request_parameter};
use crate::evidence::TrailAction;

/// The call, where an event is one that switched a trail off or on and did not fail; `trail` is asked for
/// the name of the trail.
#[inline]
pub(super) fn switch_call(event: &Event<'_>, trail: impl FnOnce() -> String) -> Option<SwitchCall> {
    let action = TrailAction::of(event)?;
    let switch = match action {
        TrailAction::Start => TrailSwitch::Start,
        TrailAction::Create => TrailSwitch::Create,
        TrailAction::Stop => TrailSwitch::Stop,
        TrailAction::Delete => TrailSwitch::Delete,
        TrailAction::Update => return None,
    };
    (!event.failed()).then(|| SwitchCall {
        time: event.time,
        switch,
        account_id: event.account().to_owned(),
        trail: trail(),
        event_id: event.event_id.to_owned(),
    })
}

/// The name of the trail: of the resources, the one of a type that ends in `Trail`, else the parameter
/// `Name` of the request, else the only resource; `""` where none has it.
pub(super) fn trail_name(record: &Record<'_>) -> String {
    let resources = record.event.resources;
    let is_trail = |kind: &str| kind.to_ascii_lowercase().ends_with("trail");
    let trails = resources.iter();
    let trails = trails.filter(|resource| is_trail(resource.resource_type));
    let of_resource = trails.map(|trail| trail.name).min().map(str::to_owned);
    let only_resource = || match resources {
        [resource] => Some(resource.name.to_owned()),
        _ => None,
    };
    let name = of_resource
        .or_else(|| request_parameter(&record.as_text(), "Name"))
        .or_else(only_resource);
    without_prefix(name.unwrap_or_default())
}

/// The name alone, where it is the resource name `acs:actiontrail:REGION:ACCOUNT:trail/NAME`.
fn without_prefix(name: String) -> String {
    match name.rsplit_once('/') {
        Some((prefix, last)) if prefix.starts_with("acs:") => last.to_owned(),
        _ => name,
    }
}
