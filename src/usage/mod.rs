//! What events add up to: for every AccessKey the services, events, IPs and resources it used,
//! each with first use, last use and counts.
//!
//! Pure: no files, no JSON, no threads. [`UsageMap::merge`] is commutative and associative and
//! every tie is broken by a total order, so no schedule can show in an answer.

mod hash;
mod moment;
mod once;
mod prints;
mod sum;
mod table;
mod vocabulary;

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use crate::event::Event;

use hash::Wide;
use moment::{Moment, PackedId};
use sum::{Order, Sum};
use table::{Blocks, Keyed, Number, Table};
use vocabulary::{Vocabulary, Word};

pub use crate::event::Source;
pub use hash::Seed;
pub use once::{Fingerprint, Once, hour};
pub use prints::Prints;

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// The key itself.
    Key,
    /// A service the key used.
    Service,
    /// An event name, under a service.
    Event,
    /// A source IP, under a service.
    Ip,
    /// A resource, under a service.
    Resource,
}

impl Dimension {
    /// All of them, in the order of answers.
    pub const ALL: [Self; 5] = [
        Self::Key,
        Self::Service,
        Self::Event,
        Self::Ip,
        Self::Resource,
    ];

    /// The word for it in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Service => "service",
            Self::Event => "event",
            Self::Ip => "ip",
            Self::Resource => "resource",
        }
    }
}

/// One use: when, by which event, and where its record stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting<'a> {
    /// Event time, in milliseconds since 1970 UTC.
    pub time: i64,
    /// `eventId`; may be empty.
    pub event_id: Cow<'a, str>,
    /// Where the record stands.
    pub place: Place<'a>,
}

/// Where a record stands: in which log file, and which one of its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The log file, by the path it was opened with.
    pub log_file: &'a Path,
    /// The record's number in it, from 0.
    pub record: u32,
}

/// First and last use, counts, and the source of the last event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally<'a> {
    /// First use.
    pub first: Sighting<'a>,
    /// Last use.
    pub last: Sighting<'a>,
    /// How many events, duplicates not counted.
    pub events: u64,
    /// How many of them failed.
    pub errors: u64,
    /// Source of the last event.
    pub source: Source,
}

/// What a scan says of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUse<'a> {
    /// The key.
    pub access_key_id: &'a str,
    /// First, last and counts.
    pub tally: Tally<'a>,
    /// `userIdentity.accountId` of the last event; `""` where it had none, as below.
    pub account_id: &'a str,
    /// `userIdentity.principalId` of the last event.
    pub owner_id: &'a str,
    /// `userIdentity.userName` of the last event.
    pub user_name: &'a str,
    /// `userIdentity.type` of the last event.
    pub account_type: &'a str,
    /// Service of the last event.
    pub last_service: &'a str,
    /// Name of the last event.
    pub last_event: &'a str,
    /// Source IP of the last event.
    pub last_ip: &'a str,
}

/// An entry under a key and a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// `Service`, `Event`, `Ip` or `Resource`.
    pub dimension: Dimension,
    /// The key.
    pub access_key_id: &'a str,
    /// The service; may be empty.
    pub service_name: &'a str,
    /// Type of a resource; of other entries `""`.
    pub resource_type: &'a str,
    /// Event name, IP or resource name; of a service entry `""`.
    pub name: &'a str,
    /// First, last and counts.
    pub tally: Tally<'a>,
}

/// The fold: what every AccessKey did, as far as it has been observed.
pub struct UsageMap {
    seed: Seed,
    words: Vocabulary,
    files: Vec<PathBuf>,
    keys: Table<KeyRecord>,
    /// Keys and services; the entries of services.
    groups: Table<GroupRecord>,
    /// All other entries.
    entries: Table<EntryRecord>,
    /// What these add up to, by their numbers; `None` where only keys are asked for.
    sums: Option<Blocks<Sum>>,
}

/// How much of a key's use is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// Every entry with its first and last use and its counts.
    #[default]
    Entries,
    /// The keys, and how many distinct names each has. Takes a fifth of the memory.
    Keys,
}

struct KeyRecord {
    check: u64,
    key: Word,
    /// Stands for account, owner, user and type of the last event.
    owner_print: u64,
    last: LastCall,
    sum: Sum,
}

