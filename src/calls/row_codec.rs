//! Call records as bytes, as they are sorted in memory and in temporary files.
//!
//! A private form that no other program reads: numbers, and texts behind their lengths. What orders
//! a row comes first, so that sorting decodes nothing else.

use std::io;

use super::call_row::CallRow;
use crate::event::{Place, Resource};

/// What rows are ordered by, and the fingerprint that detects copies of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SortKey<'a> {
    pub(super) event_time: i64,
    pub(super) event_id: &'a str,
    pub(super) place: Place<'a>,
    /// `None` for an event that is no copy of any other.
    pub(super) fingerprint: Option<u64>,
}

/// Appends a row to `out`. The row's record number is that of `place`.
pub(super) fn encode(
    row: &CallRow<'_>,
    place: Place<'_>,
    fingerprint: Option<u64>,
    out: &mut Vec<u8>,
) {
    out.extend(row.event_time.to_le_bytes());
    encode_bytes(row.event_id.as_bytes(), out);
    out.extend(place.root.to_le_bytes());
    encode_bytes(place.log_file, out);
    out.extend(place.record.to_le_bytes());
    out.push(u8::from(fingerprint.is_some()));
    out.extend(fingerprint.unwrap_or_default().to_le_bytes());

    // A path in UTF-8 is its own text, and is not written twice.
    let log_file = match row.log_file {
        path if path.as_bytes() == place.log_file => "",
        text => text,
    };
    encode_bytes(log_file.as_bytes(), out);
    encode_texts(row, out);
    encode_resources(&row.resources, out);
}

/// Decodes what a row is ordered by.
pub(super) fn sort_key(row: &[u8]) -> io::Result<SortKey<'_>> {
    RowDecoder(row).sort_key()
}

/// Decodes a row.
pub(super) fn decode(row: &[u8]) -> io::Result<CallRow<'_>> {
    let mut decoder = RowDecoder(row);
    let key = decoder.sort_key()?;
    decode_row(key, &mut decoder)
}

/// Defines how the texts of a row are encoded and decoded, from one list of them. A field of
/// `CallRow` that is missing in the list does not compile.
macro_rules! texts_of_a_row {
    ($($text:ident)*) => {
        fn encode_texts(row: &CallRow<'_>, out: &mut Vec<u8>) {
            $(encode_bytes(row.$text.as_bytes(), out);)*
        }

        /// Decodes what follows the sort key. A struct literal evaluates its fields in the order
        /// in which they are written.
        fn decode_row<'a>(key: SortKey<'a>, decoder: &mut RowDecoder<'a>) -> io::Result<CallRow<'a>> {
            Ok(CallRow {
                event_time: key.event_time,
                event_id: key.event_id,
                record_number: key.place.record,
                log_file: decoder.log_file(key.place)?,
                $($text: decoder.text()?,)*
                resources: decoder.resources()?,
            })
        }
    };
}

texts_of_a_row! {
    region
    account_id
    access_key_id
    user_name
    principal_id
    account_type
    service_name
    event_name
    rw
    event_type
    source_ip
    error_code
    error_message
    insight
    user_agent
    request_id
    record
}

/// The resources are sorted by type; a type is written once for all its names, since a record can
/// have a long type and many names.
fn encode_resources(resources: &[Resource<'_>], out: &mut Vec<u8>) {
    encode_length(resources.len(), out);
    let mut previous = None;
    for resource in resources {
        let same = previous == Some(resource.resource_type);
        out.push(u8::from(same));
        if !same {
            encode_bytes(resource.resource_type.as_bytes(), out);
        }
        encode_bytes(resource.name.as_bytes(), out);
        previous = Some(resource.resource_type);
    }
}

fn encode_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    encode_length(bytes.len(), out);
    out.extend_from_slice(bytes);
}

/// LEB128: seven bits a byte, the lowest first. Nearly every length takes one byte.
#[expect(clippy::cast_possible_truncation, reason = "the low bits are meant")]
fn encode_length(mut length: usize, out: &mut Vec<u8>) {
    while length >= 0x80 {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
}

/// The bytes of a row that are not decoded yet.
struct RowDecoder<'a>(&'a [u8]);

