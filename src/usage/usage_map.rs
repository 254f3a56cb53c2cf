//! The fold: events are added one by one, folds of parts of an archive are merged.

use std::io;
use std::iter;
use std::sync::Arc;

use super::aggregate::{Aggregate, CallOutcome, EventOrder};
use super::chunked_vec::Id;
use super::dimension::Dimension;
use super::distinct_set::{DistinctSet, LatestNames};
use super::entry_store::{Counted, EntryStore};
use super::event_hashes::EventHashes;
use super::event_id::PackedId;
use super::event_ref::EventRef;
use super::hash::{Hash128, Seed};
use super::hash_index::{HashIndex, IndexedRecord};
use super::interface::Usage;
use super::interner::{Interner, Symbol};
use super::log_files::LogFiles;
use super::renumbering::Renumbering;
use super::views::{DistinctCounts, Entry, KeyUse, Occurrence, Tally};
use crate::event::Event;

/// What every AccessKey did, as far as events have been observed.
///
/// ```
/// use keytrail::event::{Reader, Record};
/// use keytrail::usage::{EventHashes, Seed, Usage as _, UsageDetail, UsageMap};
///
/// let text = br#"[{
///     "eventId": "E1",
///     "eventTime": "2024-03-05T09:21:32Z",
///     "serviceName": "Ecs",
///     "userIdentity": {"accessKeyId": "LTAI1"}
/// }]"#;
///
/// let seed = Seed::random();
/// let mut hashes = EventHashes::new(seed);
/// let mut usage = UsageMap::new(seed, UsageDetail::Entries);
/// usage.begin_log_file(0, b"trail/a.json".as_slice().into());
/// let mut reader = Reader::new();
/// reader.read(text, true, |record: &Record<'_>| {
///     hashes.compute(&record.event);
///     usage.observe(&record.event, &hashes, record.number, true.into());
/// });
/// reader.finish();
/// usage.end_log_file(true);
///
/// usage.keys(None, &mut |key, distinct| {
///     assert_eq!((key.access_key_id, key.tally.events), ("LTAI1", 1));
///     assert_eq!(distinct.services, 1);
///     assert_eq!(key.tally.last.place.log_file, b"trail/a.json");
///     Ok(())
/// })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct UsageMap {
    seed: Seed,
    interner: Interner,
    /// The size of the interner at which texts that are no longer needed are let go.
    interner_limit: usize,
    /// How many bytes of such texts are kept at least, so that letting go takes little time.
    slack: usize,
    log_files: LogFiles,
    keys: HashIndex<KeyRecord>,
    breakdown: Breakdown,
}

/// How many bytes of texts may be kept that are no longer needed.
const SLACK: usize = 1 << 20;

/// How much of a key's usage is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UsageDetail {
    /// Every entry with its first use, its last use and its counts.
    #[default]
    Entries,
    /// The same without the entries of regions, user agents and error codes, which take more time.
    WithoutRegions,
    /// The keys, and how many distinct names each has. Takes a tenth of the memory.
    CountsOnly,
}

/// What is kept under the keys, by [`UsageDetail`].
enum Breakdown {
    Entries(EntryStore),
    CountsOnly(DistinctSet),
}

struct KeyRecord {
    check: u64,
    key: Symbol,
    /// The hash of account, owner, user and type of the last event.
    identity: u64,
    last: LastCall,
    aggregate: Aggregate,
    latest: LatestNames,
}

/// What a key keeps of its last event beside the reference to it.
#[derive(Clone, Copy)]
struct LastCall {
    account_id: Symbol,
    owner_id: Symbol,
    user_name: Symbol,
    account_type: Symbol,
    service: CachedText,
    event: CachedText,
    ip: CachedText,
}

/// A symbol with the hash of its text, so that the same text is not looked up again.
#[derive(Clone, Copy, Default)]
struct CachedText {
    symbol: Symbol,
    hash: u64,
}

impl IndexedRecord for KeyRecord {
    fn check(&self) -> u64 {
        self.check
    }
}

impl UsageMap {
    /// An empty fold.
    pub fn new(seed: Seed, detail: UsageDetail) -> Self {
        Self {
            seed,
            interner: Interner::new(seed),
            interner_limit: SLACK,
            slack: SLACK,
            log_files: LogFiles::default(),
            keys: HashIndex::new(),
            breakdown: match detail {
                UsageDetail::Entries => Breakdown::Entries(EntryStore::new(seed, true)),
                UsageDetail::WithoutRegions => Breakdown::Entries(EntryStore::new(seed, false)),
                UsageDetail::CountsOnly => Breakdown::CountsOnly(DistinctSet::new()),
            },
        }
    }