/// What a key keeps of its last event beside the moment.
#[derive(Clone, Copy)]
struct LastCall {
    account_id: Word,
    owner_id: Word,
    user_name: Word,
    account_type: Word,
    service: Word,
    event: Word,
    ip: Word,
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

impl Keyed for KeyRecord {
    fn check(&self) -> u64 {
        self.check
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

impl UsageMap {
    /// An empty fold.
    pub fn new(seed: Seed, depth: Depth) -> Self {
        Self {
            seed,
            words: Vocabulary::new(seed),
            files: Vec::new(),
            keys: Table::new(),
            groups: Table::new(),
            entries: Table::new(),
            sums: match depth {
                Depth::Entries => Some(Blocks::new()),
                Depth::Keys => None,
            },
        }
    }

    /// Names the log file that the next observations come from. It is never opened here; its path
    /// is the evidence, and breaks ties.
    pub fn begin_log_file(&mut self, path: &Path) {
        self.files.push(path.to_owned());
    }

    /// Ends the log file begun last; forgets it if nothing refers to it.
    pub fn end_log_file(&mut self, observed: bool) {
        if !observed {
            self.files.pop();
        }
    }

    /// Folds one event in; `prints` are those of this event. One without an AccessKey changes
    /// nothing. `counted` is false for an event that has been counted before: it takes part in
    /// first and last only.
    ///
    /// # Panics
    ///
    /// With 2³² distinct texts, entries or log files, which no memory holds; so does `merge`.
    pub fn observe(&mut self, event: &Event<'_>, prints: &Prints, record: u32, counted: bool) {
        if event.access_key_id.is_empty() {
            return;
        }
        let Self {
            seed: _,
            words,
            files,
            keys,
            groups,
            entries,
            sums,
        } = self;
        let file = u32::try_from(files.len().saturating_sub(1)).expect("fewer than 2³² log files");
        let id = PackedId::pack(event.event_id, words);
        let moment = Moment::new(event.time, id, event.source, file, record);
        let sum = Sum::of(moment, counted, !event.error_code.is_empty());

        let (group, new) = match groups.find(prints.group) {
            Some(group) => (group, false),
            None => {
                let key = keys.find(prints.key).unwrap_or_else(|| {
                    let record = KeyRecord {
                        check: prints.key.check,
                        key: words.hashed(event.access_key_id, prints.key),
                        owner_print: prints.owner,
                        last: LastCall::of(event, words),
                        sum: sum.uncounted(),
                    };
                    keys.add(prints.key, record)
                });
                let service = words.word(event.service_name);
                let record = GroupRecord {
                    check: prints.group.check,
                    key,
                    service,
                    sum,
                };
                (groups.add(prints.group, record), true)
            }
        };
        let Some(record) = groups.get_mut(group) else {
            return;
        };
        if !new {
            record.sum.merge(&sum, &Order { words, files });
        }
        let (key, service) = (record.key, record.service);

        let mut below = Below {
            words,
            files,
            entries,
            sums,
            group,
            sum,
        };
        let mut name = Vocabulary::EMPTY;
        if !event.event_name.is_empty() {
            name = below.add(prints.event, event.event_name, prints.event_name, |_| {
                Kind::EVENT
            });
        }
        let mut ip = Vocabulary::EMPTY;
        if !event.source_ip.is_empty() {
            ip = below.add(prints.ip, event.source_ip, prints.source_ip, |_| Kind::IP);
        }
        for (resource, print) in event.resources.iter().zip(&prints.resources) {
            below.add(print.entry, resource.name, print.name, |words| {
                Kind::resource(words.hashed(resource.resource_type, print.resource_type))
            });
        }

        let Some(record) = keys.get_mut(key) else {
            return;
        };
        if record.sum.merge(&sum, &Order { words, files }) {
            if record.owner_print != prints.owner {
                record.owner_print = prints.owner;
                record.last = LastCall::of(event, words);
            }
            record.last = LastCall {
                service,
                event: name,
                ip,
                ..record.last
            };
        }
    }

    /// Adds what another part of the same archive gave, folded with the same seed and depth.
    /// Commutative and associative but for the order in which entries are handed out, which means
    /// nothing.
    ///
    /// # Panics
    ///
    /// As [`Self::observe`].
    pub fn merge(&mut self, other: Self) {
        let files = u32::try_from(self.files.len()).expect("fewer than 2³² log files");
        self.files.extend(other.files);
        let words: Vec<Word> = other
            .words
            .texts()
            .map(|text| self.words.word(text))
            .collect();
        let renumbering = Renumbering {
            words: &words,
            files,
        };
        let keys = self.merge_keys(other.keys, renumbering);
        let groups = self.merge_groups(other.groups, &keys, renumbering);
        self.merge_entries(other.entries, other.sums, &groups, renumbering);
    }

    /// Gives the numbers that the other's keys have here, and their hashes.
    fn merge_keys(
        &mut self,
        other: Table<KeyRecord>,
        numbers: Renumbering<'_>,
    ) -> Vec<(Number, Wide)> {
        let Self {
            seed,
            words,
            files,
            keys,
            ..
        } = self;
        let order = Order { words, files };
        let merge = |record: KeyRecord| {
            let key = numbers.word(record.key);
            let (last, sum) = (record.last.renumbered(numbers), numbers.sum(record.sum));
            let hash = seed.bytes(words.text(key).as_bytes());
            let number = keys.find(hash);
            if let Some(ours) = number.and_then(|number| keys.get_mut(number))
                && ours.sum.merge(&sum, &order)
            {
                (ours.last, ours.owner_print) = (last, record.owner_print);
            }
            let number = number.unwrap_or_else(|| {
                keys.add(
                    hash,
                    KeyRecord {
                        key,
                        last,
                        sum,
                        ..record
                    },
                )
            });
            (number, hash)
        };
        other.into_records().map(merge).collect()
    }

    /// Gives the numbers that the other's groups have here, and their hashes.
    fn merge_groups(
        &mut self,
        other: Table<GroupRecord>,
        key_numbers: &[(Number, Wide)],
        numbers: Renumbering<'_>,
    ) -> Vec<(Number, Wide)> {
        let Self {
            seed,
            words,
            files,
            groups,
            ..
        } = self;
        let order = Order { words, files };
        let merge = |record: GroupRecord| {
            let &(key, key_hash) = key_numbers.get(record.key as usize)?;
            let (service, sum) = (numbers.word(record.service), numbers.sum(record.sum));
            let hash = prints::group(*seed, key_hash, words.text(service).as_bytes());
            let number = groups.find(hash);
            if let Some(ours) = number.and_then(|number| groups.get_mut(number)) {
                ours.sum.merge(&sum, &order);
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
        other_sums: Option<Blocks<Sum>>,
        group_numbers: &[(Number, Wide)],
        numbers: Renumbering<'_>,
    ) {
        let Self {
            seed,
            words,
            files,
            entries,
            sums,
            ..
        } = self;
        let seed = *seed;
        let order = Order { words, files };
        let hash_of = |word: Word| seed.bytes(words.text(word).as_bytes());
        let mut other_sums = other_sums.map(Blocks::into_iter);
        for record in other.into_records() {
            let sum = other_sums
                .as_mut()
                .and_then(Iterator::next)
                .map(|sum| numbers.sum(sum));
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
                    prints::resource(seed, group_hash, named)
                }
                None if kind == Kind::EVENT => prints::event(seed, group_hash, hash_of(name)),
                None => prints::ip(seed, group_hash, hash_of(name)),
            };
            if let Some(number) = entries.find(hash) {
                if let (Some(sums), Some(sum)) = (&mut *sums, sum)
                    && let Some(ours) = sums.get_mut(number)
                {
                    ours.merge(&sum, &order);
                }
            } else {
                entries.add(
                    hash,
                    EntryRecord {
                        check: hash.check,
                        group,
                        kind,
                        name,
                    },
                );
                if let (Some(sums), Some(sum)) = (&mut *sums, sum) {
                    sums.push(sum);
                }
            }
        }
    }

    /// Every key, in no particular order.
    pub fn keys(&self) -> impl Iterator<Item = KeyUse<'_>> {
        self.keys.iter().map(|record| KeyUse {
            access_key_id: self.words.text(record.key),
            tally: self.tally(&record.sum),
            account_id: self.words.text(record.last.account_id),
            owner_id: self.words.text(record.last.owner_id),
            user_name: self.words.text(record.last.user_name),
            account_type: self.words.text(record.last.account_type),
            last_service: self.words.text(record.last.service),
            last_event: self.words.text(record.last.event),
            last_ip: self.words.text(record.last.ip),
        })
    }

    /// How many distinct names each key has, in the order of [`Self::keys`].
    pub fn distinct(&self) -> Vec<Distinct> {
        let mut distinct = vec![Distinct::default(); self.keys.len()];
        for group in self.groups.iter() {
            if let Some(key) = distinct.get_mut(group.key as usize) {
                key.services += 1;
            }
        }
        // Names of one key stand together when sorted, and equal ones of its services side by side.
        let mut names: Vec<(Number, u64)> = self
            .entries
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
        distinct
    }

    /// Every entry under a key and a service, in no particular order; of one key only, if one is
    /// named. Where only keys were folded, there are none but those of services.
    pub fn entries(&self, access_key_id: Option<&str>) -> impl Iterator<Item = Entry<'_>> {
        let only = access_key_id.map(|key| self.keys.find(self.seed.bytes(key.as_bytes())));
        let wanted = move |group: &GroupRecord| only.is_none_or(|only| only == Some(group.key));
        let services = self
            .groups
            .iter()
            .filter(move |group| wanted(group))
            .map(|group| {
                self.entry(
                    Dimension::Service,
                    group,
                    Vocabulary::EMPTY,
                    Vocabulary::EMPTY,
                    &group.sum,
                )
            });
        let sums = self.sums.iter().flat_map(Blocks::iter);
        let others = self
            .entries
            .iter()
            .zip(sums)
            .filter_map(move |(record, sum)| {
                let group = self
                    .groups
                    .get(record.group)
                    .filter(|group| wanted(group))?;
                let (dimension, resource_type) = match record.kind.resource_type() {
                    Some(resource_type) => (Dimension::Resource, resource_type),
                    None if record.kind == Kind::EVENT => (Dimension::Event, Vocabulary::EMPTY),
                    None => (Dimension::Ip, Vocabulary::EMPTY),
                };
                Some(self.entry(dimension, group, resource_type, record.name, sum))
            });
        services.chain(others)
    }

