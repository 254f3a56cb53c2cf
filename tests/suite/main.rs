//! The program from outside: against the reference, against hostile input, and as a citizen of the command line.
//!
//! All of it is one binary, because linking is what a test run spends its time on.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected is to stop right there"
)]

mod agreement;
mod cli;
mod containers;
mod formats;
mod hostile;
mod lookup;
#[path = "../support/mod.rs"]
mod support;
mod testdata;
