//! The way through a log file's text: which records it has, and what is wrong with it.
//!
//! The text may arrive in pieces; what a reader keeps between them does not grow with the file.
//! What a record means is `complete`'s and `tolerant`'s.

use std::borrow::Cow;

use memchr::memmem;

use super::complete::{CompleteReader, NeedsTolerantReader};
use super::dialect;
use super::dialect::csv_text::{Beginning, Csv, Row};
use super::event::Event;
use super::fields::EventFields;
use super::selective::{Fallback, RecordCursor, SelectiveReader};
use super::string::unescape;
use super::structure::{
    BYTE_ORDER_MARK, BracketMatcher, array_content, end_of_string, end_of_value, has_matching_ends,
    is_number, is_whitespace, items, members, object_content, string_content,
};
use super::tolerant;

/// The largest record that is read, in bytes; a larger one is left out, and its neighbours are not.
///
/// Far above what a trail delivers (a few kilobytes), and a bound for memory.
pub const MAX_RECORD: usize = 16 << 20;

/// The largest record for the complete reader; the tolerant one takes those above.
const MAX_COMPLETE: usize = 1 << 18;

/// The longest window of text outside records that is looked through for the next record.
/// A log file has none; a window this long says that the file is something else.
const MAX_STRAY: usize = 1 << 16;

/// Reads the text of log files, one after another.
#[derive(Default)]
pub struct Reader {
    /// `None` where every record is for the complete reader.
    selective: Option<SelectiveReader>,
    complete: CompleteReader,
    state: State,
    /// Whether it has been told what the text begins as.
    begun: bool,
    /// The rows of a text that is CSV, and where the row at hand begins.
    table: Option<(Box<Csv>, u64)>,
    /// How many bytes of the text came before the piece at hand.
    offset: u64,
    summary: Summary,
}

/// Where in the text the reader stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Between the values of the file.
    #[default]
    Top,
    /// Between the elements of an array.
    Array,
    /// In a record that is too large to be kept.
    Skip {
        balance: BracketMatcher,
        in_array: bool,
    },
    /// In a top-level text so broken that the rest of the file cannot be told apart.
    Lost,
}

/// One event, as it stands in its log file.
#[derive(Clone, Copy, Debug)]
pub struct Record<'r> {
    /// Its number among the records of the file, from 0.
    pub number: u32,
    /// Its text, from bracket to bracket, as it stands there.
    pub text: &'r [u8],
    /// What the text says.
    pub event: Event<'r>,
}

impl<'r> Record<'r> {
    /// Its text; bytes that are no UTF-8 come as U+FFFD.
    pub fn as_text(&self) -> Cow<'r, str> {
        utf8(self.text).0
    }
}

/// What a log file's text turned out to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many records, usable or not.
    pub records: u64,
    /// How many of them are no event.
    pub left_out: u64,
    /// How many values of JSON stand side by side in the file; 0 in a file that is no JSON.
    pub values: u64,
    /// What went wrong, one for each kind.
    pub faults: Vec<TextFault>,
}

/// Something in a log file's text that was left out or repaired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextFault {
    /// What it is.
    pub kind: FaultKind,
    /// Where it first is: bytes from the beginning of the inflated text.
    pub offset: u64,
    /// The record it first is in, where it is in one.
    pub record: Option<u32>,
    /// How often.
    pub count: u64,
}

/// The kinds of [`TextFault`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// A record was left out.
    LeftOut(LeftOutReason),
    /// Brackets or quotes do not balance; the text from there on is left out.
    Unbalanced,
    /// Text between the values of the file that is no JSON.
    Stray,
    /// So much text that is no JSON that the rest is left out.
    NotJson,
    /// Bytes that are no UTF-8 were replaced by U+FFFD. Nothing is left out.
    NotUtf8,
}

/// Why a record is no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftOutReason {
    /// It is no JSON object.
    NotAnObject,
    /// It has no usable `eventTime`.
    NoTime,
    /// It is not valid JSON in a place that is needed.
    InvalidJson,
    /// It is larger than [`MAX_RECORD`].
    TooLarge,
}

