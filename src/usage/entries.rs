//! The entries below a key: services, and under each the events, IPs and resources, each with what
//! it adds up to.

use super::event_hashes::{self, EventHashes};
use super::hash::{Seed, Wide};
use super::log_files::LogFiles;
use super::sum::{Order, Sum};
use super::table::{Blocks, Keyed, Number, Table};
use super::vocabulary::{Vocabulary, Word};
use super::{Dimension, Distinct, Renumbering};
use crate::event::Event;

/// All entries but those of the keys themselves.
pub(super) struct Entries {
    seed: Seed,
    /// Keys and services; the entries of services.
    groups: Table<GroupRecord>,
    /// All other entries.
    others: Table<EntryRecord>,
    /// What these add up to, by their numbers.
    sums: Blocks<Sum>,
}

/// One entry as it is kept.
pub(super) struct Stored<'a> {
    pub(super) dimension: Dimension,
    pub(super) key: Number,
    pub(super) service: Word,
    pub(super) resource_type: Word,
    pub(super) name: Word,
    pub(super) sum: &'a Sum,
}

struct GroupRecord {
    check: u64,
    key: Number,
    service: Word,
    sum: Sum,
}

struct EntryRecord {
    check: u64,
    group: Number,
    kind: Kind,
    name: Word,
}

/// What an entry is about, in four bytes; a resource carries the word of its type.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Kind(u32);

impl Kind {
    const EVENT: Self = Self(0);
    const IP: Self = Self(1);

    fn resource(resource_type: Word) -> Self {
        Self(resource_type + 2)
    }

    /// The word of the type, of a resource.
    fn resource_type(self) -> Option<Word> {
        self.0.checked_sub(2)
    }
}

impl Keyed for GroupRecord {
    fn check(&self) -> u64 {
        self.check
    }
}

impl Keyed for EntryRecord {
    fn check(&self) -> u64 {
        self.check
    }
}

impl Entries {
    pub(super) fn new(seed: Seed) -> Self {
        Self {
            seed,
            groups: Table::new(),
            others: Table::new(),
            sums: Blocks::new(),
        }
    }

    /// Folds an event of a key in; `sum` is that of this event.
    pub(super) fn observe(
        &mut self,
        key: Number,
        event: &Event<'_>,
        prints: &EventHashes,
        sum: &Sum,
        words: &mut Vocabulary,
        files: &LogFiles,
    ) {
        let group_hash = event_hashes::group(self.seed, prints.key, prints.service);
        let group = match self.groups.find(group_hash) {
            Some(group) => {
                if let Some(record) = self.groups.get_mut(group) {
                    record.sum.merge(sum, &Order { words, files });
                }
                group
            }
            None => {
                let record = GroupRecord {
                    check: group_hash.check,
                    key,
                    service: words.hashed(event.service_name, prints.service),
                    sum: *sum,
                };
                self.groups.add(group_hash, record)
            }
        };
        let seed = self.seed;
        let mut add = |hash: Wide, name: (&str, Wide), kind: &dyn Fn(&mut Vocabulary) -> Kind| {
            if let Some(number) = self.others.find(hash) {
                if let Some(ours) = self.sums.get_mut(number) {
                    ours.merge(sum, &Order { words, files });
                }
                return;
            }
            let (text, name) = name;
            let record = EntryRecord {
                check: hash.check,
                group,
                kind: kind(words),
                name: words.hashed(text, name),
            };
            self.others.add(hash, record);
            self.sums.push(*sum);
        };
        if !event.event_name.is_empty() {
            let hash = event_hashes::event(seed, group_hash, prints.event_name);
            add(hash, (event.event_name, prints.event_name), &|_| {
                Kind::EVENT
            });
        }
        if !event.source_ip.is_empty() {
            let hash = event_hashes::ip(seed, group_hash, prints.source_ip);
            add(hash, (event.source_ip, prints.source_ip), &|_| Kind::IP);
        }
        for (resource, print) in event.resources.iter().zip(&prints.resources) {
            let hash = event_hashes::resource(seed, group_hash, print.named);
            add(hash, (resource.name, print.name), &|words| {
                Kind::resource(words.hashed(resource.resource_type, print.resource_type))
            });
        }
    }

    /// Adds the entries of another part, whose keys have those numbers and hashes here.
    pub(super) fn merge(
        &mut self,
        other: Self,
        keys: &[(Number, Wide)],
        numbers: Renumbering<'_>,
        words: &Vocabulary,
        files: &LogFiles,
    ) {
        let order = Order { words, files };
        let groups = self.merge_groups(other.groups, keys, numbers, &order);
        self.merge_entries(other.others, other.sums, &groups, numbers, &order);
    }

