//! Wanted member names: a perfect-hash table that recognizes them by a signature, and patterns that
//! compare them in full.
//!
//! The signature of a name is its length and four of its letters, without regard to ASCII case.

use super::fields::{
    DETAIL_MEMBERS, EVENT_FIELD_COUNT, EVENT_MEMBERS, EventMember, FIELD_COUNT, IDENTITY_MEMBERS,
};
use super::window::{MAX_LOAD, TextWindow};

/// What a name means by its signature: the index of an `EventField`, or one of the codes below.
pub(super) type NameCode = u8;

pub(super) const IDENTITY: NameCode = code_after_fields(0);
pub(super) const REFERENCES: NameCode = code_after_fields(1);
/// A member that is not wanted.
pub(super) const UNWANTED: NameCode = code_after_fields(2);

pub(super) const WANTED_COUNT: usize = UNWANTED as usize;

#[expect(clippy::cast_possible_truncation, reason = "there are two dozen codes")]
const fn code_after_fields(offset: usize) -> NameCode {
    (FIELD_COUNT + offset) as NameCode
}

/// Whether a code is that of a member that is read for details only.
pub(super) fn is_detail(code: NameCode) -> bool {
    (EVENT_FIELD_COUNT..FIELD_COUNT).contains(&usize::from(code))
}

/// The members at the top level of a record that make its event, and their codes.
fn event_codes() -> impl Iterator<Item = (&'static str, NameCode)> {
    EVENT_MEMBERS.iter().map(|&(name, member)| {
        let code = match member {
            EventMember::Field(field) => field as NameCode,
            EventMember::Identity => IDENTITY,
            EventMember::References => REFERENCES,
        };
        (name, code)
    })
}

/// The members at the top level of a record that are read for details only, and their codes.
fn detail_codes() -> impl Iterator<Item = (&'static str, NameCode)> {
    let members = DETAIL_MEMBERS.iter();
    let codes = members.map(|&(name, field)| (name, field as NameCode));
    codes.filter(|&(_, code)| is_detail(code))
}

/// The wanted members of `userIdentity`, and their codes.
fn identity_codes() -> impl Iterator<Item = (&'static str, NameCode)> {
    IDENTITY_MEMBERS
        .iter()
        .map(|&(name, field)| (name, field as NameCode))
}

/// The slots of a table: enough of them that a perfect hash is soon found.
const SLOTS: usize = 512;

/// Members of records that are not wanted, where they are not wanted for details. They share no slot
/// with a wanted name, so they never make the compact parser bail; a few of a hundred other names do.
const UNWANTED_NAMES: [&str; 14] = [
    "additionalEventData",
    "apiVersion",
    "errorMessage",
    "eventAttributes",
    "eventRW",
    "eventSource",
    "eventType",
    "eventVersion",
    "insightDetails",
    "isGlobal",
    "requestId",
    "requestParameterJson",
    "requestParameters",
    "responseElements",
];

/// A perfect-hash table of names, by their length and the four letters after the first `SKIP`.
pub(super) struct NameTable<const SKIP: usize> {
    multiplier: u32,
    codes: Box<[NameCode; SLOTS]>,
}

/// The names at the top level of a record, distinguished by `Time`, `Name`, `Id":`.
pub(super) type RecordNames = NameTable<5>;

/// The names of `userIdentity`, distinguished by `acce`, `acco`, `type`.
pub(super) type IdentityNames = NameTable<0>;

impl RecordNames {
    /// The names of the members that make an event.
    pub(super) fn of_event() -> Self {
        Self::new(event_codes())
    }

    /// The names of the members that make an event and its details.
    pub(super) fn with_details() -> Self {
        Self::new(event_codes().chain(detail_codes()))
    }
}

impl Default for IdentityNames {
    fn default() -> Self {
        Self::new(identity_codes())
    }
}