impl FaultKind {
    /// Whether something was lost that could have been an event, so that the file is partial.
    ///
    /// A well-formed record without a time, or one that is no object, is no loss: it is no event.
    pub fn is_damage(self) -> bool {
        match self {
            Self::LeftOut(LeftOutReason::InvalidJson | LeftOutReason::TooLarge)
            | Self::Unbalanced
            | Self::Stray
            | Self::NotJson => true,
            Self::LeftOut(LeftOutReason::NotAnObject | LeftOutReason::NoTime) | Self::NotUtf8 => {
                false
            }
        }
    }
}

impl Summary {
    fn add(&mut self, kind: FaultKind, offset: u64, record: Option<u32>) {
        match self.faults.iter_mut().find(|fault| fault.kind == kind) {
            Some(fault) => fault.count += 1,
            None => self.faults.push(TextFault {
                kind,
                offset,
                record,
                count: 1,
            }),
        }
    }

    fn leave_out(&mut self, why: LeftOutReason, offset: u64) {
        let number = self.next_number();
        self.left_out += 1;
        self.add(FaultKind::LeftOut(why), offset, Some(number));
    }

    /// Counts a record and gives its number. A file of more than 2³² records, some 8 TB, gives
    /// the ones beyond the same number; nothing but the evidence's place is less exact there.
    fn next_number(&mut self) -> u32 {
        let number = self.next_record();
        self.records += 1;
        number
    }

    /// The number that the next record will have.
    fn next_record(&self) -> u32 {
        u32::try_from(self.records).unwrap_or(u32::MAX)
    }
}

impl Reader {
    /// A reader that stands before a log file: the selective reader, and the complete one for what
    /// that is not sure of.
    pub fn new() -> Self {
        Self {
            selective: Some(SelectiveReader::default()),
            ..Self::default()
        }
    }

    /// A reader that takes the complete reader for everything. It says the same, more slowly.
    pub fn complete() -> Self {
        Self::default()
    }

