//! Whole records, read as events by the complete reader, the tolerant reader or a dialect. Leaves
//! out how they are found in a text.

use std::borrow::Cow;

use crate::event::complete::{CompleteReader, NeedsTolerantReader};
use crate::event::details::{Details, is_failed_sign_in};
use crate::event::dialect;
use crate::event::event::{Event, Source};
use crate::event::fields::EventFields;
use crate::event::insight::insight_key;
use crate::event::seen::beginning;
use crate::event::string::decode_utf8;
use crate::event::structure::{items, object_content};
use crate::event::tolerant::{self, InvalidRecord};

use super::summary::{FaultKind, LeftOutReason, Summary};

/// The largest record that is read, in bytes; a larger one is left out, its neighbours are not.
///
/// Far above the few kilobytes that a trail delivers, and a bound for memory.
pub const MAX_RECORD: usize = 16 << 20;

/// The largest record for the complete reader: simd-json's tape takes up to 24 bytes for a byte of
/// text. The tolerant reader takes larger ones.
const MAX_COMPLETE: usize = 1 << 18;

/// One event as it stands in its log file.
#[derive(Clone, Copy, Debug)]
pub struct Record<'r> {
    /// Its number among the records of the file, from 0.
    pub number: u32,
    /// Its text, from bracket to bracket, as it stands there.
    pub text: &'r [u8],
    /// The event that the text describes.
    pub event: Event<'r>,
    /// The details of the event, if they were read with it: by the selective reader of
    /// [`super::Reader::with_details`]. Where they were not, [`Details::parse`] reads them from the text.
    pub details: Option<&'r Details<'r>>,
}

impl<'r> Record<'r> {
    /// The record of an event, which gets what only the text tells.
    #[inline]
    pub(super) fn new(
        number: u32,
        text: &'r [u8],
        mut event: Event<'r>,
        details: Option<&'r Details<'r>>,
    ) -> Self {
        event.failed_sign_in = is_failed_sign_in(event.event_name, event.error_code, text);
        // Only events that are neither of management nor of data can be of Insight.
        if event.source == Source::Internal {
            event.insight_key = insight_key(text).unwrap_or_default();
        }
        Self {
            number,
            text,
            event,
            details,
        }
    }

    /// Its text; bytes that are no UTF-8 become U+FFFD.
    pub fn as_text(&self) -> Cow<'r, str> {
        decode_utf8(self.text).0
    }
}

/// Reads records and keeps the summary of the text they are from.
#[derive(Default)]
pub(super) struct RecordReader {
    complete: CompleteReader,
    pub(super) summary: Summary,
}

/// Why a record is no event, and what is shown of it.
pub(super) struct LeftOutRecord {
    pub(super) reason: LeftOutReason,
    pub(super) seen: String,
}

impl LeftOutRecord {
    pub(super) fn new(reason: LeftOutReason, seen: impl Into<String>) -> Self {
        Self {
            reason,
            seen: seen.into(),
        }
    }
}

impl From<LeftOutReason> for LeftOutRecord {
    fn from(reason: LeftOutReason) -> Self {
        Self::new(reason, "")
    }
}

/// Where the text of an event is from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum EventOrigin {
    /// A record.
    Record,
    /// A row that holds it, or has its parts.
    Row,
    /// Another text of it, whose identity stood under flattened names.
    Flattened,
}

/// What a reader of one record has found.
enum Found {
    /// An event, which was visited; and what of its resources is not understood.
    Event {
        refused_references: Option<String>,
    },
    /// An event whose identity stands under flattened names; the same with an identity of its own.
    Flattened(String),
    LeftOut(LeftOutRecord),
}

