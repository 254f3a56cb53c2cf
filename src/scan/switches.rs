//! The calls that switch trails, recognized in events for the blind times.
//!
//! Left out: what follows of them, which is in `coverage`.

use crate::coverage::{SwitchCall, TrailSwitch};
use crate::event::Event;
use crate::evidence::TrailAction;

/// The call, where an event is one that switched a trail off or on and did not fail.
#[inline]
pub(super) fn switch_call(event: &Event<'_>) -> Option<SwitchCall> {
    let action = TrailAction::of(event)?;
    let switch = match action {
        TrailAction::Start => TrailSwitch::Start,
        TrailAction::Create => TrailSwitch::Create,
        TrailAction::Stop => TrailSwitch::Stop,
        TrailAction::Delete => TrailSwitch::Delete,
        TrailAction::Update => return None,
    };
    event.error_code.is_empty().then(|| SwitchCall {
        time: event.time,
        switch,
        account_id: event.account().to_owned(),
        trail: trail_name(event).to_owned(),
        event_id: event.event_id.to_owned(),
    })
}

/// The name of the trail: of the resources, the one of a type that ends in `::Trail`, else the only
/// one.
fn trail_name<'e>(event: &Event<'e>) -> &'e str {
    let is_trail = |kind: &str| kind.len() >= 5 && kind.to_ascii_lowercase().ends_with("trail");
    let trails = event.resources.iter();
    let trails = trails.filter(|resource| is_trail(resource.resource_type));
    match (trails.map(|trail| trail.name).min(), event.resources) {
        (Some(name), _) => name,
        (None, [resource]) => resource.name,
        (None, _) => "",
    }
}
