//! The selective reader: takes the wanted fields out of a record by bitmaps, and skips the rest.
//!
//! It follows the grammar of `structure` and knows what it does not know: an escape in a name, a
//! wanted value that is no string, anything out of place. Such a record is
//! [`Unsure`], and the complete reader takes it. What it is sure of is what the tolerant reader
//! would say; `docs/ARCHITECTURE.md` has the argument, tests and a fuzz target compare the two.

use std::cell::Cell;

use super::Event;
use super::bitmaps::{Bitmaps, Job, STRETCH};
use super::fields::{self, FIELDS, IDENTITY, Member, Resource, TOP, add_resource};
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
            top: Names::of(TOP.iter().copied()),
            identity: Names::of(identity),
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
        if !self.is_mapped(at) {
            self.map(at);
        }
        let mut spans = [Span::default(); CODES];
        let mut stop = self.members(at - self.start, &mut spans);
        if matches!(stop, Err(Stop::Overrun)) && self.start != at {
            self.map(at);
            spans = [Span::default(); CODES];
            stop = self.members(0, &mut spans);
        }
        match stop {
            Ok(close) => {
                let end = self.start + close + 1;
                let record = self.text.get(at..end).unwrap_or_default();
                let text = self.text(&spans);
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

    /// The text of the wanted fields; notes whether there are escapes in it.
    #[inline(always)]
    fn text(&mut self, spans: &Spans) -> [&'t str; FIELDS] {
        let mut text = [""; FIELDS];
        for (text, span) in text.iter_mut().zip(spans) {
            let (start, end) = (usize::from(span.start), usize::from(span.end));
            self.escaped |= self.reader.maps.has_slash(start, end);
            *text = self.stretch.get(start..end).unwrap_or_default();
        }
        text
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
    }

    /// Reads the members of the record whose opening bracket is at `open`; gives the position of
    /// its close. All positions are those in the stretch, from here on.
    fn members(&mut self, open: usize, spans: &mut Spans) -> Result<usize, Stop> {
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
            spans,
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

/// What a name means, as a number: where the text of such a member is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Code(u8);

/// How many codes there are.
const CODES: usize = FIELDS + 3;

#[expect(clippy::cast_possible_truncation, reason = "there are two dozen codes")]
impl Code {
    /// Nothing that is wanted.
    const OTHER: Self = Self(FIELDS as u8);
    const IDENTITY: Self = Self(FIELDS as u8 + 1);
    const REFERENCES: Self = Self(FIELDS as u8 + 2);

    fn of(member: Member) -> Self {
        match member {
            Member::Text(field) => Self(field as u8),
            Member::Identity => Self::IDENTITY,
            Member::References => Self::REFERENCES,
        }
    }

    /// The code, or [`Self::OTHER`]: reckoned, because a branch on it would often be guessed wrong.
    #[inline(always)]
    fn only_if(self, so: bool) -> Self {
        let all = 0_u8.wrapping_sub(so.into());
        Self((self.0 & all) | (Self::OTHER.0 & !all))
    }
}

/// Where the values of the members stand, by the code of their names.
type Spans = [Span; CODES];

/// What becomes of the members of an object.
trait Wanted<'t> {
    /// Keeps where the text of a member stands that holds a string.
    fn keep(&mut self, code: Code, span: Span) -> Result<(), Stop>;

    /// Takes the value at `at`, which is wanted and no string; gives the position after it.
    fn take(&mut self, scan: &Scan<'_, 't>, code: Code, at: usize) -> Result<usize, Stop>;
}

/// The members of a record.
struct Record<'m, 't> {
    spans: &'m mut Spans,
    resources: &'m mut Vec<Resource<'t>>,
    identity: &'m Names,
}

impl<'t> Wanted<'t> for Record<'_, 't> {
    #[inline(always)]
    fn keep(&mut self, code: Code, span: Span) -> Result<(), Stop> {
        // A string in place of an object is for those who look at what it holds.
        if code.0 > Code::OTHER.0 {
            return Err(Stop::Unforeseen);
        }
        keep(self.spans, code, span)
    }

    #[inline(always)]
    fn take(&mut self, scan: &Scan<'_, 't>, code: Code, at: usize) -> Result<usize, Stop> {
        keep(self.spans, code, Span::of(at, at))?;
        match (code, scan.byte(at)?) {
            (Code::IDENTITY, b'{') => {
                Ok(scan.members(at, self.identity, &mut Identity { spans: self.spans })? + 1)
            }
            (Code::REFERENCES, b'{') => scan.references(at, self.resources),
            _ => scan.null(at),
        }
    }
}

/// The members of `userIdentity`.
struct Identity<'m> {
    spans: &'m mut Spans,
}

impl<'t> Wanted<'t> for Identity<'_> {
    #[inline(always)]
    fn keep(&mut self, code: Code, span: Span) -> Result<(), Stop> {
        keep(self.spans, code, span)
    }

    #[inline(always)]
    fn take(&mut self, scan: &Scan<'_, 't>, code: Code, at: usize) -> Result<usize, Stop> {
        keep(self.spans, code, Span::of(at, at))?;
        scan.null(at)
    }
}

