//! Why a table cannot be written or read.
//!
//! Left out: which file it is, which the one who opens it knows and adds.

use std::io;

use ::parquet::errors::ParquetError;

/// What went wrong with a table.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// Its file cannot be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is no table of this kind, or one of another version of keytrail.
    #[error("is no table {0} of this version of keytrail")]
    Other(&'static str),
    /// Bytes are not those that were written.
    #[error("is damaged: {0}")]
    Damaged(&'static str),
    /// The crate `parquet` refuses what it was given.
    #[error("cannot be written or read as Parquet")]
    Parquet(#[source] ParquetError),
}

impl From<ParquetError> for TableError {
    fn from(error: ParquetError) -> Self {
        match error {
            // An error of the file is told as such, so that a full disk is known as one.
            ParquetError::External(cause) => match cause.downcast::<io::Error>() {
                Ok(cause) => Self::Io(*cause),
                Err(cause) => Self::Parquet(ParquetError::External(cause)),
            },
            error => Self::Parquet(error),
        }
    }
}
