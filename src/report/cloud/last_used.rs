//! The replies of `GetAccessKeyLastUsed{Info,Products,Events,Ips,Resources}`.

use std::borrow::Cow;

use serde::Serialize;

use crate::query::Owner;
use crate::report::redacted::RedactedEntry;
use crate::report::text::services::{BilingualName, service_name};

use super::detail::detail;

/// The reply about a key.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct KeyReply<'a> {
    request_id: &'a str,
    access_key_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    account_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    account_type: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    owner_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    user_name: &'a str,
    #[serde(flatten)]
    service: ServiceJson<'a>,
    #[serde(flatten)]
    last: LastUseJson<'a>,
}

impl<'a> KeyReply<'a> {
    pub(crate) fn new(request_id: &'a str, entry: RedactedEntry<'a>) -> Self {
        let Owner {
            account_id,
            owner_id,
            user_name,
            account_type,
        } = entry.row.owner.unwrap_or_default();
        Self {
            request_id,
            access_key_id: entry.row.access_key_id,
            account_id,
            account_type,
            owner_id,
            user_name,
            service: ServiceJson::new(entry.row.service_name),
            last: LastUseJson::new(entry),
        }
    }
}

/// The reply about a key without any use. The vendor does not document it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UnusedKeyReply<'a> {
    pub(crate) request_id: &'a str,
    pub(crate) access_key_id: &'a str,
}

/// An entry in the list of a reply.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum ListItem<'a> {
    Product {
        #[serde(flatten)]
        service: ServiceJson<'a>,
        #[serde(flatten)]
        last: LastUseJson<'a>,
    },
    #[serde(rename_all = "PascalCase")]
    Event {
        event_name: &'a str,
        #[serde(flatten)]
        last: LastUseJson<'a>,
    },
    #[serde(rename_all = "PascalCase")]
    Ip {
        ip: &'a str,
        #[serde(flatten)]
        last: LastUseJson<'a>,
    },
    #[serde(rename_all = "PascalCase")]
    Resource {
        resource_type: &'a str,
        resource_name: Cow<'a, str>,
        #[serde(flatten)]
        last: LastUseJson<'a>,
    },
}

/// An entry of `Products`.
pub(crate) fn product(entry: RedactedEntry<'_>) -> ListItem<'_> {
    ListItem::Product {
        service: ServiceJson::new(entry.row.service_name),
        last: LastUseJson::new(entry),
    }
}

/// An entry of `Events`.
pub(crate) fn event(entry: RedactedEntry<'_>) -> ListItem<'_> {
    ListItem::Event {
        event_name: entry.row.name.unwrap_or_default(),
        last: LastUseJson::new(entry),
    }
}

/// An entry of `Ips`.
pub(crate) fn ip(entry: RedactedEntry<'_>) -> ListItem<'_> {
    ListItem::Ip {
        ip: entry.row.name.unwrap_or_default(),
        last: LastUseJson::new(entry),
    }
}

/// An entry of `Resources`.
pub(crate) fn resource(entry: RedactedEntry<'_>) -> ListItem<'_> {
    ListItem::Resource {
        resource_type: entry.row.resource_type.unwrap_or_default(),
        resource_name: entry.name().unwrap_or_default(),
        last: LastUseJson::new(entry),
    }
}

/// A service by its code and its names.
#[derive(Serialize)]
pub(crate) struct ServiceJson<'a> {
    #[serde(rename = "ServiceName")]
    code: &'a str,
    #[serde(rename = "ServiceNameCn", skip_serializing_if = "str::is_empty")]
    chinese: &'a str,
    #[serde(rename = "ServiceNameEn", skip_serializing_if = "str::is_empty")]
    english: &'a str,
}

impl<'a> ServiceJson<'a> {
    fn new(code: &'a str) -> Self {
        let BilingualName { english, chinese } = service_name(code);
        Self {
            code,
            chinese,
            english,
        }
    }
}

/// The last use, with which every entry ends.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct LastUseJson<'a> {
    source: &'a str,
    /// Milliseconds since 1970 UTC.
    used_timestamp: i64,
    detail: String,
}

impl<'a> LastUseJson<'a> {
    fn new(entry: RedactedEntry<'a>) -> Self {
        Self {
            source: entry.row.source.as_str(),
            used_timestamp: entry.row.last.time,
            detail: detail(&entry.record().unwrap_or_default()),
        }
    }
}
