//! The entries under the keys: services, and under each its events, IPs, resources, regions, user
//! agents and error codes.

use super::aggregate::{Aggregate, CallOutcome, EventOrder};
use super::chunked_vec::{ChunkedVec, Id};
use super::dimension::Dimension;
use super::event_hashes::{EventHashes, entry_hash};
use super::event_ref::EventRef;
use super::hash::{Hash128, Seed};
use super::hash_index::{HashIndex, IndexedRecord};
use super::interner::{Interner, Symbol};
use super::log_files::LogFiles;
use super::renumbering::Renumbering;
use super::views::DistinctCounts;
use crate::event::Event;

/// In which entries an event counts: where it is the first of its copies, or for a region or a user
/// agent the first of those that have the same. A copy that does not count can still be the first or
/// the last use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// In all entries but those of regions and user agents.
    pub event: bool,
    /// In that of its region.
    pub region: bool,
    /// In that of its user agent.
    pub agent: bool,
}

impl From<bool> for Counted {
    /// In all entries, or in none.
    fn from(counted: bool) -> Self {
        Self {
            event: counted,
            region: counted,
            agent: counted,
        }
    }
}

/// All entries but those of the keys themselves.
pub(super) struct EntryStore {
    seed: Seed,
    /// Whether there are entries of regions, user agents and error codes, too.
    has_all: bool,
    services: HashIndex<ServiceRecord>,
    /// The entries under a service.
    entries: HashIndex<EntryRecord>,
    /// The aggregates of `entries`, in the same order; apart, so that look-ups read less memory.
    aggregates: ChunkedVec<Aggregate>,
}

/// One entry as it is kept.
pub(super) struct EntryView<'a> {
    pub(super) dimension: Dimension,
    pub(super) key: Id,
    pub(super) service: Symbol,
    pub(super) resource_type: Symbol,
    pub(super) name: Symbol,
    pub(super) aggregate: &'a Aggregate,
}

struct ServiceRecord {
    check: u64,
    key: Id,
    service: Symbol,
    aggregate: Aggregate,
}

struct EntryRecord {
    check: u64,
    service: Id,
    kind: EntryKind,
    name: Symbol,
}

/// What an entry under a service is about, in four bytes: an event, an IP, a region, a user agent, an
/// error code, or a resource of the type whose symbol is five less.
#[derive(Clone, Copy, PartialEq, Eq)]
struct EntryKind(u32);

impl EntryKind {
    const EVENT: Self = Self(0);
    const IP: Self = Self(1);
    const REGION: Self = Self(2);
    const AGENT: Self = Self(3);
    const ERROR: Self = Self(4);

    fn resource(resource_type: Symbol) -> Self {
        Self(resource_type + 5)
    }

    fn resource_type(self) -> Option<Symbol> {
        self.0.checked_sub(5)
    }

    fn dimension(self) -> Dimension {
        match self {
            Self::EVENT => Dimension::Event,
            Self::IP => Dimension::Ip,
            Self::REGION => Dimension::Region,
            Self::AGENT => Dimension::Agent,
            Self::ERROR => Dimension::Error,
            Self(_) => Dimension::Resource,
        }
    }
}

impl IndexedRecord for ServiceRecord {
    fn check(&self) -> u64 {
        self.check
    }
}

impl IndexedRecord for EntryRecord {
    fn check(&self) -> u64 {
        self.check
    }
}

impl EntryStore {
    pub(super) fn new(seed: Seed, has_all: bool) -> Self {
        Self {
            seed,
            has_all,
            services: HashIndex::new(),
            entries: HashIndex::new(),
            aggregates: ChunkedVec::new(),
        }
    }

