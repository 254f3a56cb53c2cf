//! A writer that keeps its first error, for libraries that would wrap it so that its kind is lost,
//! or that panic on it.

use std::io::{self, Write};

/// Writes to `out` until that fails, and then nowhere.
pub(super) struct ErrorLatch<'o> {
    out: &'o mut (dyn Write + Send),
    error: Option<io::Error>,
}

impl<'o> ErrorLatch<'o> {
    pub(super) fn new(out: &'o mut (dyn Write + Send)) -> Self {
        Self { out, error: None }
    }

    /// Returns the error, if there was one. To be called now and then, since nothing is written after
    /// an error.
    pub(super) fn check(&mut self) -> io::Result<()> {
        self.error.take().map_or(Ok(()), Err)
    }
}

impl Write for ErrorLatch<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.error.is_none()
            && let Err(error) = self.out.write_all(bytes)
        {
            self.error = Some(error);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        // The caller of the format flushes, at the end.
        Ok(())
    }
}
