//! What a text holds and what is wrong with it, as plain data. Leaves out how that is worded.

/// What the text of one log file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The number of records, usable or not.
    pub records: u64,
    /// The number of records that are no event.
    pub left_out: u64,
    /// The number of JSON values side by side at the top level; 0 where the text is no JSON. A text
    /// that is CSV counts as one.
    pub values: u64,
    /// What is wrong with the text, one for each kind.
    pub faults: Vec<TextFault>,
}

/// Something in the text of a log file that was left out or repaired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextFault {
    /// What it is.
    pub kind: FaultKind,
    /// Where it occurs first: bytes from the beginning of the decompressed text.
    pub offset: u64,
    /// The number of the record in which it occurs first, if it is in one.
    pub record: Option<u32>,
    /// How often it occurs.
    pub count: u64,
    /// What is seen of it where it occurs first: a value, the beginning of a text, or names. Empty where
    /// there is nothing to show.
    pub seen: String,
}

/// The kinds of [`TextFault`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// A record was left out.
    LeftOut(LeftOutReason),
    /// Brackets or quotes do not balance; the text from there on is left out.
    Unbalanced,
    /// Text between the values of the file is no JSON.
    Stray,
    /// So much text is no JSON that the rest is left out.
    NotJson,
    /// Bytes that are no UTF-8 were replaced by U+FFFD. Nothing is left out.
    NotUtf8,
    /// `referencedResources` of an event holds text that is not understood; the event counts without it.
    Resources,
}

/// Why a record is no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftOutReason {
    /// It is no JSON object.
    NotAnObject,
    /// It has no `eventTime`.
    NoTime,
    /// Its `eventTime` is not one that can be used.
    RefusedTime,
    /// Its `userIdentity` holds text that is not understood.
    RefusedIdentity,
    /// It may hold events, in a form that is not known.
    NotUnderstood,
    /// It is not valid JSON in a place that is needed.
    InvalidJson,
    /// It is larger than [`MAX_RECORD`](super::MAX_RECORD).
    TooLarge,
    /// It is a row of more columns than are read.
    TooManyColumns,
}

impl FaultKind {
    /// Whether something is lost that could have been an event, so that the file is partial.
    ///
    /// A well-formed record without an `eventTime`, or one that is no object, is no loss: it is no event.
    pub fn is_damage(self) -> bool {
        match self {
            Self::LeftOut(
                LeftOutReason::InvalidJson
                | LeftOutReason::TooLarge
                | LeftOutReason::TooManyColumns
                | LeftOutReason::RefusedTime
                | LeftOutReason::RefusedIdentity
                | LeftOutReason::NotUnderstood,
            )
            | Self::Unbalanced
            | Self::Stray
            | Self::NotJson
            | Self::Resources => true,
            Self::LeftOut(LeftOutReason::NotAnObject | LeftOutReason::NoTime) | Self::NotUtf8 => {
                false
            }
        }
    }
}

impl LeftOutReason {
    /// Whether it is that there is no usable time, so that the record may be in a dialect.
    pub(super) fn is_about_time(self) -> bool {
        match self {
            Self::NoTime | Self::RefusedTime => true,
            Self::NotAnObject
            | Self::RefusedIdentity
            | Self::NotUnderstood
            | Self::InvalidJson
            | Self::TooLarge
            | Self::TooManyColumns => false,
        }
    }
}

impl Summary {
    /// Adds a fault, or counts one more of its kind.
    pub(super) fn add_fault(
        &mut self,
        kind: FaultKind,
        offset: u64,
        record: Option<u32>,
        seen: String,
    ) {
        match self.faults.iter_mut().find(|fault| fault.kind == kind) {
            Some(fault) => fault.count += 1,
            None => self.faults.push(TextFault {
                kind,
                offset,
                record,
                count: 1,
                seen,
            }),
        }
    }

    /// Counts a record and leaves it out.
    pub(super) fn leave_out(&mut self, reason: LeftOutReason, offset: u64) {
        self.leave_out_seen(reason, offset, String::new());
    }

    /// Counts a record and leaves it out, with what is seen of it.
    pub(super) fn leave_out_seen(&mut self, reason: LeftOutReason, offset: u64, seen: String) {
        let number = self.count_record();
        self.add_left_out(reason, offset, number, seen);
    }

    /// Leaves out a record that is counted already.
    pub(super) fn add_left_out(
        &mut self,
        reason: LeftOutReason,
        offset: u64,
        number: u32,
        seen: String,
    ) {
        self.left_out += 1;
        self.add_fault(FaultKind::LeftOut(reason), offset, Some(number), seen);
    }

    /// Counts a record and returns its number.
    pub(super) fn count_record(&mut self) -> u32 {
        let number = self.next_number();
        self.records += 1;
        number
    }

    /// The number of the next record. All records beyond 2³² of a file, some 8 TB, have the same
    /// number, which makes only their places less exact.
    pub(super) fn next_number(&self) -> u32 {
        u32::try_from(self.records).unwrap_or(u32::MAX)
    }
}
