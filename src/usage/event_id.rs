//! Event IDs in 16 bytes: an archive has millions of entries, and each keeps two.
//!
//! The forms that the cloud uses are packed; any other text is a symbol of the interner.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use super::interner::{Interner, Symbol};

/// How an event ID is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum IdForm {
    /// Up to 16 bytes as they are.
    Short(u8),
    /// A UUID with upper-case digits: `AE3B631D-B6BE-5BFC-9F14-6BAA2683B0BA`.
    UpperUuid,
    /// A UUID with lower-case digits.
    LowerUuid,
    /// The 24 upper-case hex digits of OSS and SLS.
    Hex24,
    /// A symbol.
    Symbol,
}

impl IdForm {
    const UPPER_UUID: u8 = 17;
    const LOWER_UUID: u8 = 18;
    const HEX24: u8 = 19;
    const SYMBOL: u8 = 20;

    /// A number below 64.
    fn code(self) -> u8 {
        match self {
            Self::Short(length) => length,
            Self::UpperUuid => Self::UPPER_UUID,
            Self::LowerUuid => Self::LOWER_UUID,
            Self::Hex24 => Self::HEX24,
            Self::Symbol => Self::SYMBOL,
        }
    }

    fn of_code(code: u8) -> Self {
        match code {
            Self::UPPER_UUID => Self::UpperUuid,
            Self::LOWER_UUID => Self::LowerUuid,
            Self::HEX24 => Self::Hex24,
            Self::SYMBOL => Self::Symbol,
            length => Self::Short(length),
        }
    }
}

/// An event ID, packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PackedId {
    form: IdForm,
    bytes: [u8; 16],
}

impl PackedId {
    /// Packs an event ID; one of an unknown form becomes a symbol.
    pub(super) fn pack(id: &str, interner: &mut Interner) -> Self {
        let text = id.as_bytes();
        if text.len() <= 16 {
            let mut bytes = [0; 16];
            for (to, from) in bytes.iter_mut().zip(text) {
                *to = *from;
            }
            #[expect(clippy::cast_possible_truncation, reason = "at most 16")]
            return Self {
                form: IdForm::Short(text.len() as u8),
                bytes,
            };
        }
        let form_and_bytes = match text.len() {
            36 => pack_uuid(text, IdForm::UpperUuid)
                .map(|bytes| (IdForm::UpperUuid, bytes))
                .or_else(|| {
                    pack_uuid(text, IdForm::LowerUuid).map(|bytes| (IdForm::LowerUuid, bytes))
                }),
            24 => pack_hex24(text).map(|bytes| (IdForm::Hex24, bytes)),
            _ => None,
        };
        match form_and_bytes {
            Some((form, bytes)) => Self { form, bytes },
            None => Self::of_symbol(interner.intern(id)),
        }
    }

    /// The form as a number below 64, and the bytes.
    pub(super) fn to_parts(self) -> (u8, [u8; 16]) {
        (self.form.code(), self.bytes)
    }

    /// The event ID that [`Self::to_parts`] gave.
    pub(super) fn from_parts(code: u8, bytes: [u8; 16]) -> Self {
        Self {
            form: IdForm::of_code(code),
            bytes,
        }
    }

    fn of_symbol(symbol: Symbol) -> Self {
        let mut bytes = [0; 16];
        for (to, from) in bytes.iter_mut().zip(symbol.to_le_bytes()) {
            *to = from;
        }
        Self {
            form: IdForm::Symbol,
            bytes,
        }
    }

    fn symbol(&self) -> Symbol {
        self.bytes
            .first_chunk()
            .copied()
            .map(Symbol::from_le_bytes)
            .unwrap_or_default()
    }

    /// The same event ID with the symbol that another interner has for it.
    pub(super) fn map_symbol(self, map: impl FnOnce(Symbol) -> Symbol) -> Self {
        match self.form {
            IdForm::Symbol => Self::of_symbol(map(self.symbol())),
            IdForm::Short(_) | IdForm::UpperUuid | IdForm::LowerUuid | IdForm::Hex24 => self,
        }
    }

    /// The event ID as a value with a text.
    pub(super) fn resolve<'i>(&self, interner: &'i Interner) -> EventId<'i> {
        EventId(match self.form {
            IdForm::Symbol => IdText::Plain(interner.text(self.symbol())),
            IdForm::Short(_) | IdForm::UpperUuid | IdForm::LowerUuid | IdForm::Hex24 => {
                IdText::Packed(*self)
            }
        })
    }

    /// Compares event IDs by the bytes of their texts.
    pub(super) fn cmp(&self, other: &Self, interner: &Interner) -> Ordering {
        if self == other {
            return Ordering::Equal;
        }
        match (self.form, other.form) {
            // Packing keeps the order among IDs of one form.
            (IdForm::UpperUuid, IdForm::UpperUuid)
            | (IdForm::LowerUuid, IdForm::LowerUuid)
            | (IdForm::Hex24, IdForm::Hex24) => self.bytes.cmp(&other.bytes),
            _ => {
                let text = |id: &Self| id.resolve(interner).as_text();
                text(self).as_bytes().cmp(text(other).as_bytes())
            }
        }
    }
}

/// The ID of an event, whose text is made when it is needed.
///
/// ```
/// use keytrail::usage::EventId;
///
/// let event_id = EventId::from("AE3B631D-B6BE-5BFC-9F14-6BAA2683B0BA");
/// assert_eq!(event_id.as_text(), "AE3B631D-B6BE-5BFC-9F14-6BAA2683B0BA");
/// ```
#[derive(Clone, Copy)]
pub struct EventId<'a>(IdText<'a>);

#[derive(Clone, Copy)]
enum IdText<'a> {
    Plain(&'a str),
    /// Of any form but [`IdForm::Symbol`].
    Packed(PackedId),
}

