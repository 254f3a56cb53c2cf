//! From the bytes of a log file to its text: one file for each compression, one list of them
//! (`decoder.rs`), and the reader that passes on the text in pieces (`text.rs`), from inside several
//! compressions, too, and from UTF-16 (`utf16.rs`).
//!
//! Left out: files and containers. The bytes come from any `Read`.

mod beginning;
mod buffer;
mod decoder;
pub mod deflate;
mod gzip;
mod lz4;
mod raw_deflate;
mod snappy;
#[cfg(test)]
mod tests;
mod text;
mod utf16;
mod zstd;

pub use beginning::FileBeginning;
pub(super) use decoder::is_compressed;
pub use text::{ReadOutcome, TextReader};