    fn entry(
        &self,
        dimension: Dimension,
        group: &GroupRecord,
        resource_type: Word,
        name: Word,
        sum: &Sum,
    ) -> Entry<'_> {
        let key = self
            .keys
            .get(group.key)
            .map(|key| key.key)
            .unwrap_or_default();
        Entry {
            dimension,
            access_key_id: self.words.text(key),
            service_name: self.words.text(group.service),
            resource_type: self.words.text(resource_type),
            name: self.words.text(name),
            tally: self.tally(sum),
        }
    }

    fn tally(&self, sum: &Sum) -> Tally<'_> {
        Tally {
            first: self.sighting(&sum.first),
            last: self.sighting(&sum.last),
            events: sum.events(),
            errors: sum.errors(),
            source: sum.last.source(),
        }
    }

    fn sighting(&self, moment: &Moment) -> Sighting<'_> {
        let log_file = self
            .files
            .get(moment.file as usize)
            .map_or(Path::new(""), PathBuf::as_path);
        Sighting {
            time: moment.time(),
            event_id: moment.event_id(&self.words),
            place: Place {
                log_file,
                record: moment.record,
            },
        }
    }
}

/// Where an event's entries under its key and service are folded in.
struct Below<'a> {
    words: &'a mut Vocabulary,
    files: &'a [PathBuf],
    entries: &'a mut Table<EntryRecord>,
    sums: &'a mut Option<Blocks<Sum>>,
    group: Number,
    sum: Sum,
}