    /// Begins a log file, from which the next events are: the number of its root, and its path below
    /// the root with `/` between the names. It is evidence and breaks ties; no file is opened.
    pub fn begin_log_file(&mut self, root: u32, path: Arc<[u8]>) {
        self.log_files.push(root, path);
    }

    /// Ends the log file begun last, and removes it where no event of it was observed.
    pub fn end_log_file(&mut self, observed: bool) {
        if !observed {
            self.log_files.pop();
        }
    }

    /// Adds an event; `hashes` are those of this event, `record` is the number of its record in the
    /// log file. An event without an AccessKey changes nothing. A duplicate can be the first or the
    /// last use and is not counted.
    ///
    /// # Panics
    ///
    /// With 2³² distinct texts, entries or log files, which no memory holds; so does `merge`.
    pub fn observe(
        &mut self,
        event: &Event<'_>,
        hashes: &EventHashes,
        record: u32,
        counted: Counted,
    ) {
        if event.access_key_id.is_empty() {
            return;
        }
        let Self {
            seed,
            interner,
            log_files,
            keys,
            breakdown,
            ..
        } = self;
        let outcome = CallOutcome::of(event);
        let known = keys.find(hashes.key);
        // Most events are neither the first nor the last of their key, and only add to its counts.
        if let Breakdown::CountsOnly(names) = breakdown
            && let Some(key) = known
            && let Some(record) = keys.get_mut(key)
            && record.aggregate.is_strictly_between(event.time)
        {
            names.observe(key, event, hashes, *seed, &mut record.latest);
            record.aggregate.count(event.time, counted.event, outcome);
            return;
        }
        let log_file = log_files.len().saturating_sub(1);
        let id = PackedId::pack(event.event_id, interner);
        let event_ref = EventRef::new(event.time, id, event.source, log_file, record);
        let aggregate = Aggregate::of(event_ref, counted.event, outcome);

        let key = known.unwrap_or_else(|| {
            let record = KeyRecord {
                check: hashes.key.check,
                key: interner.intern_hashed(event.access_key_id, hashes.key),
                identity: hashes.identity,
                last: LastCall::of(event, interner),
                aggregate: aggregate.without_counts(),
                latest: LatestNames::default(),
            };
            keys.insert(hashes.key, record)
        });
        match breakdown {
            Breakdown::Entries(entries) => {
                let observed = (event, event_ref);
                entries.observe(key, observed, hashes, outcome, counted, interner, log_files);
            }
            Breakdown::CountsOnly(names) => {
                if let Some(KeyRecord { latest, .. }) = keys.get_mut(key) {
                    names.observe(key, event, hashes, *seed, latest);
                }
            }
        }
        let Some(record) = keys.get_mut(key) else {
            return;
        };
        let order = EventOrder {
            interner,
            log_files,
        };
        if record.aggregate.merge(&aggregate, &order) {
            if record.identity != hashes.identity {
                record.identity = hashes.identity;
                record.last = LastCall::of(event, interner);
            }
            record.last.update(event, hashes, interner);
        }
        if self.interner.size() > self.interner_limit {
            self.let_go();
        }
    }

    /// Lets go of the texts that are no longer needed, such as the IDs of events that are neither the
    /// first nor the last of anything, if they are the greater part. Each time at least as much has been added as is
    /// looked at, so in all this takes time as the texts do.
    fn let_go(&mut self) {
        let mut live = vec![false; self.interner.len()];
        self.map_symbols(&mut |symbol| {
            if let Some(live) = live.get_mut(symbol as usize) {
                *live = true;
            }
            symbol
        });
        let live_size = self.interner.live_size(&live);
        // With less to let go of, two copies of what stays would need more memory than that.
        if live_size <= self.interner.size() / 2 {
            let (interner, symbols) = self.interner.retained(&live);
            self.interner = interner;
            self.map_symbols(&mut |symbol| {
                symbols.get(symbol as usize).copied().unwrap_or_default()
            });
        }
        let entries = self.breakdown.entries().map_or(0, EntryStore::len) as usize;
        let looked_at = 16 * (entries + self.keys.len());
        self.interner_limit =
            (2 * self.interner.size()).max(self.interner.size() + looked_at.max(self.slack));
    }

