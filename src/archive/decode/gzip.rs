//! gzip (RFC 1952): the framing of members, and all members of a file one after another.

use libdeflater::Crc;

use super::buffer::{InputBuffer, TextBuffer};
use super::deflate::Inflater;
use super::raw_deflate::inflate;
use crate::archive::damage::{Compression, Damage};

/// The bytes that a member begins with; the third means "deflate", the only method there is.
pub(super) const MAGIC: [u8; 3] = [0x1f, 0x8b, 8];

/// The longest header that is read. Names and comments have no length in the format, and an endless
/// one must not be kept.
const MAX_HEADER: usize = 64 << 10;

const HEADER_CHECK: u8 = 1 << 1;
const EXTRA: u8 = 1 << 2;
const NAME: u8 = 1 << 3;
const COMMENT: u8 = 1 << 4;
const RESERVED: u8 = 0b1110_0000;

/// How long the header of a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HeaderLength {
    Known(usize),
    /// The header goes on beyond the bytes at hand.
    Incomplete,
    /// The bytes are no header, or one beyond [`MAX_HEADER`].
    Invalid,
}

/// Measures the header that `bytes` begin with.
fn header_length(bytes: &[u8]) -> HeaderLength {
    if bytes.iter().zip(MAGIC).any(|(&byte, magic)| byte != magic) {
        return HeaderLength::Invalid;
    }
    let Some(&flags) = bytes.get(3) else {
        return HeaderLength::Incomplete;
    };
    if flags & RESERVED != 0 {
        return HeaderLength::Invalid;
    }
    match measure(bytes, flags) {
        Some(length) if length <= MAX_HEADER => HeaderLength::Known(length),
        None if bytes.len() < MAX_HEADER => HeaderLength::Incomplete,
        Some(_) | None => HeaderLength::Invalid,
    }
}

fn measure(bytes: &[u8], flags: u8) -> Option<usize> {
    let mut length = 10;
    if flags & EXTRA != 0 {
        let extra = bytes.get(length..)?.first_chunk::<2>()?;
        length += 2 + usize::from(u16::from_le_bytes(*extra));
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            length += bytes.get(length..)?.iter().position(|&byte| byte == 0)? + 1;
        }
    }
    if flags & HEADER_CHECK != 0 {
        length += 2;
    }
    (length <= bytes.len()).then_some(length)
}

/// Decodes a gzip file.
#[derive(Default)]
pub(super) struct GzipDecoder {
    /// The current member; `None` between members.
    member: Option<GzipMember>,
    /// Whether there was a member.
    has_begun: bool,
}

/// The text of a member so far.
struct GzipMember {
    crc: Crc,
    /// Its length modulo 2³².
    length: u32,
}

impl GzipDecoder {
    /// Decodes on; `false` at the end of the file.
    pub(super) fn step(
        &mut self,
        inflater: &mut Inflater,
        input: &mut InputBuffer<'_>,
        text: &mut TextBuffer<'_>,
    ) -> Result<bool, Damage> {
        let Some(member) = &mut self.member else {
            return self.begin_member(inflater, input);
        };
        let start = text.end;
        let result = inflate(inflater, input, text, Compression::Gzip);
        let added = text.since(start);
        member.crc.update(added);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "gzip keeps the length modulo 2³²"
        )]
        {
            member.length = member.length.wrapping_add(added.len() as u32);
        }
        let is_done = result?;
        if is_done {
            member.check_footer(input)?;
            self.member = None;
        }
        Ok(true)
    }

    /// Begins the next member, if there is one.
    fn begin_member(
        &mut self,
        inflater: &mut Inflater,
        input: &mut InputBuffer<'_>,
    ) -> Result<bool, Damage> {
        input.fill(MAGIC.len())?;
        if self.has_begun && !input.rest().starts_with(&MAGIC) {
            input.check_end(Compression::Gzip, |rest| MAGIC.starts_with(rest))?;
            return Ok(false);
        }
        self.has_begun = true;
        input.position += loop {
            match header_length(input.rest()) {
                HeaderLength::Known(length) => break length,
                HeaderLength::Incomplete => {
                    let length = input.rest().len();
                    input.fill(length + 1)?;
                    if input.rest().len() == length {
                        return Err(Damage::Truncated(Compression::Gzip));
                    }
                }
                HeaderLength::Invalid => return Err(Damage::Corrupt(Compression::Gzip)),
            }
        };
        inflater.reset();
        self.member = Some(GzipMember {
            crc: Crc::new(),
            length: 0,
        });
        Ok(true)
    }
}

impl GzipMember {
    /// Reads the footer (CRC-32, length modulo 2³²) and compares it with the text.
    fn check_footer(&self, input: &mut InputBuffer<'_>) -> Result<(), Damage> {
        let truncated = || Damage::Truncated(Compression::Gzip);
        let crc32 = input.take::<4>()?.ok_or_else(truncated)?;
        let length = input.take::<4>()?.ok_or_else(truncated)?;
        if self.crc.sum() != u32::from_le_bytes(crc32) {
            return Err(Damage::Checksum(Compression::Gzip));
        }
        if self.length != u32::from_le_bytes(length) {
            return Err(Damage::Length(Compression::Gzip));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_headers_with_every_optional_part() {
        let plain = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
        assert_eq!(header_length(&plain), HeaderLength::Known(10));
        assert_eq!(header_length(&plain[..9]), HeaderLength::Incomplete);
        assert_eq!(header_length(&[]), HeaderLength::Incomplete);
        assert_eq!(header_length(&[0x1f]), HeaderLength::Incomplete);
        assert_eq!(header_length(b"{"), HeaderLength::Invalid);
        assert_eq!(
            header_length(&[0x1f, 0x8b, 7, 0, 0, 0, 0, 0, 0, 3]),
            HeaderLength::Invalid
        );
        assert_eq!(
            header_length(&[0x1f, 0x8b, 8, 0x20, 0, 0, 0, 0, 0, 3]),
            HeaderLength::Invalid
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
        assert_eq!(header_length(&full), HeaderLength::Known(full.len()));
        for cut in 0..full.len() {
            assert_eq!(
                header_length(&full[..cut]),
                HeaderLength::Incomplete,
                "cut at {cut}"
            );
        }
    }

    #[test]
    fn a_header_is_at_most_so_long() {
        let mut bytes = vec![0x1f, 0x8b, 8, NAME, 0, 0, 0, 0, 0, 3];
        bytes.resize(MAX_HEADER - 1, b'n');
        assert_eq!(header_length(&bytes), HeaderLength::Incomplete);
        bytes.push(0);
        assert_eq!(header_length(&bytes), HeaderLength::Known(MAX_HEADER));
        bytes[MAX_HEADER - 1] = b'n';
        assert_eq!(header_length(&bytes), HeaderLength::Invalid);
        bytes.push(0);
        assert_eq!(header_length(&bytes), HeaderLength::Invalid);
    }
}
