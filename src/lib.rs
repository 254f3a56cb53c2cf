//! What every Alibaba Cloud AccessKey did, from ActionTrail log files on disk.
//!
//! Offline: nothing here opens a connection, prints, or reads the clock. Data flows one way.
//!
//! ```text
//! store     where bytes lie:            roots -> files, listed and opened
//! archive   from a store to text:       files -> log files -> text
//! event     what the text holds:        text -> events
//! usage     what events add up to:      events -> entries of keys
//! calls     the events themselves:      events -> call records
//! coverage  what was read, and what was not
//! evidence  the log files themselves: names against content, copies, stopped trails
//! scan      all of these in one pass, a worker a thread, merged at the end
//! state     what was read, at rest:    events, log files -> tables on disk
//! query     questions to usage:         entries -> rows
//! state     answers at rest: runs of tables, committed as a whole
//! report    answers as bytes:           rows -> a table, JSON, CSV, Parquet and more
//! ```
//!
//! # Example
//!
//! Which AccessKeys are in a folder of log files, and when was each last used?
//!
//! ```
//! use keytrail::archive::Archive;
//! use keytrail::scan::{self, Progress, ReaderKind, ScanOptions, Scope, Sources, UsageOptions};
//! use keytrail::usage::Seed;
//! use keytrail::{query, report};
//!
//! let sources = Sources::from(Archive::open(&["testdata/archive"])?);
//! let options = ScanOptions {
//!     threads: None,
//!     reader: ReaderKind::Selective,
//!     seed: Seed::random(),
//!     search: true,
//! };
//! let answer = scan::usage(
//!     &sources,
//!     &options,
//!     &Scope::default(),
//!     &UsageOptions::default(),
//!     &Progress::default(),
//! )?;
//! for key in query::keys(&answer.of)? {
//!     let last_used = key.last_used.map(report::time).unwrap_or_default();
//!     println!("{} {last_used} {}", key.access_key_id, key.last_service);
//! }
//! // What an answer is based on is a part of it.
//! assert_eq!(answer.coverage.files.read, answer.coverage.files.found);
//! assert!(answer.problems.is_empty());
//! # assert!(query::keys(&answer.of)?.len() > 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod archive;
pub mod calls;
pub mod coverage;
pub mod event;
pub mod evidence;
pub mod query;
pub mod report;
pub mod scan;
pub mod state;
pub mod store;
pub mod usage;