impl RecordReader {
    /// Reads one record.
    pub(super) fn read(&mut self, record: &[u8], offset: u64, visit: &mut impl FnMut(&Record<'_>)) {
        let number = self.summary.next_number();
        match self.read_event(record, offset, number, EventOrigin::Record, visit) {
            Err(left_out) if left_out.reason.is_about_time() => {
                self.read_without_time(record, offset, left_out, visit);
            }
            result => {
                self.summary.records += 1;
                self.add_result(result, offset, number);
            }
        }
    }

    /// Reads a record without a time of its own: a reply, or an event in some dialect.
    #[cold]
    fn read_without_time(
        &mut self,
        record: &[u8],
        offset: u64,
        left_out: LeftOutRecord,
        visit: &mut impl FnMut(&Record<'_>),
    ) {
        let (text, is_repaired) = decode_utf8(record);
        if let Some(records) = dialect::records(&text) {
            self.read_reply(&records, is_repaired, offset, visit);
            return;
        }
        let number = self.summary.count_record();
        let result = match dialect::event(&text) {
            Some(event) => self.read_embedded(&event, offset, number, visit),
            None if left_out.reason == LeftOutReason::NoTime && dialect::may_hold_events(&text) => {
                let names = dialect::member_names(&text);
                Err(LeftOutRecord::new(LeftOutReason::NotUnderstood, names))
            }
            None => Err(left_out),
        };
        self.add_result(result, offset, number);
    }

    /// Reads the events of an object that is a reply of `LookupEvents`; returns whether it is one.
    pub(super) fn read_lookup_events(
        &mut self,
        object: &[u8],
        offset: u64,
        visit: &mut impl FnMut(&Record<'_>),
    ) -> bool {
        if !dialect::may_be_lookup_events(object) {
            return false;
        }
        let (text, is_repaired) = decode_utf8(object);
        let Some(events) = dialect::lookup_events(&text) else {
            return false;
        };
        self.read_reply(&events, is_repaired, offset, visit);
        true
    }

    /// Reads the records that a reply lists.
    fn read_reply(
        &mut self,
        records: &str,
        is_repaired: bool,
        offset: u64,
        visit: &mut impl FnMut(&Record<'_>),
    ) {
        if is_repaired {
            self.summary
                .add_fault(FaultKind::NotUtf8, offset, None, String::new());
        }
        for record in items(records) {
            if object_content(record).is_some() {
                self.read(record.as_bytes(), offset, visit);
            } else {
                self.leave_out_value(record, offset);
            }
        }
    }

    /// Leaves out a value that is no object: an array or a scalar.
    pub(super) fn leave_out_value(&mut self, value: &str, offset: u64) {
        if dialect::may_hold_events(value) {
            let reason = LeftOutReason::NotUnderstood;
            self.summary
                .leave_out_seen(reason, offset, beginning(value));
        } else {
            self.summary.leave_out(LeftOutReason::NotAnObject, offset);
        }
    }

    /// Reads the whole records of a reply that is cut off.
    pub(super) fn read_truncated_reply(
        &mut self,
        text: &[u8],
        offset: u64,
        visit: &mut impl FnMut(&Record<'_>),
    ) {
        if text.len() > MAX_RECORD {
            return;
        }
        let (text, is_repaired) = decode_utf8(text);
        let records = dialect::records_of_truncated(&text);
        let before = self.summary.records;
        for record in items(&records).take_while(|record| object_content(record).is_some()) {
            self.read(record.as_bytes(), offset, visit);
        }
        if self.summary.records > before {
            self.summary.values += 1;
            if is_repaired {
                self.summary
                    .add_fault(FaultKind::NotUtf8, offset, None, String::new());
            }
        }
    }

    /// Reads the text of an event that a record or a row of a table contains.
    pub(super) fn read_embedded(
        &mut self,
        event: &str,
        offset: u64,
        number: u32,
        visit: &mut impl FnMut(&Record<'_>),
    ) -> Result<(), LeftOutRecord> {
        if object_content(event).is_some() {
            self.read_event(event.as_bytes(), offset, number, EventOrigin::Row, visit)
        } else {
            Err(LeftOutReason::InvalidJson.into())
        }
    }

    /// Reads one object as an event.
    fn read_event(
        &mut self,
        record: &[u8],
        offset: u64,
        number: u32,
        origin: EventOrigin,
        visit: &mut impl FnMut(&Record<'_>),
    ) -> Result<(), LeftOutRecord> {
        let mut found = self.read_object(record, offset, number, origin, visit);
        if let Found::Flattened(object) = &found {
            let object = object.as_bytes();
            found = self.read_object(object, offset, number, EventOrigin::Flattened, visit);
        }
        match found {
            Found::Event { refused_references } => {
                if let Some(seen) = refused_references {
                    let kind = FaultKind::Resources;
                    self.summary.add_fault(kind, offset, Some(number), seen);
                }
                Ok(())
            }
            Found::LeftOut(left_out) => Err(left_out),
            // What was flattened is read as it is.
            Found::Flattened(_) => Err(LeftOutReason::NoTime.into()),
        }
    }

    /// Reads one object, and calls `visit` with its event. An event without an identity is looked through
    /// for one under flattened names.
    fn read_object(
        &mut self,
        record: &[u8],
        offset: u64,
        number: u32,
        origin: EventOrigin,
        visit: &mut impl FnMut(&Record<'_>),
    ) -> Found {
        let mut visit_event = |fields: &EventFields<'_>| {
            if let Some(text) = fields.refused_identity() {
                let reason = LeftOutReason::RefusedIdentity;
                return Found::LeftOut(LeftOutRecord::new(reason, beginning(text)));
            }
            if origin != EventOrigin::Flattened && !fields.has_identity() && fields.has_time() {
                let text = decode_utf8(record).0;
                if let Some(object) = dialect::flattened(&text) {
                    return Found::Flattened(object);
                }
                if let Some(seen) = dialect::foreign_identity(&text, origin == EventOrigin::Row) {
                    let reason = LeftOutReason::RefusedIdentity;
                    return Found::LeftOut(LeftOutRecord::new(reason, beginning(&seen)));
                }
            }
            let visited = fields.event(|event| {
                visit(&Record::new(number, record, event, None));
            });
            match visited {
                Some(()) => Found::Event {
                    refused_references: fields.refused_references().map(beginning),
                },
                None => Found::LeftOut(without_time(fields)),
            }
        };
        let complete = match record.len() {
            0..=MAX_COMPLETE => self.complete.read(record, &mut visit_event),
            _ => Err(NeedsTolerantReader),
        };
        if let Ok(found) = complete {
            return found;
        }
        let (text, is_repaired) = decode_utf8(record);
        if is_repaired {
            self.summary
                .add_fault(FaultKind::NotUtf8, offset, Some(number), String::new());
        }
        let mut fields = EventFields::default();
        match tolerant::read(&text, &mut fields) {
            Ok(()) => visit_event(&fields),
            Err(InvalidRecord) => Found::LeftOut(LeftOutReason::InvalidJson.into()),
        }
    }

    /// Leaves out a record that is counted already, if it is no event.
    pub(super) fn add_result(
        &mut self,
        result: Result<(), LeftOutRecord>,
        offset: u64,
        number: u32,
    ) {
        if let Err(LeftOutRecord { reason, seen }) = result {
            self.summary.add_left_out(reason, offset, number, seen);
        }
    }
}

/// Why a record without a usable time is left out.
fn without_time(fields: &EventFields<'_>) -> LeftOutRecord {
    match fields.time_text().trim_ascii() {
        "" => LeftOutReason::NoTime.into(),
        text => LeftOutRecord::new(LeftOutReason::RefusedTime, beginning(text)),
    }
}
