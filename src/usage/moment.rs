//! Moments: when an event happened, by which event, and where its record stands, in 32 bytes.
//!
//! An entry keeps two moments, and an archive has millions of entries, so event ids are packed:
//! the forms that the cloud gives take 16 bytes, whatever else occurs is a word of the vocabulary.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::Source;
use super::vocabulary::{Vocabulary, Word};

/// One event as an entry remembers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    /// Event time in milliseconds since 1970 UTC, shifted up by 8 bits; below it the form of the
    /// event id in 6 bits and the source in 2.
    time_and_form: i64,
    id: [u8; 16],
    pub(super) file: u32,
    pub(super) record: u32,
}

/// How an event id is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Up to 16 bytes as they are.
    Short(u8),
    /// A UUID with upper-case digits: `AE3B631D-B6BE-5BFC-9F14-6BAA2683B0BA`.
    Upper,
    /// A UUID with lower-case digits.
    Lower,
    /// The 24 upper-case hex digits of OSS and SLS.
    Hex24,
    /// The number of a word.
    Word,
}

impl Form {
    const UPPER: u8 = 17;
    const LOWER: u8 = 18;
    const HEX24: u8 = 19;
    const WORD: u8 = 20;

    fn code(self) -> u8 {
        match self {
            Self::Short(length) => length,
            Self::Upper => Self::UPPER,
            Self::Lower => Self::LOWER,
            Self::Hex24 => Self::HEX24,
            Self::Word => Self::WORD,
        }
    }

    fn of_code(code: u8) -> Self {
        match code {
            Self::UPPER => Self::Upper,
            Self::LOWER => Self::Lower,
            Self::HEX24 => Self::Hex24,
            Self::WORD => Self::Word,
            length => Self::Short(length),
        }
    }
}

/// An event id, packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PackedId {
    form: Form,
    bytes: [u8; 16],
}

impl PackedId {
    /// Packs an event id; one of an unknown form becomes a word.
    pub(super) fn pack(id: &str, vocabulary: &mut Vocabulary) -> Self {
        let bytes = id.as_bytes();
        if bytes.len() <= 16 {
            let mut short = [0; 16];
            for (to, from) in short.iter_mut().zip(bytes) {
                *to = *from;
            }
            #[expect(clippy::cast_possible_truncation, reason = "at most 16")]
            return Self {
                form: Form::Short(bytes.len() as u8),
                bytes: short,
            };
        }
        if bytes.len() == 36 {
            for form in [Form::Upper, Form::Lower] {
                if let Some(packed) = uuid(bytes, form) {
                    return Self {
                        form,
                        bytes: packed,
                    };
                }
            }
        }
        if bytes.len() == 24
            && let Some(packed) = hex24(bytes)
        {
            return Self {
                form: Form::Hex24,
                bytes: packed,
            };
        }
        Self::of_word(vocabulary.word(id))
    }

    fn of_word(word: Word) -> Self {
        let mut bytes = [0; 16];
        for (to, from) in bytes.iter_mut().zip(word.to_le_bytes()) {
            *to = from;
        }
        Self {
            form: Form::Word,
            bytes,
        }
    }

    fn word(&self) -> Word {
        self.bytes
            .first_chunk()
            .copied()
            .map(Word::from_le_bytes)
            .unwrap_or_default()
    }

    fn text<'v>(&self, vocabulary: &'v Vocabulary) -> Cow<'v, str> {
        self.shared(vocabulary).as_text()
    }

    /// The event id without the vocabulary.
    fn shared<'v>(&self, vocabulary: &'v Vocabulary) -> EventId<'v> {
        EventId(match self.form {
            Form::Word => Id::Text(vocabulary.text(self.word())),
            _ => Id::Packed(*self),
        })
    }

    /// Compares event ids by their bytes.
    fn cmp(&self, other: &Self, vocabulary: &Vocabulary) -> Ordering {
        if self == other {
            return Ordering::Equal;
        }
        match (self.form, other.form) {
            // Packing keeps the order among ids of one form.
            (Form::Upper, Form::Upper)
            | (Form::Lower, Form::Lower)
            | (Form::Hex24, Form::Hex24) => self.bytes.cmp(&other.bytes),
            _ => self
                .text(vocabulary)
                .as_bytes()
                .cmp(other.text(vocabulary).as_bytes()),
        }
    }
}

