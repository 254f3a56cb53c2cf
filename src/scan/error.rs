//! The errors that end a scan.

use thiserror::Error;

/// A scan that cannot be completed.
#[derive(Debug, Error)]
pub enum ScanError {
    /// The threads cannot be started.
    #[error("cannot start the threads of the scan")]
    Threads(#[source] rayon::ThreadPoolBuildError),
    /// Call records that do not fit into memory cannot be written to a temporary file or read back.
    #[error("cannot keep call records in a temporary file")]
    Temporary(#[source] std::io::Error),
    /// Rows that were kept cannot be read.
    #[error(transparent)]
    Rows(#[from] RowsError),
}

/// Rows that were kept of log files cannot be read, or are damaged. It names the file.
#[derive(Debug, Error)]
#[error(transparent)]
pub struct RowsError(#[from] Box<dyn std::error::Error + Send + Sync>);
