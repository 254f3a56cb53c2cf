//! Text as it is written: times, names of services, and text of an archive, checked and escaped.

pub(super) mod blind;
pub(super) mod escape;
pub(super) mod json;
pub(super) mod record;
pub(super) mod redact;
pub(super) mod services;
pub(super) mod time;