/// An event id as answers have it: most of them packed, since rows are many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventId<'a>(Id<'a>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Id<'a> {
    Text(&'a str),
    /// Of any form but [`Form::Word`].
    Packed(PackedId),
}

impl<'a> EventId<'a> {
    /// Its text; may be empty.
    pub fn as_text(&self) -> Cow<'a, str> {
        let PackedId { form, bytes } = match self.0 {
            Id::Text(text) => return Cow::Borrowed(text),
            Id::Packed(packed) => packed,
        };
        Cow::Owned(match form {
            Form::Short(length) => {
                let bytes = bytes.get(..usize::from(length)).unwrap_or_default();
                String::from_utf8_lossy(bytes).into_owned()
            }
            Form::Upper => format_uuid(&bytes, b"0123456789ABCDEF"),
            Form::Lower => format_uuid(&bytes, b"0123456789abcdef"),
            Form::Hex24 => {
                let bytes = bytes.get(..12).unwrap_or_default();
                digits(bytes, b"0123456789ABCDEF").collect()
            }
            Form::Word => String::new(),
        })
    }
}

impl<'a> From<&'a str> for EventId<'a> {
    fn from(text: &'a str) -> Self {
        Self(Id::Text(text))
    }
}

/// Packs the digits of a UUID.
fn uuid(text: &[u8], form: Form) -> Option<[u8; 16]> {
    let text: &[u8; 36] = text.try_into().ok()?;
    let &[a1, a2, a3, a4, a5, a6, a7, a8, b'-', ref rest @ ..] = text else {
        return None;
    };
    let &[b1, b2, b3, b4, b'-', c1, c2, c3, c4, b'-', ref rest @ ..] = rest else {
        return None;
    };
    let &[d1, d2, d3, d4, b'-', e1, e2, e3, e4, ref last @ ..] = rest else {
        return None;
    };
    pack(
        [
            [a1, a2, a3, a4, a5, a6, a7, a8],
            [b1, b2, b3, b4, c1, c2, c3, c4],
            [d1, d2, d3, d4, e1, e2, e3, e4],
            *last,
        ],
        form,
    )
}

/// Packs 24 hex digits.
fn hex24(text: &[u8]) -> Option<[u8; 16]> {
    let (chunks, rest) = text.as_chunks::<8>();
    match (chunks, rest) {
        (&[one, two, three], []) => pack([one, two, three, *b"00000000"], Form::Hex24),
        _ => None,
    }
}

/// Packs hex digits of the form's case, two a byte.
fn pack(digits: [[u8; 8]; 4], form: Form) -> Option<[u8; 16]> {
    let mut packed = [0; 16];
    for (to, digits) in packed.as_chunks_mut::<4>().0.iter_mut().zip(digits) {
        *to = pack_eight(u64::from_le_bytes(digits), form)?;
    }
    Some(packed)
}

/// Packs eight hex digits at once, a byte of the word each.
fn pack_eight(digits: u64, form: Form) -> Option<[u8; 4]> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    // The letters of either case have bit 6, and their lower half is 9 less than their value.
    let letters = digits >> 6 & ONES;
    let values = (digits & (ONES * 0x0F)).wrapping_add(letters * 9);
    // What the values would be written as has to be what is written.
    let gap = u64::from(if form == Form::Lower { b'a' } else { b'A' } - b'0' - 10);
    let high = values.wrapping_add(ONES * 0x76) >> 7 & ONES;
    let written = values.wrapping_add(ONES * 0x30).wrapping_add(high * gap);
    if written != digits || values & (ONES * 0xF0) != 0 {
        return None;
    }
    let pairs = (values << 4 | values >> 8) & 0x00FF_00FF_00FF_00FF;
    let pairs = (pairs | pairs >> 8) & 0x0000_FFFF_0000_FFFF;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the lower half holds all four bytes"
    )]
    let packed = (pairs | pairs >> 16) as u32;
    Some(packed.to_le_bytes())
}

