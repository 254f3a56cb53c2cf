//! The interface to usage, wherever it is kept.

use std::io;

use super::dimension::Dimension;
use super::views::{DistinctCounts, Entry, KeyUse};

/// What every AccessKey did, in memory or at rest.
///
/// Keys are visited in ascending order of their bytes, each once. The arguments of a visit are
/// borrowed for that visit, so an implementation that reads piece by piece can reuse its buffers. An
/// error of reading, or of a visit, ends the visits and is returned as it is.
///
/// ```
/// use std::io;
///
/// use keytrail::usage::{Dimension, Usage};
///
/// /// How many services each key used.
/// fn services(usage: &dyn Usage) -> io::Result<Vec<(String, usize)>> {
///     let mut services = Vec::new();
///     usage.entries(None, Some(Dimension::Service), &mut |key, entries| {
///         services.push((key.access_key_id.to_owned(), entries.len()));
///         Ok(())
///     })?;
///     Ok(services)
/// }
/// # let usage = keytrail::usage::UsageMap::new(
/// #     keytrail::usage::Seed::random(),
/// #     keytrail::usage::UsageDetail::Entries,
/// # );
/// # assert!(services(&usage)?.is_empty());
/// # Ok::<(), io::Error>(())
/// ```
pub trait Usage {
    /// Visits every key with the number of its distinct names; only this key, where one is named.
    fn keys(
        &self,
        only: Option<&str>,
        visit: &mut dyn FnMut(&KeyUse<'_>, DistinctCounts) -> io::Result<()>,
    ) -> io::Result<()>;

    /// Visits every key with all its entries, or with those of one dimension; only this key, where
    /// one is named. The entries of a key are in no particular order. A key without such entries is
    /// visited all the same: that of [`Dimension::Key`] is the first argument of the visit.
    fn entries(
        &self,
        only: Option<&str>,
        dimension: Option<Dimension>,
        visit: &mut dyn FnMut(&KeyUse<'_>, &[Entry<'_>]) -> io::Result<()>,
    ) -> io::Result<()>;
}
