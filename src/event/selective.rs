//! The selective reader: takes the wanted fields out of a record by bitmaps, and skips the rest.
//!
//! It maps a stretch of text at a time, and has two ways through a record: `plain`, and where that
//! is not sure, `careful`. What neither is sure of is [`Unsure`], and the complete reader takes it.
//! What it is sure of is what the tolerant reader would say; `docs/ARCHITECTURE.md` has the
//! argument, tests and a fuzz target compare the two.

use std::borrow::Cow;
use std::cell::Cell;

use super::Event;
use super::bitmaps::{Bitmaps, Job, STRETCH, boxed};
use super::careful;
use super::fields::{self, FIELDS, Resource, add_resource};
use super::plain::Plain;
use super::stretch::{LOOK, Span, Stop, Stretch, Window};
use super::string::decode;

/// The selective reader's tables and lists, kept from text to text.
pub(super) struct Selective {
    maps: Bitmaps,
    /// A stretch at the end of a text, and zeros behind it.
    padded: Box<Window>,
    plain: Plain,
    resources: Vec<Resource<'static>>,
}

impl Default for Selective {
    fn default() -> Self {
        Self {
            maps: Bitmaps::default(),
            padded: boxed(0),
            plain: Plain::new(),
            resources: Vec::new(),
        }
    }
}

impl Selective {
    /// Stands before a piece of text.
    pub(super) fn over<'s, 't>(&'s mut self, text: &'t [u8]) -> Cursor<'s, 't> {
        let resources = emptied(std::mem::take(&mut self.resources));
        Cursor {
            reader: self,
            text,
            start: 0,
            stretch: "",
            resources,
            escaped: false,
        }
    }
}

/// The record is one for the complete reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unsure {
    /// It is whole and ends there in the text, but something in it is unforeseen.
    Whole(usize),
    /// It does not fit into a stretch.
    TooLong,
    /// The text ends before it.
    Unfinished,
}

/// The selective reader over a piece of text.
pub(super) struct Cursor<'s, 't> {
    reader: &'s mut Selective,
    text: &'t [u8],
    /// Where in the text the mapped stretch begins.
    start: usize,
    stretch: &'t str,
    resources: Vec<Resource<'t>>,
    /// Whether a value taken from the record at hand has escapes.
    escaped: bool,
}

impl Drop for Cursor<'_, '_> {
    fn drop(&mut self) {
        self.reader.resources = emptied(std::mem::take(&mut self.resources));
    }
}