    /// Adds an event of a key.
    #[expect(clippy::too_many_arguments, reason = "the parts of one fold")]
    pub(super) fn observe(
        &mut self,
        key: Id,
        (event, event_ref): (&Event<'_>, EventRef),
        hashes: &EventHashes,
        outcome: CallOutcome,
        counted: Counted,
        interner: &mut Interner,
        log_files: &LogFiles,
    ) {
        let seed = self.seed;
        let aggregate = &Aggregate::of(event_ref, counted.event, outcome);
        let service_hash = entry_hash(seed, Dimension::Service, hashes.key, hashes.service);
        let service = match self.services.find(service_hash) {
            Some(service) => {
                if let Some(record) = self.services.get_mut(service) {
                    let order = EventOrder {
                        interner,
                        log_files,
                    };
                    record.aggregate.merge(aggregate, &order);
                }
                service
            }
            None => {
                let record = ServiceRecord {
                    check: service_hash.check,
                    key,
                    service: interner.intern_hashed(event.service_name, hashes.service),
                    aggregate: *aggregate,
                };
                self.services.insert(service_hash, record)
            }
        };
        let mut add = |hash: Hash128,
                       (text, text_hash): (&str, Hash128),
                       aggregate: &Aggregate,
                       kind: &dyn Fn(&mut Interner) -> EntryKind| {
            if let Some(entry) = self.entries.find(hash) {
                if let Some(ours) = self.aggregates.get_mut(entry) {
                    let order = EventOrder {
                        interner,
                        log_files,
                    };
                    ours.merge(aggregate, &order);
                }
                return;
            }
            let record = EntryRecord {
                check: hash.check,
                service,
                kind: kind(interner),
                name: interner.intern_hashed(text, text_hash),
            };
            self.entries.insert(hash, record);
            self.aggregates.push(*aggregate);
        };
        if !event.event_name.is_empty() {
            let hash = entry_hash(seed, Dimension::Event, service_hash, hashes.event_name);
            let name = (event.event_name, hashes.event_name);
            add(hash, name, aggregate, &|_| EntryKind::EVENT);
        }
        if !event.source_ip.is_empty() {
            let hash = entry_hash(seed, Dimension::Ip, service_hash, hashes.source_ip);
            let ip = (event.source_ip, hashes.source_ip);
            add(hash, ip, aggregate, &|_| EntryKind::IP);
        }
        for (resource, hashes) in event.resources.iter().zip(&hashes.resources) {
            let hash = entry_hash(seed, Dimension::Resource, service_hash, hashes.both);
            let name = (resource.name, hashes.name);
            add(hash, name, aggregate, &|interner| {
                let resource_type = resource.resource_type;
                EntryKind::resource(interner.intern_hashed(resource_type, hashes.resource_type))
            });
        }
        if !self.has_all {
            return;
        }
        for (kind, text, counted) in [
            (EntryKind::REGION, event.region, counted.region),
            (EntryKind::AGENT, event.user_agent, counted.agent),
            (EntryKind::ERROR, event.error_code, counted.event),
        ] {
            if !text.is_empty() {
                let text_hash = seed.hash128(text.as_bytes());
                let hash = entry_hash(seed, kind.dimension(), service_hash, text_hash);
                let aggregate = Aggregate::of(event_ref, counted, outcome);
                add(hash, (text, text_hash), &aggregate, &|_| kind);
            }
        }
    }

    /// Adds the entries of another store. `keys` has the numbers and the hashes that its keys have
    /// here.
    pub(super) fn merge(
        &mut self,
        other: Self,
        keys: &[(Id, Hash128)],
        renumbering: Renumbering<'_>,
        order: &EventOrder<'_>,
    ) {
        let services = self.merge_services(other.services, keys, renumbering, order);
        let entries = other
            .entries
            .into_records()
            .zip(other.aggregates.into_iter());
        self.merge_entries(entries, &services, renumbering, order);
    }

    /// Returns the numbers and the hashes that the other's services have here.
    fn merge_services(
        &mut self,
        other: HashIndex<ServiceRecord>,
        keys: &[(Id, Hash128)],
        renumbering: Renumbering<'_>,
        order: &EventOrder<'_>,
    ) -> Vec<(Id, Hash128)> {
        let Self { seed, services, .. } = self;
        let merge = |record: ServiceRecord| {
            let &(key, key_hash) = keys.get(record.key as usize)?;
            let service = renumbering.symbol(record.service);
            let aggregate = record.aggregate.renumbered(renumbering);
            let service_hash = seed.hash128(order.interner.text(service).as_bytes());
            let hash = entry_hash(*seed, Dimension::Service, key_hash, service_hash);
            let found = services.find(hash);
            if let Some(ours) = found.and_then(|id| services.get_mut(id)) {
                ours.aggregate.merge(&aggregate, order);
            }
            let insert = || {
                let record = ServiceRecord {
                    check: hash.check,
                    key,
                    service,
                    aggregate,
                };
                services.insert(hash, record)
            };
            Some((found.unwrap_or_else(insert), hash))
        };
        other.into_records().filter_map(merge).collect()
    }

    fn merge_entries(
        &mut self,
        others: impl Iterator<Item = (EntryRecord, Aggregate)>,
        services: &[(Id, Hash128)],
        renumbering: Renumbering<'_>,
        order: &EventOrder<'_>,
    ) {
        let seed = self.seed;
        let hash_of = |symbol| seed.hash128(order.interner.text(symbol).as_bytes());
        for (record, aggregate) in others {
            let Some(&(service, service_hash)) = services.get(record.service as usize) else {
                continue;
            };
            let aggregate = aggregate.renumbered(renumbering);
            let name = renumbering.symbol(record.name);
            let name_hash = hash_of(name);
            let (kind, value_hash) = match record.kind.resource_type() {
                Some(resource_type) => {
                    let resource_type = renumbering.symbol(resource_type);
                    let both = seed.combine(hash_of(resource_type), name_hash);
                    (EntryKind::resource(resource_type), both)
                }
                None => (record.kind, name_hash),
            };
            let hash = entry_hash(seed, kind.dimension(), service_hash, value_hash);
            if let Some(entry) = self.entries.find(hash) {
                if let Some(ours) = self.aggregates.get_mut(entry) {
                    ours.merge(&aggregate, order);
                }
            } else {
                let record = EntryRecord {
                    check: hash.check,
                    service,
                    kind,
                    name,
                };
                self.entries.insert(hash, record);
                self.aggregates.push(aggregate);
            }
        }
    }

    /// Replaces all symbols: once to find those that are needed, once to renumber them.
    pub(super) fn map_symbols(&mut self, map: &mut dyn FnMut(Symbol) -> Symbol) {
        for service in self.services.iter_mut() {
            let ServiceRecord {
                check: _,
                key: _,
                service,
                aggregate,
            } = service;
            *service = map(*service);
            aggregate.map_symbols(map);
        }
        for entry in self.entries.iter_mut() {
            let EntryRecord {
                check: _,
                service: _,
                kind,
                name,
            } = entry;
            *name = map(*name);
            if let Some(resource_type) = kind.resource_type() {
                *kind = EntryKind::resource(map(resource_type));
            }
        }
        for aggregate in self.aggregates.iter_mut() {
            aggregate.map_symbols(map);
        }
    }

    /// Adds the names to the counts of their keys, which are in the order of the keys' numbers.
    pub(super) fn count(&self, counts: &mut [DistinctCounts]) {
        for service in self.services.iter() {
            if let Some(counts) = counts.get_mut(service.key as usize) {
                counts.services += 1;
            }
        }
        // Sorted, so that the same name under several services of a key is counted once.
        let mut names: Vec<(Id, u32, Symbol)> = self
            .entries
            .iter()
            .filter_map(|entry| {
                let key = self.services.get(entry.service)?.key;
                Some((key, entry.kind.0, entry.name))
            })
            .collect();
        names.sort_unstable();
        names.dedup();
        for (key, kind, _) in names {
            let Some(counts) = counts.get_mut(key as usize) else {
                continue;
            };
            counts.add(EntryKind(kind).dimension());
        }
    }

    /// The number of entries.
    ///
    /// # Panics
    ///
    /// With 2³² entries, which no memory holds.
    pub(super) fn len(&self) -> u32 {
        let len = self.services.len() + self.entries.len();
        u32::try_from(len).expect("fewer than 2³² entries fit into memory")
    }

    /// The entry of this number; services come first.
    pub(super) fn get(&self, number: u32) -> Option<EntryView<'_>> {
        if let Some(record) = self.services.get(number) {
            return Some(EntryView {
                dimension: Dimension::Service,
                key: record.key,
                service: record.service,
                resource_type: Interner::EMPTY,
                name: Interner::EMPTY,
                aggregate: &record.aggregate,
            });
        }
        let number = number - Id::try_from(self.services.len()).ok()?;
        let record = self.entries.get(number)?;
        let service = self.services.get(record.service)?;
        Some(EntryView {
            dimension: record.kind.dimension(),
            key: service.key,
            service: service.service,
            resource_type: record.kind.resource_type().unwrap_or(Interner::EMPTY),
            name: record.name,
            aggregate: self.aggregates.get(number)?,
        })
    }
}
