//! Whole records, read as events by the complete reader, the tolerant reader or a dialect. Leaves
//! out how they are found in a text.

use std::borrow::Cow;

use crate::event::complete::{CompleteReader, NeedsTolerantReader};
use crate::event::details::is_failed_sign_in;
use crate::event::dialect;
use crate::event::event::Event;
use crate::event::fields::EventFields;
use crate::event::structure::{items, object_content};
use crate::event::tolerant::{self, InvalidRecord};

use super::reply;
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
}

impl<'r> Record<'r> {
    /// The record of an event, which gets what only the text tells.
    #[inline]
    pub(super) fn new(number: u32, text: &'r [u8], mut event: Event<'r>) -> Self {
        event.failed_sign_in = is_failed_sign_in(event.event_name, event.error_code, text);
        Self {
            number,
            text,
            event,
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

impl RecordReader {
    /// Reads one record.
    pub(super) fn read(
        &mut self,
        record: &[u8],
        offset: u64,
        in_array: bool,
        visit: &mut impl FnMut(&Record<'_>),
    ) {
        let number = self.summary.next_number();
        match self.read_event(record, offset, number, visit) {
            Err(LeftOutReason::NoTime) => self.read_without_time(record, offset, in_array, visit),
            result => {
                self.summary.records += 1;
                self.add_result(result, offset, number);
            }
        }
    }

    /// Reads a record without a time of its own: a reply of `LookupEvents` that is an element of an
    /// array, or an event in some dialect.
    #[cold]
    pub(super) fn read_without_time(
        &mut self,
        record: &[u8],
        offset: u64,
        in_array: bool,
        visit: &mut impl FnMut(&Record<'_>),
    ) {
        if in_array && self.read_reply(record, offset, visit) {
            return;
        }
        let number = self.summary.count_record();
        let (text, _) = decode_utf8(record);
        let result = match dialect::event(&text) {
            Some(event) => self.read_embedded(&event, offset, number, visit),
            None => Err(LeftOutReason::NoTime),
        };
        self.add_result(result, offset, number);
    }

    /// Reads the events of an object that is a reply of `LookupEvents`; returns whether it is one.
    pub(super) fn read_reply(
        &mut self,
        object: &[u8],
        offset: u64,
        visit: &mut impl FnMut(&Record<'_>),
    ) -> bool {
        if !reply::may_be_reply(object) {
            return false;
        }
        let (text, is_repaired) = decode_utf8(object);
        let Some(events) = reply::events(&text) else {
            return false;
        };
        if is_repaired {
            self.summary.add_fault(FaultKind::NotUtf8, offset, None);
        }
        for event in items(events) {
            if object_content(event).is_some() {
                self.read(event.as_bytes(), offset, false, visit);
            } else {
                self.summary.leave_out(LeftOutReason::NotAnObject, offset);
            }
        }
        true
    }

    /// Reads the whole events of a reply of `LookupEvents` that is cut off.
    pub(super) fn read_truncated_reply(
        &mut self,
        text: &[u8],
        offset: u64,
        visit: &mut impl FnMut(&Record<'_>),
    ) {
        if text.len() > MAX_RECORD || !reply::may_be_reply(text) {
            return;
        }
        let (text, is_repaired) = decode_utf8(text);
        let events = items(reply::events_of_truncated(&text).unwrap_or_default());
        let before = self.summary.records;
        for event in events.take_while(|event| object_content(event).is_some()) {
            self.read(event.as_bytes(), offset, false, visit);
        }
        if self.summary.records > before {
            self.summary.values += 1;
            if is_repaired {
                self.summary.add_fault(FaultKind::NotUtf8, offset, None);
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
    ) -> Result<(), LeftOutReason> {
        if object_content(event).is_some() {
            self.read_event(event.as_bytes(), offset, number, visit)
        } else {
            Err(LeftOutReason::InvalidJson)
        }
    }

    /// Reads one object as an event.
    fn read_event(
        &mut self,
        record: &[u8],
        offset: u64,
        number: u32,
        visit: &mut impl FnMut(&Record<'_>),
    ) -> Result<(), LeftOutReason> {
        let mut visit_event = |fields: &EventFields<'_>| {
            let visited = fields.event(|event| {
                visit(&Record::new(number, record, event));
            });
            visited.ok_or(LeftOutReason::NoTime)
        };
        let complete = match record.len() {
            0..=MAX_COMPLETE => self.complete.read(record, &mut visit_event),
            _ => Err(NeedsTolerantReader),
        };
        match complete {
            Ok(result) => result,
            Err(NeedsTolerantReader) => {
                let (text, is_repaired) = decode_utf8(record);
                if is_repaired {
                    self.summary
                        .add_fault(FaultKind::NotUtf8, offset, Some(number));
                }
                let mut fields = EventFields::default();
                match tolerant::read(&text, &mut fields) {
                    Ok(()) => visit_event(&fields),
                    Err(InvalidRecord) => Err(LeftOutReason::InvalidJson),
                }
            }
        }
    }

    /// Leaves out a record that is counted already, if it is no event.
    pub(super) fn add_result(
        &mut self,
        result: Result<(), LeftOutReason>,
        offset: u64,
        number: u32,
    ) {
        if let Err(reason) = result {
            self.summary.add_left_out(reason, offset, number);
        }
    }
}

/// The text of bytes, and whether some of them were replaced by U+FFFD.
fn decode_utf8(bytes: &[u8]) -> (Cow<'_, str>, bool) {
    match simdutf8::basic::from_utf8(bytes) {
        Ok(text) => (Cow::Borrowed(text), false),
        Err(_) => (String::from_utf8_lossy(bytes), true),
    }
}
