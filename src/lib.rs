//! What every Alibaba Cloud AccessKey did, from ActionTrail log files on disk.
