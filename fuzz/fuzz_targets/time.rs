//! Any text as an event time: parsing never panics, and a time that is written parses to itself.

#![no_main]

use keytrail::event::parse_time;
use keytrail::report::time;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Some(parsed) = parse_time(text) {
        let written = time(parsed).to_string();
        // With an offset a time can be outside the years of four digits, and is no event time then.
        if !written.starts_with(['+', '-']) {
            assert_eq!(
                parse_time(&written),
                Some(parsed),
                "{text:?} was written as {written}"
            );
        }
    }
});
