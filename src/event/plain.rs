//! The plain way through a record: one written as a trail writes it, without white space.
//!
//! It goes from quote to quote, and looks at no more of a name than tells the wanted names from
//! each other; the names of what it has taken are compared in full at the end. Where anything is
//! unforeseen, `careful` begins again.

use super::bitmaps::Quote;
use super::fields::{FIELDS, IDENTITY, Member, Resource, TOP, add_resource};
use super::stretch::{LOOK, Span, Stop, Stretch};

/// What a member's name seems to mean: the slot of a `Field`, or one of those below.
type Code = u8;

const IDENTITY_CODE: Code = above(0);
const REFERENCES_CODE: Code = above(1);
/// Nothing that is wanted.
const OTHER: Code = above(2);

/// How many names are wanted.
const WANTED: usize = OTHER as usize;

#[expect(clippy::cast_possible_truncation, reason = "there are two dozen codes")]
const fn above(more: usize) -> Code {
    (FIELDS + more) as Code
}

/// A place for what has each code, and more: a power of two.
const CODES: usize = 32;

/// The names that the plain way knows.
pub(super) struct Plain {
    top: Names<TOP_SKIP>,
    identity: Names<IDENTITY_SKIP>,
    /// The wanted names, by their codes.
    wanted: [Name; WANTED],
}

/// Which four letters tell the names at the top level from each other: `Time`, `Name`, `Id":`.
const TOP_SKIP: usize = 5;
/// And those of `userIdentity`: `acce`, `acco`, `type`.
const IDENTITY_SKIP: usize = 0;

/// What has been found of a record so far.
struct Found<'f, 't> {
    /// The quotes around the names and the values of strings, by their codes.
    quotes: [[Quote; 4]; CODES],
    /// How many strings have seemed wanted.
    strings: u32,
    /// The codes of members that are wanted and no strings.
    others: u32,
    resources: &'f mut Vec<Resource<'t>>,
}

impl Plain {
    pub(super) fn new() -> Self {
        let mut wanted = [Name::of(""); WANTED];
        let top = TOP.iter().map(|&(name, member)| (name, code(member)));
        let identity = IDENTITY.iter().map(|&(name, field)| (name, field as Code));
        for (name, code) in top.clone().chain(identity.clone()) {
            if let Some(slot) = wanted.get_mut(usize::from(code)) {
                *slot = Name::of(name);
            }
        }
        Self {
            top: Names::of(&top.collect::<Vec<_>>()),
            identity: Names::of(&identity.collect::<Vec<_>>()),
            wanted,
        }
    }