fn digits(bytes: &[u8], alphabet: &'static [u8; 16]) -> impl Iterator<Item = char> {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| alphabet.get(usize::from(digit)).copied().map(char::from))
}

fn format_uuid(bytes: &[u8; 16], alphabet: &'static [u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (at, digit) in digits(bytes, alphabet).enumerate() {
        if matches!(at, 8 | 12 | 16 | 20) {
            text.push('-');
        }
        text.push(digit);
    }
    text
}

impl Moment {
    pub(super) fn new(time: i64, id: PackedId, source: Source, file: u32, record: u32) -> Self {
        let form = i64::from(id.form.code() << 2 | source as u8);
        Self {
            time_and_form: time << 8 | form,
            id: id.bytes,
            file,
            record,
        }
    }

    pub(super) fn time(&self) -> i64 {
        self.time_and_form >> 8
    }

    pub(super) fn source(&self) -> Source {
        match self.time_and_form & 3 {
            0 => Source::Management,
            1 => Source::Data,
            _ => Source::Internal,
        }
    }

    fn id(&self) -> PackedId {
        #[expect(clippy::cast_sign_loss, reason = "six bits")]
        let code = (self.time_and_form >> 2 & 63) as u8;
        PackedId {
            form: Form::of_code(code),
            bytes: self.id,
        }
    }

    pub(super) fn event_id<'v>(&self, vocabulary: &'v Vocabulary) -> EventId<'v> {
        self.id().shared(vocabulary)
    }

    /// Compares by time and event id; what is equal then is ordered by place.
    pub(super) fn cmp_event(&self, other: &Self, vocabulary: &Vocabulary) -> Ordering {
        self.time()
            .cmp(&other.time())
            .then_with(|| self.id().cmp(&other.id(), vocabulary))
    }

    /// The same moment with the numbers of another fold.
    pub(super) fn renumbered(mut self, words: &[Word], files: u32) -> Self {
        let id = self.id();
        if id.form == Form::Word {
            let word = words.get(id.word() as usize).copied().unwrap_or_default();
            self.id = PackedId::of_word(word).bytes;
        }
        self.file += files;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usage::hash::Seed;

    #[test]
    fn event_ids_of_every_form_come_back_and_keep_their_order() {
        let mut vocabulary = Vocabulary::new(Seed::random());
        let mut ids = vec![
            "",
            "a",
            "\0",
            "a\0",
            "sixteen letters.",
            "seventeen letters",
            "AE3B631D-B6BE-5BFC-9F14-6BAA2683B0BA",
            "AE3B631D-B6BE-5BFC-9F14-6BAA2683B0BB",
            "9E3B631D-B6BE-5BFC-9F14-6BAA2683B0BB",
            "ae3b631d-b6be-5bfc-9f14-6baa2683b0ba",
            "Ae3b631d-b6be-5bfc-9f14-6baa2683b0ba",
            "AE3B631D-B6BE-5BFC-9F14-6BAA2683B0B-",
            "AE3B631DAB6BE-5BFC-9F14-6BAA2683B0BA",
            "6110E64B004C4034363CDC5E",
            "6110e64b004c4034363cdc5e",
            "1.167_1627549154939_339a",
            "云云云云云",
            "云云云云云云",
        ];
        let moment = |id, vocabulary: &mut Vocabulary| {
            Moment::new(-5, PackedId::pack(id, vocabulary), Source::Internal, 3, 4)
        };
        for id in &ids {
            let moment = moment(id, &mut vocabulary);
            assert_eq!(moment.event_id(&vocabulary).as_text(), *id);
            assert_eq!((moment.time(), moment.source()), (-5, Source::Internal));
        }
        ids.sort_unstable();
        for (at, one) in ids.iter().enumerate() {
            for (other_at, other) in ids.iter().enumerate() {
                let (one, other) = (moment(one, &mut vocabulary), moment(other, &mut vocabulary));
                assert_eq!(one.cmp_event(&other, &vocabulary), at.cmp(&other_at));
            }
        }
    }

    #[test]
    fn a_moment_is_small() {
        assert_eq!(size_of::<Moment>(), 32);
    }
}
