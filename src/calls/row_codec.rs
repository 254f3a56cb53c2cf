//! Call records as bytes, for the time between reading and writing them.
//!
//! A form of our own that is never seen outside a run: lengths and texts one after another. Knows
//! nothing of order.

use std::io;

use super::call_row::CallRow;
use crate::event::Resource;

/// What the order of rows goes by, and what tells a row that repeats another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SortKey<'a> {
    pub(super) event_time: i64,
    pub(super) event_id: &'a str,
    /// The path of the log file, by its bytes.
    pub(super) path: &'a [u8],
    pub(super) record_number: u32,
    /// What stands for the event in all that tells events apart; `None` for one that repeats
    /// nothing.
    pub(super) print: Option<u64>,
}

/// Adds a row to the bytes. `path` is what orders rows of one moment; the row has what is shown.
pub(super) fn encode(row: &CallRow<'_>, path: &[u8], print: Option<u64>, out: &mut Vec<u8>) {
    out.extend(row.event_time.to_le_bytes());
    out.extend(row.record_number.to_le_bytes());
    out.push(u8::from(print.is_some()));
    out.extend(print.unwrap_or_default().to_le_bytes());
    write_bytes(row.event_id.as_bytes(), out);
    write_bytes(path, out);
    for text in texts(row) {
        write_bytes(text.as_bytes(), out);
    }
    write_length(row.resources.len(), out);
    let mut before = None;
    for resource in &row.resources {
        // Sorted by type; a type once, since a record can have a long one for many names.
        let same = before == Some(resource.resource_type);
        out.push(u8::from(same));
        if !same {
            write_bytes(resource.resource_type.as_bytes(), out);
        }
        write_bytes(resource.name.as_bytes(), out);
        before = Some(resource.resource_type);
    }
}

/// The texts of a row but its event ID, in the order in which they are written.
fn texts<'a>(row: &CallRow<'a>) -> [&'a str; 17] {
    [
        row.region,
        row.account_id,
        row.access_key_id,
        row.user_name,
        row.principal_id,
        row.account_type,
        row.service_name,
        row.event_name,
        row.rw,
        row.event_type,
        row.source_ip,
        row.error_code,
        row.error_message,
        row.user_agent,
        row.request_id,
        row.log_file,
        row.record,
    ]
}

/// Reads what orders a row.
pub(super) fn sort_key(row: &[u8]) -> io::Result<SortKey<'_>> {
    RowDecoder(row).sort_key()
}

/// Reads a row.
pub(super) fn decode(row: &[u8]) -> io::Result<CallRow<'_>> {
    let mut bytes = RowDecoder(row);
    let SortKey {
        event_time,
        event_id,
        record_number,
        path: _,
        print: _,
    } = bytes.sort_key()?;
    // As `texts` has them; the fields of a literal are read in the order they stand in.
    let mut row = CallRow {
        event_time,
        event_id,
        record_number,
        region: bytes.text()?,
        account_id: bytes.text()?,
        access_key_id: bytes.text()?,
        user_name: bytes.text()?,
        principal_id: bytes.text()?,
        account_type: bytes.text()?,
        service_name: bytes.text()?,
        event_name: bytes.text()?,
        rw: bytes.text()?,
        event_type: bytes.text()?,
        source_ip: bytes.text()?,
        error_code: bytes.text()?,
        error_message: bytes.text()?,
        user_agent: bytes.text()?,
        request_id: bytes.text()?,
        log_file: bytes.text()?,
        record: bytes.text()?,
        resources: Vec::new(),
    };
    let mut resource_type = "";
    for _ in 0..bytes.length()? {
        let [same] = bytes.array()?;
        if same == 0 {
            resource_type = bytes.text()?;
        }
        row.resources.push(Resource {
            resource_type,
            name: bytes.text()?,
        });
    }
    Ok(row)
}

fn write_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    write_length(bytes.len(), out);
    out.extend_from_slice(bytes);
}

/// Seven bits a byte, the lowest first: nearly every length takes one.
#[expect(clippy::cast_possible_truncation, reason = "the low bits are meant")]
fn write_length(mut length: usize, out: &mut Vec<u8>) {
    while length >= 0x80 {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
}

/// What is left of a row.
struct RowDecoder<'a>(&'a [u8]);

impl<'a> RowDecoder<'a> {
    fn sort_key(&mut self) -> io::Result<SortKey<'a>> {
        let event_time = i64::from_le_bytes(self.array()?);
        let record_number = u32::from_le_bytes(self.array()?);
        let [has_print] = self.array()?;
        let print = u64::from_le_bytes(self.array()?);
        Ok(SortKey {
            event_time,
            record_number,
            print: (has_print != 0).then_some(print),
            event_id: self.text()?,
            path: self.bytes()?,
        })
    }

    fn text(&mut self) -> io::Result<&'a str> {
        std::str::from_utf8(self.bytes()?).map_err(|_| changed())
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

/// Only something outside the program can be the cause.
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
            user_agent: "",
            event_id: "id",
            request_id: "r",
            log_file: "a/b.gz",
            record_number: u32::MAX,
            record: "{}",
        };
        let mut bytes = Vec::new();
        encode(&row, b"/a/b.gz", Some(7), &mut bytes);
        assert_eq!(decode(&bytes).unwrap(), row);
        let expected = SortKey {
            event_time: -1,
            event_id: "id",
            path: b"/a/b.gz",
            record_number: u32::MAX,
            print: Some(7),
        };
        assert_eq!(sort_key(&bytes).unwrap(), expected);
        for length in 0..bytes.len() {
            assert!(decode(&bytes[..length]).is_err(), "{length}");
        }
    }
}
