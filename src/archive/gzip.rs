//! The gzip framing of RFC 1952: what stands before and after the deflated bytes of a member.

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
