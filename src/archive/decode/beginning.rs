//! The beginning of a file that is not read, to find out whether it should have been.
//!
//! Left out: what the text means.

use std::io::{self, Read};

use super::decoder::is_compressed;
use super::text::TextReader;

/// How many bytes of a file, and of its text, are read.
const LENGTH: u64 = 512;

/// The beginning of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileBeginning {
    /// Whether the file begins as a compression does.
    pub is_compressed: bool,
    /// The first bytes of its text; may be empty where that cannot be decoded.
    pub text: Vec<u8>,
}

impl FileBeginning {
    pub(in crate::archive) fn read(
        reader: &mut TextReader,
        bytes: &mut dyn Read,
    ) -> io::Result<Self> {
        let mut first = Vec::new();
        Read::take(&mut *bytes, LENGTH).read_to_end(&mut first)?;
        let is_compressed = is_compressed(&first);
        let mut text = Vec::new();
        let mut whole = first.chain(bytes);
        // The text in front of damage tells as much.
        let _damage = reader
            .decoded(&mut whole)
            .take(LENGTH)
            .read_to_end(&mut text);
        Ok(Self {
            is_compressed,
            text,
        })
    }
}
