//! Where a record stands, as evidence and to break ties. Left out: how to open it.

/// The place of a record: in which log file it stands, and which one of its records it is.
///
/// Places are ordered by root, then by path, then by record. They do not depend on where an archive
/// lies or how its root was named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place<'a> {
    /// The number of the archive's root that the log file is below, from 0.
    pub root: u32,
    /// The path of the log file below its root, as bytes, with `/` between the names.
    pub log_file: &'a [u8],
    /// The number of the record in its log file, from 0.
    pub record: u32,
}
