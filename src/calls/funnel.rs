//! The funnel: how many events each condition in turn left over, which explains an empty answer.

use std::collections::HashMap;

use super::nearness::NearestValues;
use super::steps::Step;
use crate::event::{Details, Event};

/// How far the events of some log files came through the conditions.
///
/// Each event counts once, as far as the farthest of its copies came.
#[derive(Clone, Debug, Default)]
pub struct Funnel {
    /// How many conditions in turn an event with this fingerprint meets; not those that meet none.
    depths: HashMap<u64, usize>,
    /// How many events that are copies of no other meet as many conditions.
    single: Vec<u64>,
    /// The values nearest to each condition, of events that meet all conditions before it.
    nearest: Vec<NearestValues>,
}

/// What a condition left over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunnelStep {
    /// How many events meet this condition and all before it.
    pub events: u64,
    /// Where none does: the nearest values of the events that meet those before.
    pub nearest: Vec<String>,
}

impl Funnel {
    /// Adds an event.
    pub fn observe(
        &mut self,
        steps: &[Step],
        event: &Event<'_>,
        text: &[u8],
        details: &Details<'_>,
        fingerprint: Option<u64>,
    ) {
        let depth = steps
            .iter()
            .take_while(|step| step.passes(event, text, details))
            .count();
        if let Some(failed) = steps.get(depth) {
            if self.nearest.len() <= depth {
                self.nearest.resize_with(depth + 1, NearestValues::default);
            }
            if let Some(nearest) = self.nearest.get_mut(depth) {
                for value in failed.compared(event, details) {
                    nearest.add(&failed.values, value);
                }
            }
        }
        match fingerprint {
            Some(_) if depth == 0 => {}
            Some(fingerprint) => {
                let deepest = self.depths.entry(fingerprint).or_default();
                *deepest = depth.max(*deepest);
            }
            None => self.add_single(depth, 1),
        }
    }

    fn add_single(&mut self, depth: usize, events: u64) {
        if self.single.len() <= depth {
            self.single.resize(depth + 1, 0);
        }
        if let Some(count) = self.single.get_mut(depth) {
            *count += events;
        }
    }

    /// Adds that of other log files.
    pub fn merge(&mut self, other: Self) {
        for (fingerprint, depth) in other.depths {
            let deepest = self.depths.entry(fingerprint).or_default();
            *deepest = depth.max(*deepest);
        }
        for (depth, events) in other.single.into_iter().enumerate() {
            self.add_single(depth, events);
        }
        for (number, nearest) in other.nearest.into_iter().enumerate() {
            match self.nearest.get_mut(number) {
                Some(own) => own.merge(nearest),
                None => self.nearest.push(nearest),
            }
        }
    }

    /// What each condition left over, up to the first that left nothing.
    pub fn steps(&self, steps: &[Step]) -> Vec<FunnelStep> {
        let mut left = Vec::new();
        for number in 0..steps.len() {
            let copies = self.depths.values().filter(|depth| **depth > number);
            let single: u64 = self.single.iter().skip(number + 1).sum();
            let events = copies.count() as u64 + single;
            let nearest = match self.nearest.get(number) {
                Some(nearest) if events == 0 => nearest.best(),
                Some(_) | None => Vec::new(),
            };
            left.push(FunnelStep { events, nearest });
            if events == 0 {
                break;
            }
        }
        left
    }
}
