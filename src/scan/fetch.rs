//! Reads single records again, as they stand in their log files, on one thread.

use std::collections::{BTreeMap, BTreeSet};

use crate::archive::{Archive, LogFileKey, TextReader};
use crate::event::{Reader, Record};
use crate::usage::Occurrence;

/// Reads the records of some events again.
///
/// Returns one text for each, in the same order; `None` where the record at that place is not this
/// event, since the log file has changed or cannot be read twice. Bytes that are no UTF-8 become
/// U+FFFD.
///
/// ```
/// use keytrail::archive::Archive;
/// use keytrail::scan::{self, Progress, Scope, Sources, UsageOptions};
/// use keytrail::usage::Usage as _;
/// # use keytrail::scan::{ReaderKind, ScanOptions};
/// # use keytrail::usage::Seed;
/// # let options = ScanOptions {
/// #     threads: None,
/// #     reader: ReaderKind::default(),
/// #     seed: Seed::random(),
/// #     search: true,
/// # };
///
/// let sources = Sources::from(Archive::open(&["testdata/archive/single"])?);
/// let (scope, progress) = (Scope::default(), Progress::default());
/// let answer = scan::usage(&sources, &options, &scope, &UsageOptions::default(), &progress)?;
/// answer.of.keys(Some("LTAI5tBackupEXAMPLE00003"), &mut |key, _counts| {
///     let last_use = scan::fetch_records(&sources.archive, &[&key.tally.last]);
///     assert!(last_use[0].as_ref().is_some_and(|record| record.contains(key.access_key_id)));
///     Ok(())
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn fetch_records(archive: &Archive, events: &[&Occurrence<'_>]) -> Vec<Option<String>> {
    let mut wanted: BTreeMap<LogFileKey, Vec<(u32, usize)>> = BTreeMap::new();
    for (index, event) in events.iter().enumerate() {
        let place = event.place;
        wanted
            .entry(LogFileKey::new(place.root, place.log_file))
            .or_default()
            .push((place.record, index));
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
                while let Some(&(number, index)) =
                    records.next_if(|(number, _)| *number <= record.number)
                {
                    let is_same = events.get(index).is_some_and(|event| {
                        number == record.number
                            && event.time == record.event.time
                            && event.event_id.as_text() == record.event.event_id
                    });
                    if is_same && let Some(slot) = texts.get_mut(index) {
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
    use crate::scan::Sources;
    use crate::scan::{Progress, ReaderKind, ScanOptions, Scope, UsageOptions, usage};
    use crate::usage::{Seed, Usage as _};

    #[test]
    fn an_event_that_has_taken_the_place_of_another_is_not_returned() {
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
            search: true,
        };
        let sources = Sources::from(archive);
        let answer = usage(
            &sources,
            &options,
            &Scope::default(),
            &UsageOptions::default(),
            &Progress::default(),
        );
        let usage = answer.unwrap().of;
        let fetched = || {
            let mut fetched = Vec::new();
            let visited = usage.keys(None, &mut |key, _counts| {
                fetched = fetch_records(&sources.archive, &[&key.tally.last]);
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
