//! Any text as an event time: it never panics, and what is read is written back the same.

#![no_main]

use keytrail::event::parse_time;
use keytrail::report::time;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Some(read) = parse_time(text) {
        let written = time(read).to_string();
        // An offset can lead out of the years of four digits, which no event time can name.
        if !written.starts_with(['+', '-']) {
            assert_eq!(
                parse_time(&written),
                Some(read),
                "{text:?} was written as {written}"
            );
        }
    }
});