    /// Replaces all symbols that are needed.
    fn map_symbols(&mut self, map: &mut dyn FnMut(Symbol) -> Symbol) {
        for record in self.keys.iter_mut() {
            let KeyRecord {
                check: _,
                key,
                identity: _,
                last,
                aggregate,
                latest: _,
            } = record;
            *key = map(*key);
            last.map_symbols(map);
            aggregate.map_symbols(map);
        }
        if let Breakdown::Entries(entries) = &mut self.breakdown {
            entries.map_symbols(map);
        }
    }

    /// Adds the fold of another part of the same archive, with the same seed and detail.
    ///
    /// Commutative and associative in all that [`Usage`] visits, but for the order of a key's entries.
    ///
    /// # Panics
    ///
    /// As [`Self::observe`].
    pub fn merge(&mut self, mut other: Self) {
        other.let_go();
        let log_files = self.log_files.len();
        self.log_files.append(other.log_files);
        let symbols: Vec<Symbol> = other
            .interner
            .texts()
            .map(|text| self.interner.intern(text))
            .collect();
        let renumbering = Renumbering {
            symbols: &symbols,
            log_files,
        };
        let keys = self.merge_keys(other.keys, renumbering);
        match (&mut self.breakdown, other.breakdown) {
            (Breakdown::Entries(ours), Breakdown::Entries(theirs)) => {
                let order = EventOrder {
                    interner: &self.interner,
                    log_files: &self.log_files,
                };
                ours.merge(theirs, &keys, renumbering, &order);
            }
            (Breakdown::CountsOnly(ours), Breakdown::CountsOnly(theirs)) => {
                ours.merge(theirs, |key| Some(keys.get(key as usize)?.0));
            }
            // Folds of different detail are not parts of one scan and share no more than the keys.
            (Breakdown::Entries(_), Breakdown::CountsOnly(_))
            | (Breakdown::CountsOnly(_), Breakdown::Entries(_)) => {}
        }
        if self.interner.size() > self.interner_limit {
            self.let_go();
        }
    }

    /// Returns the numbers and the hashes that the other's keys have here.
    fn merge_keys(
        &mut self,
        other: HashIndex<KeyRecord>,
        renumbering: Renumbering<'_>,
    ) -> Vec<(Id, Hash128)> {
        let Self {
            seed,
            interner,
            log_files,
            keys,
            ..
        } = self;
        let order = EventOrder {
            interner,
            log_files,
        };
        let merge = |record: KeyRecord| {
            let key = renumbering.symbol(record.key);
            let last = record.last.renumbered(renumbering);
            let aggregate = record.aggregate.renumbered(renumbering);
            let hash = seed.hash128(interner.text(key).as_bytes());
            let found = keys.find(hash);
            if let Some(ours) = found.and_then(|id| keys.get_mut(id))
                && ours.aggregate.merge(&aggregate, &order)
            {
                (ours.last, ours.identity) = (last, record.identity);
            }
            let insert = || {
                let record = KeyRecord {
                    check: hash.check,
                    key,
                    identity: record.identity,
                    last,
                    aggregate,
                    latest: record.latest,
                };
                keys.insert(hash, record)
            };
            (found.unwrap_or_else(insert), hash)
        };
        other.into_records().map(merge).collect()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.keys.len() == 0
    }

    /// The numbers of all keys, or of this one, in ascending order of the keys' bytes.
    fn keys_in_order(&self, only: Option<&str>) -> Vec<Id> {
        if let Some(only) = only {
            let found = self.keys.find(self.seed.hash128(only.as_bytes()));
            return found.into_iter().collect();
        }
        let text = |id: &Id| self.keys.get(*id).map(|key| self.interner.text(key.key));
        let mut ids: Vec<Id> = (0..).take(self.keys.len()).collect();
        ids.sort_unstable_by(|one, other| text(one).cmp(&text(other)));
        ids
    }

    /// The numbers of the entries of these keys, each behind the position of its key, in this order.
    fn entries_in_order(&self, keys: &[Id]) -> Vec<(u32, u32)> {
        let Some(entries) = self.breakdown.entries() else {
            return Vec::new();
        };
        let mut positions = vec![None; self.keys.len()];
        for (position, &key) in (0..).zip(keys) {
            if let Some(slot) = positions.get_mut(key as usize) {
                *slot = Some(position);
            }
        }
        let mut numbers: Vec<(u32, u32)> = (0..entries.len())
            .filter_map(|number| {
                let key = entries.get(number)?.key;
                Some((positions.get(key as usize).copied()??, number))
            })
            .collect();
        numbers.sort_unstable();
        numbers
    }

