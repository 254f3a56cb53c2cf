//! What every Alibaba Cloud AccessKey did, from ActionTrail log files on disk.

pub mod archive;
pub mod coverage;
pub mod event;
pub mod query;
pub mod report;
pub mod scan;
//pub mod report;
pub mod usage;
