//! Text in UTF-16, as it is told by its beginning, turned into UTF-8 piece by piece.
//!
//! Some shells write it when they redirect output. Left out: UTF-32, which is told by its name.

use std::io::{self, Read};

use crate::archive::damage::Damage;

/// How many bytes are read at a time.
const PIECE: usize = 32 << 10;

/// Stands for what is no character: a byte that no UTF-8 has, so that whoever reads the text treats it
/// like any other.
const INVALID: u8 = 0xFF;

/// The order of the bytes of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ByteOrder {
    Little,
    Big,
}

impl ByteOrder {
    /// Detects text in UTF-16 by its beginning: the mark, also behind blanks and line ends of one byte,
    /// or a bracket in two bytes. Returns also how many bytes stand in front of it.
    pub(super) fn detect(text: &[u8]) -> Result<Option<(Self, usize)>, Damage> {
        let unmarked = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
        let marked = unmarked.trim_ascii_start();
        let skipped = text.len() - marked.len();
        let is_utf32 = |text: &[u8]| {
            matches!(text, [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..])
                || matches!(
                    text,
                    [b'[' | b'{', 0, 0, 0, ..] | [0, 0, 0, b'[' | b'{', ..]
                )
        };
        if is_utf32(marked) {
            return Err(Damage::UnsupportedFormat("text in UTF-32"));
        }
        let order = match marked {
            [0xFF, 0xFE, ..] => Some(Self::Little),
            [0xFE, 0xFF, ..] => Some(Self::Big),
            _ => None,
        };
        if let Some(order) = order {
            return Ok(Some((order, skipped)));
        }
        let (units, _) = text.as_chunks::<2>();
        let order = units.iter().find_map(|unit| match unit {
            [b' ' | b'\t' | b'\r' | b'\n', 0] | [0, b' ' | b'\t' | b'\r' | b'\n'] => None,
            [b'[' | b'{', 0] => Some(Some(Self::Little)),
            [0, b'[' | b'{'] => Some(Some(Self::Big)),
            _ => Some(None),
        });
        Ok(order.flatten().map(|order| (order, 0)))
    }

    /// Whether text begins with the mark and a character of ASCII, as JSON and most tables do.
    pub(super) fn is_marked(text: &[u8]) -> bool {
        matches!(
            text,
            [0xFF, 0xFE, 0..=0x7F, 0, ..] | [0xFE, 0xFF, 0, 1..=0x7F, ..]
        )
    }

    fn unit(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        }
    }
}

/// Turns UTF-16 into UTF-8. A surrogate without its other half, and half a unit at the end, become a
/// byte that is no UTF-8.
pub(super) struct Utf16Reader<R> {
    reader: R,
    order: ByteOrder,
    /// How many bytes in front of the text are still to be skipped.
    skipped: usize,
    /// The first byte of a unit that is not whole.
    half: Option<u8>,
    /// A first surrogate, whose other half is still to come.
    high: Option<u16>,
    text: Vec<u8>,
    /// How much of the text was returned.
    position: usize,
    has_ended: bool,
}

impl<R: Read> Utf16Reader<R> {
    /// `skipped` are the bytes in front of the text.
    pub(super) fn new(reader: R, order: ByteOrder, skipped: usize) -> Self {
        Self {
            reader,
            order,
            skipped,
            half: None,
            high: None,
            text: Vec::new(),
            position: 0,
            has_ended: false,
        }
    }

    pub(super) fn into_inner(self) -> R {
        self.reader
    }

    fn push(&mut self, unit: u16) {
        const FIRST: u32 = 0x1_0000;
        if let Some(high) = self.high.take() {
            if let 0xDC00..=0xDFFF = unit {
                let code = FIRST + (u32::from(high - 0xD800) << 10) + u32::from(unit - 0xDC00);
                self.push_character(char::from_u32(code));
                return;
            }
            self.push_character(None);
        }
        match unit {
            0xD800..=0xDBFF => self.high = Some(unit),
            _ => self.push_character(char::from_u32(unit.into())),
        }
    }

