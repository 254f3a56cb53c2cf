//! Containers: whole archives in one file, whose members are read as the files of a folder are.
//!
//! Left out: containers inside containers.

mod member;
mod members;
mod tar;
#[cfg(test)]
mod tests;
mod zip;

pub use member::MemberRange;
pub(super) use members::{list, read_member, stream};
