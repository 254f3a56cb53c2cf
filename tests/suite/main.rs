//! The program from outside: against the reference, against hostile input, and as a citizen of the command line.
//!
//! All of it is one binary, because linking is what a test run spends its time on.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected is to stop right there"
)]

mod agreement;
mod api;
mod containers;
mod contract;
mod damage;
mod dialects;
mod escaping;
mod exit_codes;
mod filters;
mod formats;
mod help;
mod hints;
mod interrupts;
mod listing;
mod lookup;
mod memory;
mod output_files;
mod records;
mod roots;
mod streams;
#[path = "../support/mod.rs"]
mod support;
mod table;
mod testdata;
mod verify;
