//! What events add up to: for every AccessKey the services, events, IPs and resources it used,
//! each with first use, last use and counts.
//!
//! Pure: no files, no JSON, no threads. [`UsageMap::merge`] is commutative and associative and
//! every tie is broken by a total order, so no schedule can show in an answer.

mod hash;
mod moment;
mod once;
mod vocabulary;

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use hashbrown::HashTable;

use crate::event::Event;

use moment::{Moment, PackedId};
use vocabulary::{Vocabulary, Word};

pub use crate::event::Source;
pub use hash::Seed;
pub use once::{Fingerprint, Once, hour};

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
    keys: Slots<KeySlot>,
    entries: Slots<EntrySlot>,
}

/// Records in a table by what identifies them, and in the order in which they came.
struct Slots<S> {
    table: HashTable<u32>,
    slots: Vec<S>,
}

/// What identifies a record of [`Slots`].
trait Slot {
    fn hash(&self, seed: Seed) -> u64;
    fn is(&self, other: &Self) -> bool;
}

struct KeySlot {
    key: Word,
    sum: Sum,
    last: LastCall,
}

/// What a key keeps of its last event beside the moment.
#[derive(Clone, Copy, Default)]
struct LastCall {
    account_id: Word,
    owner_id: Word,
    user_name: Word,
    account_type: Word,
    service: Word,
    event: Word,
    ip: Word,
}

struct EntrySlot {
    dimension: Dimension,
    key: Word,
    service: Word,
    resource_type: Word,
    name: Word,
    sum: Sum,
}

/// What an entry sums up: commutative and associative in its events.
#[derive(Clone, Copy)]
struct Sum {
    first: Moment,
    last: Moment,
    events: u64,
    errors: u64,
}

impl Slot for KeySlot {
    fn hash(&self, seed: Seed) -> u64 {
        seed.pair(self.key.into(), 0)
    }

    fn is(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Slot for EntrySlot {
    fn hash(&self, seed: Seed) -> u64 {
        let owner = u64::from(self.key) << 32 | u64::from(self.service);
        let name = u64::from(self.resource_type) << 32 | u64::from(self.name);
        seed.pair(seed.pair(owner, name), self.dimension as u64)
    }

    fn is(&self, other: &Self) -> bool {
        (
            self.name,
            self.key,
            self.service,
            self.resource_type,
            self.dimension,
        ) == (
            other.name,
            other.key,
            other.service,
            other.resource_type,
            other.dimension,
        )
    }
}

impl<S: Slot> Slots<S> {
    fn new() -> Self {
        Self {
            table: HashTable::new(),
            slots: Vec::new(),
        }
    }

    /// The slot that is the same as the given one, or the given one itself, now kept; and whether
    /// it is new.
    fn find_or_keep(&mut self, slot: S, seed: Seed) -> (&mut S, bool) {
        let Self { table, slots } = self;
        let hash = slot.hash(seed);
        let found = table.find(hash, |&at| {
            slots.get(at as usize).is_some_and(|other| other.is(&slot))
        });
        let (at, new) = match found {
            Some(&at) => (at, false),
            None => {
                let at =
                    u32::try_from(slots.len()).expect("fewer than 2³² entries fit into memory");
                slots.push(slot);
                table.insert_unique(hash, at, |&at| {
                    slots
                        .get(at as usize)
                        .map(|slot| slot.hash(seed))
                        .unwrap_or_default()
                });
                (at, true)
            }
        };
        (
            slots
                .get_mut(at as usize)
                .expect("a number in the table is that of a slot"),
            new,
        )
    }
}

impl Sum {
    fn of(moment: Moment, counted: bool, failed: bool) -> Self {
        Self {
            first: moment,
            last: moment,
            events: counted.into(),
            errors: (counted && failed).into(),
        }
    }

    /// Adds another part of the same entry; says whether the last event is now the other's.
    fn merge(&mut self, other: &Self, order: &Order<'_>) -> bool {
        self.events += other.events;
        self.errors += other.errors;
        if order.cmp(&other.first, &self.first).is_lt() {
            self.first = other.first;
        }
        let later = order.cmp(&other.last, &self.last).is_gt();
        if later {
            self.last = other.last;
        }
        later
    }
}

/// The total order of moments: time, event id, path of the log file by its bytes, record number.
struct Order<'a> {
    words: &'a Vocabulary,
    files: &'a [PathBuf],
}

impl Order<'_> {
    fn cmp(&self, one: &Moment, other: &Moment) -> std::cmp::Ordering {
        one.cmp_event(other, self.words)
            .then_with(|| self.path(one).cmp(self.path(other)))
            .then_with(|| one.record.cmp(&other.record))
    }

    fn path(&self, moment: &Moment) -> &[u8] {
        self.files
            .get(moment.file as usize)
            .map(|path| path.as_os_str().as_encoded_bytes())
            .unwrap_or_default()
    }
}

