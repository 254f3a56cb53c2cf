//! The selective reader: takes the wanted fields out of a record by bitmaps, and skips the rest.
//!
//! It follows the grammar of `structure` and knows what it does not know: an escape in a name, a
//! wanted value that is no string, anything out of place. Such a record is
//! [`Unsure`], and the complete reader takes it. What it is sure of is what the tolerant reader
//! would say; `docs/ARCHITECTURE.md` has the argument, tests and a fuzz target compare the two.

use std::cell::Cell;

use super::Event;
use super::bitmaps::{Bitmaps, Job, STRETCH};
use super::fields::{self, FIELDS, Field, IDENTITY, Member, Resource, TOP, add_resource};
use super::string::decode;
use super::structure::is_space;

/// The selective reader's tables and lists, kept from text to text.
pub(super) struct Selective {
    maps: Bitmaps,
    top: Names,
    identity: Names,
    resources: Vec<Resource<'static>>,
}

impl Default for Selective {
    fn default() -> Self {
        let identity = IDENTITY
            .iter()
            .map(|&(name, field)| (name, Member::Text(field)));
        Self {
            maps: Bitmaps::default(),
            top: Names::of(TOP.iter().copied(), u64::MAX),
            identity: Names::of(identity, u32::MAX.into()),
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

/// Why a record was given up.
enum Stop {
    /// The stretch ended.
    Overrun,
    /// Something is unforeseen.
    Unforeseen,
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
        let mapped = at.wrapping_sub(self.start) < self.stretch.len();
        if !mapped {
            self.map(at);
        }
        let mut text = [""; FIELDS];
        let mut stop = self.members(at - self.start, &mut text);
        if matches!(stop, Err(Stop::Overrun)) && self.start != at {
            self.map(at);
            text = [""; FIELDS];
            stop = self.members(0, &mut text);
        }
        match stop {
            Ok(close) => {
                let end = self.start + close + 1;
                let record = self.text.get(at..end).unwrap_or_default();
                if self.escaped {
                    self.decoded(&text, |event| visit(event, record))
                        .ok_or(Unsure::Whole(end))?;
                } else {
                    visit(fields::event(&text, &mut self.resources), record);
                }
                Ok(end)
            }
            Err(Stop::Overrun | Stop::Unforeseen) => {
                Err(self.end(at).map_or_else(|| self.unended(at), Unsure::Whole))
            }
        }
    }

    /// Hands on the event of a record with escapes in its values; `None` where one of them is none
    /// that JSON has.
    #[cold]
    fn decoded(&self, text: &[&str; FIELDS], visit: impl FnOnce(Option<Event<'_>>)) -> Option<()> {
        let values = text
            .iter()
            .map(|text| decode(text))
            .collect::<Option<Vec<_>>>()?;
        let resources = self
            .resources
            .iter()
            .map(|resource| Some((decode(resource.resource_type)?, decode(resource.name)?)))
            .collect::<Option<Vec<_>>>()?;
        let mut text = [""; FIELDS];
        for (to, value) in text.iter_mut().zip(&values) {
            *to = value;
        }
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
        let mapped = at.wrapping_sub(self.start) < self.stretch.len();
        let close = mapped
            .then(|| self.reader.maps.close(at - self.start + 1))
            .flatten()
            .or_else(|| {
                self.map(at);
                self.reader.maps.close(1)
            });
        close.map(|close| self.start + close + 1)
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
    }

    /// Reads the members of the record whose opening bracket is at `open`; gives the position of
    /// its close. All positions are those in the stretch, from here on.
    fn members(&mut self, open: usize, text: &mut [&'t str; FIELDS]) -> Result<usize, Stop> {
        self.resources.clear();
        self.escaped = false;
        let Self {
            reader,
            stretch,
            resources,
            escaped,
            ..
        } = self;
        let scan = Scan {
            maps: &reader.maps,
            escaped: Cell::from_mut(escaped),
            stretch,
        };
        let wanted = Record {
            text,
            resources,
            identity: &reader.identity,
        };
        reader.maps.run(Read {
            scan,
            open,
            names: &reader.top,
            wanted,
        })
    }
}

/// The reading of one record, as a job for the instructions at hand.
struct Read<'m, 't> {
    scan: Scan<'m, 't>,
    open: usize,
    names: &'m Names,
    wanted: Record<'m, 't>,
}

impl Job for Read<'_, '_> {
    type Answer = Result<usize, Stop>;

    #[inline(always)]
    fn run(mut self) -> Self::Answer {
        self.scan.members(self.open, self.names, &mut self.wanted)
    }
}

/// What becomes of the wanted members of an object.
trait Wanted<'t> {
    /// Takes the value at `at`; gives the position after it.
    fn take(&mut self, scan: &Scan<'_, 't>, member: Member, at: usize) -> Result<usize, Stop>;
}

/// The wanted members of a record.
struct Record<'m, 't> {
    text: &'m mut [&'t str; FIELDS],
    resources: &'m mut Vec<Resource<'t>>,
    identity: &'m Names,
}

impl<'t> Wanted<'t> for Record<'_, 't> {
    #[inline(always)]
    fn take(&mut self, scan: &Scan<'_, 't>, member: Member, at: usize) -> Result<usize, Stop> {
        match member {
            Member::Text(field) => scan.text(at, field, self.text),
            Member::Identity => {
                for &(_, field) in IDENTITY {
                    set(self.text, field, "");
                }
                match scan.byte(at)? {
                    b'{' => {
                        Ok(scan.members(at, self.identity, &mut Identity { text: self.text })? + 1)
                    }
                    _ => scan.null(at),
                }
            }
            Member::References => {
                self.resources.clear();
                match scan.byte(at)? {
                    b'{' => scan.references(at, self.resources),
                    _ => scan.null(at),
                }
            }
        }
    }
}

/// The wanted members of `userIdentity`.
struct Identity<'m, 't> {
    text: &'m mut [&'t str; FIELDS],
}

impl<'t> Wanted<'t> for Identity<'_, 't> {
    #[inline(always)]
    fn take(&mut self, scan: &Scan<'_, 't>, member: Member, at: usize) -> Result<usize, Stop> {
        match member {
            Member::Text(field) => scan.text(at, field, self.text),
            Member::Identity | Member::References => Err(Stop::Unforeseen),
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

fn set<'t>(text: &mut [&'t str; FIELDS], field: Field, value: &'t str) {
    if let Some(slot) = text.get_mut(field as usize) {
        *slot = value;
    }
}

/// A mapped stretch.
#[derive(Clone, Copy)]
struct Scan<'m, 't> {
    maps: &'m Bitmaps,
    stretch: &'t str,
    /// Set when a value that is taken has escapes.
    escaped: &'m Cell<bool>,
}

impl<'t> Scan<'_, 't> {
    #[inline(always)]
    fn byte(&self, at: usize) -> Result<u8, Stop> {
        self.stretch
            .as_bytes()
            .get(at)
            .copied()
            .ok_or(Stop::Overrun)
    }

