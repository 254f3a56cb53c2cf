//! The allocator of the program: where memory runs out, the program ends with a message and exit code 2.
//!
//! The standard library aborts there, with a signal. It lets no program choose another end but by an
//! allocator that never fails (`alloc::set_alloc_error_hook` is unstable, Rust 1.95), so this passes all
//! calls on to that of the system and looks at what comes back. Left out: what is allocated, and how much.
#![expect(
    unsafe_code,
    reason = "an allocator is unsafe to call; this one passes calls on as they come"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::ending::FAILED;
use super::half_written;

/// The allocator of the system, which ends the program where it fails.
struct EndingAllocator;

#[global_allocator]
static ALLOCATOR: EndingAllocator = EndingAllocator;

// SAFETY: every call goes to `System` with what the caller gave, so whoever keeps the promises of this
// trait keeps those of `System`, and what `System` promises holds here. `ended_if_null` gives back the
// pointer that it gets, or ends the program; it neither unwinds nor touches the memory.
unsafe impl GlobalAlloc for EndingAllocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        ended_if_null(unsafe { System.alloc(layout) })
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        ended_if_null(unsafe { System.alloc_zeroed(layout) })
    }

    #[inline]
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: as above.
        ended_if_null(unsafe { System.realloc(pointer, layout, new_size) })
    }

    #[inline]
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[inline]
fn ended_if_null(pointer: *mut u8) -> *mut u8 {
    if pointer.is_null() {
        end()
    }
    pointer
}

unsafe extern "C" {
    /// Ends the process at once, without the work at its end, which could allocate. (POSIX, and C on Windows.)
    safe fn _exit(status: i32) -> !;
}

/// Whether a thread has found out that there is no memory.
static IS_ENDING: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// Whether this thread is the one. It has no destructor and needs no memory of its own.
    static IS_MINE: Cell<bool> = const { Cell::new(false) };
}

/// Reports that there is no memory and ends the program. Nothing here allocates, but for a path of more
/// than a few hundred bytes.
#[cold]
fn end() -> ! {
    if IS_MINE.with(|mine| mine.replace(true)) {
        _exit(FAILED.into());
    }
    while IS_ENDING.swap(true, Ordering::Relaxed) {
        // Another thread says it.
        thread::sleep(Duration::from_secs(1));
    }
    half_written::remove();
    let _ = io::stderr().write_all(b"error: out of memory; nothing more is written\n");
    _exit(FAILED.into())
}
