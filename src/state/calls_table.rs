//! The columns of `calls.parquet`, a row an event.
//!
//! | column | is |
//! | --- | --- |
//! | `event_time` | milliseconds since 1970 UTC |
//! | `event_uuid`, `event_id` | the event ID: 16 bytes where it is a UUID with upper-case digits, else text |
//! | `request_uuid`, `request_id` | the request ID in the same way, where it is not the event ID |
//! | `request_is_event` | the request ID is the event ID |
//! | `failed_sign_in` | a sign-in that failed by its message, without an error code |
//! | `region` to `trail` | texts; null where the record has none |
//! | `log_file` | the path of the log file below its root; what is not UTF-8 in it is U+FFFD |
//! | `file` | the row of the log file in `files.parquet`, from 0 |
//! | `record_number` | the number of the record in its log file, from 0 |
//! | `resources` | a list of `type` and `name`, in the order in which they came |
//!
//! `account_id` is that of the identity alone. The account that a call record shows is
//! `coalesce(account_id, recipient_account_id)`.

use std::sync::Arc;

use ::parquet::basic::{Encoding, Repetition, Type as Physical};
use ::parquet::file::properties::EnabledStatistics;
use ::parquet::schema::types::{ColumnPath, Type};

use super::parquet_file::TableSchema;
use super::schema::{flag, list_of_pairs, number, properties, table, text, time};
use super::stored_call::{CallColumn, StoredCall};
use super::table_error::TableError;
use crate::event::Source;

/// The columns of texts, in order: those of [`texts`].
pub(super) const TEXTS: [(&str, CallColumn); 19] = [
    ("region", CallColumn::Region),
    ("account_id", CallColumn::AccountId),
    ("recipient_account_id", CallColumn::RecipientAccountId),
    ("access_key_id", CallColumn::AccessKeyId),
    ("user_name", CallColumn::UserName),
    ("principal_id", CallColumn::OwnerId),
    ("account_type", CallColumn::AccountType),
    ("service_name", CallColumn::ServiceName),
    ("event_name", CallColumn::EventName),
    ("rw", CallColumn::Rw),
    ("event_type", CallColumn::EventType),
    ("source_ip", CallColumn::SourceIp),
    ("error_code", CallColumn::ErrorCode),
    ("error_message", CallColumn::ErrorMessage),
    ("user_agent", CallColumn::UserAgent),
    ("source", CallColumn::Source),
    ("insight_key", CallColumn::InsightKey),
    ("insight", CallColumn::Insight),
    ("trail", CallColumn::Trail),
];

/// The texts of a call, in the order of [`TEXTS`].
pub(super) fn texts<'a>(call: &StoredCall<'a>) -> [&'a str; TEXTS.len()] {
    let event = &call.event;
    [
        event.region,
        event.account_id,
        event.recipient_account_id,
        event.access_key_id,
        event.user_name,
        event.owner_id,
        event.account_type,
        event.service_name,
        event.event_name,
        call.rw,
        call.event_type,
        event.source_ip,
        event.error_code,
        call.error_message,
        event.user_agent,
        event.source.as_str(),
        event.insight_key,
        call.insight,
        call.trail,
    ]
}

/// Gives a call these texts, in the order of [`TEXTS`]; nothing if the source is none.
pub(super) fn set_texts<'a>(
    call: &mut StoredCall<'a>,
    texts: &[&'a str; TEXTS.len()],
) -> Option<()> {
    let event = &mut call.event;
    let source;
    [
        event.region,
        event.account_id,
        event.recipient_account_id,
        event.access_key_id,
        event.user_name,
        event.owner_id,
        event.account_type,
        event.service_name,
        event.event_name,
        call.rw,
        call.event_type,
        event.source_ip,
        event.error_code,
        call.error_message,
        event.user_agent,
        source,
        event.insight_key,
        call.insight,
        call.trail,
    ] = *texts;
    if !source.is_empty() {
        let mut sources = [Source::Management, Source::Data, Source::Internal].into_iter();
        event.source = sources.find(|one| one.as_str() == source)?;
    }
    Some(())
}

/// The places of the columns that hold values.
pub(super) mod place {
    pub(in crate::state) const TIME: usize = 0;
    pub(in crate::state) const EVENT_UUID: usize = 1;
    pub(in crate::state) const EVENT_ID: usize = 2;
    pub(in crate::state) const REQUEST_UUID: usize = 3;
    pub(in crate::state) const REQUEST_ID: usize = 4;
    pub(in crate::state) const REQUEST_IS_EVENT: usize = 5;
    pub(in crate::state) const FAILED_SIGN_IN: usize = 6;
    pub(in crate::state) const TEXTS: usize = 7;
    pub(in crate::state) const LOG_FILE: usize = TEXTS + super::TEXTS.len();
    pub(in crate::state) const FILE: usize = LOG_FILE + 1;
    pub(in crate::state) const RECORD_NUMBER: usize = FILE + 1;
    pub(in crate::state) const RESOURCE_TYPES: usize = RECORD_NUMBER + 1;
    pub(in crate::state) const RESOURCE_NAMES: usize = RESOURCE_TYPES + 1;
}

/// The layout of the table.
pub(super) fn layout() -> Result<TableSchema, TableError> {
    let mut properties = properties()?;
    let time_column = ColumnPath::from("event_time");
    properties = properties.set_column_statistics_enabled(time_column, EnabledStatistics::Chunk);
    for name in ["event_time", "file", "record_number"] {
        let path = ColumnPath::from(name);
        properties = properties.set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
    }
    Ok(TableSchema::new(
        "calls.v1",
        schema()?,
        Arc::new(properties.build()),
    ))
}

fn schema() -> Result<Type, TableError> {
    let uuid = |name| {
        let bytes = Type::primitive_type_builder(name, Physical::FIXED_LEN_BYTE_ARRAY)
            .with_repetition(Repetition::OPTIONAL)
            .with_length(16);
        bytes.build().map(Arc::new)
    };
    let optional_text = |name| text(name, Repetition::OPTIONAL);
    let mut columns = vec![
        time("event_time", Repetition::REQUIRED)?,
        uuid("event_uuid")?,
        optional_text("event_id")?,
        uuid("request_uuid")?,
        optional_text("request_id")?,
        flag("request_is_event")?,
        flag("failed_sign_in")?,
    ];
    for (name, _) in TEXTS {
        columns.push(optional_text(name)?);
    }
    columns.extend([
        optional_text("log_file")?,
        number("file")?,
        number("record_number")?,
        list_of_pairs("resources", ["type", "name"])?,
    ]);
    table(columns)
}
