//! gzip (RFC 1952): the framing of its members, and the way through all members of a file.

use libdeflater::Crc;

use super::buffer::{Input, Text};
use super::deflate::{Inflater, Status};
use crate::archive::damage::{Compression, Damage};

/// The bytes that a gzip member begins with; the third says "deflate", the only method there is.
pub(super) const MAGIC: [u8; 3] = [0x1f, 0x8b, 8];

/// The bytes that end a member: CRC-32 of the text, and its length modulo 2³².
pub(super) const FOOTER: usize = 8;

/// The longest header that is read. Names and comments have no length in the format, and an endless
/// one must not be gathered.
pub(super) const MAX_HEADER: usize = 64 << 10;

const HEADER_CHECK: u8 = 1 << 1;
const EXTRA: u8 = 1 << 2;
const NAME: u8 = 1 << 3;
const COMMENT: u8 = 1 << 4;
const RESERVED: u8 = 0b1110_0000;

/// What a member's first bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Header {
    /// A header of that many bytes.
    Length(usize),
    /// A header that goes on beyond the bytes at hand.
    Unfinished,
    /// No header, or one beyond [`MAX_HEADER`].
    Invalid,
}

/// Measures the header that `bytes` begin with.
pub(super) fn header(bytes: &[u8]) -> Header {
    if bytes.iter().zip(MAGIC).any(|(&byte, magic)| byte != magic) {
        return Header::Invalid;
    }
    let Some(&flags) = bytes.get(3) else {
        return Header::Unfinished;
    };
    if flags & RESERVED != 0 {
        return Header::Invalid;
    }
    match measure(bytes, flags) {
        Some(length) if length <= MAX_HEADER => Header::Length(length),
        None if bytes.len() < MAX_HEADER => Header::Unfinished,
        Some(_) | None => Header::Invalid,
    }
}

fn measure(bytes: &[u8], flags: u8) -> Option<usize> {
    let mut at = 10;
    if flags & EXTRA != 0 {
        let length = bytes.get(at..)?.first_chunk::<2>()?;
        at += 2 + usize::from(u16::from_le_bytes(*length));
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            at += bytes.get(at..)?.iter().position(|&byte| byte == 0)? + 1;
        }
    }
    if flags & HEADER_CHECK != 0 {
        at += 2;
    }
    (at <= bytes.len()).then_some(at)
}

/// CRC-32 and length of a footer.
pub(super) fn footer(bytes: &[u8]) -> Option<(u32, u32)> {
    let (crc, rest) = bytes.split_first_chunk::<4>()?;
    let length = rest.first_chunk::<4>()?;
    Some((u32::from_le_bytes(*crc), u32::from_le_bytes(*length)))
}

/// A gzip file being decoded, one member after another.
#[derive(Default)]
pub(super) struct Gzip {
    /// What the member at hand has given so far; `None` between members.
    member: Option<Member>,
    /// Whether a member has begun.
    begun: bool,
}

/// The checksum and the length of a member's text.
struct Member {
    crc: Crc,
    length: u32,
}