    /// Goes through the record whose opening bracket is at `open`: says where the wanted text
    /// stands, adds the resources that are referenced, and gives the place of the close.
    #[inline(always)]
    pub(super) fn record<'t>(
        &self,
        stretch: Stretch<'_, 't>,
        open: usize,
        spans: &mut [Span; FIELDS],
        resources: &mut Vec<Resource<'t>>,
    ) -> Result<usize, Stop> {
        let mut found = Found {
            quotes: [[Quote::default(); 4]; CODES],
            strings: 0,
            others: 0,
            resources,
        };
        let close = self.members::<true, TOP_SKIP>(stretch, &self.top, open, &mut found)?;
        let mut there = 0_u32;
        let mut slash = false;
        let mut differs = Words::default();
        for (((span, quotes), name), bit) in spans
            .iter_mut()
            .zip(&found.quotes)
            .zip(&self.wanted)
            .zip(0..)
        {
            let &[start, _, value, value_end] = quotes;
            // No value ends at 0.
            let is_there = value_end != Quote::default();
            *span = Span::of(value.at() + usize::from(is_there), value_end);
            slash |= value_end.has_slash();
            there |= u32::from(is_there) << bit;
            let found = name.differs(stretch, start.at(), is_there);
            for (all, found) in differs.iter_mut().zip(found) {
                *all |= found;
            }
        }
        // A doubled name, or a string in place of an object, makes the counts differ.
        if there.count_ones() != found.strings
            || there & found.others != 0
            || differs != Words::default()
        {
            return Err(Stop::Unforeseen);
        }
        if slash {
            stretch.escaped.set(true);
        }
        Ok(close)
    }

    /// Goes through the members of an object; gives the place of its close.
    ///
    /// A member that holds a string is stored whether it is wanted or not, at a place of its own if
    /// it is: which members an event has, and in which order, no processor can foresee, and what it
    /// does not have to foresee it does not get wrong.
    #[inline(always)]
    fn members<'t, const IS_TOP: bool, const SKIP: usize>(
        &self,
        stretch: Stretch<'_, 't>,
        names: &Names<SKIP>,
        open: usize,
        found: &mut Found<'_, 't>,
    ) -> Result<usize, Stop> {
        let maps = stretch.maps;
        let length = stretch.text.len();
        let mut at = open + 1;
        let mut rank = maps.rank(at);
        loop {
            let quotes = maps.four(rank);
            let [start, end, _, value_end] = quotes;
            if !start.is_plainly_at(at) {
                return if at == open + 1 && stretch.look(at) == b'}' {
                    Ok(at)
                } else {
                    Err(stretch.why(start.at()))
                };
            }
            if end.has_slash() {
                return Err(stretch.why(end.at()));
            }
            let (end, value_end) = (end.at(), value_end.at());
            let code = names.code(stretch, at + 1, end);
            if stretch.some(end + 1) == *b":\"" {
                if value_end >= length {
                    return Err(Stop::Overrun);
                }
                if let Some(slot) = found.quotes.get_mut(usize::from(code) % CODES) {
                    *slot = quotes;
                }
                found.strings += u32::from(code < OTHER);
                match stretch.look(value_end + 1) {
                    b',' => {
                        at = value_end + 2;
                        rank += 4;
                        continue;
                    }
                    b'}' => return Ok(value_end + 1),
                    _ => return Err(stretch.why(value_end + 1)),
                }
            }
            if stretch.byte(end + 1)? != b':' {
                return Err(Stop::Unforeseen);
            }
            let value = end + 2;
            let byte = stretch.byte(value)?;
            let is_container = matches!(byte, b'{' | b'[');
            let value_end = if code == OTHER {
                if is_container {
                    maps.close(value + 1).ok_or(Stop::Overrun)? + 1
                } else {
                    scalar(stretch, value)?
                }
            } else {
                self.wanted::<IS_TOP>(stretch, code, at, end, found)?
            };
            match stretch.byte(value_end)? {
                b',' => {
                    at = value_end + 1;
                    rank = maps.rank(at);
                }
                b'}' => return Ok(value_end),
                _ => return Err(Stop::Unforeseen),
            }
        }
    }

    /// Takes a value that is wanted and no string; gives the place after it.
    #[inline(always)]
    fn wanted<'t, const IS_TOP: bool>(
        &self,
        stretch: Stretch<'_, 't>,
        code: Code,
        start: usize,
        end: usize,
        found: &mut Found<'_, 't>,
    ) -> Result<usize, Stop> {
        let bit = 1 << code;
        if found.others & bit != 0 {
            return Err(Stop::Unforeseen);
        }
        found.others |= bit;
        let name = self.wanted.get(usize::from(code));
        if name.is_none_or(|name| name.differs(stretch, start, true) != Words::default()) {
            return Err(Stop::Unforeseen);
        }
        let value = end + 2;
        match (stretch.byte(value)?, code) {
            (b'{', IDENTITY_CODE) if IS_TOP => {
                let close =
                    self.members::<false, IDENTITY_SKIP>(stretch, &self.identity, value, found)?;
                Ok(close + 1)
            }
            (b'{', REFERENCES_CODE) if IS_TOP => references(stretch, value, found.resources),
            _ => stretch.null(value),
        }
    }
}