impl<'a> RowDecoder<'a> {
    fn sort_key(&mut self) -> io::Result<SortKey<'a>> {
        let event_time = i64::from_le_bytes(self.array()?);
        let event_id = self.text()?;
        let place = Place {
            root: u32::from_le_bytes(self.array()?),
            log_file: self.bytes()?,
            record: u32::from_le_bytes(self.array()?),
        };
        let [has_fingerprint] = self.array()?;
        let fingerprint = u64::from_le_bytes(self.array()?);
        Ok(SortKey {
            event_time,
            event_id,
            place,
            fingerprint: (has_fingerprint != 0).then_some(fingerprint),
        })
    }

    fn log_file(&mut self, place: Place<'a>) -> io::Result<&'a str> {
        match self.text()? {
            "" => text(place.log_file),
            log_file => Ok(log_file),
        }
    }

    fn resources(&mut self) -> io::Result<Vec<Resource<'a>>> {
        let mut resources = Vec::new();
        let mut resource_type = "";
        for _ in 0..self.length()? {
            let [same] = self.array()?;
            if same == 0 {
                resource_type = self.text()?;
            }
            resources.push(Resource {
                resource_type,
                name: self.text()?,
            });
        }
        Ok(resources)
    }

    fn text(&mut self) -> io::Result<&'a str> {
        text(self.bytes()?)
    }

    fn bytes(&mut self) -> io::Result<&'a [u8]> {
        let length = self.length()?;
        let (bytes, rest) = self.0.split_at_checked(length).ok_or_else(changed)?;
        self.0 = rest;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let (bytes, rest) = self.0.split_first_chunk().ok_or_else(changed)?;
        self.0 = rest;
        Ok(*bytes)
    }

    fn length(&mut self) -> io::Result<usize> {
        let mut length = 0_usize;
        for shift in (0..usize::BITS).step_by(7) {
            let [byte] = self.array()?;
            length |= usize::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Ok(length);
            }
        }
        Err(changed())
    }
}

fn text(bytes: &[u8]) -> io::Result<&str> {
    std::str::from_utf8(bytes).map_err(|_| changed())
}

/// Rows that cannot be decoded come from a temporary file that another program has changed.
fn changed() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "the temporary file of call records was changed",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_comes_back_as_it_was() {
        let long = "x".repeat(300);
        let resource = |resource_type, name| Resource {
            resource_type,
            name,
        };
        let row = CallRow {
            event_time: -1,
            region: "cn-hangzhou",
            account_id: "1",
            access_key_id: "k",
            user_name: "u",
            principal_id: "p",
            account_type: "t",
            service_name: "s",
            event_name: "n",
            rw: "Read",
            event_type: "e",
            source_ip: "i",
            resources: vec![
                resource("", "a"),
                resource("T", "a"),
                resource("T", "云"),
                resource("U", "a"),
            ],
            error_code: "c",
            error_message: &long,
            insight: "a",
            user_agent: "",
            event_id: "id",
            request_id: "r",
            log_file: "a/b.gz",
            record_number: u32::MAX,
            record: "{}",
        };
        for (log_file, text) in [
            (&b"a/b.gz"[..], "a/b.gz"),
            (b"a/\xFF.gz", "a/\u{FFFD}.gz"),
            (b"a/\x0B.gz", "a/\u{B}.gz"),
        ] {
            let row = CallRow {
                log_file: text,
                ..row.clone()
            };
            let place = Place {
                root: 7,
                log_file,
                record: u32::MAX,
            };
            let mut bytes = Vec::new();
            encode(&row, place, Some(7), &mut bytes);
            assert_eq!(decode(&bytes).unwrap(), row);
            let expected = SortKey {
                event_time: -1,
                event_id: "id",
                place,
                fingerprint: Some(7),
            };
            assert_eq!(sort_key(&bytes).unwrap(), expected);
            for length in 0..bytes.len() {
                assert!(decode(&bytes[..length]).is_err(), "{length}");
            }
        }
    }
}