impl Gzip {
    /// Decodes on; `false` at the end of the file.
    pub(super) fn step(
        &mut self,
        inflater: &mut Inflater,
        input: &mut Input<'_>,
        text: &mut Text<'_>,
    ) -> Result<bool, Damage> {
        let Some(member) = &mut self.member else {
            return self.begin(inflater, input);
        };
        let before = text.end;
        let done = inflate(inflater, input, text, Compression::Gzip);
        let given = text.since(before);
        member.crc.update(given);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "gzip keeps the length modulo 2³²"
        )]
        {
            member.length = member.length.wrapping_add(given.len() as u32);
        }
        if done? {
            let Member { crc, length } = self.member.take().unwrap_or_else(|| Member {
                crc: Crc::new(),
                length: 0,
            });
            input.fill(FOOTER)?;
            let truncated = Damage::Truncated(Compression::Gzip);
            let (promised_crc, promised_length) = footer(input.rest()).ok_or(truncated)?;
            input.at += FOOTER;
            if crc.sum() != promised_crc {
                return Err(Damage::Checksum(Compression::Gzip));
            }
            if length != promised_length {
                return Err(Damage::Length(Compression::Gzip));
            }
        }
        Ok(true)
    }

    /// Begins the next member, if there is one.
    fn begin(&mut self, inflater: &mut Inflater, input: &mut Input<'_>) -> Result<bool, Damage> {
        input.fill(MAGIC.len())?;
        if self.begun && !input.rest().starts_with(&MAGIC) {
            return input.end(Compression::Gzip, |rest| MAGIC.starts_with(rest));
        }
        self.begun = true;
        input.at += loop {
            match header(input.rest()) {
                Header::Length(length) => break length,
                Header::Unfinished => {
                    let had = input.rest().len();
                    input.fill(had + 1)?;
                    if input.rest().len() == had {
                        return Err(Damage::Truncated(Compression::Gzip));
                    }
                }
                Header::Invalid => return Err(Damage::Corrupt(Compression::Gzip)),
            }
        };
        inflater.reset();
        self.member = Some(Member {
            crc: Crc::new(),
            length: 0,
        });
        Ok(true)
    }
}

/// Inflates on, by as much as there is room for or less; `true` at the end of the stream.
pub(super) fn inflate(
    inflater: &mut Inflater,
    input: &mut Input<'_>,
    text: &mut Text<'_>,
    compression: Compression,
) -> Result<bool, Damage> {
    input.fill(1)?;
    let (taken_before, given_before) = (input.at, text.end);
    let (bytes, at) = input.parts();
    let (room, end) = text.parts();
    let status = inflater.inflate(bytes, at, room, end);
    let moved = input.at > taken_before || text.end > given_before;
    match status {
        Ok(Status::Done) => Ok(true),
        Ok(Status::NeedInput | Status::OutputFull) if moved => Ok(false),
        Ok(Status::NeedInput | Status::OutputFull) => Err(Damage::Truncated(compression)),
        Err(_) => Err(Damage::Corrupt(compression)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_headers_with_every_optional_part() {
        let plain = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
        assert_eq!(header(&plain), Header::Length(10));
        assert_eq!(header(&plain[..9]), Header::Unfinished);
        assert_eq!(header(&[]), Header::Unfinished);
        assert_eq!(header(&[0x1f]), Header::Unfinished);
        assert_eq!(header(b"{"), Header::Invalid);
        assert_eq!(
            header(&[0x1f, 0x8b, 7, 0, 0, 0, 0, 0, 0, 3]),
            Header::Invalid
        );
        assert_eq!(
            header(&[0x1f, 0x8b, 8, 0x20, 0, 0, 0, 0, 0, 3]),
            Header::Invalid
        );
        let mut full = vec![
            0x1f,
            0x8b,
            8,
            HEADER_CHECK | EXTRA | NAME | COMMENT,
            0,
            0,
            0,
            0,
            0,
            3,
        ];
        full.extend_from_slice(&[2, 0, 9, 9]);
        full.extend_from_slice(b"name\0comment\0");
        full.extend_from_slice(&[7, 7]);
        assert_eq!(header(&full), Header::Length(full.len()));
        for cut in 0..full.len() {
            assert_eq!(header(&full[..cut]), Header::Unfinished, "cut at {cut}");
        }
    }

    #[test]
    fn a_header_is_at_most_so_long() {
        let mut bytes = vec![0x1f, 0x8b, 8, NAME, 0, 0, 0, 0, 0, 3];
        bytes.resize(MAX_HEADER - 1, b'n');
        assert_eq!(header(&bytes), Header::Unfinished);
        bytes.push(0);
        assert_eq!(header(&bytes), Header::Length(MAX_HEADER));
        bytes[MAX_HEADER - 1] = b'n';
        assert_eq!(header(&bytes), Header::Invalid);
        bytes.push(0);
        assert_eq!(header(&bytes), Header::Invalid);
    }
}
