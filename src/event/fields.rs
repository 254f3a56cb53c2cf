//! The members of a record that are read, in one list, and how their values make an event.
//!
//! Every other member is skipped without being interpreted.

use std::borrow::Cow;

use super::event::{Event, Resource, Source};
use super::time::parse_time;

/// A member that holds a string of the event, or of its details.
///
/// The discriminant is its index in an array of [`FIELD_COUNT`] values, or of [`EVENT_FIELD_COUNT`]
/// where only the event is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EventField {
    Time,
    EventId,
    AccessKeyId,
    AccountId,
    OwnerId,
    UserName,
    AccountType,
    RecipientAccountId,
    Region,
    ServiceName,
    EventName,
    SourceIp,
    ErrorCode,
    UserAgent,
    Category,
    ResourceName,
    ResourceType,
    // Those below are read for details only.
    Rw,
    EventType,
    ErrorMessage,
    RequestId,
}

/// The number of fields of an event.
pub(super) const EVENT_FIELD_COUNT: usize = EventField::ResourceType as usize + 1;

/// The number of fields of an event and its details.
pub(super) const FIELD_COUNT: usize = EventField::RequestId as usize + 1;

/// What a wanted member at the top level of a record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EventMember {
    /// A string.
    Field(EventField),
    /// `userIdentity`: an object with wanted members of its own.
    Identity,
    /// `referencedResources`: an object of type → names.
    References,
}

/// The wanted members at the top level of a record.
pub(super) const EVENT_MEMBERS: &[(&str, EventMember)] = &[
    ("eventTime", EventMember::Field(EventField::Time)),
    ("eventId", EventMember::Field(EventField::EventId)),
    ("userIdentity", EventMember::Identity),
    ("serviceName", EventMember::Field(EventField::ServiceName)),
    ("eventName", EventMember::Field(EventField::EventName)),
    ("sourceIpAddress", EventMember::Field(EventField::SourceIp)),
    ("acsRegion", EventMember::Field(EventField::Region)),
    ("errorCode", EventMember::Field(EventField::ErrorCode)),
    ("userAgent", EventMember::Field(EventField::UserAgent)),
    ("eventCategory", EventMember::Field(EventField::Category)),
    (
        "recipientAccountId",
        EventMember::Field(EventField::RecipientAccountId),
    ),
    ("referencedResources", EventMember::References),
    ("resourceName", EventMember::Field(EventField::ResourceName)),
    ("resourceType", EventMember::Field(EventField::ResourceType)),
];

/// The wanted members of `userIdentity`.
pub(super) const IDENTITY_MEMBERS: &[(&str, EventField)] = &[
    ("accessKeyId", EventField::AccessKeyId),
    ("accountId", EventField::AccountId),
    ("principalId", EventField::OwnerId),
    ("userName", EventField::UserName),
    ("type", EventField::AccountType),
];

/// The members at the top level of a record that its details are made of.
pub(super) const DETAIL_MEMBERS: &[(&str, EventField)] = &[
    ("eventRW", EventField::Rw),
    ("eventType", EventField::EventType),
    ("errorMessage", EventField::ErrorMessage),
    ("userAgent", EventField::UserAgent),
    ("requestId", EventField::RequestId),
    // It decides whether an event can be of Insight.
    ("eventCategory", EventField::Category),
];

pub(super) fn event_member(name: &str) -> Option<EventMember> {
    find(EVENT_MEMBERS, name)
}

pub(super) fn identity_member(name: &str) -> Option<EventField> {
    find(IDENTITY_MEMBERS, name)
}

pub(super) fn detail_member(name: &str) -> Option<EventField> {
    find(DETAIL_MEMBERS, name)
}

/// Finds a member by its name, without regard to ASCII case.
fn find<T: Copy>(members: &[(&str, T)], name: &str) -> Option<T> {
    members
        .iter()
        .find(|(wanted, _)| wanted.eq_ignore_ascii_case(name))
        .map(|&(_, member)| member)
}

/// The values of the wanted members of one record.
#[derive(Debug, Default)]
pub(super) struct EventFields<'a> {
    values: [Option<Cow<'a, str>>; EVENT_FIELD_COUNT],
    /// The types and names of `referencedResources`.
    references: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// What `userIdentity` holds, if that is text that is not understood.
    refused_identity: Option<Cow<'a, str>>,
    /// What `referencedResources` holds, if that is text that is not understood.
    refused_references: Option<Cow<'a, str>>,
}

