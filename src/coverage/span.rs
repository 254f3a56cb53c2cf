//! A span of time.

/// The times of the first and the last event, in milliseconds since 1970 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The earliest.
    pub first: i64,
    /// The latest.
    pub last: i64,
}

impl Span {
    /// The span of a single event.
    pub fn of(time: i64) -> Self {
        Self {
            first: time,
            last: time,
        }
    }

    /// The smallest span that holds both. Commutative and associative.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        Self {
            first: self.first.min(other.first),
            last: self.last.max(other.last),
        }
    }
}