/// The place after a number or a word.
#[inline(always)]
fn scalar(stretch: Stretch<'_, '_>, mut at: usize) -> Result<usize, Stop> {
    loop {
        let byte = stretch.byte(at)?;
        if OF_SCALARS.get(usize::from(byte)) == Some(&true) {
            at += 1;
        } else if matches!(byte, b',' | b'}') {
            return Ok(at);
        } else {
            return Err(Stop::Unforeseen);
        }
    }
}

/// Whether a byte is one of those that numbers and words have.
const OF_SCALARS: [bool; 256] = {
    let mut are = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::indexing_slicing,
            reason = "at most 255, and const"
        )]
        {
            are[byte] =
                (byte as u8).is_ascii_alphanumeric() || matches!(byte as u8, b'+' | b'-' | b'.');
        }
        byte += 1;
    }
    are
};

/// Takes `referencedResources`, whose opening bracket is at `open`: type → list of names. Gives the
/// place after it.
#[inline(always)]
fn references<'t>(
    stretch: Stretch<'_, 't>,
    open: usize,
    resources: &mut Vec<Resource<'t>>,
) -> Result<usize, Stop> {
    let mut at = open + 1;
    let mut rank = stretch.maps.rank(at);
    loop {
        let [start, end, mut value, mut value_end] = stretch.maps.four(rank);
        if !start.is_plainly_at(at) {
            return if at == open + 1 && stretch.look(at) == b'}' {
                Ok(at + 1)
            } else {
                Err(stretch.why(start.at()))
            };
        }
        if stretch.some(end.at() + 1) != *b":[" || value.at() != end.at() + 3 {
            return Err(stretch.why(value.at()));
        }
        let resource_type = stretch.between(at, end)?;
        let close = loop {
            rank += 2;
            add_resource(
                resources,
                resource_type,
                stretch.between(value.at(), value_end)?,
            );
            let end = value_end.at() + 1;
            match stretch.look(end) {
                b']' => break end,
                b',' => {}
                _ => return Err(stretch.why(end)),
            }
            [value, value_end, _, _] = stretch.maps.four(rank + 2);
            if value.at() != end + 1 {
                return Err(stretch.why(value.at()));
            }
        };
        rank += 2;
        match stretch.byte(close + 1)? {
            b',' => at = close + 2,
            b'}' => return Ok(close + 2),
            _ => return Err(Stop::Unforeseen),
        }
    }
}

fn code(member: Member) -> Code {
    match member {
        Member::Text(field) => field as Code,
        Member::Identity => IDENTITY_CODE,
        Member::References => REFERENCES_CODE,
    }
}

/// How many looks of names are told apart.
const LOOKS: usize = 512;

/// What names seem to mean, by their length and the four letters after the first `SKIP`.
struct Names<const SKIP: usize> {
    multiplier: u32,
    codes: Box<[Code; LOOKS]>,
}

/// Names that events have and that are not wanted. They are told from the wanted ones at once;
/// those that nobody has thought of are once in a hundred times told at the end only.
const UNWANTED: [&str; 15] = [
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
    "userAgent",
];

impl<const SKIP: usize> Names<SKIP> {
    fn of(names: &[(&str, Code)]) -> Self {
        let mut tried = Self {
            multiplier: 0x9E37_79B1,
            codes: Box::new([OTHER; LOOKS]),
        };
        let unwanted = UNWANTED.iter().map(|&name| (name, OTHER));
        let look = |(name, code): (&str, Code)| {
            // Behind the last letter stands the quote, then the colon.
            let text = format!("{name}\":\"\"\"\"");
            let letters = text.as_bytes().get(SKIP..).and_then(<[u8]>::first_chunk);
            (letters.copied().unwrap_or_default(), name.len(), code)
        };
        let looks: Vec<_> = names.iter().copied().chain(unwanted).map(look).collect();
        // Some multiplier keeps two dozen names apart; the first are soon tried.
        for _ in 0..1 << 16 {
            let fits = looks.iter().all(|&(letters, length, code)| {
                let at = tried.place(letters, length);
                let slot = tried.codes.get_mut(at);
                slot.is_some_and(|slot| std::mem::replace(slot, code) == OTHER)
            });
            if fits {
                return tried;
            }
            tried.codes.fill(OTHER);
            tried.multiplier = tried.multiplier.wrapping_mul(0x915F_77F5).wrapping_add(2);
        }
        panic!("a name looks like a wanted one: other letters have to tell them apart")
    }

    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "a name is short here")]
    fn place(&self, letters: [u8; 4], length: usize) -> usize {
        let letters = u32::from_le_bytes(letters) | CASE;
        let mixed = (letters ^ (length as u32) << 8).wrapping_mul(self.multiplier);
        (mixed >> (32 - LOOKS.trailing_zeros())) as usize
    }

    /// What the name between two places seems to mean.
    #[inline(always)]
    fn code(&self, stretch: Stretch<'_, '_>, start: usize, end: usize) -> Code {
        let at = self.place(stretch.some(start + SKIP), end - start);
        self.codes.get(at).copied().unwrap_or(OTHER)
    }
}

