//! Replies: objects that list records, such as those of `LookupEvents`, of Log Service and of search
//! engines, and the documents of this program.
//!
//! Which members are looked into is one list. A member that does not lead to events is left alone.

use std::borrow::Cow;

use memchr::memmem;

use crate::event::fields;
use crate::event::string::unescape;
use crate::event::structure::{
    array_content, items, members, object_content, string_content, trim,
};

use super::wrappers::{MAX_DEPTH, REPLIES};
use super::{flat, rows};

/// Whether the text of an object may have a member `Events`, also one spelled with escapes. A quick
/// test, so that the records in a file of lines are not parsed twice.
pub(in crate::event) fn may_be_lookup_events(object: &[u8]) -> bool {
    memmem::find(object, b"Events").is_some() || memmem::find(object, b"\\u00").is_some()
}

/// The content of the records, if the object is a reply of `LookupEvents`.
pub(in crate::event) fn lookup_events(object: &str) -> Option<Cow<'_, str>> {
    let is_events = |(name, _): &(&str, &str)| unescape(name).as_deref() == Some("Events");
    let (_, events) = members(object_content(object)?).filter(is_events).last()?;
    array_content(events)?;
    records(object)
}

/// The content of the array of records, if the object is any reply.
pub(in crate::event) fn records(object: &str) -> Option<Cow<'_, str>> {
    of_members(object_content(object)?, 0)
}

fn of_members(content: &str, depth: usize) -> Option<Cow<'_, str>> {
    let lists = reply_members(content);
    let found = lists
        .iter()
        .filter_map(|member| of_value(member.rank, member.value, depth))
        .filter(|list| !trim(list).is_empty())
        .reduce(|all, list| Cow::Owned([all, list].join(",")));
    // A reply that lists nothing is one, too.
    found.or_else(|| {
        let is_empty = |value: &str| array_content(value).is_some_and(|list| trim(list).is_empty());
        let is_empty = lists.iter().any(|member| is_empty(member.value)) && !is_event(content);
        is_empty.then_some(Cow::Borrowed(""))
    })
}

/// Whether an object has members of an event.
fn is_event(content: &str) -> bool {
    members(content).any(|(name, _)| {
        unescape(name)
            .as_deref()
            .and_then(fields::event_member)
            .is_some()
    })
}

/// A member that may list records.
struct ReplyMember<'a> {
    rank: usize,
    name: Cow<'a, str>,
    value: &'a str,
}

/// The members that may list records, by their ranks. Of a doubled name the last counts.
fn reply_members(content: &str) -> Vec<ReplyMember<'_>> {
    let mut found: Vec<ReplyMember<'_>> = Vec::new();
    for (name, value) in members(content) {
        let name = unescape(name).unwrap_or_default();
        let rank = REPLIES
            .iter()
            .position(|wanted| wanted.eq_ignore_ascii_case(&name));
        let Some(rank) = rank else {
            continue;
        };
        match found.iter_mut().find(|member| member.name == name) {
            Some(member) => member.value = value,
            None => found.push(ReplyMember { rank, name, value }),
        }
    }
    found.sort_by_key(|member| member.rank);
    found
}

fn of_value(rank: usize, value: &str, depth: usize) -> Option<Cow<'_, str>> {
    if depth >= MAX_DEPTH {
        return None;
    }
    if let Some(list) = array_content(value) {
        let is_list = match rank {
            0 => true,
            _ => items(list).any(|item| leads_to_event(item, depth + 1)),
        };
        return is_list.then_some(Cow::Borrowed(list));
    }
    if let Some(content) = object_content(value) {
        return of_members(content, depth + 1).filter(|list| !list.is_empty());
    }
    // A list or an object as text.
    let text = string_content(value).and_then(unescape)?;
    let text = trim(&text);
    if !text.starts_with(['[', '{']) {
        return None;
    }
    of_value(rank, text, depth + 1).map(|list| Cow::Owned(list.into_owned()))
}

/// Whether an element of a list is an event in some form, or lists events itself.
fn leads_to_event(item: &str, depth: usize) -> bool {
    let Some(content) = object_content(item) else {
        return false;
    };
    flat::has_time(content)
        || rows::event(content, depth).is_some()
        || of_members(content, depth).is_some_and(|list| !list.is_empty())
}

/// The records of a reply that is cut off, as far as they go.
pub(in crate::event) fn records_of_truncated(text: &str) -> String {
    of_truncated(text, 0).join(",")
}

fn of_truncated(text: &str, depth: usize) -> Vec<&str> {
    let Some(content) = text.strip_prefix('{').filter(|_| depth < MAX_DEPTH) else {
        return Vec::new();
    };
    let lists = reply_members(content).into_iter();
    lists
        .flat_map(|ReplyMember { value, .. }| match array_content(value) {
            Some(list) => vec![list],
            None if value.starts_with('{') => of_truncated(value, depth + 1),
            None => value.strip_prefix('[').into_iter().collect(),
        })
        .filter(|list| !trim(list).is_empty())
        .collect()
}