impl UsageMap {
    /// An empty fold.
    pub fn new(seed: Seed) -> Self {
        Self {
            seed,
            words: Vocabulary::new(seed),
            files: Vec::new(),
            keys: Slots::new(),
            entries: Slots::new(),
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

    /// Folds one event in. One without an AccessKey changes nothing. `counted` is false for an
    /// event that has been counted before: it takes part in first and last only.
    ///
    /// # Panics
    ///
    /// With 2³² distinct texts, entries or log files, which no memory holds; so does `merge`.
    pub fn observe(&mut self, event: &Event<'_>, record: u32, counted: bool) {
        if event.access_key_id.is_empty() {
            return;
        }
        let Self {
            seed,
            words,
            files,
            keys,
            entries,
        } = self;
        let file = u32::try_from(files.len().saturating_sub(1)).expect("fewer than 2³² log files");
        let id = PackedId::pack(event.event_id, words);
        let moment = Moment::new(event.time, id, event.source, file, record);
        let sum = Sum::of(moment, counted, !event.error_code.is_empty());
        let key = words.word(event.access_key_id);
        let service = words.word(event.service_name);
        let name = words.word(event.event_name);
        let ip = words.word(event.source_ip);
        let nothing = words.word("");
        let last = LastCall {
            account_id: words.word(event.account_id),
            owner_id: words.word(event.owner_id),
            user_name: words.word(event.user_name),
            account_type: words.word(event.account_type),
            service,
            event: name,
            ip,
        };

        let order = Order { words, files };
        let (slot, new) = keys.find_or_keep(KeySlot { key, sum, last }, *seed);
        if !new && slot.sum.merge(&sum, &order) {
            slot.last = last;
        }

        let mut add = |words: &Vocabulary, dimension, resource_type, name| {
            let slot = EntrySlot {
                dimension,
                key,
                service,
                resource_type,
                name,
                sum,
            };
            let (slot, new) = entries.find_or_keep(slot, *seed);
            if !new {
                slot.sum.merge(&sum, &Order { words, files });
            }
        };
        add(words, Dimension::Service, nothing, nothing);
        if name != nothing {
            add(words, Dimension::Event, nothing, name);
        }
        if ip != nothing {
            add(words, Dimension::Ip, nothing, ip);
        }
        for resource in event.resources {
            let resource_type = words.word(&resource.resource_type);
            let name = words.word(&resource.name);
            add(words, Dimension::Resource, resource_type, name);
        }
    }

    /// Adds what another part of the same archive gave. Commutative and associative but for the
    /// order in which entries are handed out, which means nothing.
    ///
    /// # Panics
    ///
    /// As [`Self::observe`].
    pub fn merge(&mut self, other: Self) {
        let Self {
            seed,
            words,
            files,
            keys,
            entries,
        } = self;
        let file_offset = u32::try_from(files.len()).expect("fewer than 2³² log files");
        let renumbered: Vec<Word> = other.words.texts().map(|text| words.word(text)).collect();
        let word = |word: Word| renumbered.get(word as usize).copied().unwrap_or_default();
        let sum = |sum: Sum| Sum {
            first: sum.first.renumbered(&renumbered, file_offset),
            last: sum.last.renumbered(&renumbered, file_offset),
            ..sum
        };
        files.extend(other.files);
        let order = Order { words, files };
        for slot in other.keys.slots {
            let last = LastCall {
                account_id: word(slot.last.account_id),
                owner_id: word(slot.last.owner_id),
                user_name: word(slot.last.user_name),
                account_type: word(slot.last.account_type),
                service: word(slot.last.service),
                event: word(slot.last.event),
                ip: word(slot.last.ip),
            };
            let slot = KeySlot {
                key: word(slot.key),
                sum: sum(slot.sum),
                last,
            };
            let (sum, last) = (slot.sum, slot.last);
            let (slot, new) = keys.find_or_keep(slot, *seed);
            if !new && slot.sum.merge(&sum, &order) {
                slot.last = last;
            }
        }
        for slot in other.entries.slots {
            let slot = EntrySlot {
                dimension: slot.dimension,
                key: word(slot.key),
                service: word(slot.service),
                resource_type: word(slot.resource_type),
                name: word(slot.name),
                sum: sum(slot.sum),
            };
            let sum = slot.sum;
            let (slot, new) = entries.find_or_keep(slot, *seed);
            if !new {
                slot.sum.merge(&sum, &order);
            }
        }
    }

    /// Every key, in no particular order.
    pub fn keys(&self) -> impl Iterator<Item = KeyUse<'_>> {
        self.keys.slots.iter().map(|slot| KeyUse {
            access_key_id: self.words.text(slot.key),
            tally: self.tally(&slot.sum),
            account_id: self.words.text(slot.last.account_id),
            owner_id: self.words.text(slot.last.owner_id),
            user_name: self.words.text(slot.last.user_name),
            account_type: self.words.text(slot.last.account_type),
            last_service: self.words.text(slot.last.service),
            last_event: self.words.text(slot.last.event),
            last_ip: self.words.text(slot.last.ip),
        })
    }

    /// Every entry under a key and a service, in no particular order; of one key only, if one is named.
    pub fn entries(&self, access_key_id: Option<&str>) -> impl Iterator<Item = Entry<'_>> {
        let all = access_key_id.is_none();
        let only = access_key_id.and_then(|key| self.words.find(key));
        self.entries
            .slots
            .iter()
            .filter(move |slot| all || Some(slot.key) == only)
            .map(|slot| Entry {
                dimension: slot.dimension,
                access_key_id: self.words.text(slot.key),
                service_name: self.words.text(slot.service),
                resource_type: self.words.text(slot.resource_type),
                name: self.words.text(slot.name),
                tally: self.tally(&slot.sum),
            })
    }

    fn tally(&self, sum: &Sum) -> Tally<'_> {
        Tally {
            first: self.sighting(&sum.first),
            last: self.sighting(&sum.last),
            events: sum.events,
            errors: sum.errors,
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
