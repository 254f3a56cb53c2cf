//! The way through a log file's text: which records it has, and what is wrong with it.
//!
//! The text may arrive in pieces; what a reader keeps between them does not grow with the file.
//! What a record means is `complete`'s and `tolerant`'s.

use memchr::memmem;

use super::Event;
use super::complete::{Complete, Refused};
use super::fields::Fields;
use super::structure::{Balance, end_of_string, end_of_value, is_number, is_space, pieces, string};
use super::tolerant;

/// The largest record that is read, in bytes; a larger one is left out, and its neighbours are not.
///
/// Far above what a trail delivers (a few kilobytes), and a bound for memory.
pub const MAX_RECORD: usize = 16 << 20;

/// The largest record for the complete reader; the tolerant one takes those above.
const MAX_COMPLETE: usize = 1 << 18;

/// The longest stretch of text outside records that is looked through for the next record.
/// A log file has none; a stretch this long says that the file is something else.
const MAX_STRAY: usize = 1 << 16;

/// Reads the text of log files, one after another.
#[derive(Default)]
pub struct Reader {
    complete: Complete,
    state: State,
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
    Skip { balance: Balance, in_array: bool },
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
    pub faults: Vec<Fault>,
}

/// Something in a log file's text that was left out or repaired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What it is.
    pub kind: FaultKind,
    /// Where it first is: bytes from the beginning of the inflated text.
    pub offset: u64,
    /// The record it first is in, where it is in one.
    pub record: Option<u32>,
    /// How often.
    pub count: u64,
}

/// The kinds of [`Fault`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// A record was left out.
    LeftOut(LeftOut),
    /// Brackets or quotes do not balance; the text from there on is left out.
    Unbalanced,
    /// Text that is no JSON; the text from there on is left out.
    NotJson,
    /// Bytes that are no UTF-8 were replaced by U+FFFD. Nothing is left out.
    NotUtf8,
}

/// Why a record is no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftOut {
    /// It is no JSON object.
    NotAnObject,
    /// It has no usable `eventTime`.
    NoTime,
    /// It is not valid JSON in a place that is needed.
    Broken,
    /// It is larger than [`MAX_RECORD`].
    TooLarge,
}

impl FaultKind {
    /// Whether something was lost that could have been an event, so that the file is partial.
    ///
    /// A well-formed record without a time, or one that is no object, is no loss: it is no event.
    pub fn is_damage(self) -> bool {
        match self {
            Self::LeftOut(LeftOut::Broken | LeftOut::TooLarge)
            | Self::Unbalanced
            | Self::NotJson => true,
            Self::LeftOut(LeftOut::NotAnObject | LeftOut::NoTime) | Self::NotUtf8 => false,
        }
    }
}

impl Summary {
    fn add(&mut self, kind: FaultKind, offset: u64, record: Option<u32>) {
        match self.faults.iter_mut().find(|fault| fault.kind == kind) {
            Some(fault) => fault.count += 1,
            None => self.faults.push(Fault {
                kind,
                offset,
                record,
                count: 1,
            }),
        }
    }

    fn leave_out(&mut self, why: LeftOut, offset: u64) {
        let number = self.next_number();
        self.left_out += 1;
        self.add(FaultKind::LeftOut(why), offset, Some(number));
    }

    /// Counts a record and gives its number. A file of more than 2³² records, some 8 TB, gives
    /// the ones beyond the same number; nothing but the evidence's place is less exact there.
    fn next_number(&mut self) -> u32 {
        let number = u32::try_from(self.records).unwrap_or(u32::MAX);
        self.records += 1;
        number
    }
}