    /// The position of the first byte at or after `at` that is no white space, and the byte.
    #[inline(always)]
    fn token(&self, mut at: usize) -> Result<(usize, u8), Stop> {
        let mut byte = self.byte(at)?;
        while is_space(byte) {
            at += 1;
            byte = self.byte(at)?;
        }
        Ok((at, byte))
    }

    /// Goes through the members of the object whose opening bracket is at `open`, and has the wanted
    /// ones taken. Gives the position of the object's close.
    #[inline(always)]
    fn members(
        &self,
        open: usize,
        names: &Names,
        wanted: &mut impl Wanted<'t>,
    ) -> Result<usize, Stop> {
        let mut at = open + 1;
        loop {
            let (start, byte) = self.token(at)?;
            at = start;
            if byte == b'"'
                && let Some((member, value)) = self.name(start + 1, names)?
            {
                let (end, byte) = self.token(wanted.take(self, member, value)?)?;
                match byte {
                    b',' => at = end + 1,
                    b'}' => return Ok(end),
                    _ => return Err(Stop::Unforeseen),
                }
                continue;
            }
            loop {
                let end = self.maps.structure(at).ok_or(Stop::Overrun)?;
                match self.byte(end)? {
                    b',' => {
                        at = end + 1;
                        break;
                    }
                    b'}' => return Ok(end),
                    b'{' | b'[' => at = self.maps.close(end + 1).ok_or(Stop::Overrun)? + 1,
                    _ => return Err(Stop::Unforeseen),
                }
            }
        }
    }

