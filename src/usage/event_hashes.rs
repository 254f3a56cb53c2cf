//! The hashes of an event's values, each computed once and used for counting once and for the fold.

use super::hash::{Seed, Wide};
use super::seen_events::Fingerprint;
use crate::event::Event;

/// The hashes of one event; reused from event to event.
pub struct EventHashes {
    seed: Seed,
    pub(super) key: Wide,
    pub(super) service: Wide,
    pub(super) event_name: Wide,
    pub(super) source_ip: Wide,
    pub(super) resources: Vec<ResourcePrint>,
    /// Account, owner, user and type together.
    pub(super) owner: u64,
    named: u64,
}

/// The hashes of a resource.
pub(super) struct ResourcePrint {
    pub(super) resource_type: Wide,
    pub(super) name: Wide,
    /// Both together.
    pub(super) named: Wide,
}

impl EventHashes {
    /// The hashes of no event yet.
    pub fn new(seed: Seed) -> Self {
        let none = Wide { place: 0, check: 0 };
        Self {
            seed,
            key: none,
            service: none,
            event_name: none,
            source_ip: none,
            resources: Vec::new(),
            owner: 0,
            named: 0,
        }
    }

    /// Computes the hashes of an event.
    pub fn compute(&mut self, event: &Event<'_>) {
        let seed = self.seed;
        self.key = seed.bytes(event.access_key_id.as_bytes());
        self.service = seed.bytes(event.service_name.as_bytes());
        self.event_name = seed.bytes(event.event_name.as_bytes());
        self.source_ip = seed.bytes(event.source_ip.as_bytes());
        let owner = [
            event.account_id,
            event.owner_id,
            event.user_name,
            event.account_type,
        ];
        let [account, owner, user, account_type] = owner.map(|text| seed.narrow(text.as_bytes()));
        self.owner = seed.join_word(
            seed.join_word(account, owner),
            seed.join_word(user, account_type),
        );
        self.resources.clear();
        self.named = 0;
        for one in event.resources {
            let resource_type = seed.bytes(one.resource_type.as_bytes());
            let name = seed.bytes(one.name.as_bytes());
            let named = seed.join(resource_type, name);
            // A sum, because the order in which an event names its resources means nothing.
            self.named = self.named.wrapping_add(named.place);
            self.resources.push(ResourcePrint {
                resource_type,
                name,
                named,
            });
        }
    }

    /// What stands for the event whose hashes these are, in all that the fold uses of it; `None`
    /// without an event id, as such an event repeats nothing.
    pub fn fingerprint(&self, event: &Event<'_>) -> Option<Fingerprint> {
        if event.event_id.is_empty() {
            return None;
        }
        let seed = self.seed;
        // In pairs, which do not wait for each other.
        let join = |one, other| seed.join_word(one, other);
        let when = join(
            seed.narrow(event.event_id.as_bytes()),
            event.time.cast_unsigned(),
        );
        let who = join(self.key.place, self.owner);
        let what = join(self.service.place, self.event_name.place);
        let which = join(self.source_ip.place, self.named);
        let how = join(
            seed.narrow(event.error_code.as_bytes()),
            event.source as u64,
        );
        Some(Fingerprint(join(
            join(join(when, who), join(what, which)),
            how,
        )))
    }
}

/// The hash of a key and a service.
pub(super) fn group(seed: Seed, key: Wide, service: Wide) -> Wide {
    seed.join(key, service)
}

/// The hash of an event name under a key, or under a key and a service.
pub(super) fn event(seed: Seed, under: Wide, name: Wide) -> Wide {
    seed.join(under.turned(1), name)
}

/// The same of an IP.
pub(super) fn ip(seed: Seed, under: Wide, name: Wide) -> Wide {
    seed.join(under.turned(2), name)
}

/// The same of a resource; `named` are its type and its name, joined.
pub(super) fn resource(seed: Seed, under: Wide, named: Wide) -> Wide {
    seed.join(under.turned(3), named)
}
