//! Tests of the commit: refusals, damage, failing disks, and processes that are killed.