    /// Reads on: hands each event in the next piece of text to `visit`, and returns how many bytes
    /// it is done with. The caller puts the rest in front of the next piece, longer than before;
    /// the `last` piece is always taken whole.
    pub fn read(&mut self, text: &[u8], last: bool, mut visit: impl FnMut(&Record<'_>)) -> usize {
        if !self.begun {
            match Csv::begin(text, last, MAX_RECORD) {
                Beginning::Unfinished => return 0,
                Beginning::Csv(table, header) => {
                    self.begun = true;
                    self.summary.values += 1;
                    self.table = Some((table, header as u64));
                    self.offset = header as u64;
                    let rest = text.get(header..).unwrap_or_default();
                    return header + self.rows(rest, last, &mut visit);
                }
                Beginning::Other => self.begun = true,
            }
        }
        if self.table.is_some() {
            return self.rows(text, last, &mut visit);
        }
        let mut selective = self.selective.take();
        let cursor = selective.as_mut().map(|reader| reader.cursor(text));
        let at = self.read_with(cursor, text, last, &mut visit);
        self.selective = selective;
        at
    }

    fn read_with(
        &mut self,
        mut cursor: Option<RecordCursor<'_, '_>>,
        text: &[u8],
        last: bool,
        visit: &mut impl FnMut(&Record<'_>),
    ) -> usize {
        let mut at = 0;
        loop {
            at += self.step_over(text.get(at..).unwrap_or_default());
            let rest = text.get(at..).unwrap_or_default();
            let Some(&first) = rest.first() else { break };
            if let (State::Array, b'{', Some(cursor)) = (self.state, first, &mut cursor) {
                match self.select(cursor, text, at, visit) {
                    Ok(end) => {
                        at = end;
                        continue;
                    }
                    Err(Fallback::Whole(end)) => {
                        self.value(text.get(at..end).unwrap_or_default(), at, visit);
                        at = end;
                        continue;
                    }
                    Err(Fallback::NeedMoreText) if !last => break,
                    Err(Fallback::NeedMoreText | Fallback::TooLarge) => {}
                }
            }
            let taken = match (self.state, first) {
                (State::Lost, _) => rest.len(),
                (State::Skip { balance, in_array }, _) => self.skip(balance, in_array, rest),
                (State::Top, b'[') => {
                    self.summary.values += 1;
                    self.state = State::Array;
                    1
                }
                (State::Array, b']') => {
                    self.state = State::Top;
                    1
                }
                (State::Top, b']' | b'}') | (State::Array, b'}') => {
                    self.lose(FaultKind::Unbalanced, at)
                }
                (_, b'{' | b'[') => match end_of_value(rest) {
                    Some(end) => {
                        let value = rest.get(..end).unwrap_or_default();
                        self.value(value, at, visit);
                        end
                    }
                    None if last => {
                        self.cut_off(rest, at, visit);
                        self.lose(FaultKind::Unbalanced, at)
                    }
                    None if rest.len() >= MAX_RECORD => self.too_large(at),
                    None => break,
                },
                (_, 0xEF)
                    if self.state == State::Top && BYTE_ORDER_MARK.starts_with(rest) && !last =>
                {
                    break;
                }
                _ => match self.stray(rest, last, at) {
                    Some(taken) => taken,
                    None => break,
                },
            };
            at += taken;
        }
        if last {
            self.close(text.len());
            at = text.len();
        }
        self.offset += at as u64;
        at
    }

    /// Ends the log file: tells what was found in it and stands before the next.
    pub fn finish(&mut self) -> Summary {
        self.state = State::Top;
        self.offset = 0;
        self.begun = false;
        self.table = None;
        std::mem::take(&mut self.summary)
    }

    /// Takes the rows of CSV; all of the text, since a row that is not whole is kept.
    fn rows(&mut self, text: &[u8], last: bool, visit: &mut impl FnMut(&Record<'_>)) -> usize {
        let Some((mut table, mut start)) = self.table.take() else {
            return text.len();
        };
        let mut at = 0;
        loop {
            let rest = text.get(at..).unwrap_or_default();
            // An empty window would end the row at hand.
            if rest.is_empty() && !last {
                break;
            }
            let step = table.step(rest);
            at += step.taken;
            if step.ended {
                let number = self.summary.next_number();
                let taken = match table.row() {
                    Row::Event(event, replaced) => {
                        if replaced {
                            self.summary.add(FaultKind::NotUtf8, start, Some(number));
                        }
                        self.inner(&event, start, number, visit)
                    }
                    Row::Nothing => Err(LeftOutReason::NoTime),
                    Row::Short => Err(LeftOutReason::InvalidJson),
                    Row::TooLarge => Err(LeftOutReason::TooLarge),
                };
                self.note(taken, start, number);
                start = self.offset + at as u64;
            } else if rest.is_empty() {
                break;
            }
        }
        self.table = Some((table, start));
        self.offset += at as u64;
        at
    }

    /// How much white space, commas and byte order marks the text begins with.
    fn step_over(&self, text: &[u8]) -> usize {
        if matches!(self.state, State::Skip { .. } | State::Lost) {
            return 0;
        }
        let mut at = 0;
        loop {
            let rest = text.get(at..).unwrap_or_default();
            match rest.first() {
                Some(&byte) if is_whitespace(byte) || byte == b',' => at += 1,
                Some(0xEF) if self.state == State::Top && rest.starts_with(BYTE_ORDER_MARK) => {
                    at += BYTE_ORDER_MARK.len();
                }
                _ => return at,
            }
        }
    }

    /// Takes one whole object or nested array at `at`.
    fn value(&mut self, value: &[u8], at: usize, visit: &mut impl FnMut(&Record<'_>)) {
        let offset = self.offset + at as u64;
        if !has_matching_ends(value) {
            self.lose(FaultKind::Unbalanced, at);
            return;
        }
        if value.len() > MAX_RECORD {
            self.summary.values += u64::from(self.state == State::Top);
            self.summary.leave_out(LeftOutReason::TooLarge, offset);
            return;
        }
        if value.first() != Some(&b'{') {
            self.summary.leave_out(LeftOutReason::NotAnObject, offset);
            return;
        }
        if self.state == State::Top {
            self.summary.values += 1;
            if may_be_reply(value) && self.reply(value, offset, visit) {
                return;
            }
        }
        self.record(value, offset, self.state == State::Array, visit);
    }

    /// Takes the elements of `Events`, if the object is a `LookupEvents` reply.
    fn reply(&mut self, value: &[u8], offset: u64, visit: &mut impl FnMut(&Record<'_>)) -> bool {
        let (text, replaced) = utf8(value);
        let Some(elements) = events_of_reply(&text) else {
            return false;
        };
        if replaced {
            self.summary.add(FaultKind::NotUtf8, offset, None);
        }
        for element in items(elements) {
            if is_one_object(element) {
                self.record(element.as_bytes(), offset, false, visit);
            } else {
                self.summary.leave_out(LeftOutReason::NotAnObject, offset);
            }
        }
        true
    }

    /// Takes the records of a `LookupEvents` reply that stand whole in a value which never ends.
    fn cut_off(&mut self, value: &[u8], at: usize, visit: &mut impl FnMut(&Record<'_>)) {
        let in_reply = self.state == State::Top && may_be_reply(value);
        if !in_reply || value.len() > MAX_RECORD {
            return;
        }
        let offset = self.offset + at as u64;
        let (text, replaced) = utf8(value);
        let elements = items(events_of_truncated_reply(&text).unwrap_or_default());
        let before = self.summary.records;
        for element in elements.take_while(|element| is_one_object(element)) {
            self.record(element.as_bytes(), offset, false, visit);
        }
        if self.summary.records > before {
            self.summary.values += 1;
            if replaced {
                self.summary.add(FaultKind::NotUtf8, offset, None);
            }
        }
    }

    /// Takes one record by the selective reader; gives the position after it.
    #[inline]
    fn select(
        &mut self,
        cursor: &mut RecordCursor<'_, '_>,
        text: &[u8],
        at: usize,
        visit: &mut impl FnMut(&Record<'_>),
    ) -> Result<usize, Fallback> {
        let summary = &mut self.summary;
        let number = summary.next_record();
        let mut has_time = true;
        let end = cursor.read_record(at, |event, text| match event {
            Some(event) => {
                summary.records += 1;
                visit(&Record {
                    number,
                    text,
                    event,
                });
            }
            None => has_time = false,
        })?;
        if !has_time {
            let record = text.get(at..end).unwrap_or_default();
            self.timeless(record, self.offset + at as u64, true, visit);
        }
        Ok(end)
    }

    /// Takes one record by the complete reader, or the tolerant one where that refuses, or as a
    /// dialect has it.
    fn record(
        &mut self,
        record: &[u8],
        offset: u64,
        in_array: bool,
        visit: &mut impl FnMut(&Record<'_>),
    ) {
        let number = self.summary.next_record();
        match self.event(record, offset, number, visit) {
            Err(LeftOutReason::NoTime) => self.timeless(record, offset, in_array, visit),
            taken => {
                self.summary.records += 1;
                self.note(taken, offset, number);
            }
        }
    }

    /// Takes a record without a time of its own: a reply of `LookupEvents`, where replies are the
    /// elements of an array, or an event in some dialect.
    #[cold]
    fn timeless(
        &mut self,
        record: &[u8],
        offset: u64,
        in_array: bool,
        visit: &mut impl FnMut(&Record<'_>),
    ) {
        if in_array && may_be_reply(record) && self.reply(record, offset, visit) {
            return;
        }
        let number = self.summary.next_number();
        let taken = self.in_dialect(record, offset, number, visit);
        self.note(taken, offset, number);
    }

    /// Takes the event that a record without a time of its own holds in some dialect.
    fn in_dialect(
        &mut self,
        record: &[u8],
        offset: u64,
        number: u32,
        visit: &mut impl FnMut(&Record<'_>),
    ) -> Result<(), LeftOutReason> {
        let (text, _) = utf8(record);
        match dialect::event(&text) {
            Some(event) => self.inner(&event, offset, number, visit),
            None => Err(LeftOutReason::NoTime),
        }
    }

    /// Takes the text of an event that something else held.
    fn inner(
        &mut self,
        event: &str,
        offset: u64,
        number: u32,
        visit: &mut impl FnMut(&Record<'_>),
    ) -> Result<(), LeftOutReason> {
        if is_one_object(event) {
            self.event(event.as_bytes(), offset, number, visit)
        } else {
            Err(LeftOutReason::InvalidJson)
        }
    }

    /// Takes one object as an event.
    fn event(
        &mut self,
        record: &[u8],
        offset: u64,
        number: u32,
        visit: &mut impl FnMut(&Record<'_>),
    ) -> Result<(), LeftOutReason> {
        let mut take = |fields: &EventFields<'_>| {
            let seen = fields.event(|event| {
                visit(&Record {
                    number,
                    text: record,
                    event,
                });
            });
            seen.ok_or(LeftOutReason::NoTime)
        };
        // simd-json's tape takes up to 24 bytes for a byte of text: bounded by bounding the text.
        let complete = match record.len() {
            0..=MAX_COMPLETE => self.complete.read(record, &mut take),
            _ => Err(NeedsTolerantReader),
        };
        match complete {
            Ok(taken) => taken,
            Err(NeedsTolerantReader) => {
                let (text, replaced) = utf8(record);
                if replaced {
                    self.summary.add(FaultKind::NotUtf8, offset, Some(number));
                }
                let mut fields = EventFields::default();
                match tolerant::read(&text, &mut fields) {
                    Ok(()) => take(&fields),
                    Err(tolerant::InvalidRecord) => Err(LeftOutReason::InvalidJson),
                }
            }
        }
    }

    /// Notes why a record is no event, if it is none.
    fn note(&mut self, taken: Result<(), LeftOutReason>, offset: u64, number: u32) {
        if let Err(why) = taken {
            self.summary.left_out += 1;
            self.summary
                .add(FaultKind::LeftOut(why), offset, Some(number));
        }
    }

    /// Begins to pass over a record that is too large.
    fn too_large(&mut self, at: usize) -> usize {
        self.summary
            .leave_out(LeftOutReason::TooLarge, self.offset + at as u64);
        let in_array = self.state == State::Array;
        self.summary.values += u64::from(!in_array);
        self.state = State::Skip {
            balance: BracketMatcher::default(),
            in_array,
        };
        0
    }

    /// Goes on passing over a record that is too large.
    fn skip(&mut self, mut balance: BracketMatcher, in_array: bool, rest: &[u8]) -> usize {
        match balance.end_of_value(rest) {
            Some(end) => {
                self.state = if in_array { State::Array } else { State::Top };
                end
            }
            None => {
                self.state = State::Skip { balance, in_array };
                rest.len()
            }
        }
    }

    /// Takes text that is no bracket: a scalar, or something that is no JSON. It ends at the next
    /// bracket; in an array also at the next comma, between the values of a file at the line's end.
    ///
    /// `None` when the piece ends before that can be told.
    fn stray(&mut self, rest: &[u8], last: bool, at: usize) -> Option<usize> {
        let separator = if self.state == State::Array {
            b','
        } else {
            b'\n'
        };
        let mut end = 0;
        loop {
            match rest.get(end) {
                Some(b'"') => match end_of_string(rest, end + 1) {
                    Some(quote) => end = quote + 1,
                    None if last => return Some(self.lose(FaultKind::Unbalanced, at)),
                    None if rest.len() >= MAX_RECORD => {
                        return Some(self.lose(FaultKind::NotJson, at));
                    }
                    None => return None,
                },
                Some(&byte) if byte == separator || matches!(byte, b'{' | b'[' | b'}' | b']') => {
                    break;
                }
                Some(_) if end >= MAX_STRAY => return Some(self.lose(FaultKind::NotJson, at)),
                Some(b'\\') => end += 2,
                Some(_) => end += 1,
                None if last => break,
                None => return None,
            }
        }
        let end = end.min(rest.len());
        let text = std::str::from_utf8(rest.get(..end).unwrap_or_default()).unwrap_or("\u{fffd}");
        let scalar = super::structure::trim(text);
        let offset = self.offset + at as u64;
        if matches!(scalar, "null" | "true" | "false")
            || is_number(scalar)
            || string_content(scalar).is_some()
        {
            self.summary.values += u64::from(self.state == State::Top);
            self.summary.leave_out(LeftOutReason::NotAnObject, offset);
        } else if self.state == State::Top {
            self.summary.add(FaultKind::Stray, offset, None);
        } else {
            self.summary.leave_out(LeftOutReason::InvalidJson, offset);
        }
        Some(end)
    }

    /// Gives up the rest of the file.
    fn lose(&mut self, kind: FaultKind, at: usize) -> usize {
        self.summary.add(kind, self.offset + at as u64, None);
        self.state = State::Lost;
        0
    }

    /// Ends the text, which may be in the middle of something.
    fn close(&mut self, at: usize) {
        match self.state {
            State::Top | State::Lost => {}
            State::Array | State::Skip { .. } => {
                self.lose(FaultKind::Unbalanced, at);
            }
        }
    }
}

/// Whether the text is one object, from its first bracket to the one that closes it.
fn is_one_object(text: &str) -> bool {
    text.starts_with('{')
        && has_matching_ends(text.as_bytes())
        && end_of_value(text.as_bytes()) == Some(text.len())
}

/// The text of bytes, and whether some of them were replaced by U+FFFD.
fn utf8(bytes: &[u8]) -> (Cow<'_, str>, bool) {
    match simdutf8::basic::from_utf8(bytes) {
        Ok(text) => (Cow::Borrowed(text), false),
        Err(_) => (String::from_utf8_lossy(bytes), true),
    }
}

/// Whether the text can have a member `Events`, be it spelt with escapes. Spares the records of a
/// file of lines a second reading.
fn may_be_reply(value: &[u8]) -> bool {
    memmem::find(value, b"Events").is_some() || memmem::find(value, b"\\u00").is_some()
}

/// The elements of `Events`, if the object is a `LookupEvents` reply.
fn events_of_reply(object: &str) -> Option<&str> {
    array_content(last_events(object_content(object)?)?)
}

/// The elements of `Events`, as far as they go, if the text is the beginning of a reply.
fn events_of_truncated_reply(text: &str) -> Option<&str> {
    let events = last_events(text.strip_prefix('{')?)?;
    array_content(events).or_else(|| events.strip_prefix('['))
}

fn last_events(content: &str) -> Option<&str> {
    members(content)
        .filter(|(name, _)| unescape(name).as_deref() == Some("Events"))
        .last()
        .map(|(_, events)| events)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::event::bitmaps::WINDOW_SIZE;

    /// What a reader says of a text that comes in pieces of such lengths, over and over.
    fn read(mut reader: Reader, text: &[u8], pieces: &[usize]) -> (Vec<String>, Summary) {
        let mut seen = Vec::new();
        let mut lengths = pieces.iter().copied().cycle();
        let (mut done, mut end) = (0, 0);
        loop {
            end = (end + lengths.next().unwrap_or(text.len())).min(text.len());
            let last = end == text.len();
            done += reader.read(&text[done..end], last, |record| {
                seen.push(format!("{record:?}"));
            });
            if last {
                return (seen, reader.finish());
            }
        }
    }

    /// Both readers, and both in pieces, must say the same.
    fn check(text: &[u8], pieces: &[usize]) {
        let expected = read(Reader::complete(), text, &[]);
        assert_eq!(
            read(Reader::new(), text, &[]),
            expected,
            "the readers differ"
        );
        assert_eq!(
            read(Reader::new(), text, pieces),
            expected,
            "the pieces show"
        );
        assert_eq!(
            read(Reader::complete(), text, pieces),
            expected,
            "the pieces show"
        );
    }

    /// What texts are made of: everything that means something to one of the readers.
    const TOKENS: &[&str] = &[
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        " ",
        "\n",
        "\t",
        "null",
        "true",
        "1e5",
        "-",
        "x",
        "云",
        "\u{feff}",
        "[{",
        "},{",
        "}]",
        "{}",
        "[]",
        "\"\"",
        "\\\"",
        "\\u0065",
        "\\ud800",
        "\\x",
        "\"eventTime\":\"2024-03-05T09:21:32Z\"",
        "\"EventTime\":\"2024-03-05 09:21:33.5+0800\"",
        "\"eventTime\" : \"soon\"",
        "\"event\\u0054ime\":\"2024-03-05T09:21:32Z\"",
        "\"eventId\":\"a\"",
        "\"eventId\":7",
        "\"EVENTID\":null",
        "\"eventName\":\"b\\u4e91\"",
        "\"eventName\":[1]",
        "\"eventName2\":\"c\"",
        "\"errorCode\":\"d\"",
        "\"userIdentity\":{\"accessKeyId\":\"k\",\"type\":\"t\"}",
        "\"userIdentity\":{",
        "\"userIdentity\":null",
        "\"typ\\u0065\":\"e\"",
        "\"type\":\"f\"",
        "\"accountId\":\"g\"",
        "\"requestParameters\":{\"eventTime\":\"decoy\",\"a\":[1,{\"b\":\"}\"}]}",
        "\"referencedResources\":{\"T\":[\"r\",\"s\"],\"U\":\"v\"}",
        "\"referencedResources\":{\"T\":[1,\"r\",]}",
        "\"referencedResources\":[]",
        "\"resourceName\":\"a,b;c\"",
        "\"resourceType\":\"X;Y\"",
        "\"Events\":[",
        "\"Events\":[{\"eventTime\":\"2024-03-05T09:21:32Z\"}]",
        "\"long\":\"0123456789012345678901234567890123456789012345678901234567890123456789\"",
        "\"event\":\"{\\\"eventTime\\\":\\\"2024-03-05T09:21:32Z\\\"}\"",
        "\"event\":\"{\\\"eventTime\"",
        "\"event\":{\"eventTime\":\"2024-03-05T09:21:32Z\",\"eventId\":8}",
        "\"event\":{",
        "\"specversion\":\"1.0\",\"data\":{\"eventTime\":\"2024-03-05T09:21:32Z\"}",
        "\"event.eventTime\":\"2024-03-05T09:21:32Z\"",
        "\"event.userIdentity.accessKeyId\":\"k\"",
        "\"event.userIdentity\":\"{\\\"type\\\":1}\"",
        "\"event_eventtime\":\"2024-03-05T09:21:32Z\"",
        "\"errorCode\":null",
        "\"eventId\":null",
        // Names that look like wanted ones at first.
        "\"otherTime\":\"2024-03-05T09:21:32Z\"",
        "\"otherName\":7",
        "\"accessKeyNo\":\"n\"",
        "\"userIdenlity\":{}",
        "\"recipientAnnountId\":\"i\"",
        "\"recipientAccountId\":\"h\"",
    ];

    /// What rows of CSV are made of.
    const CELLS: &[&str] = &[
        ",",
        "\n",
        "\r\n",
        "\"",
        "\"\"",
        " ",
        "x",
        "云",
        "{}",
        "\"{\"\"eventTime\"\":\"\"2024-03-05T09:21:32Z\"\"}\"",
        "{\"eventTime\":\"2024-03-05T09:21:32Z\"}",
        "\"{\"\"eventTime\"\"",
        "2024-03-05T09:21:32Z",
    ];

    fn texts() -> impl Strategy<Value = Vec<u8>> {
        let soup = prop::collection::vec(prop::sample::select(TOKENS), 0..40)
            .prop_map(|tokens| tokens.concat().into_bytes());
        let members = prop::collection::vec(prop::sample::select(&TOKENS[28..]), 0..8);
        let records = prop::collection::vec(members, 0..5).prop_map(|records| {
            let records: Vec<String> = records
                .iter()
                .map(|members| format!("{{{}}}", members.join(",")))
                .collect();
            format!("[{}]", records.join(",")).into_bytes()
        });
        let headers = prop::sample::select(vec![
            "event\n",
            "id,event\r\n",
            "\u{feff}event.eventTime,event.eventName\n",
            "eventTime,eventName,\"event\"\n",
        ]);
        let cells = prop::collection::vec(prop::sample::select(CELLS), 0..30);
        let rows = (headers, cells)
            .prop_map(|(header, cells)| (header.to_owned() + &cells.concat()).into_bytes());
        let bytes = prop::collection::vec(any::<u8>(), 0..40);
        (
            prop_oneof![3 => soup, 3 => records, 1 => rows],
            bytes,
            any::<prop::sample::Index>(),
            0..4_u8,
        )
            .prop_map(|(mut text, bytes, at, with_bytes)| {
                if with_bytes == 0 {
                    let at = at.index(text.len() + 1);
                    text.splice(at..at, bytes);
                }
                text
            })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn the_readers_agree_and_pieces_do_not_show(
            text in texts(),
            pieces in prop::collection::vec(1..50_usize, 1..5)
        ) {
            check(&text, &pieces);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn the_readers_agree_wherever_a_window_ends(text in texts(), before in 0..300_usize) {
            let first = "x".repeat(WINDOW_SIZE - before);
            let text = [format!(r#"[{{"a":"{first}"}},"#).as_bytes(), &text].concat();
            check(&text, &[WINDOW_SIZE, 100]);
        }
    }

    #[test]
    fn of_a_doubled_name_the_readers_take_the_same() {
        let values = [
            r#""d""#,
            "null",
            "7",
            "{}",
            r#"{"accountId":"e"}"#,
            r#"{"T":["r"]}"#,
        ];
        for name in ["errorCode", "userIdentity", "referencedResources"] {
            for first in values {
                for second in values {
                    let both = format!(
                        r#"[{{"eventTime":"2024-03-05T09:21:32Z","{name}":{first},"{name}":{second}}}]"#
                    );
                    check(both.as_bytes(), &[20]);
                }
            }
        }
    }

    #[test]
    fn records_across_the_ends_of_windowes_are_read() {
        let record = |number: usize| {
            let filler = "x".repeat(number % 97);
            format!(
                r#"{{"eventTime":"2024-03-05T09:21:32Z","a":["{filler}"],"eventId":"{number}"}}"#
            )
        };
        let records: Vec<String> = (0..3000).map(record).collect();
        let text = format!("[{}]", records.join(","));
        let (seen, summary) = read(Reader::new(), text.as_bytes(), &[]);
        assert_eq!(
            (seen.len(), summary.records, summary.faults),
            (3000, 3000, vec![])
        );
        check(text.as_bytes(), &[5000, 1, 70_000]);
    }

    #[test]
    fn a_record_larger_than_a_window_is_read() {
        let text = format!(
            r#"[{{"eventTime":"2024-03-05T09:21:32Z","a":"{}","eventId":"1"}},{{"eventTime":"2024-03-05T09:21:32Z"}}]"#,
            "y".repeat(100_000)
        );
        assert_eq!(read(Reader::new(), text.as_bytes(), &[]).0.len(), 2);
        check(text.as_bytes(), &[1000]);
    }

    #[test]
    fn bytes_as_long_as_their_replacement_are_told_in_a_reply() {
        // Three bytes of a character of four, and U+FFFD has three.
        let text =
            b"{\"Events\":[{\"eventTime\":\"2024-03-05T09:21:32Z\",\"eventId\":\"\xF0\x9F\x98\"}]}";
        let (seen, summary) = read(Reader::new(), text, &[]);
        assert_eq!(seen.len(), 1);
        let kinds: Vec<_> = summary.faults.iter().map(|fault| fault.kind).collect();
        assert_eq!(kinds, [FaultKind::NotUtf8]);
        check(text, &[7]);
    }

    #[test]
    fn a_reply_that_is_cut_off_gives_its_whole_records() {
        let record = r#"{"eventTime":"2024-03-05T09:21:32Z"}"#;
        for (tail, seen) in [
            (r#"{"RequestId":"r","Events":["#, 0),
            (r#"{"RequestId":"r","Events":[R,R,{"eventTime":"2024"#, 2),
            (r#"{"Events":[R,R],"NextToken":"t"#, 2),
            (r#"{"Events":[R,R"#, 2),
            (r#"{"Events":[R,R]"#, 2),
            (r#"{"Events":[R,"R"#, 1),
            (r#"{"Events":{"a":[R"#, 0),
            (r#"{"other":{"Events":[R"#, 0),
            (r#"[{"Events":[R"#, 0),
        ] {
            let text = tail.replace('R', record).replace("\"{", "\"x{");
            let (records, summary) = read(Reader::new(), text.as_bytes(), &[]);
            assert_eq!(records.len(), seen, "{text}");
            let kinds: Vec<_> = summary.faults.iter().map(|fault| fault.kind).collect();
            assert_eq!(kinds, [FaultKind::Unbalanced], "{text}");
            check(text.as_bytes(), &[3]);
        }
    }

    #[test]
    fn a_quote_alone_between_values_does_not_stand_still() {
        for (text, values) in [
            (&b"\""[..], 0),
            (b"\"never ends", 0),
            (b"{\"eventTime\":\"2024-03-05T09:21:32Z\"}\n\"", 1),
            (b"\"\\", 0),
        ] {
            let (_, summary) = read(Reader::new(), text, &[]);
            assert_eq!(summary.values, values);
            let kinds: Vec<_> = summary.faults.iter().map(|fault| fault.kind).collect();
            assert_eq!(kinds, [FaultKind::Unbalanced]);
            check(text, &[1]);
        }
    }

    #[test]
    fn a_record_too_large_costs_only_itself() {
        let text = format!(
            r#"[{{"eventTime":"2024-03-05T09:21:32Z"}},{{"a":"{}"}},{{"eventTime":"2024-03-05T09:21:33Z"}}]"#,
            "y".repeat(MAX_RECORD + 5)
        );
        let (seen, summary) = read(Reader::new(), text.as_bytes(), &[1 << 20]);
        assert_eq!((seen.len(), summary.records, summary.left_out), (2, 3, 1));
        assert_eq!(
            summary.faults[0].kind,
            FaultKind::LeftOut(LeftOutReason::TooLarge)
        );
        assert_eq!(
            (summary.faults[0].record, summary.faults[0].offset),
            (Some(1), 38)
        );
    }
}