    fn entry(&self, number: u32) -> Option<Entry<'_>> {
        let entry = self.breakdown.entries()?.get(number)?;
        Some(Entry {
            dimension: entry.dimension,
            service_name: self.interner.text(entry.service),
            resource_type: self.interner.text(entry.resource_type),
            name: self.interner.text(entry.name),
            tally: self.tally(entry.aggregate),
        })
    }

    fn key_use(&self, id: Id) -> Option<KeyUse<'_>> {
        let KeyRecord {
            key,
            last,
            aggregate,
            ..
        } = self.keys.get(id)?;
        let text = |symbol| self.interner.text(symbol);
        Some(KeyUse {
            access_key_id: text(*key),
            tally: self.tally(aggregate),
            account_id: text(last.account_id),
            owner_id: text(last.owner_id),
            user_name: text(last.user_name),
            account_type: text(last.account_type),
            last_service: text(last.service.symbol),
            last_event: text(last.event.symbol),
            last_ip: text(last.ip.symbol),
        })
    }

    /// How many distinct names each key has, in the order of the keys' numbers.
    fn distinct_counts(&self) -> Vec<DistinctCounts> {
        let mut counts = vec![DistinctCounts::default(); self.keys.len()];
        match &self.breakdown {
            Breakdown::Entries(entries) => entries.count(&mut counts),
            Breakdown::CountsOnly(names) => names.count(&mut counts),
        }
        counts
    }

    fn tally(&self, aggregate: &Aggregate) -> Tally<'_> {
        Tally {
            first: self.occurrence(&aggregate.first),
            last: self.occurrence(&aggregate.last),
            events: aggregate.events(),
            errors: aggregate.errors(),
            source: aggregate.last.source(),
            last_success: aggregate.last_success(),
            denied: aggregate.denied(),
        }
    }

    fn occurrence(&self, event: &EventRef) -> Occurrence<'_> {
        Occurrence {
            time: event.time(),
            event_id: event.event_id(&self.interner),
            place: self.log_files.place(event.log_file, event.record),
        }
    }
}

impl Usage for UsageMap {
    fn keys(
        &self,
        only: Option<&str>,
        visit: &mut dyn FnMut(&KeyUse<'_>, DistinctCounts) -> io::Result<()>,
    ) -> io::Result<()> {
        let counts = self.distinct_counts();
        for id in self.keys_in_order(only) {
            if let Some(key) = self.key_use(id)
                && let Some(&counts) = counts.get(id as usize)
            {
                visit(&key, counts)?;
            }
        }
        Ok(())
    }

    fn entries(
        &self,
        only: Option<&str>,
        dimension: Option<Dimension>,
        visit: &mut dyn FnMut(&KeyUse<'_>, &[Entry<'_>]) -> io::Result<()>,
    ) -> io::Result<()> {
        let keys = self.keys_in_order(only);
        let mut numbers = self.entries_in_order(&keys).into_iter().peekable();
        let mut entries = Vec::new();
        for (position, &key) in (0_u32..).zip(&keys) {
            let of_key = iter::from_fn(|| numbers.next_if(|&(of, _)| of == position));
            entries.clear();
            entries.extend(
                of_key
                    .filter_map(|(_, number)| self.entry(number))
                    .filter(|entry| dimension.is_none_or(|wanted| wanted == entry.dimension)),
            );
            if let Some(key) = self.key_use(key) {
                visit(&key, &entries)?;
            }
        }
        Ok(())
    }
}

impl Breakdown {
    fn entries(&self) -> Option<&EntryStore> {
        match self {
            Self::Entries(entries) => Some(entries),
            Self::CountsOnly(_) => None,
        }
    }
}

impl LastCall {
    /// The identity of an event's caller, without the call; [`Self::update`] adds that.
    fn of(event: &Event<'_>, interner: &mut Interner) -> Self {
        Self {
            account_id: interner.intern(event.account_id),
            owner_id: interner.intern(event.owner_id),
            user_name: interner.intern(event.user_name),
            account_type: interner.intern(event.account_type),
            service: CachedText::default(),
            event: CachedText::default(),
            ip: CachedText::default(),
        }
    }

