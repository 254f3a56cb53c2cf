//! The fields of a record that are read, in one list, and what a reader has gathered of them.
//!
//! Everything else in a record is skipped without being interpreted.

use std::borrow::Cow;

use super::{Event, Source, time};

/// A wanted member that holds a string.
///
/// The discriminant is its slot in [`Fields`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
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
    Category,
    ResourceName,
    ResourceType,
}

/// How many [`Field`]s there are.
pub(super) const FIELDS: usize = Field::ResourceType as usize + 1;

/// What a member name of a record means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Member {
    /// A string to keep.
    Text(Field),
    /// `userIdentity`: an object with wanted members of its own.
    Identity,
    /// `referencedResources`: an object of type → names.
    References,
}

/// The wanted names at the top level of a record.
pub(super) const TOP: &[(&str, Member)] = &[
    ("eventTime", Member::Text(Field::Time)),
    ("eventId", Member::Text(Field::EventId)),
    ("userIdentity", Member::Identity),
    ("serviceName", Member::Text(Field::ServiceName)),
    ("eventName", Member::Text(Field::EventName)),
    ("sourceIpAddress", Member::Text(Field::SourceIp)),
    ("acsRegion", Member::Text(Field::Region)),
    ("errorCode", Member::Text(Field::ErrorCode)),
    ("eventCategory", Member::Text(Field::Category)),
    (
        "recipientAccountId",
        Member::Text(Field::RecipientAccountId),
    ),
    ("referencedResources", Member::References),
    ("resourceName", Member::Text(Field::ResourceName)),
    ("resourceType", Member::Text(Field::ResourceType)),
];

/// The wanted names inside `userIdentity`.
pub(super) const IDENTITY: &[(&str, Field)] = &[
    ("accessKeyId", Field::AccessKeyId),
    ("accountId", Field::AccountId),
    ("principalId", Field::OwnerId),
    ("userName", Field::UserName),
    ("type", Field::AccountType),
];

/// A member at the top level that only a call record shows.
///
/// The discriminant is its slot in [`super::Details`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    Rw,
    EventType,
    ErrorMessage,
    UserAgent,
    RequestId,
}

/// The names of the members that only a call record shows.
pub(super) const DETAILS: [(&str, Detail); 5] = [
    ("eventRW", Detail::Rw),
    ("eventType", Detail::EventType),
    ("errorMessage", Detail::ErrorMessage),
    ("userAgent", Detail::UserAgent),
    ("requestId", Detail::RequestId),
];

/// Finds a member that only a call record shows by its name, without regard to ASCII case.
pub(super) fn detail(name: &str) -> Option<Detail> {
    DETAILS
        .iter()
        .find(|(wanted, _)| wanted.eq_ignore_ascii_case(name))
        .map(|&(_, detail)| detail)
}

/// Finds a top-level member by its name, without regard to ASCII case.
pub(super) fn top(name: &str) -> Option<Member> {
    TOP.iter()
        .find(|(wanted, _)| wanted.eq_ignore_ascii_case(name))
        .map(|&(_, member)| member)
}

/// Finds a member of `userIdentity` by its name, without regard to ASCII case.
pub(super) fn identity(name: &str) -> Option<Field> {
    IDENTITY
        .iter()
        .find(|(wanted, _)| wanted.eq_ignore_ascii_case(name))
        .map(|&(_, field)| field)
}

/// A resource that an event names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Resource<'a> {
    /// Its type, such as `ACS::ECS::Instance`; `""` when the event does not tell.
    pub resource_type: &'a str,
    /// Its name; never empty.
    pub name: &'a str,
}

/// What a reader has gathered of one record.
#[derive(Debug, Default)]
pub(super) struct Fields<'a> {
    text: [Option<Cow<'a, str>>; FIELDS],
    /// Types and names out of `referencedResources`.
    referenced: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> Fields<'a> {
    /// Keeps a value, in place of an earlier one: of a doubled name the last counts.
    #[expect(clippy::indexing_slicing, reason = "a field is its slot")]
    pub(super) fn set(&mut self, field: Field, value: Option<Cow<'a, str>>) {
        self.text[field as usize] = value;
    }

    /// Forgets an earlier `userIdentity`, of which a later one takes the place as a whole.
    pub(super) fn clear_identity(&mut self) {
        for &(_, field) in IDENTITY {
            self.set(field, None);
        }
    }

    /// Forgets an earlier `referencedResources`.
    pub(super) fn clear_references(&mut self) {
        self.referenced.clear();
    }

    /// Keeps one name out of `referencedResources`.
    pub(super) fn reference(&mut self, resource_type: Cow<'a, str>, name: Cow<'a, str>) {
        self.referenced.push((resource_type, name));
    }

    /// Hands on the event; `None` where there is no usable time.
    pub(super) fn event<T>(&self, visit: impl FnOnce(Event<'_>) -> T) -> Option<T> {
        let text = self
            .text
            .each_ref()
            .map(|text| text.as_deref().unwrap_or_default());
        let mut resources = Vec::new();
        for (resource_type, name) in &self.referenced {
            add_resource(&mut resources, resource_type, name);
        }
        event(&text, &mut resources).map(visit)
    }
}

/// Makes an event of the text of the fields, by their slots, and the resources that are referenced;
/// those named by the record's own fields are added. `None` where there is no usable time.
#[inline]
pub(super) fn event<'a, 'r>(
    text: &[&'a str],
    resources: &'r mut Vec<Resource<'a>>,
) -> Option<Event<'r>>
where
    'a: 'r,
{
    let [
        time,
        event_id,
        access_key_id,
        account_id,
        owner_id,
        user_name,
        account_type,
        recipient_account_id,
        region,
        service_name,
        event_name,
        source_ip,
        error_code,
        category,
        resource_names,
        resource_types,
        ..,
    ] = *text
    else {
        return None;
    };
    let time = time::parse(time)?;
    if !resource_names.is_empty() {
        add_named(resources, resource_names, resource_types);
    }
    without_repeats(resources);
    Some(Event {
        time,
        event_id,
        access_key_id,
        account_id,
        owner_id,
        user_name,
        account_type,
        recipient_account_id,
        region,
        service_name,
        event_name,
        source_ip,
        error_code,
        source: Source::from_category(category),
        resources,
    })
}

/// Adds a resource; an empty name is nothing.
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
fn add_named<'a>(resources: &mut Vec<Resource<'a>>, names: &'a str, types: &'a str) {
    let mut types = parts(types, b';');
    for group in parts(names, b';') {
        let resource_type = types.next().unwrap_or_default();
        for name in parts(group, b',') {
            add_resource(resources, resource_type, name);
        }
    }
}

/// Splits text at a separator; mostly there is none.
fn parts(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = memchr::memchr(separator, text.as_bytes());
        rest = end.and_then(|end| text.get(end + 1..));
        text.get(..end.unwrap_or(text.len()))
    })
}

/// Leaves each resource once. Most events name one or two; a list of thousands is sorted instead
/// of compared pair by pair.
fn without_repeats(resources: &mut Vec<Resource<'_>>) {
    match resources.len() {
        0 | 1 => {}
        2..=8 => {
            let mut kept = 1;
            for at in 1..resources.len() {
                let (before, rest) = resources.split_at(at);
                let repeated = rest
                    .first()
                    .is_none_or(|one| before.iter().take(kept).any(|other| other == one));
                if !repeated {
                    resources.swap(kept, at);
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