impl<'t> Cursor<'_, 't> {
    /// Reads the record whose opening bracket is at `at`, and hands on its event, or `None` where
    /// it has no usable time. Gives the position after the record.
    #[inline]
    pub(super) fn record(
        &mut self,
        at: usize,
        visit: impl FnOnce(Option<Event<'_>>, &'t [u8]),
    ) -> Result<usize, Unsure> {
        if !self.is_mapped(at) {
            self.map(at);
        }
        let mut spans = [Span::default(); FIELDS];
        let mut stop = self.members(at - self.start, &mut spans);
        if matches!(stop, Err(Stop::Overrun)) && self.start != at {
            self.map(at);
            stop = self.members(0, &mut spans);
        }
        match stop {
            Ok(close) => {
                let end = self.start + close + 1;
                let record = self.text.get(at..end).unwrap_or_default();
                let text = spans.map(|span| {
                    let range = usize::from(span.start)..span.end.at();
                    self.stretch.get(range).unwrap_or_default()
                });
                if self.escaped {
                    self.decoded(&text, &spans, |event| visit(event, record))
                        .ok_or(Unsure::Whole(end))?;
                } else {
                    visit(fields::event(&text, &mut self.resources), record);
                }
                Ok(end)
            }
            Err(_) => Err(self.end(at).map_or_else(|| self.unended(at), Unsure::Whole)),
        }
    }

    /// Hands on the event of a record with escapes in its values; `None` where one of them is none
    /// that JSON has.
    #[cold]
    fn decoded(
        &self,
        text: &[&str; FIELDS],
        spans: &[Span; FIELDS],
        visit: impl FnOnce(Option<Event<'_>>),
    ) -> Option<()> {
        let mut values = text.map(Cow::Borrowed);
        for (value, (text, span)) in values.iter_mut().zip(text.iter().zip(spans)) {
            if span.end.has_slash() {
                *value = decode(text)?;
            }
        }
        let resources = self
            .resources
            .iter()
            .map(|resource| Some((decode(resource.resource_type)?, decode(resource.name)?)))
            .collect::<Option<Vec<_>>>()?;
        let text = values.each_ref().map(AsRef::as_ref);
        let mut named = Vec::with_capacity(resources.len());
        for (resource_type, name) in &resources {
            add_resource(&mut named, resource_type, name);
        }
        visit(fields::event(&text, &mut named));
        Some(())
    }

    /// The position after the value whose opening bracket is at `at`, if a stretch that begins
    /// there, or the one at hand, holds it.
    pub(super) fn end(&mut self, at: usize) -> Option<usize> {
        let mut close = None;
        if self.is_mapped(at) {
            close = self.reader.maps.close(at - self.start + 1);
        }
        // A stretch that begins there and is mapped already would say the same again.
        if close.is_none() && (self.start != at || !self.is_mapped(at)) {
            self.map(at);
            close = self.reader.maps.close(1);
        }
        close.map(|close| self.start + close + 1)
    }

    /// Whether the stretch at hand holds the byte at `at`.
    #[inline(always)]
    fn is_mapped(&self, at: usize) -> bool {
        at.wrapping_sub(self.start) < self.stretch.len()
    }

    /// Why a record has no end: after [`Self::end`] has looked for it.
    fn unended(&self, at: usize) -> Unsure {
        if self.text.len() - at > STRETCH {
            Unsure::TooLong
        } else {
            Unsure::Unfinished
        }
    }

    /// Maps the stretch that begins at `at`.
    fn map(&mut self, at: usize) {
        let rest = self.text.get(at..).unwrap_or_default();
        self.start = at;
        self.stretch = self.reader.maps.map(rest.get(..STRETCH).unwrap_or(rest));
        let padded = &mut *self.reader.padded;
        if rest.len() < padded.len() {
            let (copy, room) = padded.split_at_mut(rest.len());
            copy.copy_from_slice(rest);
            room.iter_mut().take(LOOK).for_each(|byte| *byte = 0);
        }
    }

    /// Reads the members of the record whose opening bracket is at `open`, and says where the wanted
    /// text stands; gives the place of its close. All places are those in the stretch.
    fn members(&mut self, open: usize, spans: &mut [Span; FIELDS]) -> Result<usize, Stop> {
        self.escaped = false;
        let reader = &*self.reader;
        let window = self.text.get(self.start..).and_then(<[u8]>::first_chunk);
        let stretch = Stretch {
            maps: &reader.maps,
            text: self.stretch,
            window: window.unwrap_or(&reader.padded),
            escaped: Cell::from_mut(&mut self.escaped),
        };
        let resources = &mut self.resources;
        resources.clear();
        let plain = &reader.plain;
        match reader
            .maps
            .run(Read::<true>(plain, stretch, open, spans, resources))
        {
            Err(Stop::Unforeseen) => {
                *spans = [Span::default(); FIELDS];
                resources.clear();
                reader
                    .maps
                    .run(Read::<false>(plain, stretch, open, spans, resources))
            }
            found => found,
        }
    }
}

/// The plain or the careful way through a record, as a job of its own for the instructions at hand.
struct Read<'m, 't, const PLAINLY: bool>(
    &'m Plain,
    Stretch<'m, 't>,
    usize,
    &'m mut [Span; FIELDS],
    &'m mut Vec<Resource<'t>>,
);

impl<const PLAINLY: bool> Job for Read<'_, '_, PLAINLY> {
    type Answer = Result<usize, Stop>;

    #[inline(always)]
    fn run(self) -> Self::Answer {
        let Self(plain, stretch, open, spans, resources) = self;
        if PLAINLY {
            plain.record(stretch, open, spans, resources)
        } else {
            careful::record(stretch, open, spans, resources)
        }
    }
}

/// The list without its resources, so that it may hold some of another text; its room is kept.
fn emptied<'a>(mut resources: Vec<Resource<'_>>) -> Vec<Resource<'a>> {
    resources.clear();
    let none = |_| Resource {
        resource_type: "",
        name: "",
    };
    resources.into_iter().map(none).collect()
}
