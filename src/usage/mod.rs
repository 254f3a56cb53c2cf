//! What events add up to: for every AccessKey the services, events, IPs and resources it used,
//! each with first use, last use and counts.
//!
//! Pure: no files, no JSON, no threads. [`UsageMap::merge`] is commutative and associative and
//! every tie is broken by a total order, so no schedule can show in an answer.

mod entries;
mod event_hashes;
mod hash;
mod log_files;
mod moment;
mod names;
mod seen_events;
mod sum;
mod table;
mod vocabulary;

use std::sync::Arc;

use crate::event::Event;

use entries::Entries;
use hash::Wide;
use log_files::LogFiles;
use moment::{Moment, PackedId};
use names::Names;
use sum::{Order, Sum};
use table::{Keyed, Number, Table};
use vocabulary::{Vocabulary, Word};

pub use crate::event::{Place, Source};
pub use event_hashes::EventHashes;
pub use hash::Seed;
pub use moment::EventId;
pub use seen_events::{Fingerprint, SeenEvents, hour};

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
pub struct Occurrence<'a> {
    /// Event time, in milliseconds since 1970 UTC.
    pub time: i64,
    /// `eventId`; may be empty.
    pub event_id: EventId<'a>,
    /// Where the record stands.
    pub place: Place<'a>,
}

/// First and last use, counts, and the source of the last event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally<'a> {
    /// First use.
    pub first: Occurrence<'a>,
    /// Last use.
    pub last: Occurrence<'a>,
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
    files: LogFiles,
    keys: Table<KeyRecord>,
    below: Below,
}

/// What is kept below the keys, by [`UsageDetail`].
enum Below {
    /// Every entry with what it adds up to.
    Entries(Entries),
    /// The names alone.
    Names(Names),
}

/// How much of a key's use is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UsageDetail {
    /// Every entry with its first and last use and its counts.
    #[default]
    Entries,
    /// The keys, and how many distinct names each has. Takes a tenth of the memory.
    CountsOnly,
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
    service: Named,
    event: Named,
    ip: Named,
}

/// A text of the last call: its word, and the hash that tells whether the next call has the same.
#[derive(Clone, Copy, Default)]
struct Named {
    word: Word,
    hash: u64,
}

impl Keyed for KeyRecord {
    fn check(&self) -> u64 {
        self.check
    }
}

impl UsageMap {
    /// An empty fold.
    pub fn new(seed: Seed, detail: UsageDetail) -> Self {
        Self {
            seed,
            words: Vocabulary::new(seed),
            files: LogFiles::default(),
            keys: Table::new(),
            below: match detail {
                UsageDetail::Entries => Below::Entries(Entries::new(seed)),
                UsageDetail::CountsOnly => Below::Names(Names::new()),
            },
        }
    }