    /// Takes over service, name and address of an event, where they differ from those of the last.
    fn update(&mut self, event: &Event<'_>, hashes: &EventHashes, interner: &mut Interner) {
        for (cached, text, hash) in [
            (&mut self.service, event.service_name, hashes.service),
            (&mut self.event, event.event_name, hashes.event_name),
            (&mut self.ip, event.source_ip, hashes.source_ip),
        ] {
            if cached.hash != hash.index {
                *cached = CachedText {
                    symbol: interner.intern_hashed(text, hash),
                    hash: hash.index,
                };
            }
        }
    }

    fn map_symbols(&mut self, map: &mut dyn FnMut(Symbol) -> Symbol) {
        let Self {
            account_id,
            owner_id,
            user_name,
            account_type,
            service,
            event,
            ip,
        } = self;
        for symbol in [account_id, owner_id, user_name, account_type] {
            *symbol = map(*symbol);
        }
        for cached in [service, event, ip] {
            cached.symbol = map(cached.symbol);
        }
    }

    /// The same call with the numbers of the fold that it is merged into.
    fn renumbered(self, renumbering: Renumbering<'_>) -> Self {
        let symbol = |symbol| renumbering.symbol(symbol);
        let cached = |cached: CachedText| CachedText {
            symbol: symbol(cached.symbol),
            ..cached
        };
        Self {
            account_id: symbol(self.account_id),
            owner_id: symbol(self.owner_id),
            user_name: symbol(self.user_name),
            account_type: symbol(self.account_type),
            service: cached(self.service),
            event: cached(self.event),
            ip: cached(self.ip),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Reader, Record};

    /// Folds events with long IDs, each later than the one before.
    fn fold(detail: UsageDetail, slack: usize, events: usize) -> UsageMap {
        let seed = Seed::random();
        let mut hashes = EventHashes::new(seed);
        let mut usage = UsageMap::new(seed, detail);
        (usage.slack, usage.interner_limit) = (slack, slack);
        usage.begin_log_file(0, b"a.json".as_slice().into());
        for number in 0..events {
            let id = format!("{number:0>400}");
            let key = ["LTAI1", "LTAI2", "LTAI3"][number % 3];
            let user = format!("user {number} with a name of its own");
            let name = ["Run", "Stop"][number % 2];
            let text = serde_json::json!({
                "eventId": id,
                "eventTime": format!("2024-03-05T{:02}:00:00Z", number * 7919 % 24),
                "eventName": name,
                "serviceName": "Ecs",
                "sourceIpAddress": "203.0.113.7",
                "userIdentity": {"accessKeyId": key, "userName": user},
            });
            let mut reader = Reader::new();
            reader.read(text.to_string().as_bytes(), true, |record: &Record<'_>| {
                hashes.compute(&record.event);
                usage.observe(
                    &record.event,
                    &hashes,
                    u32::try_from(number).unwrap(),
                    true.into(),
                );
            });
        }
        usage.end_log_file(true);
        usage
    }

    /// All that can be asked of a fold, as text.
    fn all(usage: &UsageMap) -> Vec<String> {
        let mut all = Vec::new();
        usage
            .keys(None, &mut |key, distinct| {
                all.push(format!("{key:?} {distinct:?}"));
                Ok(())
            })
            .unwrap();
        usage
            .entries(None, None, &mut |key, entries| {
                let mut entries: Vec<_> =
                    entries.iter().map(|entry| format!("{entry:?}")).collect();
                entries.sort();
                all.push(format!("{} {entries:?}", key.access_key_id));
                Ok(())
            })
            .unwrap();
        all
    }

    #[test]
    fn letting_go_of_texts_changes_no_answer() {
        for detail in [UsageDetail::Entries, UsageDetail::CountsOnly] {
            let kept = fold(detail, usize::MAX, 300);
            let mut let_go = fold(detail, 0, 300);
            assert_eq!(all(&let_go), all(&kept), "{detail:?}");
            assert!(
                let_go.interner.size() < kept.interner.size() / 4,
                "{detail:?}"
            );
            let_go.let_go();
            assert_eq!(all(&let_go), all(&kept), "{detail:?}");
        }
    }

    /// In 0.1.0 the ID of every event that once was the last one stayed.
    #[test]
    fn event_ids_of_an_unknown_form_are_let_go() {
        for detail in [UsageDetail::Entries, UsageDetail::CountsOnly] {
            let usage = fold(detail, SLACK, 6_000);
            assert!(usage.interner.size() < 3 * SLACK, "{detail:?}");
        }
    }
}
