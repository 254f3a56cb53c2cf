//! The selective reader: takes the wanted members out of a record by bitmaps, and skips the rest.
//!
//! It fills the bitmaps of one window of text at a time and has two parsers of a record: `compact`,
//! and `general` for what that does not support. What neither supports is a [`Fallback`] to the
//! complete reader. It agrees with the tolerant reader: `docs/ARCHITECTURE.md` has the argument,
//! tests and a fuzz target compare the results.

use std::borrow::Cow;
use std::cell::Cell;

use super::bitmaps::{Bitmaps, WINDOW_SIZE, WithTargetFeatures, boxed_array};
use super::compact::CompactParser;
use super::details::Details;
use super::event::{Event, Resource};
use super::fields::{EVENT_FIELD_COUNT, FIELD_COUNT, add_resource, build_event, has_identity};
use super::general;
use super::name_table::RecordNames;
use super::string::unescape;
use super::window::{Bail, MAX_LOAD, PaddedBytes, TextWindow, ValueSpan};

/// Its tables and buffers are reused from text to text.
pub(super) struct SelectiveReader {
    bitmaps: Bitmaps,
    /// The last window of a text, and zeros after it.
    padded: Box<PaddedBytes>,
    compact: CompactParser,
    /// Whether details are read with the events.
    with_details: bool,
    resources: Vec<Resource<'static>>,
}

impl SelectiveReader {
    /// A reader of events.
    pub(super) fn of_events() -> Self {
        Self::new(RecordNames::of_event(), false)
    }

    /// A reader of events and their details.
    pub(super) fn with_details() -> Self {
        Self::new(RecordNames::with_details(), true)
    }

    fn new(record_names: RecordNames, with_details: bool) -> Self {
        Self {
            bitmaps: Bitmaps::default(),
            padded: boxed_array(0),
            compact: CompactParser::new(record_names),
            with_details,
            resources: Vec::new(),
        }
    }

    /// A cursor over a piece of text.
    pub(super) fn cursor<'s, 't>(&'s mut self, text: &'t [u8]) -> RecordCursor<'s, 't> {
        let resources = reuse(std::mem::take(&mut self.resources));
        RecordCursor {
            reader: self,
            text,
            start: 0,
            window: "",
            resources,
            has_escapes: false,
        }
    }
}

/// The complete reader has to read the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fallback {
    /// The record ends at this position, and something in it is not supported.
    Whole(usize),
    /// The record is larger than a window.
    TooLarge,
    /// The text ends before the record.
    NeedMoreText,
}

/// The selective reader over a piece of text.
pub(super) struct RecordCursor<'s, 't> {
    reader: &'s mut SelectiveReader,
    text: &'t [u8],
    /// Where in the text the window begins.
    start: usize,
    /// The part of the window that is well-formed UTF-8.
    window: &'t str,
    resources: Vec<Resource<'t>>,
    /// Whether a wanted value of the current record has escapes.
    has_escapes: bool,
}

impl Drop for RecordCursor<'_, '_> {
    fn drop(&mut self) {
        self.reader.resources = reuse(std::mem::take(&mut self.resources));
    }
}

