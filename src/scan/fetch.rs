//! Single records, read again as they stand in their log files.

use std::collections::{BTreeMap, BTreeSet};

use crate::archive::{Archive, LogFileKey, TextReader};
use crate::event::{Reader, Record};
use crate::usage::Occurrence;

/// Reads the records of some events again.
///
/// The answer has one text for each, in the same order; `None` where the record at that place is not
/// this event, since the log file has changed or cannot be read twice. Bytes that are no UTF-8
/// become U+FFFD.
pub fn fetch_records(archive: &Archive, events: &[&Occurrence<'_>]) -> Vec<Option<String>> {
    let mut wanted: BTreeMap<LogFileKey, Vec<(u32, usize)>> = BTreeMap::new();
    for (number, event) in events.iter().enumerate() {
        let place = event.place;
        wanted
            .entry(LogFileKey::new(place.root, place.log_file))
            .or_default()
            .push((place.record, number));
    }
    for records in wanted.values_mut() {
        records.sort_unstable();
    }
    let mut texts = vec![None; events.len()];
    let mut text_reader = TextReader::default();
    let mut reader = Reader::new();
    let keys: BTreeSet<_> = wanted.keys().collect();
    archive.find(&keys, &mut |log_file, streamed| {
        let Some(records) = wanted.get(&log_file.key) else {
            return;
        };
        let mut records = records.iter().peekable();
        archive.read(log_file, streamed, &mut text_reader, |text, last| {
            reader.read(text, last, |record: &Record<'_>| {
                while let Some(&(number, at)) =
                    records.next_if(|(number, _)| *number <= record.number)
                {
                    let is_it = events.get(at).is_some_and(|event| {
                        number == record.number
                            && event.time == record.event.time
                            && event.event_id.as_text() == record.event.event_id
                    });
                    if is_it && let Some(slot) = texts.get_mut(at) {
                        *slot = Some(String::from_utf8_lossy(record.text).into_owned());
                    }
                }
            })
        });
        reader.finish();
    });
    texts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::{Progress, ReaderKind, ScanOptions, Scope, UsageOptions, usage};
    use crate::usage::{Seed, Usage as _};

    #[test]
    fn another_event_at_the_place_of_one_is_not_taken_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        let event = |id: &str, second: u32| {
            format!(
                r#"[{{"eventId":"{id}","eventTime":"2024-03-05T09:21:0{second}Z","userIdentity":{{"accessKeyId":"k"}}}}]"#
            )
        };
        std::fs::write(&path, event("one", 1)).unwrap();
        let archive = Archive::open(&[&path]).unwrap();
        let options = ScanOptions {
            threads: None,
            reader: ReaderKind::default(),
            seed: Seed::random(),
        };
        let answer = usage(
            &archive,
            &options,
            &Scope::default(),
            &UsageOptions::default(),
            &Progress::default(),
        );
        let usage = answer.unwrap().of;
        let fetched = || {
            let mut fetched = Vec::new();
            let visited = usage.keys(None, &mut |key, _counts| {
                fetched = fetch_records(&archive, &[&key.tally.last]);
                Ok(())
            });
            visited.unwrap();
            fetched
        };
        assert_eq!(fetched(), [Some(event("one", 1)[1..].replace(']', ""))]);
        for (id, second) in [("two", 1), ("one", 2)] {
            std::fs::write(&path, event(id, second)).unwrap();
            assert_eq!(fetched(), [None]);
        }
        std::fs::remove_file(&path).unwrap();
        assert_eq!(fetched(), [None]);
    }
}
