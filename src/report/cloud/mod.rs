//! The replies of the cloud's own audit of keys, API version 2020-07-06, and of its `LookupEvents`.
//!
//! The members are those of the vendor's models, in their order. Text that is not known is left out
//! where the models allow that, and is `""` where it names the entry. There is never a member `Code`
//! at the top, which clients take for an error.

mod detail;
pub(crate) mod last_used;
pub(crate) mod lookup_events;
pub(crate) mod request_id;