impl<const SKIP: usize> NameTable<SKIP> {
    fn new(wanted: impl Iterator<Item = (&'static str, NameCode)>) -> Self {
        let mut table = Self {
            multiplier: 0x9E37_79B1,
            codes: Box::new([UNWANTED; SLOTS]),
        };
        let mut names: Vec<_> = wanted.collect();
        for name in UNWANTED_NAMES {
            if names.iter().all(|&(wanted, _)| wanted != name) {
                names.push((name, UNWANTED));
            }
        }
        // Searches for a multiplier that makes the hash perfect; the first few tries suffice.
        for _ in 0..1 << 16 {
            let is_perfect = names.iter().all(|&(name, code)| {
                let slot = table.slot(Self::letters(name), name.len());
                let slot = table.codes.get_mut(slot);
                slot.is_some_and(|slot| std::mem::replace(slot, code) == UNWANTED)
            });
            if is_perfect {
                return table;
            }
            table.codes.fill(UNWANTED);
            table.multiplier = table.multiplier.wrapping_mul(0x915F_77F5).wrapping_add(2);
        }
        panic!("two names have the same signature: it has to be of other letters")
    }

    /// The letters of a name's signature, also beyond its end: a quote and a colon follow a name.
    fn letters(name: &str) -> [u8; 4] {
        let text = format!("{name}\":\"\"\"\"");
        let letters = text.as_bytes().get(SKIP..).and_then(<[u8]>::first_chunk);
        letters.copied().unwrap_or_default()
    }

    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "a name is short here")]
    fn slot(&self, letters: [u8; 4], length: usize) -> usize {
        let letters = u32::from_le_bytes(letters) | CASE;
        let hash = (letters ^ (length as u32) << 8).wrapping_mul(self.multiplier);
        (hash >> (32 - SLOTS.trailing_zeros())) as usize
    }

    /// The code of the name between two positions, by its signature.
    #[inline(always)]
    pub(super) fn lookup(&self, window: TextWindow<'_, '_>, start: usize, end: usize) -> NameCode {
        let slot = self.slot(window.load(start + SKIP), end - start);
        self.codes.get(slot).copied().unwrap_or(UNWANTED)
    }
}

/// The bit in which the cases of an ASCII letter differ, in each of four bytes.
const CASE: u32 = 0x2020_2020;

pub(super) type NameWords = [u64; MAX_LOAD / 8];

/// A wanted name, to be compared in full.
#[derive(Clone, Copy, Default)]
pub(super) struct NamePattern {
    /// The name with its quotes, eight bytes a word.
    words: NameWords,
    /// The bits to compare: none where the name is absent, all where it is present. A table instead
    /// of a branch, because which names a record has is unpredictable.
    masks: [NameWords; 2],
}

impl NamePattern {
    /// The patterns of all wanted names, by their codes.
    pub(super) fn all() -> [Self; WANTED_COUNT] {
        let mut patterns = [Self::default(); WANTED_COUNT];
        for (name, code) in event_codes().chain(detail_codes()).chain(identity_codes()) {
            if let Some(pattern) = patterns.get_mut(usize::from(code)) {
                *pattern = Self::new(name);
            }
        }
        patterns
    }

    fn new(name: &str) -> Self {
        let quoted = format!("\"{name}\"");
        assert!(
            quoted.len() <= MAX_LOAD,
            "a name longer than what is loaded at once"
        );
        let (mut words, mut mask) = (NameWords::default(), NameWords::default());
        for ((word, mask), bytes) in words
            .iter_mut()
            .zip(&mut mask)
            .zip(quoted.as_bytes().chunks(8))
        {
            for (byte, shift) in bytes.iter().zip((0..).step_by(8)) {
                *word |= u64::from(*byte) << shift;
                *mask |= 0xFF << shift;
            }
        }
        Self {
            words,
            masks: [NameWords::default(), mask],
        }
    }

    /// The bits in which the name whose first quote is at `open` differs from this one, case
    /// included: zero where they are the same, or where `is_present` is false.
    #[inline(always)]
    pub(super) fn mismatch(
        &self,
        window: TextWindow<'_, '_>,
        open: usize,
        is_present: bool,
    ) -> NameWords {
        let masks = self.masks.get(usize::from(is_present));
        let masks = masks.copied().unwrap_or([!0; MAX_LOAD / 8]);
        let bytes: [u8; MAX_LOAD] = window.load(open);
        let mut mismatch = NameWords::default();
        for (((mismatch, bytes), word), mask) in mismatch
            .iter_mut()
            .zip(bytes.as_chunks::<8>().0)
            .zip(self.words)
            .zip(masks)
        {
            *mismatch = (u64::from_le_bytes(*bytes) ^ word) & mask;
        }
        mismatch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names have their codes in the table, in any case.
    fn check<const SKIP: usize>(
        table: &NameTable<SKIP>,
        names: impl Iterator<Item = (&'static str, NameCode)>,
    ) {
        for (name, code) in names {
            for spelled in [name.to_owned(), name.to_uppercase()] {
                let text = format!("{spelled}\":\"value\"");
                let letters = text.as_bytes()[SKIP..].first_chunk().copied().unwrap();
                assert_eq!(table.codes[table.slot(letters, name.len())], code, "{name}");
            }
        }
    }

    #[test]
    fn names_are_recognized_by_their_signatures() {
        let unwanted = UNWANTED_NAMES.map(|name| (name, UNWANTED));
        check(&RecordNames::of_event(), event_codes().chain(unwanted));
        let wanted = event_codes().chain(detail_codes());
        let is_wanted = |name| DETAIL_MEMBERS.iter().any(|&(wanted, _)| wanted == name);
        let unwanted = unwanted.into_iter().filter(|&(name, _)| !is_wanted(name));
        check(&RecordNames::with_details(), wanted.chain(unwanted));
        check(&IdentityNames::default(), identity_codes());
    }
}