    /// Looks at the name that begins at `at`, behind its quote: if it is wanted, what it means and
    /// where its value is.
    #[inline(always)]
    fn name(&self, at: usize, names: &Names) -> Result<Option<(Member, usize)>, Stop> {
        let word = self.word(at);
        let Some(candidates) = names.find(word) else {
            // An escape in a wanted name is among its first bytes, or behind a beginning that is
            // found; the names are short.
            return if has_slash(word) {
                self.unless_escaped(at)
            } else {
                Ok(None)
            };
        };
        for (name, member) in candidates {
            let end = at + name.len();
            let same = self.stretch.as_bytes().get(at..end).is_some_and(|bytes| {
                bytes == name.as_bytes() || bytes.eq_ignore_ascii_case(name.as_bytes())
            });
            if same && self.byte(end)? == b'"' {
                let (colon, byte) = self.token(end + 1)?;
                if byte != b':' {
                    return Err(Stop::Unforeseen);
                }
                return Ok(Some((*member, self.token(colon + 1)?.0)));
            }
        }
        self.unless_escaped(at)
    }

    /// Gives up a name that has an escape in it.
    #[cold]
    fn unless_escaped(&self, at: usize) -> Result<Option<(Member, usize)>, Stop> {
        let end = self.maps.quote(at).ok_or(Stop::Overrun)?;
        if self.maps.has_slash(at, end) {
            Err(Stop::Unforeseen)
        } else {
            Ok(None)
        }
    }

    /// Eight bytes from `at` on; zeros where the stretch ends.
    #[inline(always)]
    fn word(&self, at: usize) -> u64 {
        let rest = self.stretch.as_bytes().get(at..).unwrap_or_default();
        match rest.first_chunk::<8>() {
            Some(bytes) => u64::from_le_bytes(*bytes),
            None => short_word(rest),
        }
    }

    /// Takes a wanted text; gives the position after it.
    #[inline(always)]
    fn text(&self, at: usize, field: Field, text: &mut [&'t str; FIELDS]) -> Result<usize, Stop> {
        if self.byte(at)? == b'"' {
            let (value, end) = self.string(at)?;
            set(text, field, value);
            Ok(end)
        } else {
            set(text, field, "");
            self.null(at)
        }
    }

    /// What stands between the quotes of the string at `at`, escapes and all, and the position after
    /// it.
    #[inline(always)]
    fn string(&self, at: usize) -> Result<(&'t str, usize), Stop> {
        let end = self.maps.quote(at + 1).ok_or(Stop::Overrun)?;
        let value = self.stretch.get(at + 1..end).ok_or(Stop::Overrun)?;
        if self.maps.has_slash(at + 1, end) {
            // Looked at even if a later member takes the value's place: it makes the record broken.
            decode(value).ok_or(Stop::Unforeseen)?;
            self.escaped.set(true);
        }
        Ok((value, end + 1))
    }

    /// The position after `null`; any other value is unforeseen.
    fn null(&self, at: usize) -> Result<usize, Stop> {
        match self.stretch.as_bytes().get(at..at + 4) {
            Some(b"null") => Ok(at + 4),
            Some(_) => Err(Stop::Unforeseen),
            None => Err(Stop::Overrun),
        }
    }

    /// Takes `referencedResources`, whose opening bracket is at `open`: type → list of names, or a
    /// lone name. Gives the position after it.
    #[inline(always)]
    fn references(&self, open: usize, resources: &mut Vec<Resource<'t>>) -> Result<usize, Stop> {
        let mut at = open + 1;
        loop {
            let (name, byte) = self.token(at)?;
            match byte {
                b'"' => {}
                b'}' => return Ok(name + 1),
                _ => return Err(Stop::Unforeseen),
            }
            let (resource_type, end) = self.string(name)?;
            let (colon, byte) = self.token(end)?;
            if byte != b':' {
                return Err(Stop::Unforeseen);
            }
            let (value, byte) = self.token(colon + 1)?;
            let end = match byte {
                b'[' => self.names(value, resource_type, resources)?,
                b'"' => {
                    let (name, end) = self.string(value)?;
                    add_resource(resources, resource_type, name);
                    end
                }
                _ => return Err(Stop::Unforeseen),
            };
            let (end, byte) = self.token(end)?;
            match byte {
                b',' => at = end + 1,
                b'}' => return Ok(end + 1),
                _ => return Err(Stop::Unforeseen),
            }
        }
    }

    /// Takes the list of names whose opening bracket is at `open`; gives the position after it.
    #[inline(always)]
    fn names(
        &self,
        open: usize,
        resource_type: &'t str,
        resources: &mut Vec<Resource<'t>>,
    ) -> Result<usize, Stop> {
        let mut at = open + 1;
        loop {
            let (start, byte) = self.token(at)?;
            match byte {
                b'"' => {}
                b']' => return Ok(start + 1),
                _ => return Err(Stop::Unforeseen),
            }
            let (name, end) = self.string(start)?;
            add_resource(resources, resource_type, name);
            let (end, byte) = self.token(end)?;
            match byte {
                b',' => at = end + 1,
                b']' => return Ok(end + 1),
                _ => return Err(Stop::Unforeseen),
            }
        }
    }
}

/// Names that are looked for, found by their first bytes.
struct Names {
    /// Which of the eight bytes are looked at; every name and its closing quote have as many.
    mask: u64,
    multiplier: u64,
    slots: [Slot; Self::SLOTS],
}

/// The names that begin alike.
#[derive(Clone, Default)]
struct Slot {
    prefix: u64,
    candidates: Vec<(&'static str, Member)>,
}

/// The bit in which the cases of an ASCII letter differ, in each of eight bytes.
const CASE: u64 = 0x2020_2020_2020_2020;

impl Names {
    const SLOTS: usize = 64;

