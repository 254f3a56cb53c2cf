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
use table::{Keyed, Number, Table};
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
    sum: Sum,
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
    pub fn new(seed: Seed) -> Self {
        Self {
            seed,
            words: Vocabulary::new(seed),
            files: Vec::new(),
            keys: Table::new(),
            groups: Table::new(),
            entries: Table::new(),
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
                        key: words.word(event.access_key_id),
                        owner_print: prints.owner,
                        last: LastCall::of(event, words),
                        sum: sum.uncounted(),
                    };
                    keys.add(prints.key, record)
                });
                let service = words.word(event.service_name);
                (
                    groups.add(
                        prints.group,
                        GroupRecord {
                            check: prints.group.check,
                            key,
                            service,
                            sum,
                        },
                    ),
                    true,
                )
            }
        };
        let Some(record) = groups.get_mut(group) else {
            return;
        };
        if !new {
            record.sum.merge(&sum, &Order { words, files });
        }
        let (key, service) = (record.key, record.service);

        let mut add = |words: &mut Vocabulary,
                       hash: Wide,
                       kind: &dyn Fn(&mut Vocabulary) -> Kind,
                       name: &str| {
            match entries.find(hash) {
                Some(number) => {
                    let record = entries.get_mut(number)?;
                    record.sum.merge(&sum, &Order { words, files });
                    Some(record.name)
                }
                None => {
                    let (kind, name) = (kind(words), words.word(name));
                    entries.add(
                        hash,
                        EntryRecord {
                            check: hash.check,
                            group,
                            kind,
                            name,
                            sum,
                        },
                    );
                    Some(name)
                }
            }
        };
        let mut name = Vocabulary::EMPTY;
        if !event.event_name.is_empty() {
            name = add(words, prints.event, &|_| Kind::EVENT, event.event_name).unwrap_or_default();
        }
        let mut ip = Vocabulary::EMPTY;
        if !event.source_ip.is_empty() {
            ip = add(words, prints.ip, &|_| Kind::IP, event.source_ip).unwrap_or_default();
        }
        for (resource, hash) in event.resources.iter().zip(&prints.resources) {
            let kind = |words: &mut Vocabulary| Kind::resource(words.word(resource.resource_type));
            add(words, *hash, &kind, resource.name);
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
            groups,
            entries,
        } = self;
        let seed = *seed;
        let file_offset = u32::try_from(files.len()).expect("fewer than 2³² log files");
        files.extend(other.files);
        let renumbered: Vec<Word> = other.words.texts().map(|text| words.word(text)).collect();
        let word = |word: Word| renumbered.get(word as usize).copied().unwrap_or_default();
        let order = Order { words, files };
        let text = |word: Word| order.words.text(word).as_bytes();
        let sum = |sum: Sum| sum.renumbered(&renumbered, file_offset);

        // The numbers that the other's keys and groups have here, and their hashes.
        let mut key_numbers = Vec::new();
        for record in other.keys.into_records() {
            let record = KeyRecord {
                key: word(record.key),
                last: record.last.renumbered(word),
                sum: sum(record.sum),
                ..record
            };
            let hash = seed.bytes(text(record.key));
            let number = match keys.find(hash) {
                Some(number) => {
                    if let Some(ours) = keys.get_mut(number)
                        && ours.sum.merge(&record.sum, &order)
                    {
                        (ours.last, ours.owner_print) = (record.last, record.owner_print);
                    }
                    number
                }
                None => keys.add(hash, record),
            };
            key_numbers.push((number, hash));
        }
        let mut group_numbers = Vec::new();
        for record in other.groups.into_records() {
            let Some(&(key, key_hash)) = key_numbers.get(record.key as usize) else {
                continue;
            };
            let service = word(record.service);
            let record = GroupRecord {
                key,
                service,
                sum: sum(record.sum),
                ..record
            };
            let hash = prints::group(seed, key_hash, text(service));
            let number = match groups.find(hash) {
                Some(number) => {
                    if let Some(ours) = groups.get_mut(number) {
                        ours.sum.merge(&record.sum, &order);
                    }
                    number
                }
                None => groups.add(hash, record),
            };
            group_numbers.push((number, hash));
        }
        for record in other.entries.into_records() {
            let Some(&(group, group_hash)) = group_numbers.get(record.group as usize) else {
                continue;
            };
            let name = word(record.name);
            let (kind, hash) = match record.kind.resource_type() {
                Some(resource_type) => {
                    let resource_type = word(resource_type);
                    let hash = prints::named(seed, text(resource_type), text(name));
                    (
                        Kind::resource(resource_type),
                        prints::resource(seed, group_hash, hash),
                    )
                }
                None if record.kind == Kind::EVENT => {
                    (record.kind, prints::event(seed, group_hash, text(name)))
                }
                None => (record.kind, prints::ip(seed, group_hash, text(name))),
            };
            let record = EntryRecord {
                group,
                kind,
                name,
                sum: sum(record.sum),
                ..record
            };
            match entries
                .find(hash)
                .and_then(|number| entries.get_mut(number))
            {
                Some(ours) => {
                    ours.sum.merge(&record.sum, &order);
                }
                None => {
                    entries.add(hash, record);
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

    /// Every entry under a key and a service, in no particular order; of one key only, if one is
    /// named.
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
        let others = self.entries.iter().filter_map(move |record| {
            let group = self
                .groups
                .get(record.group)
                .filter(|group| wanted(group))?;
            let (dimension, resource_type) = match record.kind.resource_type() {
                Some(resource_type) => (Dimension::Resource, resource_type),
                None if record.kind == Kind::EVENT => (Dimension::Event, Vocabulary::EMPTY),
                None => (Dimension::Ip, Vocabulary::EMPTY),
            };
            Some(self.entry(dimension, group, resource_type, record.name, &record.sum))
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

    fn renumbered(self, word: impl Fn(Word) -> Word) -> Self {
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