/// The bit in which the cases of an ASCII letter differ, in each of four bytes.
const CASE: u32 = 0x2020_2020;

/// As much as is looked at together.
type Words = [u64; LOOK / 8];

/// A wanted name.
#[derive(Clone, Copy)]
struct Name {
    /// The name with its quotes, eight bytes a word.
    words: Words,
    /// The bits of them that count: none where the name is not there, all of the name where it is.
    /// A table, since no processor foresees which names are there.
    masks: [Words; 2],
}

impl Name {
    fn of(name: &str) -> Self {
        let quoted = format!("\"{name}\"");
        assert!(
            quoted.len() <= LOOK,
            "a name longer than what is looked at together"
        );
        let (mut words, mut all) = (Words::default(), Words::default());
        for ((word, mask), bytes) in words
            .iter_mut()
            .zip(&mut all)
            .zip(quoted.as_bytes().chunks(8))
        {
            for (byte, shift) in bytes.iter().zip((0..).step_by(8)) {
                *word |= u64::from(*byte) << shift;
                *mask |= 0xFF << shift;
            }
        }
        Self {
            words,
            masks: [Words::default(), all],
        }
    }

    /// Zero where the name whose first quote is at `open` is this one, with the same cases, or where
    /// it is not there.
    #[inline(always)]
    fn differs(&self, stretch: Stretch<'_, '_>, open: usize, is_there: bool) -> Words {
        let masks = self.masks.get(usize::from(is_there));
        let masks = masks.copied().unwrap_or([!0; LOOK / 8]);
        let bytes: [u8; LOOK] = stretch.some(open);
        let mut differs = Words::default();
        for (((differs, bytes), word), mask) in differs
            .iter_mut()
            .zip(bytes.as_chunks::<8>().0)
            .zip(self.words)
            .zip(masks)
        {
            *differs = (u64::from_le_bytes(*bytes) ^ word) & mask;
        }
        differs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_look_like_what_they_are() {
        let plain = Plain::new();
        let look = |name: &str, skip: usize| {
            let text = format!("{name}\":\"value\"");
            let letters = text.as_bytes()[skip..].first_chunk().copied().unwrap();
            (letters, name.len())
        };
        for &(name, member) in TOP {
            let (letters, length) = look(name, TOP_SKIP);
            let (shouted, _) = look(&name.to_uppercase(), TOP_SKIP);
            for letters in [letters, shouted] {
                let place = plain.top.place(letters, length);
                assert_eq!(plain.top.codes[place], code(member), "{name}");
            }
        }
        for &(name, field) in IDENTITY {
            let (letters, length) = look(name, IDENTITY_SKIP);
            let place = plain.identity.place(letters, length);
            assert_eq!(plain.identity.codes[place], field as Code, "{name}");
        }
        for name in UNWANTED {
            let (letters, length) = look(name, TOP_SKIP);
            assert_eq!(
                plain.top.codes[plain.top.place(letters, length)],
                OTHER,
                "{name}"
            );
        }
    }
}