    fn push_character(&mut self, character: Option<char>) {
        match character {
            Some(character) => {
                let mut bytes = [0; 4];
                let text = character.encode_utf8(&mut bytes);
                self.text.extend_from_slice(text.as_bytes());
            }
            None => self.text.push(INVALID),
        }
    }

    /// Reads and turns a piece.
    fn fill(&mut self) -> io::Result<()> {
        let mut piece = vec![0; PIECE];
        let length = self.reader.read(&mut piece)?;
        self.text.clear();
        self.position = 0;
        if length == 0 {
            self.has_ended = true;
            if self.high.take().is_some() || self.half.take().is_some() {
                self.text.push(INVALID);
            }
            return Ok(());
        }
        let bytes = piece.get(..length).unwrap_or_default();
        let skipped = self.skipped.min(length);
        self.skipped -= skipped;
        for &byte in bytes.get(skipped..).unwrap_or_default() {
            match self.half.take() {
                Some(half) => self.push(self.order.unit([half, byte])),
                None => self.half = Some(byte),
            }
        }
        Ok(())
    }
}

impl<R: Read> Read for Utf16Reader<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        while self.position == self.text.len() && !self.has_ended {
            self.fill()?;
        }
        let mut rest = self.text.get(self.position..).unwrap_or_default();
        let length = rest.read(room)?;
        self.position += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turned(order: ByteOrder, bytes: &[u8], piece: usize) -> Vec<u8> {
        /// Gives a few bytes at a time.
        struct Pieces<'b>(&'b [u8], usize);

        impl Read for Pieces<'_> {
            fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
                let length = room.len().min(self.1);
                self.0.read(room.get_mut(..length).unwrap())
            }
        }

        let mut text = Vec::new();
        let mut reader = Utf16Reader::new(Pieces(bytes, piece), order, 0);
        reader.read_to_end(&mut text).unwrap();
        text
    }

    #[test]
    fn text_comes_out_the_same_in_any_pieces_and_either_order() {
        let text = "\u{feff}[{\"a\":\"é云\u{1F600}\"}]\r\n";
        let units: Vec<u16> = text.encode_utf16().collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        for piece in [1, 2, 3, 1000] {
            assert_eq!(turned(ByteOrder::Little, &little, piece), text.as_bytes());
            assert_eq!(turned(ByteOrder::Big, &big, piece), text.as_bytes());
        }
    }

    #[test]
    fn half_a_character_becomes_one_byte_that_is_no_utf8() {
        for (units, expected) in [
            (&[0xD83D, 0x61][..], &b"\xFFa"[..]),
            (&[0xDE00, 0x61], b"\xFFa"),
            (&[0x61, 0xD83D], b"a\xFF"),
            (&[0xD83D, 0xD83D, 0xDE00], b"\xFF\xF0\x9F\x98\x80"),
        ] {
            let bytes: Vec<u8> = units
                .iter()
                .flat_map(|unit: &u16| unit.to_le_bytes())
                .collect();
            assert_eq!(turned(ByteOrder::Little, &bytes, 3), expected);
        }
        assert_eq!(turned(ByteOrder::Little, b"a\0b", 3), b"a\xFF");
    }

    #[test]
    fn text_in_utf16_is_told_by_its_mark_or_by_its_bracket() {
        for (text, expected) in [
            (&b"\xFF\xFE[\0"[..], Some((ByteOrder::Little, 0))),
            (b"\xFE\xFF\0\n\0[", Some((ByteOrder::Big, 0))),
            (b"\xFF\xFE\r\0\n\0[\0", Some((ByteOrder::Little, 0))),
            (b"\r\n \xFF\xFE[\0", Some((ByteOrder::Little, 3))),
            (b"\xEF\xBB\xBF\xFF\xFE[\0", Some((ByteOrder::Little, 3))),
            (b" \0[\0{\0", Some((ByteOrder::Little, 0))),
            (b"\0\n\0{", Some((ByteOrder::Big, 0))),
            (b"[{\"a\":1}]", None),
            (b"  [", None),
            (b"", None),
            (b"a\0[\0", None),
        ] {
            assert_eq!(ByteOrder::detect(text).unwrap(), expected, "{text:?}");
        }
        assert!(ByteOrder::detect(b"\xFF\xFE\0\0[\0\0\0").is_err());
    }
}