    fn of(names: impl Iterator<Item = (&'static str, Member)>, mask: u64) -> Self {
        let mut beginnings: Vec<Slot> = Vec::new();
        for (name, member) in names {
            let quoted = [name.as_bytes(), b"\""].concat();
            let prefix = (short_word(&quoted) | CASE) & mask;
            match beginnings.iter_mut().find(|slot| slot.prefix == prefix) {
                Some(slot) => slot.candidates.push((name, member)),
                None => beginnings.push(Slot {
                    prefix,
                    candidates: vec![(name, member)],
                }),
            }
        }
        // Some multiplier sends a dozen beginnings to as many slots; the first are soon tried.
        let mut multiplier = 0x9E37_79B9_7F4A_7C15_u64;
        loop {
            let mut slots: [Slot; Self::SLOTS] = std::array::from_fn(|_| Slot::default());
            let fits = beginnings.iter().all(|beginning| {
                let slot = slots.get_mut(Self::slot(beginning.prefix, multiplier));
                slot.filter(|slot| slot.candidates.is_empty())
                    .map(|slot| *slot = beginning.clone())
                    .is_some()
            });
            if fits {
                return Self {
                    mask,
                    multiplier,
                    slots,
                };
            }
            multiplier = multiplier
                .wrapping_mul(0xD134_2543_DE82_EF95)
                .wrapping_add(2);
        }
    }

    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "six bits")]
    fn slot(prefix: u64, multiplier: u64) -> usize {
        (prefix.wrapping_mul(multiplier) >> (64 - Self::SLOTS.trailing_zeros())) as usize
    }

    /// The names that begin as the word does, without regard to case.
    #[inline(always)]
    fn find(&self, word: u64) -> Option<&[(&'static str, Member)]> {
        let prefix = (word | CASE) & self.mask;
        let slot = self.slots.get(Self::slot(prefix, self.multiplier))?;
        (slot.prefix == prefix).then_some(&slot.candidates)
    }
}

/// Up to eight bytes, and zeros.
fn short_word(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    for (to, from) in word.iter_mut().zip(bytes) {
        *to = *from;
    }
    u64::from_le_bytes(word)
}

/// Whether one of the eight bytes is a backslash.
#[inline(always)]
fn has_slash(word: u64) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let zeros = word ^ (ONES * u64::from(b'\\'));
    zeros.wrapping_sub(ONES) & !zeros & (ONES << 7) != 0
}