impl<'t> RecordCursor<'_, 't> {
    /// Reads the record whose opening bracket is at `position`, and calls `visit` with its event, with its
    /// details if the reader reads them, and with its text. Returns the position after the record. A
    /// record without a usable time, or without anything of an identity, is left to the complete reader:
    /// it may be in a dialect.
    #[inline]
    pub(super) fn read_record(
        &mut self,
        position: usize,
        visit: impl FnOnce(Event<'_>, Option<&Details<'_>>, &'t [u8]),
    ) -> Result<usize, Fallback> {
        if self.reader.with_details {
            self.read_fields::<FIELD_COUNT>(position, visit)
        } else {
            self.read_fields::<EVENT_FIELD_COUNT>(position, visit)
        }
    }

    /// Reads the first `FIELDS` fields of a record.
    #[inline(always)]
    fn read_fields<const FIELDS: usize>(
        &mut self,
        position: usize,
        visit: impl FnOnce(Event<'_>, Option<&Details<'_>>, &'t [u8]),
    ) -> Result<usize, Fallback> {
        if !self.is_in_window(position) {
            self.move_window(position);
        }
        let mut spans = [ValueSpan::default(); FIELDS];
        let mut result = self.parse_record(position - self.start, &mut spans);
        if matches!(result, Err(Bail::NeedMoreText)) && self.start != position {
            self.move_window(position);
            result = self.parse_record(0, &mut spans);
        }
        match result {
            Ok(close) => {
                let end = self.start + close + 1;
                let record = self.text.get(position..end).unwrap_or_default();
                let values = spans.map(|span| {
                    let range = usize::from(span.start)..span.end.position();
                    self.window.get(range).unwrap_or_default()
                });
                if !values.first_chunk().is_some_and(has_identity) {
                    return Err(Fallback::Whole(end));
                }
                let visit = |event: Event<'_>, details: Option<&Details<'_>>| {
                    visit(event, details, record);
                };
                let visited = if self.has_escapes {
                    self.unescape_event(&values, &spans, record, visit)
                } else {
                    visit_event(&values, &mut self.resources, record, visit)
                };
                visited.map(|()| end).ok_or(Fallback::Whole(end))
            }
            Err(_) => Err(match self.end_of_value(position) {
                Some(end) => Fallback::Whole(end),
                None if self.text.len() - position > WINDOW_SIZE => Fallback::TooLarge,
                None => Fallback::NeedMoreText,
            }),
        }
    }

    /// Calls `visit` with the event of a record whose values have escapes; `None` where one of these
    /// is no escape of JSON, or where it has no usable time.
    #[cold]
    fn unescape_event<const FIELDS: usize>(
        &self,
        values: &[&str; FIELDS],
        spans: &[ValueSpan; FIELDS],
        record: &[u8],
        visit: impl FnOnce(Event<'_>, Option<&Details<'_>>),
    ) -> Option<()> {
        let mut unescaped = values.map(Cow::Borrowed);
        for (unescaped, (value, span)) in unescaped.iter_mut().zip(values.iter().zip(spans)) {
            if span.end.has_backslash() {
                *unescaped = unescape(value)?;
            }
        }
        let references = self
            .resources
            .iter()
            .map(|resource| Some((unescape(resource.resource_type)?, unescape(resource.name)?)))
            .collect::<Option<Vec<_>>>()?;
        let values = unescaped.each_ref().map(AsRef::as_ref);
        let mut resources = Vec::with_capacity(references.len());
        for (resource_type, name) in &references {
            add_resource(&mut resources, resource_type, name);
        }
        visit_event(&values, &mut resources, record, visit)
    }

    /// The position after the value whose opening bracket is at `position`, if the current window or one
    /// that begins there holds it.
    fn end_of_value(&mut self, position: usize) -> Option<usize> {
        let mut close = None;
        if self.is_in_window(position) {
            close = self
                .reader
                .bitmaps
                .matching_close(position - self.start + 1);
        }
        // A window that already begins there would give the same again.
        if close.is_none() && (self.start != position || !self.is_in_window(position)) {
            self.move_window(position);
            close = self.reader.bitmaps.matching_close(1);
        }
        close.map(|close| self.start + close + 1)
    }

    #[inline(always)]
    fn is_in_window(&self, position: usize) -> bool {
        position.wrapping_sub(self.start) < self.window.len()
    }

    /// Moves the window to begin at `position`.
    fn move_window(&mut self, position: usize) {
        let rest = self.text.get(position..).unwrap_or_default();
        self.start = position;
        self.window = self.reader.bitmaps.fill(rest);
        let padded = &mut *self.reader.padded;
        if rest.len() < padded.len() {
            let (copy, padding) = padded.split_at_mut(rest.len());
            copy.copy_from_slice(rest);
            padding.iter_mut().take(MAX_LOAD).for_each(|byte| *byte = 0);
        }
    }

    /// Parses the record whose opening bracket is at `open`, and returns the position of its closing
    /// bracket. All positions are those in the window.
    fn parse_record<const FIELDS: usize>(
        &mut self,
        open: usize,
        spans: &mut [ValueSpan; FIELDS],
    ) -> Result<usize, Bail> {
        self.has_escapes = false;
        let reader = &*self.reader;
        let padded = self.text.get(self.start..).and_then(<[u8]>::first_chunk);
        let window = TextWindow {
            bitmaps: &reader.bitmaps,
            text: self.window,
            padded: padded.unwrap_or(&reader.padded),
            has_escapes: Cell::from_mut(&mut self.has_escapes),
        };
        let resources = &mut self.resources;
        resources.clear();
        let compact = ParseCompact(&reader.compact, window, open, spans, resources);
        match reader.bitmaps.run(compact) {
            Err(Bail::Unsupported) => {
                *spans = [ValueSpan::default(); FIELDS];
                resources.clear();
                reader
                    .bitmaps
                    .run(ParseGeneral(window, open, spans, resources))
            }
            result => result,
        }
    }
}

/// Calls `visit` with the event of a record's values, and with its details if they are there; `None` where
/// it has no usable time.
#[inline(always)]
fn visit_event<'a, const FIELDS: usize>(
    values: &[&'a str; FIELDS],
    resources: &mut Vec<Resource<'a>>,
    record: &[u8],
    visit: impl FnOnce(Event<'_>, Option<&Details<'_>>),
) -> Option<()> {
    let event = build_event(values.first_chunk()?, resources)?;
    let values: Option<&[&str; FIELD_COUNT]> = values.first_chunk();
    let details = values.map(|values| Details::of_values(values, event.source, record));
    visit(event, details.as_ref());
    Some(())
}

/// [`CompactParser::parse_record`], compiled for the detected instructions.
struct ParseCompact<'m, 't, const FIELDS: usize>(
    &'m CompactParser,
    TextWindow<'m, 't>,
    usize,
    &'m mut [ValueSpan; FIELDS],
    &'m mut Vec<Resource<'t>>,
);

impl<const FIELDS: usize> WithTargetFeatures<Result<usize, Bail>> for ParseCompact<'_, '_, FIELDS> {
    #[inline(always)]
    fn run(self) -> Result<usize, Bail> {
        let Self(compact, window, open, spans, resources) = self;
        compact.parse_record(window, open, spans, resources)
    }
}

/// [`general::parse_record`], compiled for the detected instructions.
struct ParseGeneral<'m, 't, const FIELDS: usize>(
    TextWindow<'m, 't>,
    usize,
    &'m mut [ValueSpan; FIELDS],
    &'m mut Vec<Resource<'t>>,
);

impl<const FIELDS: usize> WithTargetFeatures<Result<usize, Bail>> for ParseGeneral<'_, '_, FIELDS> {
    #[inline(always)]
    fn run(self) -> Result<usize, Bail> {
        let Self(window, open, spans, resources) = self;
        general::parse_record(window, open, spans, resources)
    }
}

/// The empty list, with its memory, for the resources of another text.
fn reuse<'a>(mut resources: Vec<Resource<'_>>) -> Vec<Resource<'a>> {
    resources.clear();
    let none = |_| Resource {
        resource_type: "",
        name: "",
    };
    resources.into_iter().map(none).collect()
}
