//! A streaming inflater for raw DEFLATE data (RFC 1951).
//!
//! It is our own because inflating is the largest part of what a scan costs: the fastest library,
//! libdeflate, cannot stream, and zlib-rs, which can, takes 1.5 times as long. It accepts and refuses
//! exactly what zlib does, and what was decoded before a fault is never lost.
//!
//! Left out: framing and checksums, which are in `gzip.rs`, preset dictionaries, and windows smaller
//! than 32 KiB.

mod bytes;
mod cursor;
mod error;
mod fast;
mod inflater;
mod table;
#[cfg(test)]
mod tests;

pub use error::InflateError;
pub use inflater::{Inflater, Status, WINDOW};