impl Below<'_> {
    /// Folds the event into the entry of such a hash; gives the word of its name.
    #[inline]
    fn add(
        &mut self,
        hash: Wide,
        name: &str,
        name_hash: Wide,
        kind: impl FnOnce(&mut Vocabulary) -> Kind,
    ) -> Word {
        let Self {
            words,
            files,
            entries,
            sums,
            group,
            sum,
        } = self;
        if let Some(number) = entries.find(hash) {
            if let Some(ours) = sums.as_mut().and_then(|sums| sums.get_mut(number)) {
                ours.merge(sum, &Order { words, files });
            }
            return entries
                .get(number)
                .map(|record| record.name)
                .unwrap_or_default();
        }
        let (kind, name) = (kind(words), words.hashed(name, name_hash));
        entries.add(
            hash,
            EntryRecord {
                check: hash.check,
                group: *group,
                kind,
                name,
            },
        );
        if let Some(sums) = sums {
            sums.push(*sum);
        }
        name
    }
}

/// How many names of each kind a key has, each once, whatever the service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Distinct {
    /// Services.
    pub services: u64,
    /// Event names.
    pub event_names: u64,
    /// Source IPs.
    pub ips: u64,
    /// Resources, by type and name.
    pub resources: u64,
}

/// From the numbers of another fold to those of this one.
#[derive(Clone, Copy)]
struct Renumbering<'a> {
    /// The words, by their numbers there.
    words: &'a [Word],
    /// How many log files stand before the other's.
    files: u32,
}

impl Renumbering<'_> {
    fn word(self, word: Word) -> Word {
        self.words.get(word as usize).copied().unwrap_or_default()
    }

    fn sum(self, sum: Sum) -> Sum {
        sum.renumbered(self.words, self.files)
    }
}

impl LastCall {
    /// The identity of an event's caller; the call itself is filled in by who knows its words.
    fn of(event: &Event<'_>, words: &mut Vocabulary) -> Self {
        Self {
            account_id: words.word(event.account_id),
            owner_id: words.word(event.owner_id),
            user_name: words.word(event.user_name),
            account_type: words.word(event.account_type),
            service: Vocabulary::EMPTY,
            event: Vocabulary::EMPTY,
            ip: Vocabulary::EMPTY,
        }
    }

    fn renumbered(self, numbers: Renumbering<'_>) -> Self {
        let word = |word| numbers.word(word);
        Self {
            account_id: word(self.account_id),
            owner_id: word(self.owner_id),
            user_name: word(self.user_name),
            account_type: word(self.account_type),
            service: word(self.service),
            event: word(self.event),
            ip: word(self.ip),
        }
    }
}
