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
const FIELDS: usize = Field::ResourceType as usize + 1;

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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Resource<'a> {
    /// Its type, such as `ACS::ECS::Instance`; `""` when the event does not tell.
    pub resource_type: Cow<'a, str>,
    /// Its name; never empty.
    pub name: Cow<'a, str>,
}

/// What a reader has gathered of one record; reused from record to record.
#[derive(Debug, Default)]
pub(super) struct Fields<'a> {
    text: [Option<Cow<'a, str>>; FIELDS],
    referenced: Vec<Resource<'a>>,
    resources: Vec<Resource<'a>>,
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
        self.referenced.push(Resource {
            resource_type,
            name,
        });
    }

    #[expect(clippy::indexing_slicing, reason = "a field is its slot")]
    fn get(&self, field: Field) -> &str {
        self.text[field as usize].as_deref().unwrap_or_default()
    }

    /// The event, or `None` where there is no usable time.
    pub(super) fn event(&mut self) -> Option<Event<'_>> {
        let time = time::parse(self.get(Field::Time))?;
        self.gather_resources();
        Some(Event {
            time,
            event_id: self.get(Field::EventId),
            access_key_id: self.get(Field::AccessKeyId),
            account_id: self.get(Field::AccountId),
            owner_id: self.get(Field::OwnerId),
            user_name: self.get(Field::UserName),
            account_type: self.get(Field::AccountType),
            recipient_account_id: self.get(Field::RecipientAccountId),
            region: self.get(Field::Region),
            service_name: self.get(Field::ServiceName),
            event_name: self.get(Field::EventName),
            source_ip: self.get(Field::SourceIp),
            error_code: self.get(Field::ErrorCode),
            source: Source::of_category(self.get(Field::Category)),
            resources: &self.resources,
        })
    }

    /// Unites both forms: `referencedResources`, and `resourceName` and `resourceType` paired by
    /// position (groups split by `;`, names by `,`; vendor's structure page of management events).
    fn gather_resources(&mut self) {
        self.resources.append(&mut self.referenced);
        self.resources.retain(|resource| !resource.name.is_empty());
        let names = take_text(&mut self.text, Field::ResourceName);
        let types = take_text(&mut self.text, Field::ResourceType);
        let mut types = types.iter().flat_map(|types| split(types, b';'));
        for group in names.iter().flat_map(|names| split(names, b';')) {
            let resource_type = types.next().unwrap_or_default();
            for name in split(&group, b',').filter(|name| !name.is_empty()) {
                self.resources.push(Resource {
                    resource_type: resource_type.clone(),
                    name,
                });
            }
        }
        without_repeats(&mut self.resources);
    }
}

/// Takes a value out of its slot.
#[expect(clippy::indexing_slicing, reason = "a field is its slot")]
fn take_text<'a>(text: &mut [Option<Cow<'a, str>>; FIELDS], field: Field) -> Option<Cow<'a, str>> {
    text[field as usize].take()
}

/// Splits text at a separator; the parts borrow from the log file's text where the whole does.
fn split<'a>(whole: &Cow<'a, str>, separator: u8) -> impl Iterator<Item = Cow<'a, str>> {
    let mut rest = Some(0);
    std::iter::from_fn(move || {
        let start = rest?;
        let tail = whole.get(start..)?;
        let end = tail
            .find(char::from(separator))
            .map(|length| start + length);
        rest = end.map(|end| end + 1);
        let part = start..end.unwrap_or(whole.len());
        Some(match whole {
            Cow::Borrowed(whole) => Cow::Borrowed(whole.get(part).unwrap_or_default()),
            Cow::Owned(whole) => Cow::Owned(whole.get(part).unwrap_or_default().to_owned()),
        })
    })
}

/// Leaves each resource once. Most events name one or two; a list of thousands is sorted instead
/// of compared pair by pair.
fn without_repeats(resources: &mut Vec<Resource<'_>>) {
    match resources.len() {
        0 | 1 => {}
        2..=8 => {
            let mut kept = 0;
            for at in 0..resources.len() {
                let (before, rest) = resources.split_at(at);
                let repeat = rest
                    .first()
                    .is_none_or(|one| before.iter().take(kept).any(|other| other == one));
                if !repeat {
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
