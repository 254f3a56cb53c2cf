//! Loads and stores of several bytes at once, without bounds checks.
//!
//! The fast loop checks once a round that there is room for all its accesses; a check of each costs
//! a tenth of its speed. The inflater has no other unchecked memory access than these two functions.
#![expect(
    unsafe_code,
    reason = "the bounds are checked once a round by the caller"
)]
#![expect(
    clippy::inline_always,
    reason = "each function is an instruction or two"
)]

/// The `N` bytes at `position`.
///
/// # Safety
///
/// `position + N` must not be beyond the end of `bytes`.
#[inline(always)]
pub(super) unsafe fn load<const N: usize>(bytes: &[u8], position: usize) -> [u8; N] {
    debug_assert!(position + N <= bytes.len());
    // SAFETY: the caller keeps the bytes within the slice, and arrays of bytes need no alignment.
    unsafe { bytes.as_ptr().add(position).cast::<[u8; N]>().read() }
}

/// Writes `N` bytes to `position`.
///
/// # Safety
///
/// `position + N` must not be beyond the end of `bytes`.
#[inline(always)]
pub(super) unsafe fn store<const N: usize>(bytes: &mut [u8], position: usize, chunk: [u8; N]) {
    debug_assert!(position + N <= bytes.len());
    // SAFETY: the caller keeps the bytes within the slice, and arrays of bytes need no alignment.
    unsafe {
        bytes
            .as_mut_ptr()
            .add(position)
            .cast::<[u8; N]>()
            .write(chunk);
    }
}