impl<'a> EventFields<'a> {
    /// Sets a value. It replaces an earlier one: of a doubled name the last counts.
    #[expect(clippy::indexing_slicing, reason = "a field is an index of the array")]
    pub(super) fn set(&mut self, field: EventField, value: Option<Cow<'a, str>>) {
        self.values[field as usize] = value;
    }

    /// Clears an earlier `userIdentity`: a later one replaces it as a whole.
    pub(super) fn clear_identity(&mut self) {
        for &(_, field) in IDENTITY_MEMBERS {
            self.set(field, None);
        }
        self.refused_identity = None;
    }

    /// Clears an earlier `referencedResources`: a later one replaces it as a whole.
    pub(super) fn clear_references(&mut self) {
        self.references.clear();
        self.refused_references = None;
    }

    /// Takes over the identity that a string holds.
    pub(super) fn take_identity(&mut self, mut inner: EventFields<'_>) {
        for &(_, field) in IDENTITY_MEMBERS {
            if let Some(value) = inner.values.get_mut(field as usize) {
                let value = value.take().map(|text| Cow::Owned(text.into_owned()));
                self.set(field, value);
            }
        }
    }

    /// Takes over the resources that a string holds.
    pub(super) fn take_references(&mut self, inner: EventFields<'_>) {
        for (resource_type, name) in inner.references {
            self.add_reference(
                Cow::Owned(resource_type.into_owned()),
                Cow::Owned(name.into_owned()),
            );
        }
    }

    /// Notes that `userIdentity` holds text that is not understood.
    pub(super) fn refuse_identity(&mut self, text: Cow<'a, str>) {
        self.refused_identity = Some(text);
    }

    /// The text of `userIdentity` that is not understood.
    pub(super) fn refused_identity(&self) -> Option<&str> {
        self.refused_identity.as_deref()
    }

    /// Notes that `referencedResources` holds text that is not understood.
    pub(super) fn refuse_references(&mut self, text: Cow<'a, str>) {
        self.refused_references = Some(text);
    }

    /// The text of `referencedResources` that is not understood.
    pub(super) fn refused_references(&self) -> Option<&str> {
        self.refused_references.as_deref()
    }

    /// The text of `eventTime`.
    pub(super) fn time_text(&self) -> &str {
        let value = self.values.get(EventField::Time as usize);
        value.and_then(Option::as_deref).unwrap_or_default()
    }

    /// Whether there is a usable time.
    pub(super) fn has_time(&self) -> bool {
        parse_time(self.time_text()).is_some()
    }

    /// Whether any member of `userIdentity` is there. Where there is none, the identity may stand in
    /// the record under flattened names.
    pub(super) fn has_identity(&self) -> bool {
        IDENTITY_MEMBERS.iter().any(|&(_, field)| {
            let value = self.values.get(field as usize);
            value.is_some_and(|value| value.as_deref().is_some_and(|text| !text.is_empty()))
        })
    }

    pub(super) fn add_reference(&mut self, resource_type: Cow<'a, str>, name: Cow<'a, str>) {
        self.references.push((resource_type, name));
    }