    /// Names the log file that the next events come from, by the number of its root and its path
    /// below it. It is never opened; the key is kept as evidence, and breaks ties.
    pub fn begin_log_file(&mut self, root: u32, path: Arc<[u8]>) {
        self.files.push(root, path);
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
    pub fn observe(&mut self, event: &Event<'_>, prints: &EventHashes, record: u32, counted: bool) {
        if event.access_key_id.is_empty() {
            return;
        }
        let Self {
            seed,
            words,
            files,
            keys,
            below,
        } = self;
        let failed = !event.error_code.is_empty();
        let known = keys.find(prints.key);
        // Most events are neither the first nor the last of their key; of these a key counts no more
        // than that they are there.
        if let Below::Names(names) = below
            && let Some(key) = known
            && let Some(record) = keys.get_mut(key)
            && record.sum.encloses(event.time)
        {
            names.observe(key, event, prints, *seed);
            record.sum.count(counted, failed);
            return;
        }
        let file = files.len().saturating_sub(1);
        let id = PackedId::pack(event.event_id, words);
        let moment = Moment::new(event.time, id, event.source, file, record);
        let sum = Sum::of(moment, counted, failed);

        let key = known.unwrap_or_else(|| {
            let record = KeyRecord {
                check: prints.key.check,
                key: words.hashed(event.access_key_id, prints.key),
                owner_print: prints.owner,
                last: LastCall::of(event, words),
                sum: sum.uncounted(),
            };
            keys.add(prints.key, record)
        });
        match below {
            Below::Entries(entries) => {
                entries.observe(key, event, prints, &sum, words, files);
            }
            Below::Names(names) => names.observe(key, event, prints, *seed),
        }
        let Some(record) = keys.get_mut(key) else {
            return;
        };
        if record.sum.merge(&sum, &Order { words, files }) {
            if record.owner_print != prints.owner {
                record.owner_print = prints.owner;
                record.last = LastCall::of(event, words);
            }
            record.last.call(event, prints, words);
        }
    }

    /// Adds what another part of the same archive gave, folded with the same seed and detail.
    /// Commutative and associative but for the order in which entries are handed out, which means
    /// nothing.
    ///
    /// # Panics
    ///
    /// As [`Self::observe`].
    pub fn merge(&mut self, other: Self) {
        let files = self.files.len();
        self.files.append(other.files);
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
        match (&mut self.below, other.below) {
            (Below::Entries(ours), Below::Entries(theirs)) => {
                ours.merge(theirs, &keys, renumbering, &self.words, &self.files);
            }
            (Below::Names(ours), Below::Names(theirs)) => {
                ours.merge(theirs, |key| Some(keys.get(key as usize)?.0));
            }
            // Folds of different details are no parts of one scan; the keys are all they share.
            (Below::Entries(_), Below::Names(_)) | (Below::Names(_), Below::Entries(_)) => {}
        }
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

    /// Every key, in no particular order.
    pub fn keys(&self) -> impl Iterator<Item = KeyUse<'_>> {
        self.keys.iter().map(|record| KeyUse {
            access_key_id: self.words.text(record.key),
            tally: self.tally(&record.sum),
            account_id: self.words.text(record.last.account_id),
            owner_id: self.words.text(record.last.owner_id),
            user_name: self.words.text(record.last.user_name),
            account_type: self.words.text(record.last.account_type),
            last_service: self.words.text(record.last.service.word),
            last_event: self.words.text(record.last.event.word),
            last_ip: self.words.text(record.last.ip.word),
        })
    }

    /// How many distinct names each key has, in the order of [`Self::keys`].
    pub fn distinct(&self) -> Vec<Distinct> {
        let mut distinct = vec![Distinct::default(); self.keys.len()];
        match &self.below {
            Below::Entries(entries) => entries.count(&mut distinct),
            Below::Names(names) => names.count(&mut distinct),
        }
        distinct
    }

    /// Every entry under a key and a service, in no particular order; of one key only, if one is
    /// named. Where only keys were folded, there are none.
    pub fn entries(&self, access_key_id: Option<&str>) -> impl Iterator<Item = Entry<'_>> {
        let only = access_key_id.map(|key| self.keys.find(self.seed.bytes(key.as_bytes())));
        let entries = match &self.below {
            Below::Entries(entries) => Some(entries),
            Below::Names(_) => None,
        };
        entries
            .into_iter()
            .flat_map(Entries::iter)
            .filter(move |stored| only.is_none_or(|only| only == Some(stored.key)))
            .map(|stored| Entry {
                dimension: stored.dimension,
                access_key_id: self.words.text(
                    self.keys
                        .get(stored.key)
                        .map(|key| key.key)
                        .unwrap_or_default(),
                ),
                service_name: self.words.text(stored.service),
                resource_type: self.words.text(stored.resource_type),
                name: self.words.text(stored.name),
                tally: self.tally(stored.sum),
            })
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

    fn sighting(&self, moment: &Moment) -> Occurrence<'_> {
        Occurrence {
            time: moment.time(),
            event_id: moment.event_id(&self.words),
            place: self.files.place(moment.file, moment.record),
        }
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
    /// The identity of an event's caller; [`Self::call`] fills in the call itself.
    fn of(event: &Event<'_>, words: &mut Vocabulary) -> Self {
        Self {
            account_id: words.word(event.account_id),
            owner_id: words.word(event.owner_id),
            user_name: words.word(event.user_name),
            account_type: words.word(event.account_type),
            service: Named::default(),
            event: Named::default(),
            ip: Named::default(),
        }
    }

    /// Takes service, name and address of an event. Most have some of them from the one before.
    fn call(&mut self, event: &Event<'_>, prints: &EventHashes, words: &mut Vocabulary) {
        for (named, text, hash) in [
            (&mut self.service, event.service_name, prints.service),
            (&mut self.event, event.event_name, prints.event_name),
            (&mut self.ip, event.source_ip, prints.source_ip),
        ] {
            if named.hash != hash.place {
                *named = Named {
                    word: words.hashed(text, hash),
                    hash: hash.place,
                };
            }
        }
    }

    fn renumbered(self, numbers: Renumbering<'_>) -> Self {
        let word = |word| numbers.word(word);
        let named = |named: Named| Named {
            word: word(named.word),
            ..named
        };
        Self {
            account_id: word(self.account_id),
            owner_id: word(self.owner_id),
            user_name: word(self.user_name),
            account_type: word(self.account_type),
            service: named(self.service),
            event: named(self.event),
            ip: named(self.ip),
        }
    }
}
