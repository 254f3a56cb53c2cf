//! The member `RequestId` of a reply.

use crate::report::request::Request;

/// The identifier of a reply, in the form of the cloud's, made from the question and its filters
/// alone, so that the same question to the same archive gives the same bytes.
pub(crate) fn request_id(request: &Request<'_>) -> String {
    let Request {
        question,
        access_key_id,
        service_name,
        since: _,
        until: _,
        canonical_filters,
    } = request;
    let mut hash = Fnv::new();
    for part in [
        Some(&*question.schema()),
        *access_key_id,
        *service_name,
        Some(canonical_filters),
    ] {
        // 0xff and 0xfe are never part of UTF-8, so no two questions run together.
        match part {
            Some(part) => hash.write(part.as_bytes()),
            None => hash.write(&[0xfe]),
        }
        hash.write(&[0xff]);
    }
    let digits = format!("{:032X}", hash.0);
    let mut identifier = String::with_capacity(36);
    for (number, digit) in digits.chars().enumerate() {
        if matches!(number, 8 | 12 | 16 | 20) {
            identifier.push('-');
        }
        identifier.push(digit);
    }
    identifier
}

/// FNV-1a of 128 bits: not secret, but the same on every machine and in every version, which the
/// standard library does not guarantee for its hashes.
struct Fnv(u128);

impl Fnv {
    fn new() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 ^= u128::from(*byte);
            self.0 = self
                .0
                .wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::query::{Dimension, Question};

    use super::*;

    fn request() -> Request<'static> {
        Request {
            question: Question::LastUsed(Dimension::Event),
            access_key_id: Some("LTAI1"),
            service_name: None,
            since: None,
            until: None,
            canonical_filters: "",
        }
    }

    /// The hash must not change from version to version, so its value is written out here.
    #[test]
    fn request_ids_are_stable() {
        assert_eq!(
            request_id(&request()),
            "C3C66760-CE05-3BC2-F702-F2C16A5A242D"
        );
    }

    #[test]
    fn request_ids_differ_where_questions_do() {
        let others = [
            Request {
                question: Question::LastUsed(Dimension::Ip),
                ..request()
            },
            Request {
                access_key_id: Some("LTAI2"),
                ..request()
            },
            Request {
                access_key_id: None,
                ..request()
            },
            Request {
                service_name: Some(""),
                ..request()
            },
            Request {
                access_key_id: Some("LTAI"),
                service_name: Some("1"),
                ..request()
            },
            Request {
                canonical_filters: "since=1",
                ..request()
            },
        ];
        let mut identifiers: Vec<_> = others.iter().map(request_id).collect();
        identifiers.push(request_id(&request()));
        identifiers.sort();
        identifiers.dedup();
        assert_eq!(identifiers.len(), others.len() + 1);
    }

    /// From the authors' published vectors: the empty text, and `a`.
    #[test]
    fn the_hash_is_fnv_1a() {
        let mut hash = Fnv::new();
        assert_eq!(hash.0, 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
        hash.write(b"a");
        assert_eq!(hash.0, 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
    }
}
