//! What the events of an entry add up to, whatever the entry is about.

use std::cmp::Ordering;

use super::event_ref::EventRef;
use super::interner::{Interner, Symbol};
use super::log_files::LogFiles;
use super::renumbering::Renumbering;
use crate::event::Event;

/// How the call of an event ended.
#[derive(Clone, Copy)]
pub(super) struct CallOutcome {
    failed: bool,
    denied: bool,
}

impl CallOutcome {
    pub(super) fn of(event: &Event<'_>) -> Self {
        let failed = event.failed();
        Self {
            failed,
            denied: failed && event.denied(),
        }
    }

    /// The time of a call, as far as it is one of success.
    fn success(self, time: i64) -> i64 {
        if self.failed { NO_SUCCESS } else { time }
    }
}

/// Before the time of any event.
const NO_SUCCESS: i64 = i64::MIN;

/// First event, last event, last success and counts. Commutative and associative in the events.
#[derive(Clone, Copy)]
pub(super) struct Aggregate {
    pub(super) first: EventRef,
    pub(super) last: EventRef,
    /// The time of the last event that did not fail, or [`NO_SUCCESS`].
    last_success: i64,
    /// The lower 32 bits of the numbers of events, errors and denials. With the upper 16 bits they are enough
    /// for half an exabyte of log files.
    low: [u32; 3],
    high: [u16; 3],
}

impl Aggregate {
    /// The aggregate of one event. `counted` is false for a duplicate.
    pub(super) fn of(event: EventRef, counted: bool, outcome: CallOutcome) -> Self {
        Self {
            first: event,
            last: event,
            last_success: outcome.success(event.time()),
            low: counts_of_one(counted, outcome),
            high: [0; 3],
        }
    }

    /// The same events, and no counts.
    pub(super) fn without_counts(self) -> Self {
        Self {
            low: [0; 3],
            high: [0; 3],
            ..self
        }
    }

    pub(super) fn events(&self) -> u64 {
        let ([low, ..], [high, ..]) = (self.low, self.high);
        u64::from(high) << 32 | u64::from(low)
    }

    /// The time of the last event that did not fail.
    pub(super) fn last_success(&self) -> Option<i64> {
        (self.last_success != NO_SUCCESS).then_some(self.last_success)
    }

    pub(super) fn denied(&self) -> u64 {
        let ([.., low], [.., high]) = (self.low, self.high);
        u64::from(high) << 32 | u64::from(low)
    }

    pub(super) fn errors(&self) -> u64 {
        let ([_, low, _], [_, high, _]) = (self.low, self.high);
        u64::from(high) << 32 | u64::from(low)
    }

    /// Adds another aggregate of the same entry. Returns whether the other's last event is now the
    /// last one, or is the same.
    #[inline]
    pub(super) fn merge(&mut self, other: &Self, order: &EventOrder<'_>) -> bool {
        self.add(other.low, other.high);
        self.last_success = self.last_success.max(other.last_success);
        if order.cmp(&other.first, &self.first).is_lt() {
            self.first = other.first;
        }
        let is_last = order.cmp(&other.last, &self.last).is_ge();
        if is_last {
            self.last = other.last;
        }
        is_last
    }

    /// Whether a time lies between those of the first and the last event and is neither of them, so
    /// that an event of this time changes no more than the last success and the counts.
    pub(super) fn is_strictly_between(&self, time: i64) -> bool {
        self.first.time() < time && time < self.last.time()
    }

    /// Counts an event whose time [lies strictly between](Self::is_strictly_between).
    pub(super) fn count(&mut self, time: i64, counted: bool, outcome: CallOutcome) {
        self.last_success = self.last_success.max(outcome.success(time));
        self.add(counts_of_one(counted, outcome), [0; 3]);
    }

    fn add(&mut self, low: [u32; 3], high: [u16; 3]) {
        let ours = self.low.iter_mut().zip(&mut self.high);
        for ((low, high), (more_low, more_high)) in ours.zip(low.into_iter().zip(high)) {
            let (sum, carry) = low.overflowing_add(more_low);
            *low = sum;
            *high = high.saturating_add(more_high).saturating_add(carry.into());
        }
    }

    /// Replaces the symbols that it needs.
    pub(super) fn map_symbols(&mut self, map: &mut dyn FnMut(Symbol) -> Symbol) {
        let Self {
            first,
            last,
            last_success: _,
            low: _,
            high: _,
        } = self;
        for event in [first, last] {
            event.map_symbols(map);
        }
    }

    /// The same aggregate with the numbers of the fold that it is merged into.
    pub(super) fn renumbered(self, renumbering: Renumbering<'_>) -> Self {
        Self {
            first: self.first.renumbered(renumbering),
            last: self.last.renumbered(renumbering),
            ..self
        }
    }
}

/// Events, errors and denials of one event.
fn counts_of_one(counted: bool, outcome: CallOutcome) -> [u32; 3] {
    let CallOutcome { failed, denied } = outcome;
    [
        counted.into(),
        (counted && failed).into(),
        (counted && denied).into(),
    ]
}

/// The total order of events: by time, event ID (its bytes), and place.
pub(super) struct EventOrder<'a> {
    pub(super) interner: &'a Interner,
    pub(super) log_files: &'a LogFiles,
}

impl EventOrder<'_> {
    #[inline]
    pub(super) fn cmp(&self, one: &EventRef, other: &EventRef) -> Ordering {
        one.time()
            .cmp(&other.time())
            .then_with(|| self.cmp_at_same_time(one, other))
    }

    #[cold]
    fn cmp_at_same_time(&self, one: &EventRef, other: &EventRef) -> Ordering {
        let place = |event: &EventRef| self.log_files.place(event.log_file, event.record);
        one.id()
            .cmp(&other.id(), self.interner)
            .then_with(|| place(one).cmp(&place(other)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::event_id::PackedId;
    use super::super::hash::Seed;
    use super::*;
    use crate::event::Source;

    #[test]
    fn counts_go_on_beyond_32_bits() {
        let mut interner = Interner::new(Seed::random());
        let id = PackedId::pack("", &mut interner);
        let event = EventRef::new(0, id, Source::Data, 0, 0);
        let order = EventOrder {
            interner: &interner,
            log_files: &LogFiles::default(),
        };
        let denied = CallOutcome {
            failed: true,
            denied: true,
        };
        let mut aggregate = Aggregate::of(event, true, denied);
        for _ in 0..35 {
            let same = aggregate;
            aggregate.merge(&same, &order);
        }
        let counts = [aggregate.events(), aggregate.errors(), aggregate.denied()];
        assert_eq!(counts, [1 << 35; 3]);
    }

    #[test]
    fn an_aggregate_is_small() {
        assert_eq!(size_of::<Aggregate>(), 96);
    }
}
