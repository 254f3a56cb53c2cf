//! The hashes of an event's values, computed once for the duplicate filter and the fold.

use super::dimension::Dimension;
use super::hash::{Hash128, Seed};
use super::seen_events::Fingerprint;
use crate::event::Event;

/// The hashes of one event; its memory is used again for the next.
pub struct EventHashes {
    seed: Seed,
    pub(super) key: Hash128,
    pub(super) service: Hash128,
    pub(super) event_name: Hash128,
    pub(super) source_ip: Hash128,
    pub(super) resources: Vec<ResourceHashes>,
    /// Account, owner, user and type together.
    pub(super) identity: u64,
    /// The sum of the resources' hashes.
    resource_sum: u64,
}

/// The hashes of a resource.
pub(super) struct ResourceHashes {
    pub(super) resource_type: Hash128,
    pub(super) name: Hash128,
    /// Type and name together.
    pub(super) both: Hash128,
}

impl EventHashes {
    /// Hashes with this seed, of no event yet.
    pub fn new(seed: Seed) -> Self {
        let none = Hash128 { index: 0, check: 0 };
        Self {
            seed,
            key: none,
            service: none,
            event_name: none,
            source_ip: none,
            resources: Vec::new(),
            identity: 0,
            resource_sum: 0,
        }
    }

    /// Computes the hashes of an event.
    pub fn compute(&mut self, event: &Event<'_>) {
        let seed = self.seed;
        self.key = seed.hash128(event.access_key_id.as_bytes());
        self.service = seed.hash128(event.service_name.as_bytes());
        self.event_name = seed.hash128(event.event_name.as_bytes());
        self.source_ip = seed.hash128(event.source_ip.as_bytes());
        let identity = [
            event.account_id,
            event.owner_id,
            event.user_name,
            event.account_type,
        ];
        let [account, owner, user, account_type] =
            identity.map(|text| seed.hash64(text.as_bytes()));
        self.identity = seed.combine64(
            seed.combine64(account, owner),
            seed.combine64(user, account_type),
        );
        self.resources.clear();
        self.resource_sum = 0;
        for resource in event.resources {
            let resource_type = seed.hash128(resource.resource_type.as_bytes());
            let name = seed.hash128(resource.name.as_bytes());
            let both = seed.combine(resource_type, name);
            // A sum, because the order of an event's resources has no meaning.
            self.resource_sum = self.resource_sum.wrapping_add(both.index);
            self.resources.push(ResourceHashes {
                resource_type,
                name,
                both,
            });
        }
    }

    /// The fingerprint of the event that was hashed, over all that the fold uses of it. `None` for an
    /// event without an ID, which is never a duplicate.
    pub fn fingerprint(&self, event: &Event<'_>) -> Option<Fingerprint> {
        if event.event_id.is_empty() {
            return None;
        }
        let seed = self.seed;
        // In pairs, which do not wait for each other.
        let combine = |one, other| seed.combine64(one, other);
        let id_and_time = combine(
            seed.hash64(event.event_id.as_bytes()),
            event.time.cast_unsigned(),
        );
        let caller = combine(self.key.index, self.identity);
        let call = combine(self.service.index, self.event_name.index);
        let address_and_resources = combine(self.source_ip.index, self.resource_sum);
        let error_and_source = combine(
            seed.hash64(event.error_code.as_bytes()),
            event.source as u64 | u64::from(event.failed()) << 8,
        );
        let whole = combine(
            combine(
                combine(id_and_time, caller),
                combine(call, address_and_resources),
            ),
            error_and_source,
        );
        Some(Fingerprint { id_and_time, whole })
    }

    /// The fingerprint of an event and its region, which is no part of the event's own.
    pub fn region_fingerprint(&self, event: &Event<'_>, of_event: Fingerprint) -> Fingerprint {
        self.value_fingerprint(of_event, Dimension::Region, event.region)
    }

    /// The fingerprint of an event and its user agent, which is no part of the event's own.
    pub fn agent_fingerprint(&self, event: &Event<'_>, of_event: Fingerprint) -> Fingerprint {
        self.value_fingerprint(of_event, Dimension::Agent, event.user_agent)
    }

    fn value_fingerprint(
        &self,
        of_event: Fingerprint,
        dimension: Dimension,
        value: &str,
    ) -> Fingerprint {
        let value = self.seed.hash64(value.as_bytes());
        let whole = self
            .seed
            .combine64(of_event.whole, value.rotate_left(dimension as u32));
        Fingerprint::from_bits(whole)
    }
}

/// The hash of an entry of this dimension: of a service under a key, of any other under a service or a
/// key. The hash of a key's own entry is that of the key.
#[inline]
pub(super) fn entry_hash(
    seed: Seed,
    dimension: Dimension,
    parent: Hash128,
    name: Hash128,
) -> Hash128 {
    seed.combine(parent.rotated(dimension as u32), name)
}
