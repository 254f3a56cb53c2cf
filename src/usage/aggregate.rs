//! What the events of an entry add up to, whatever the entry is about.

use std::cmp::Ordering;

use super::event_ref::EventRef;
use super::interner::{Interner, Symbol};
use super::log_files::LogFiles;
use super::renumbering::Renumbering;

/// First event, last event and counts. Commutative and associative in the events.
#[derive(Clone, Copy)]
pub(super) struct Aggregate {
    pub(super) first: EventRef,
    pub(super) last: EventRef,
    /// The lower 32 bits of the numbers of events and errors. With the upper 16 bits they are enough
    /// for half an exabyte of log files.
    low: [u32; 2],
    high: [u16; 2],
}

impl Aggregate {
    /// The aggregate of one event. `counted` is false for a duplicate.
    pub(super) fn of(event: EventRef, counted: bool, failed: bool) -> Self {
        Self {
            first: event,
            last: event,
            low: counts_of_one(counted, failed),
            high: [0; 2],
        }
    }

    /// The same first and last event, and no counts.
    pub(super) fn without_counts(self) -> Self {
        Self {
            low: [0; 2],
            high: [0; 2],
            ..self
        }
    }

    pub(super) fn events(&self) -> u64 {
        let ([low, _], [high, _]) = (self.low, self.high);
        u64::from(high) << 32 | u64::from(low)
    }

    pub(super) fn errors(&self) -> u64 {
        let ([_, low], [_, high]) = (self.low, self.high);
        u64::from(high) << 32 | u64::from(low)
    }

    /// Adds another aggregate of the same entry. Returns whether the other's last event is now the
    /// last one, or is the same.
    #[inline]
    pub(super) fn merge(&mut self, other: &Self, order: &EventOrder<'_>) -> bool {
        self.add(other.low, other.high);
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
    /// that an event of this time changes no more than the counts.
    pub(super) fn is_strictly_between(&self, time: i64) -> bool {
        self.first.time() < time && time < self.last.time()
    }

    /// Counts an event whose time [lies strictly between](Self::is_strictly_between).
    pub(super) fn count(&mut self, counted: bool, failed: bool) {
        self.add(counts_of_one(counted, failed), [0; 2]);
    }

    fn add(&mut self, low: [u32; 2], high: [u16; 2]) {
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

/// Events and errors of one event.
fn counts_of_one(counted: bool, failed: bool) -> [u32; 2] {
    [counted.into(), (counted && failed).into()]
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
        let mut aggregate = Aggregate::of(event, true, true);
        for _ in 0..35 {
            let same = aggregate;
            aggregate.merge(&same, &order);
        }
        let counts = (aggregate.events(), aggregate.errors());
        assert_eq!(counts, (1 << 35, 1 << 35));
    }

    #[test]
    fn an_aggregate_is_small() {
        assert_eq!(size_of::<Aggregate>(), 80);
    }
}