impl Reader {
    /// A reader that stands before a log file.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads on: hands each event in the next piece of text to `visit`, and returns how many bytes
    /// it is done with. The caller puts the rest in front of the next piece, longer than before;
    /// the `last` piece is always taken whole.
    pub fn read(&mut self, text: &[u8], last: bool, mut visit: impl FnMut(&Record<'_>)) -> usize {
        let mut at = 0;
        loop {
            at += self.step_over(text.get(at..).unwrap_or_default());
            let rest = text.get(at..).unwrap_or_default();
            let Some(&first) = rest.first() else { break };
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
                        self.value(value, at, &mut visit);
                        end
                    }
                    None if last => self.lose(FaultKind::Unbalanced, at),
                    None if rest.len() >= MAX_RECORD => self.too_large(at),
                    None => break,
                },
                (_, 0xEF) if self.state == State::Top && BOM.starts_with(rest) && !last => break,
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
        std::mem::take(&mut self.summary)
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
                Some(&byte) if is_space(byte) || byte == b',' => at += 1,
                Some(0xEF) if self.state == State::Top && rest.starts_with(BOM) => at += BOM.len(),
                _ => return at,
            }
        }
    }

    /// Takes one whole object or nested array at `at`.
    fn value(&mut self, value: &[u8], at: usize, visit: &mut impl FnMut(&Record<'_>)) {
        let offset = self.offset + at as u64;
        if value.first() != Some(&b'{') {
            self.summary.leave_out(LeftOut::NotAnObject, offset);
            return;
        }
        if self.state == State::Top {
            self.summary.values += 1;
            if may_be_reply(value) && self.reply(value, offset, visit) {
                return;
            }
        }
        self.record(value, offset, visit);
    }

    /// Takes the elements of `Events`, if the object is a `LookupEvents` reply.
    fn reply(&mut self, value: &[u8], offset: u64, visit: &mut impl FnMut(&Record<'_>)) -> bool {
        let lossy;
        let text = match std::str::from_utf8(value) {
            Ok(text) => text,
            Err(_) => {
                lossy = String::from_utf8_lossy(value);
                &lossy
            }
        };
        let Some(events) = tolerant::reply(text) else {
            return false;
        };
        if text.len() != value.len() {
            self.summary.add(FaultKind::NotUtf8, offset, None);
        }
        let inside = events.get(1..events.len() - 1).unwrap_or_default();
        for piece in pieces(inside) {
            if piece.starts_with('{') && end_of_value(piece.as_bytes()) == Some(piece.len()) {
                self.record(piece.as_bytes(), offset, visit);
            } else {
                self.summary.leave_out(LeftOut::NotAnObject, offset);
            }
        }
        true
    }

    /// Takes one record.
    fn record(&mut self, record: &[u8], offset: u64, visit: &mut impl FnMut(&Record<'_>)) {
        let number = self.summary.next_number();
        let mut take = |fields: &mut Fields<'_>| match fields.event() {
            Some(event) => {
                visit(&Record {
                    number,
                    text: record,
                    event,
                });
                Ok(())
            }
            None => Err(LeftOut::NoTime),
        };
        // simd-json's tape takes up to 24 bytes for a byte of text: bounded by bounding the text.
        let complete = match record.len() {
            0..=MAX_COMPLETE => self.complete.read(record, &mut take),
            _ => Err(Refused),
        };
        let taken = match complete {
            Ok(taken) => taken,
            Err(Refused) => {
                let lossy;
                let text = match std::str::from_utf8(record) {
                    Ok(text) => text,
                    Err(_) => {
                        self.summary.add(FaultKind::NotUtf8, offset, Some(number));
                        lossy = String::from_utf8_lossy(record);
                        &lossy
                    }
                };
                let mut fields = Fields::default();
                match tolerant::read(text, &mut fields) {
                    Ok(()) => take(&mut fields),
                    Err(tolerant::Broken) => Err(LeftOut::Broken),
                }
            }
        };
        if let Err(why) = taken {
            self.summary.left_out += 1;
            self.summary
                .add(FaultKind::LeftOut(why), offset, Some(number));
        }
    }

    /// Begins to pass over a record that is too large.
    fn too_large(&mut self, at: usize) -> usize {
        self.summary
            .leave_out(LeftOut::TooLarge, self.offset + at as u64);
        let in_array = self.state == State::Array;
        self.summary.values += u64::from(!in_array);
        self.state = State::Skip {
            balance: Balance::default(),
            in_array,
        };
        0
    }

    /// Goes on passing over a record that is too large.
    fn skip(&mut self, mut balance: Balance, in_array: bool, rest: &[u8]) -> usize {
        match balance.end(rest) {
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
        let whole = loop {
            match rest.get(end) {
                Some(b'"') => match end_of_string(rest, end + 1) {
                    Some(quote) => end = quote + 1,
                    None => break false,
                },
                Some(b'\\') => end += 2,
                Some(&byte) if byte == separator || matches!(byte, b'{' | b'[' | b'}' | b']') => {
                    break true;
                }
                Some(_) => end += 1,
                None => break false,
            }
        };
        if !whole && !last {
            let limit = if rest.contains(&b'"') {
                MAX_RECORD
            } else {
                MAX_STRAY
            };
            return (rest.len() >= limit).then(|| self.lose(FaultKind::NotJson, at));
        }
        let end = end.min(rest.len());
        let text = std::str::from_utf8(rest.get(..end).unwrap_or_default()).unwrap_or("\u{fffd}");
        let scalar = super::structure::trim(text);
        if !whole
            && rest.get(..end).is_some_and(|text| text.contains(&b'"'))
            && string(scalar).is_none()
        {
            return Some(self.lose(FaultKind::Unbalanced, at));
        }
        let offset = self.offset + at as u64;
        if matches!(scalar, "null" | "true" | "false")
            || is_number(scalar)
            || string(scalar).is_some()
        {
            self.summary.values += u64::from(self.state == State::Top);
            self.summary.leave_out(LeftOut::NotAnObject, offset);
        } else {
            self.summary.leave_out(LeftOut::Broken, offset);
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

/// Whether the text can have a member `Events`, be it spelt with escapes. Spares the records of a
/// file of lines a second reading.
fn may_be_reply(value: &[u8]) -> bool {
    memmem::find(value, b"Events").is_some() || memmem::find(value, b"\\u00").is_some()
}

/// U+FEFF at the beginning of a text, where some programs put it to mark UTF-8.
const BOM: &[u8] = &[0xEF, 0xBB, 0xBF];