    /// Gives the numbers that the other's groups have here, and their hashes.
    fn merge_groups(
        &mut self,
        other: Table<GroupRecord>,
        key_numbers: &[(Number, Wide)],
        numbers: Renumbering<'_>,
        order: &Order<'_>,
    ) -> Vec<(Number, Wide)> {
        let Self { seed, groups, .. } = self;
        let hash_of = |word: Word| seed.bytes(order.words.text(word).as_bytes());
        let merge = |record: GroupRecord| {
            let &(key, key_hash) = key_numbers.get(record.key as usize)?;
            let (service, sum) = (numbers.word(record.service), numbers.sum(record.sum));
            let hash = event_hashes::group(*seed, key_hash, hash_of(service));
            let number = groups.find(hash);
            if let Some(ours) = number.and_then(|number| groups.get_mut(number)) {
                ours.sum.merge(&sum, order);
            }
            let add = || {
                groups.add(
                    hash,
                    GroupRecord {
                        key,
                        service,
                        sum,
                        ..record
                    },
                )
            };
            Some((number.unwrap_or_else(add), hash))
        };
        other.into_records().filter_map(merge).collect()
    }

    fn merge_entries(
        &mut self,
        other: Table<EntryRecord>,
        other_sums: Blocks<Sum>,
        group_numbers: &[(Number, Wide)],
        numbers: Renumbering<'_>,
        order: &Order<'_>,
    ) {
        let Self {
            seed, others, sums, ..
        } = self;
        let seed = *seed;
        let hash_of = |word: Word| seed.bytes(order.words.text(word).as_bytes());
        for (record, sum) in other.into_records().zip(other_sums.into_iter()) {
            let sum = numbers.sum(sum);
            let Some(&(group, group_hash)) = group_numbers.get(record.group as usize) else {
                continue;
            };
            let name = numbers.word(record.name);
            let kind = match record.kind.resource_type() {
                Some(resource_type) => Kind::resource(numbers.word(resource_type)),
                None => record.kind,
            };
            let hash = match kind.resource_type() {
                Some(resource_type) => {
                    let named = seed.join(hash_of(resource_type), hash_of(name));
                    event_hashes::resource(seed, group_hash, named)
                }
                None if kind == Kind::EVENT => event_hashes::event(seed, group_hash, hash_of(name)),
                None => event_hashes::ip(seed, group_hash, hash_of(name)),
            };
            if let Some(number) = others.find(hash) {
                if let Some(ours) = sums.get_mut(number) {
                    ours.merge(&sum, order);
                }
            } else {
                others.add(
                    hash,
                    EntryRecord {
                        check: hash.check,
                        group,
                        kind,
                        name,
                    },
                );
                sums.push(sum);
            }
        }
    }

    /// Adds the names to the counts of their keys, which stand by their numbers.
    pub(super) fn count(&self, distinct: &mut [Distinct]) {
        for group in self.groups.iter() {
            if let Some(key) = distinct.get_mut(group.key as usize) {
                key.services += 1;
            }
        }
        // Names of one key stand together when sorted, and equal ones of its services side by side.
        let mut names: Vec<(Number, u64)> = self
            .others
            .iter()
            .filter_map(|record| {
                let key = self.groups.get(record.group)?.key;
                Some((key, u64::from(record.kind.0) << 32 | u64::from(record.name)))
            })
            .collect();
        names.sort_unstable();
        names.dedup();
        for (key, name) in names {
            let Some(key) = distinct.get_mut(key as usize) else {
                continue;
            };
            match Kind((name >> 32) as u32) {
                Kind::EVENT => key.event_names += 1,
                Kind::IP => key.ips += 1,
                Kind(_) => key.resources += 1,
            }
        }
    }

    /// All entries, in no particular order.
    pub(super) fn iter(&self) -> impl Iterator<Item = Stored<'_>> {
        let services = self.groups.iter().map(|group| Stored {
            dimension: Dimension::Service,
            key: group.key,
            service: group.service,
            resource_type: Vocabulary::EMPTY,
            name: Vocabulary::EMPTY,
            sum: &group.sum,
        });
        let others = self.others.iter().zip(self.sums.iter());
        services.chain(others.filter_map(|(record, sum)| {
            let group = self.groups.get(record.group)?;
            let (dimension, resource_type) = match record.kind.resource_type() {
                Some(resource_type) => (Dimension::Resource, resource_type),
                None if record.kind == Kind::EVENT => (Dimension::Event, Vocabulary::EMPTY),
                None => (Dimension::Ip, Vocabulary::EMPTY),
            };
            Some(Stored {
                dimension,
                key: group.key,
                service: group.service,
                resource_type,
                name: record.name,
                sum,
            })
        }))
    }
}
