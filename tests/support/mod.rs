//! What the tests share: a reference implementation, builders for archives, and a harness for the program.

pub mod archive;
pub mod checks;
pub mod containers;
pub mod dialects;
pub mod generate;
pub mod json;
pub mod program;
pub mod questions;
pub mod reference;
