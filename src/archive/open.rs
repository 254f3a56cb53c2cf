//! Opens log files, wherever their bytes are: in a file of their own or in a container.

use std::fs::File;
use std::io::Read;

use super::container;
use super::damage::Damage;
use super::decode::{ReadOutcome, TextReader};
use super::walk::{Held, LogFile};

impl TextReader {
    /// Reads one log file and hands its text to `consume`, as [`Self::read_bytes`] does.
    pub fn read(
        &mut self,
        log_file: &LogFile,
        mut consume: impl FnMut(&[u8], bool) -> usize,
    ) -> ReadOutcome {
        let read = self.with_bytes(log_file, |reader, bytes| {
            reader.read_bytes(bytes, &mut consume)
        });
        read.unwrap_or_else(|damage| {
            consume(&[], true);
            ReadOutcome {
                damage: Some(damage),
                ..ReadOutcome::default()
            }
        })
    }

    /// Opens a log file and calls `read` with its bytes.
    pub(super) fn with_bytes<T>(
        &mut self,
        log_file: &LogFile,
        read: impl FnOnce(&mut Self, &mut dyn Read) -> T,
    ) -> Result<T, Damage> {
        match &log_file.held {
            Held::Stretch(pack, range) => self
                .with_outer(|reader, outer| {
                    container::read(pack, range, outer, |bytes| read(reader, bytes))
                })
                .map_err(Damage::Member),
            Held::File | Held::Stream => {
                let mut file = File::open(&log_file.path).map_err(Damage::Open)?;
                Ok(read(self, &mut file))
            }
        }
    }
}
