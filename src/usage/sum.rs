//! Sums: what an entry adds up to, whatever it is about.

use std::cmp::Ordering;

use super::log_files::LogFiles;
use super::moment::Moment;
use super::vocabulary::{Vocabulary, Word};

/// First and last event, and counts: commutative and associative in the events.
#[derive(Clone, Copy)]
pub(super) struct Sum {
    pub(super) first: Moment,
    pub(super) last: Moment,
    /// Events and errors, 48 bits each: enough for half an exabyte of log files.
    low: [u32; 2],
    high: [u16; 2],
}

impl Sum {
    /// The sum of one event. `counted` is false for one that has been counted before.
    pub(super) fn of(moment: Moment, counted: bool, failed: bool) -> Self {
        Self {
            first: moment,
            last: moment,
            low: ones(counted, failed),
            high: [0; 2],
        }
    }

    /// The same moments without the counts.
    pub(super) fn uncounted(self) -> Self {
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

    /// Adds another part of the same entry; says whether the last event is now the other's, or
    /// both parts have the same.
    #[inline]
    pub(super) fn merge(&mut self, other: &Self, order: &Order<'_>) -> bool {
        self.add(other.low, other.high);
        if order.cmp(&other.first, &self.first).is_lt() {
            self.first = other.first;
        }
        let later = order.cmp(&other.last, &self.last).is_ge();
        if later {
            self.last = other.last;
        }
        later
    }

    /// Whether an event of such a time is neither the first nor the last, whatever its id.
    pub(super) fn encloses(&self, time: i64) -> bool {
        self.first.time() < time && time < self.last.time()
    }

    /// Adds an event that this encloses; see [`Self::of`].
    pub(super) fn count(&mut self, counted: bool, failed: bool) {
        self.add(ones(counted, failed), [0; 2]);
    }

    fn add(&mut self, low: [u32; 2], high: [u16; 2]) {
        let ours = self.low.iter_mut().zip(&mut self.high);
        for ((low, high), (more, higher)) in ours.zip(low.into_iter().zip(high)) {
            let (sum, carry) = low.overflowing_add(more);
            *low = sum;
            *high = high.saturating_add(higher).saturating_add(carry.into());
        }
    }

    /// The same sum with the numbers of another fold.
    pub(super) fn renumbered(self, words: &[Word], files: u32) -> Self {
        Self {
            first: self.first.renumbered(words, files),
            last: self.last.renumbered(words, files),
            ..self
        }
    }
}

/// The counts of one event.
fn ones(counted: bool, failed: bool) -> [u32; 2] {
    [counted.into(), (counted && failed).into()]
}

/// The total order of moments: time, event id by its bytes, place of the record.
pub(super) struct Order<'a> {
    pub(super) words: &'a Vocabulary,
    pub(super) files: &'a LogFiles,
}

impl Order<'_> {
    #[inline]
    pub(super) fn cmp(&self, one: &Moment, other: &Moment) -> Ordering {
        one.time()
            .cmp(&other.time())
            .then_with(|| self.cmp_further(one, other))
    }

    /// Compares moments of the same time.
    #[cold]
    fn cmp_further(&self, one: &Moment, other: &Moment) -> Ordering {
        let place = |moment: &Moment| self.files.place(moment.file, moment.record);
        one.cmp_event(other, self.words)
            .then_with(|| place(one).cmp(&place(other)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usage::Source;
    use crate::usage::hash::Seed;
    use crate::usage::moment::PackedId;

    #[test]
    fn counts_go_on_beyond_32_bits() {
        let mut words = Vocabulary::new(Seed::random());
        let moment = Moment::new(0, PackedId::pack("", &mut words), Source::Data, 0, 0);
        let order = Order {
            words: &words,
            files: &LogFiles::default(),
        };
        let mut sum = Sum::of(moment, true, true);
        for _ in 0..35 {
            let again = sum;
            sum.merge(&again, &order);
        }
        assert_eq!((sum.events(), sum.errors()), (1 << 35, 1 << 35));
    }

    #[test]
    fn a_sum_is_small() {
        assert_eq!(size_of::<Sum>(), 80);
    }
}
