//! Containers: whole archives in one file, with members that are read like the files of a folder.
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
pub(super) use tar::begins_with_member;
