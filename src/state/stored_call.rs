//! A call at rest, and its columns.

use crate::event::Event;

/// What every question needs of one record. A text that the record does not have is `""`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredCall<'a> {
    /// The number of its log file: the row of that, from 0, in the table of log files of the same run.
    pub file: u32,
    /// The number of the record in its log file, from 0.
    pub record_number: u32,
    /// The event.
    pub event: Event<'a>,
    /// `eventRW`: `Read` or `Write`.
    pub rw: &'a str,
    /// `eventType`.
    pub event_type: &'a str,
    /// `errorMessage`.
    pub error_message: &'a str,
    /// `requestId`.
    pub request_id: &'a str,
    /// What an Insight event says, in words.
    pub insight: &'a str,
    /// Of a call that switches a trail, the name of the trail.
    pub trail: &'a str,
}

/// A member of a [`StoredCall`] that can be read alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the members of `StoredCall` and `Event` are documented there"
)]
pub enum CallColumn {
    Time,
    EventId,
    RequestId,
    FailedSignIn,
    Region,
    AccountId,
    RecipientAccountId,
    AccessKeyId,
    UserName,
    OwnerId,
    AccountType,
    ServiceName,
    EventName,
    Rw,
    EventType,
    SourceIp,
    ErrorCode,
    ErrorMessage,
    UserAgent,
    Source,
    InsightKey,
    Insight,
    Trail,
    File,
    RecordNumber,
    Resources,
}

/// A set of columns of calls.
///
/// ```
/// use keytrail::state::{CallColumn, CallColumns};
///
/// let columns = CallColumns::of(&[CallColumn::Time, CallColumn::AccessKeyId]);
/// assert!(columns.has(CallColumn::Time));
/// assert!(!columns.has(CallColumn::Region));
/// assert!(CallColumns::ALL.has(CallColumn::Region));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallColumns(u32);

impl CallColumns {
    /// All columns.
    pub const ALL: Self = Self(u32::MAX);

    /// These columns.
    pub fn of(columns: &[CallColumn]) -> Self {
        let bits = columns.iter().map(|column| 1 << *column as u32);
        Self(bits.fold(0, |all, bit| all | bit))
    }

    /// Whether a column is one of them.
    pub fn has(self, column: CallColumn) -> bool {
        self.0 >> column as u32 & 1 == 1
    }
}