impl<'a> EventId<'a> {
    /// Its text; may be empty.
    pub fn as_text(&self) -> Cow<'a, str> {
        let PackedId { form, bytes } = match self.0 {
            IdText::Plain(text) => return Cow::Borrowed(text),
            IdText::Packed(packed) => packed,
        };
        Cow::Owned(match form {
            IdForm::Short(length) => {
                let bytes = bytes.get(..usize::from(length)).unwrap_or_default();
                String::from_utf8_lossy(bytes).into_owned()
            }
            IdForm::UpperUuid => format_uuid(&bytes, b"0123456789ABCDEF"),
            IdForm::LowerUuid => format_uuid(&bytes, b"0123456789abcdef"),
            IdForm::Hex24 => {
                let bytes = bytes.get(..12).unwrap_or_default();
                let digits = hex_digits(bytes, b"0123456789ABCDEF");
                digits.map(char::from).collect()
            }
            IdForm::Symbol => String::new(),
        })
    }
}

impl fmt::Debug for EventId<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_text().fmt(formatter)
    }
}

/// Event IDs are equal where their texts are.
impl PartialEq for EventId<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.as_text() == other.as_text()
    }
}

impl Eq for EventId<'_> {}

impl<'a> From<&'a str> for EventId<'a> {
    fn from(text: &'a str) -> Self {
        Self(IdText::Plain(text))
    }
}

fn pack_uuid(text: &[u8], form: IdForm) -> Option<[u8; 16]> {
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
    pack_hex(
        [
            [a1, a2, a3, a4, a5, a6, a7, a8],
            [b1, b2, b3, b4, c1, c2, c3, c4],
            [d1, d2, d3, d4, e1, e2, e3, e4],
            *last,
        ],
        form,
    )
}

fn pack_hex24(text: &[u8]) -> Option<[u8; 16]> {
    let (chunks, rest) = text.as_chunks::<8>();
    match (chunks, rest) {
        (&[one, two, three], []) => pack_hex([one, two, three, *b"00000000"], IdForm::Hex24),
        _ => None,
    }
}

/// Packs hex digits of the form's case, two a byte.
fn pack_hex(digits: [[u8; 8]; 4], form: IdForm) -> Option<[u8; 16]> {
    let mut packed = [0; 16];
    for (to, digits) in packed.as_chunks_mut::<4>().0.iter_mut().zip(digits) {
        *to = pack_eight(u64::from_le_bytes(digits), form)?;
    }
    Some(packed)
}

/// Packs eight hex digits, each a byte of the word, without a branch for each digit.
fn pack_eight(digits: u64, form: IdForm) -> Option<[u8; 4]> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    // Letters of either case have bit 6, and their lower half is 9 less than their value.
    let letters = digits >> 6 & ONES;
    let values = (digits & (ONES * 0x0F)).wrapping_add(letters * 9);
    // The values, formatted again, have to be the digits, so anything else is refused.
    let gap = u64::from(
        if form == IdForm::LowerUuid {
            b'a'
        } else {
            b'A'
        } - b'0'
            - 10,
    );
    let high = values.wrapping_add(ONES * 0x76) >> 7 & ONES;
    let formatted = values.wrapping_add(ONES * 0x30).wrapping_add(high * gap);
    if formatted != digits || values & (ONES * 0xF0) != 0 {
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

fn hex_digits(bytes: &[u8], alphabet: &'static [u8; 16]) -> impl Iterator<Item = u8> {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| alphabet.get(usize::from(digit)).copied())
}

fn format_uuid(bytes: &[u8; 16], alphabet: &'static [u8; 16]) -> String {
    uuid_digits(bytes, alphabet)
        .into_iter()
        .map(char::from)
        .collect()
}

fn uuid_digits(bytes: &[u8; 16], alphabet: &'static [u8; 16]) -> [u8; 36] {
    /// Where the digits of each byte begin.
    const PLACES: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
    let digit = |digit: u8| {
        alphabet
            .get(usize::from(digit))
            .copied()
            .unwrap_or_default()
    };
    let mut text = [b'-'; 36];
    for (byte, place) in bytes.iter().zip(PLACES) {
        if let Some([high, low]) = text.get_mut(place..place + 2) {
            (*high, *low) = (digit(byte >> 4), digit(byte & 15));
        }
    }
    text
}

/// The 16 bytes of a UUID with upper-case digits, which most event IDs are; nothing of any other text.
pub(crate) fn pack_upper_uuid(text: &str) -> Option<[u8; 16]> {
    pack_uuid(text.as_bytes(), IdForm::UpperUuid)
}

/// The text that [`pack_upper_uuid`] packed, as ASCII.
pub(crate) fn upper_uuid(bytes: &[u8; 16]) -> [u8; 36] {
    uuid_digits(bytes, b"0123456789ABCDEF")
}

#[cfg(test)]
mod tests {
    use super::super::hash::Seed;
    use super::*;

    #[test]
    fn event_ids_of_every_form_come_back_and_keep_their_order() {
        let mut interner = Interner::new(Seed::random());
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
        for id in &ids {
            let (code, bytes) = PackedId::pack(id, &mut interner).to_parts();
            assert!(code < 64);
            let packed = PackedId::from_parts(code, bytes);
            assert_eq!(packed.resolve(&interner).as_text(), *id);
        }
        ids.sort_unstable();
        for (index, one) in ids.iter().enumerate() {
            for (other_index, other) in ids.iter().enumerate() {
                let one = PackedId::pack(one, &mut interner);
                let other = PackedId::pack(other, &mut interner);
                assert_eq!(one.cmp(&other, &interner), index.cmp(&other_index));
            }
        }
    }
}
