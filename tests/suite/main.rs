//! Tests of the built program: against a reference, on hostile input, and at the command line.
//!
//! All of them are one binary, because linking takes most of the time.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected is to stop right there"
)]

mod agreement;
mod api;
mod blind;
mod cases;
mod containers;
mod content;
mod contract;
mod damage;
mod dialects;
mod escaping;
mod exit_codes;
mod filters;
mod formats;
mod groups;
mod help;
mod hints;
mod interrupts;
mod key_options;
mod listing;
mod lookup;
mod memory;
mod names;
mod output_files;
mod records;
mod roots;
mod state;
mod streams;
#[path = "../support/mod.rs"]
mod support;
mod table;
mod testdata;
mod verify;