/// Keeps where a value stands. That of a doubled name is unforeseen: no value begins at 0.
#[inline(always)]
fn keep(spans: &mut Spans, code: Code, span: Span) -> Result<(), Stop> {
    let Some(slot) = spans.get_mut(usize::from(code.0)) else {
        return Err(Stop::Unforeseen);
    };
    if slot.start != 0 && code != Code::OTHER {
        return Err(Stop::Unforeseen);
    }
    *slot = span;
    Ok(())
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

/// Where a value stands in a stretch.
#[derive(Clone, Copy, Default)]
struct Span {
    start: u16,
    end: u16,
}

impl Span {
    #[inline(always)]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "positions in a stretch, which fit"
    )]
    fn of(start: usize, end: usize) -> Self {
        Self {
            start: start as u16,
            end: end as u16,
        }
    }
}

/// What comes after a member.
enum Next {
    /// Another member, there.
    Member(usize),
    /// The close of the object, there.
    Close(usize),
    /// Something that is not wanted, from there on.
    Skip(usize),
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
    ///
    /// A member that holds a string is stored whether it is wanted or not, at a place of its own if
    /// it is: which members an event has, and in which order, no processor can foresee, and what it
    /// does not have to foresee it does not get wrong.
    #[inline(always)]
    fn members(
        &self,
        open: usize,
        names: &Names,
        wanted: &mut impl Wanted<'t>,
    ) -> Result<usize, Stop> {
        let mut at = open + 1;
        let mut rank = self.maps.rank(at);
        'members: loop {
            let [start, end, value, value_end] = self.maps.four(rank);
            if start == at && value == end + 2 && self.byte(end + 1)? == b':' {
                // A string right behind its name, and the next member right behind that.
                let code = self.find(start + 1, end, names)?;
                wanted.keep(code, Span::of(value + 1, value_end))?;
                match self.byte(value_end + 1)? {
                    b',' => {
                        at = value_end + 2;
                        rank += 4;
                        continue 'members;
                    }
                    b'}' => return Ok(value_end + 1),
                    _ if code != Code::OTHER => match self.token(value_end + 1)? {
                        (end, b',') => {
                            at = end + 1;
                            rank += 4;
                            continue 'members;
                        }
                        (end, b'}') => return Ok(end),
                        _ => return Err(Stop::Unforeseen),
                    },
                    _ => at = value_end + 1,
                }
            } else {
                match self.member(at, names, wanted)? {
                    Next::Member(next) => {
                        at = next;
                        rank = self.maps.rank(at);
                        continue 'members;
                    }
                    Next::Close(close) => return Ok(close),
                    Next::Skip(from) => at = from,
                }
            }
            // Nothing that is wanted, up to the comma or the close.
            loop {
                let end = self.maps.structure(at).ok_or(Stop::Overrun)?;
                match self.byte(end)? {
                    b',' => {
                        at = end + 1;
                        rank = self.maps.rank(at);
                        break;
                    }
                    b'}' => return Ok(end),
                    b'{' | b'[' => at = self.maps.close(end + 1).ok_or(Stop::Overrun)? + 1,
                    _ => return Err(Stop::Unforeseen),
                }
            }
        }
    }

    /// Goes through one member that begins at `at`, whatever stands between its parts.
    #[inline(always)]
    fn member(&self, at: usize, names: &Names, wanted: &mut impl Wanted<'t>) -> Result<Next, Stop> {
        let (start, byte) = self.token(at)?;
        if byte != b'"' {
            return Ok(Next::Skip(start));
        }
        let end = self.maps.quote(start + 1).ok_or(Stop::Overrun)?;
        let code = self.find(start + 1, end, names)?;
        let (colon, byte) = self.token(end + 1)?;
        if byte != b':' {
            return Ok(Next::Skip(end + 1));
        }
        let (value, byte) = self.token(colon + 1)?;
        let end = if code == Code::OTHER {
            return Ok(Next::Skip(value));
        } else if byte == b'"' {
            let end = self.maps.quote(value + 1).ok_or(Stop::Overrun)?;
            wanted.keep(code, Span::of(value + 1, end))?;
            end + 1
        } else {
            wanted.take(self, code, value)?
        };
        let (end, byte) = self.token(end)?;
        match byte {
            b',' => Ok(Next::Member(end + 1)),
            b'}' => Ok(Next::Close(end)),
            _ => Err(Stop::Unforeseen),
        }
    }

    /// What the name at `at..end` means, without regard to case.
    #[inline(always)]
    fn find(&self, at: usize, end: usize, names: &Names) -> Result<Code, Stop> {
        let length = end - at;
        let head = self.word(at) & mask(length);
        // Of a name shorter than eight letters the head is all there is.
        let tail = if length < 8 { 0 } else { self.word(end - 8) };
        // The head and the tail are all of a name of up to sixteen letters.
        if has_slash(head) | has_slash(tail) | (length > 16 && self.maps.has_slash(at, end)) {
            return Err(Stop::Unforeseen);
        }
        let candidate = names.slot(head | CASE & mask(length), tail | CASE);
        let same = u64::from(candidate.length == length)
            & u64::from(candidate.head == head | CASE & mask(length))
            & u64::from(candidate.tail == tail | CASE);
        let code = candidate.code.only_if(same != 0);
        if length > 16 && code != Code::OTHER && (self.word(at + 8) | CASE) != candidate.middle {
            return Ok(Code::OTHER);
        }
        Ok(code)
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

/// Names that are looked for, found by their first and their last bytes.
struct Names {
    multiplier: u64,
    slots: [Candidate; Self::SLOTS],
}

/// A name that is looked for, of up to 24 ASCII letters.
#[derive(Clone, Copy)]
struct Candidate {
    /// Its first eight bytes, the eight after them, and its last eight; letters in lower case.
    head: u64,
    middle: u64,
    tail: u64,
    length: usize,
    code: Code,
}

impl Candidate {
    /// No name has its length.
    const NONE: Self = Self {
        head: 0,
        middle: 0,
        tail: 0,
        length: usize::MAX,
        code: Code::OTHER,
    };

    fn of(name: &str, member: Member) -> Self {
        let length = name.len();
        let from = |at: usize| short_word(name.as_bytes().get(at..).unwrap_or_default()) | CASE;
        Self {
            head: short_word(name.as_bytes()) & mask(length) | CASE & mask(length),
            middle: from(8),
            tail: if length < 8 { CASE } else { from(length - 8) },
            length,
            code: Code::of(member),
        }
    }
}

/// The bit in which the cases of an ASCII letter differ, in each of eight bytes.
const CASE: u64 = 0x2020_2020_2020_2020;

/// The bits of the first bytes of a word, as many as a name has, up to all.
#[inline(always)]
fn mask(length: usize) -> u64 {
    if length < 8 {
        !(!0 << (8 * length))
    } else {
        !0
    }
}

impl Names {
    const SLOTS: usize = 64;

    fn of(names: impl Iterator<Item = (&'static str, Member)>) -> Self {
        let candidates: Vec<_> = names
            .map(|(name, member)| Candidate::of(name, member))
            .collect();
        // Some multiplier sends a dozen names to as many slots; the first are soon tried.
        let mut multiplier = 0x9E37_79B9_7F4A_7C15_u64;
        loop {
            let mut tried = Self {
                multiplier,
                slots: [Candidate::NONE; Self::SLOTS],
            };
            let fits = candidates.iter().all(|candidate| {
                let at = tried.at(candidate.head, candidate.tail);
                let slot = tried
                    .slots
                    .get_mut(at)
                    .filter(|slot| slot.length == usize::MAX);
                slot.map(|slot| *slot = *candidate).is_some()
            });
            if fits {
                return tried;
            }
            multiplier = multiplier
                .wrapping_mul(0xD134_2543_DE82_EF95)
                .wrapping_add(2);
        }
    }

    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "six bits")]
    fn at(&self, head: u64, tail: u64) -> usize {
        let mixed = (head ^ tail.rotate_left(32)).wrapping_mul(self.multiplier);
        (mixed >> (64 - Self::SLOTS.trailing_zeros())) as usize
    }

    /// The only name that can have such a head and tail.
    #[inline(always)]
    fn slot(&self, head: u64, tail: u64) -> &Candidate {
        self.slots
            .get(self.at(head, tail))
            .unwrap_or(&Candidate::NONE)
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
