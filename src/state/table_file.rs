//! A file of a run, read in parts whose checksums are compared.
//!
//! Left out: what the bytes mean.

use std::sync::{Arc, OnceLock};

use super::checksums::{self, BLOCK};
use super::error::StateError;
use super::manifest::TableFile;
use crate::store::StateFile;

/// A file of a run, to be read from any position by any number of threads.
#[derive(Debug)]
pub struct TableReader {
    file: StateFile,
    table: TableFile,
    /// The lists of checksums of all files of the run.
    lists: Arc<StateFile>,
    /// Where the list of this file begins there.
    list_position: u64,
    /// The list, once it was needed.
    list: OnceLock<Vec<u8>>,
}

impl TableReader {
    pub(super) fn new(
        file: StateFile,
        table: TableFile,
        lists: Arc<StateFile>,
        list_position: u64,
    ) -> Self {
        Self {
            file,
            table,
            lists,
            list_position,
            list: OnceLock::new(),
        }
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.table.size
    }

    /// How many rows it has.
    pub fn rows(&self) -> u64 {
        self.table.rows
    }

    /// Reads the bytes from a position on, and fails if they are not those that were written.
    pub fn read_exact_at(&self, bytes: &mut [u8], position: u64) -> Result<(), StateError> {
        let end = position.checked_add(bytes.len() as u64);
        if end.is_none_or(|end| end > self.size()) {
            return Err(self.damaged("something in it should lie behind its end"));
        }
        let (mut bytes, mut position) = (bytes, position);
        while !bytes.is_empty() {
            let in_block = position % BLOCK;
            let left = self.size() - (position - in_block);
            let whole_blocks = match bytes.len() as u64 {
                length if length == left => length,
                length => length - length % BLOCK,
            };
            let length = if in_block == 0 && whole_blocks > 0 {
                // What is asked for is checked where it comes to lie.
                let length = to_usize(whole_blocks);
                let (now, _) = bytes.split_at_mut(length);
                self.read_blocks(now, position)?;
                length
            } else {
                let mut block = vec![0; to_usize(BLOCK.min(left))];
                self.read_blocks(&mut block, position - in_block)?;
                let wanted = block.get(to_usize(in_block)..).unwrap_or_default();
                let length = wanted.len().min(bytes.len());
                bytes
                    .iter_mut()
                    .zip(wanted)
                    .for_each(|(to, from)| *to = *from);
                length
            };
            bytes = bytes.get_mut(length..).unwrap_or_default();
            position += length as u64;
        }
        Ok(())
    }

    /// Reads blocks and checks them.
    fn read_blocks(&self, bytes: &mut [u8], position: u64) -> Result<(), StateError> {
        self.file.read_exact_at(bytes, position)?;
        if checksums::are_intact(self.list()?, position / BLOCK, bytes) {
            return Ok(());
        }
        Err(self.damaged("its bytes do not have the checksums that were written"))
    }

    fn list(&self) -> Result<&[u8], StateError> {
        if let Some(list) = self.list.get() {
            return Ok(list);
        }
        let mut list = vec![0; to_usize(checksums::list_length(self.size()))];
        self.lists.read_exact_at(&mut list, self.list_position)?;
        if checksums::digest(&list) != self.table.checksums_sha256 {
            return Err(StateError::Damaged {
                path: self.lists.path().to_owned(),
                what: "its bytes do not have the SHA-256 that the manifest states",
            });
        }
        Ok(self.list.get_or_init(|| list))
    }

    fn damaged(&self, what: &'static str) -> StateError {
        StateError::Damaged {
            path: self.file.path().to_owned(),
            what,
        }
    }
}

/// A length in memory. One that does not fit cannot be allocated either.
fn to_usize(length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}
