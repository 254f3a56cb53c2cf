//! The hashes of an event's values, each computed once and used for counting once and for the fold.

use super::hash::{Seed, Wide};
use super::once::Fingerprint;
use crate::event::Event;

/// The hashes of one event; reused from event to event.
pub struct Prints {
    seed: Seed,
    pub(super) key: Wide,
    pub(super) group: Wide,
    pub(super) event: Wide,
    pub(super) ip: Wide,
    pub(super) resources: Vec<Wide>,
    /// Account, owner, user and type together.
    pub(super) owner: u64,
    named: u64,
}

impl Prints {
    /// The hashes of no event yet.
    pub fn new(seed: Seed) -> Self {
        let none = Wide { place: 0, check: 0 };
        Self {
            seed,
            key: none,
            group: none,
            event: none,
            ip: none,
            resources: Vec::new(),
            owner: 0,
            named: 0,
        }
    }

    /// Computes the hashes of an event.
    pub fn take(&mut self, event: &Event<'_>) {
        let seed = self.seed;
        self.key = seed.bytes(event.access_key_id.as_bytes());
        self.group = group(seed, self.key, event.service_name.as_bytes());
        self.event = self::event(seed, self.group, event.event_name.as_bytes());
        self.ip = ip(seed, self.group, event.source_ip.as_bytes());
        self.owner = [
            event.account_id,
            event.owner_id,
            event.user_name,
            event.account_type,
        ]
        .iter()
        .fold(0, |print, text| {
            seed.join_word(print, seed.narrow(text.as_bytes()))
        });
        self.resources.clear();
        self.named = 0;
        for one in event.resources {
            let named = named(seed, one.resource_type.as_bytes(), one.name.as_bytes());
            // A sum, because the order in which an event names its resources means nothing.
            self.named = self.named.wrapping_add(named.place);
            self.resources.push(resource(seed, self.group, named));
        }
    }

    /// What stands for the event whose hashes these are, in all that the fold uses of it; `None`
    /// without an event id, as such an event repeats nothing.
    pub fn fingerprint(&self, event: &Event<'_>) -> Option<Fingerprint> {
        if event.event_id.is_empty() {
            return None;
        }
        let seed = self.seed;
        let words = [
            event.time.cast_unsigned(),
            self.event.place,
            self.ip.place,
            self.owner,
            seed.narrow(event.error_code.as_bytes()),
            event.source as u64,
            self.named,
        ];
        let id = seed.narrow(event.event_id.as_bytes());
        Some(Fingerprint(
            words
                .iter()
                .fold(id, |print, &word| seed.join_word(print, word)),
        ))
    }
}

/// The hash of a key and a service.
pub(super) fn group(seed: Seed, key: Wide, service: &[u8]) -> Wide {
    seed.join(key, seed.bytes(service))
}

/// The hash of an event entry.
pub(super) fn event(seed: Seed, group: Wide, name: &[u8]) -> Wide {
    seed.join(group.turned(1), seed.bytes(name))
}

/// The hash of an IP entry.
pub(super) fn ip(seed: Seed, group: Wide, name: &[u8]) -> Wide {
    seed.join(group.turned(2), seed.bytes(name))
}

/// The hash of a resource's type and name.
pub(super) fn named(seed: Seed, resource_type: &[u8], name: &[u8]) -> Wide {
    seed.join(seed.bytes(resource_type), seed.bytes(name))
}

/// The hash of a resource entry.
pub(super) fn resource(seed: Seed, group: Wide, named: Wide) -> Wide {
    seed.join(group.turned(3), named)
}
