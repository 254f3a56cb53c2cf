//! What every Alibaba Cloud AccessKey did, from ActionTrail log files on disk.
//!
//! Offline: nothing here opens a connection, prints, or looks at the clock. Data flows one way.
//!
//! ```text
//! archive   where bytes come from:  roots -> log files -> text
//! event     what bytes say:         text -> events
//! usage     what it adds up to:     events -> entries of keys
//! calls     the events themselves:  events -> call records
//! evidence  what speaks for and against the files themselves
//! scan      all of these at once, a worker a thread, merged at the end
//! coverage  what was read, and what was not
//! query     questions to what a scan gives:  entries -> rows
//! report    answers as bytes:                rows -> a table, JSON, CSV, Parquet and more
//! ```
//!
//! # Example
//!
//! Which AccessKeys are in a folder of log files, and when was each last used?
//!
//! ```
//! use keytrail::scan::{self, Options, Progress};
//! use keytrail::{query, report};
//!
//! let options = Options {
//!     roots: vec!["testdata/archive".into()],
//!     ..Options::default()
//! };
//! let scan = scan::scan(&options, &Progress::default())?;
//! for key in query::keys(&scan.usage) {
//!     println!(
//!         "{} {} {}",
//!         key.access_key_id,
//!         report::time(key.last.time),
//!         key.last_service
//!     );
//! }
//! // What the answer rests on belongs to the answer.
//! assert_eq!(scan.coverage.files.read, scan.coverage.files.found);
//! assert!(scan.problems.is_empty());
//! # assert!(query::keys(&scan.usage).len() > 1);
//! # Ok::<(), scan::ScanError>(())
//! ```

pub mod archive;
pub mod calls;
pub mod coverage;
pub mod event;
pub mod evidence;
pub mod query;
pub mod report;
pub mod scan;
pub mod store;
pub mod usage;