    /// Calls `visit` with the event; `None` where there is no usable time.
    pub(super) fn event<T>(&self, visit: impl FnOnce(Event<'_>) -> T) -> Option<T> {
        let values = self
            .values
            .each_ref()
            .map(|value| value.as_deref().unwrap_or_default());
        let mut resources = Vec::new();
        for (resource_type, name) in &self.references {
            add_resource(&mut resources, resource_type, name);
        }
        build_event(&values, &mut resources).map(visit)
    }
}

/// Whether any of the values is one of `userIdentity`.
#[inline]
pub(super) fn has_identity(values: &[&str; EVENT_FIELD_COUNT]) -> bool {
    #[expect(clippy::indexing_slicing, reason = "a field is an index of the array")]
    let has = |field: EventField| !values[field as usize].is_empty();
    // Nearly every event has a key, so that the others are rarely looked at.
    has(EventField::AccessKeyId) || IDENTITY_MEMBERS.iter().any(|&(_, field)| has(field))
}

/// Makes an event of its fields and the resources of `referencedResources`, to which it adds those
/// of `resourceName`. `None` where there is no usable time.
#[inline]
pub(super) fn build_event<'a, 'r>(
    values: &[&'a str; EVENT_FIELD_COUNT],
    resources: &'r mut Vec<Resource<'a>>,
) -> Option<Event<'r>>
where
    'a: 'r,
{
    #[expect(clippy::indexing_slicing, reason = "a field is an index of the array")]
    let value = |field: EventField| values[field as usize];
    let time = parse_time(value(EventField::Time))?;
    let resource_names = value(EventField::ResourceName);
    if !resource_names.is_empty() {
        add_named_resources(resources, resource_names, value(EventField::ResourceType));
    }
    remove_duplicates(resources);
    Some(Event {
        time,
        event_id: value(EventField::EventId),
        access_key_id: value(EventField::AccessKeyId),
        account_id: value(EventField::AccountId),
        owner_id: value(EventField::OwnerId),
        user_name: value(EventField::UserName),
        account_type: value(EventField::AccountType),
        recipient_account_id: value(EventField::RecipientAccountId),
        region: value(EventField::Region),
        service_name: value(EventField::ServiceName),
        event_name: value(EventField::EventName),
        source_ip: value(EventField::SourceIp),
        error_code: value(EventField::ErrorCode),
        // These are in the record, which is not here.
        failed_sign_in: false,
        insight_key: "",
        user_agent: value(EventField::UserAgent),
        source: Source::from_category(value(EventField::Category)),
        resources,
    })
}

/// Adds a resource, unless its name is empty.
#[inline]
pub(super) fn add_resource<'a>(
    resources: &mut Vec<Resource<'a>>,
    resource_type: &'a str,
    name: &'a str,
) {
    if !name.is_empty() {
        resources.push(Resource {
            resource_type,
            name,
        });
    }
}

/// Adds the resources of `resourceName` and `resourceType`, paired by position: groups split by
/// `;`, names by `,` (vendor's structure page of management events, newest copy of 2026-06).
fn add_named_resources<'a>(resources: &mut Vec<Resource<'a>>, names: &'a str, types: &'a str) {
    let mut types = split(types, b';');
    for group in split(names, b';') {
        let resource_type = types.next().unwrap_or_default();
        for name in split(group, b',') {
            add_resource(resources, resource_type, name);
        }
    }
}

/// Splits text at a separator. Uses `memchr`, because most texts have none.
fn split(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = memchr::memchr(separator, text.as_bytes());
        rest = end.and_then(|end| text.get(end + 1..));
        text.get(..end.unwrap_or(text.len()))
    })
}

/// Removes duplicates. Most events name one or two resources; comparing each pair of a long list
/// would take quadratic time.
fn remove_duplicates(resources: &mut Vec<Resource<'_>>) {
    match resources.len() {
        0 | 1 => {}
        2..=8 => {
            let mut kept = 1;
            for index in 1..resources.len() {
                let (before, rest) = resources.split_at(index);
                let is_duplicate = rest
                    .first()
                    .is_none_or(|one| before.iter().take(kept).any(|other| other == one));
                if !is_duplicate {
                    resources.swap(kept, index);
                    kept += 1;
                }
            }
            resources.truncate(kept);
        }
        _ => {
            resources.sort_unstable();
            resources.dedup();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_one_name_and_one_index() {
        let top_level = EVENT_MEMBERS
            .iter()
            .filter_map(|&(_, member)| match member {
                EventMember::Field(field) => Some(field),
                EventMember::Identity | EventMember::References => None,
            });
        let in_identity = IDENTITY_MEMBERS.iter().map(|&(_, field)| field);
        let mut indexes: Vec<_> = top_level
            .chain(in_identity)
            .map(|field| field as usize)
            .collect();
        indexes.sort_unstable();
        assert!(indexes.into_iter().eq(0..EVENT_FIELD_COUNT));
        let of_details = DETAIL_MEMBERS.iter().map(|&(_, field)| field as usize);
        let only_of_details = of_details.filter(|&index| index >= EVENT_FIELD_COUNT);
        assert!(only_of_details.eq(EVENT_FIELD_COUNT..FIELD_COUNT));
    }
}
