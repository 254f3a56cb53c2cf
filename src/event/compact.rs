//! The compact parser of the selective reader: for a record without white space, as a trail writes
//! it.
//!
//! It goes from quote to quote, recognizes member names by a signature, and compares the wanted
//! names in full at the end. `general` parses the records that it does not support.

use super::bitmaps::Quote;
use super::event::Resource;
use super::fields::add_resource;
use super::name_table::{
    IDENTITY, IdentityNames, NameCode, NamePattern, NameTable, NameWords, REFERENCES, RecordNames,
    UNWANTED, WANTED_COUNT, is_detail,
};
use super::window::{Bail, TextWindow, ValueSpan};

/// A power of two above all codes, so that a code is an index without a branch.
const CODE_SLOTS: usize = 32;

pub(super) struct CompactParser {
    record_names: RecordNames,
    identity_names: IdentityNames,
    /// By the codes of the names.
    patterns: [NamePattern; WANTED_COUNT],
}

/// The members that are wanted by their signatures.
struct Candidates<'c, 't> {
    /// The quotes around the name and the string of a member, by the code of its name.
    quotes: [[Quote; 4]; CODE_SLOTS],
    /// The number of wanted members that hold strings.
    string_count: u32,
    /// A bit for the code of each wanted member that holds no string.
    non_strings: u32,
    resources: &'c mut Vec<Resource<'t>>,
}

impl CompactParser {
    /// A parser that looks for the names of a table.
    pub(super) fn new(record_names: RecordNames) -> Self {
        Self {
            record_names,
            identity_names: IdentityNames::default(),
            patterns: NamePattern::all(),
        }
    }

    /// Parses the record whose opening bracket is at `open`: sets the spans of the wanted values,
    /// adds the resources of `referencedResources`, and returns the position of the closing bracket.
    /// The spans are of the first `FIELDS` fields, which have to be all that the table has.
    #[inline(always)]
    pub(super) fn parse_record<'t, const FIELDS: usize>(
        &self,
        window: TextWindow<'_, 't>,
        open: usize,
        spans: &mut [ValueSpan; FIELDS],
        resources: &mut Vec<Resource<'t>>,
    ) -> Result<usize, Bail> {
        let mut candidates = Candidates {
            quotes: [[Quote::default(); 4]; CODE_SLOTS],
            string_count: 0,
            non_strings: 0,
            resources,
        };
        let close =
            self.parse_members::<true, _>(window, &self.record_names, open, &mut candidates)?;
        let mut present = 0_u32;
        let mut has_escapes = false;
        let mut mismatch = NameWords::default();
        for (((span, quotes), pattern), bit) in spans
            .iter_mut()
            .zip(&candidates.quotes)
            .zip(&self.patterns)
            .zip(0..)
        {
            let &[name, _, value, value_end] = quotes;
            // No value ends at position 0.
            let is_present = value_end != Quote::default();
            *span = ValueSpan::new(value.position() + usize::from(is_present), value_end);
            has_escapes |= value_end.has_backslash();
            present |= u32::from(is_present) << bit;
            let one = pattern.mismatch(window, name.position(), is_present);
            for (all, one) in mismatch.iter_mut().zip(one) {
                *all |= one;
            }
        }
        // The counts differ where a name is doubled, or holds a string in place of an object.
        if present.count_ones() != candidates.string_count
            || present & candidates.non_strings != 0
            || mismatch != NameWords::default()
        {
            return Err(Bail::Unsupported);
        }
        if has_escapes {
            window.has_escapes.set(true);
        }
        Ok(close)
    }

    /// Parses the members of the object whose opening bracket is at `open`, a record or its
    /// `userIdentity`. Returns the position of the closing bracket.
    ///
    /// Member order is unpredictable, so the quotes of a string member are stored whether it is
    /// wanted or not: it costs less than a mispredicted branch.
    #[inline(always)]
    fn parse_members<'t, const IS_RECORD: bool, const SKIP: usize>(
        &self,
        window: TextWindow<'_, 't>,
        names: &NameTable<SKIP>,
        open: usize,
        candidates: &mut Candidates<'_, 't>,
    ) -> Result<usize, Bail> {
        let bitmaps = window.bitmaps;
        let length = window.text.len();
        let mut position = open + 1;
        let mut rank = bitmaps.rank(position);
        loop {
            let quotes = bitmaps.next_quotes(rank);
            let [name, name_end, _, value_end] = quotes;
            if !name.is_at_without_backslash(position) {
                return if position == open + 1 && window.byte_or_padding(position) == b'}' {
                    Ok(position)
                } else {
                    Err(window.bail_reason(name.position()))
                };
            }
            if name_end.has_backslash() {
                return Err(window.bail_reason(name_end.position()));
            }
            let (name_end, value_end) = (name_end.position(), value_end.position());
            let code = names.lookup(window, position + 1, name_end);
            if window.load(name_end + 1) == *b":\"" {
                if value_end >= length {
                    return Err(Bail::NeedMoreText);
                }
                if let Some(slot) = candidates.quotes.get_mut(usize::from(code) % CODE_SLOTS) {
                    *slot = quotes;
                }
                candidates.string_count += u32::from(code < UNWANTED);
                match window.byte_or_padding(value_end + 1) {
                    b',' => {
                        position = value_end + 2;
                        rank += 4;
                        continue;
                    }
                    b'}' => return Ok(value_end + 1),
                    _ => return Err(window.bail_reason(value_end + 1)),
                }
            }
            if window.byte(name_end + 1)? != b':' {
                return Err(Bail::Unsupported);
            }
            let value = name_end + 2;
            let byte = window.byte(value)?;
            let is_container = matches!(byte, b'{' | b'[');
            let end = if code == UNWANTED {
                if is_container {
                    skip_container(window, value)?
                } else {
                    skip_scalar(window, value)?
                }
            } else {
                self.parse_non_string::<IS_RECORD>(window, code, position, value, candidates)?
            };
            match window.byte(end)? {
                b',' => {
                    position = end + 1;
                    rank = bitmaps.rank(position);
                }
                b'}' => return Ok(end),
                _ => return Err(Bail::Unsupported),
            }
        }
    }

    /// Parses the value of a wanted member that holds no string; returns the position after it.
    #[inline(always)]
    fn parse_non_string<'t, const IS_RECORD: bool>(
        &self,
        window: TextWindow<'_, 't>,
        code: NameCode,
        name: usize,
        value: usize,
        candidates: &mut Candidates<'_, 't>,
    ) -> Result<usize, Bail> {
        let bit = 1 << code;
        if candidates.non_strings & bit != 0 {
            return Err(Bail::Unsupported);
        }
        candidates.non_strings |= bit;
        let pattern = self.patterns.get(usize::from(code));
        let is_name =
            |pattern: &NamePattern| pattern.mismatch(window, name, true) == NameWords::default();
        if !pattern.is_some_and(is_name) {
            return Err(Bail::Unsupported);
        }
        match (window.byte(value)?, code) {
            (b'{', IDENTITY) if IS_RECORD => {
                let names = &self.identity_names;
                Ok(self.parse_members::<false, _>(window, names, value, candidates)? + 1)
            }
            (b'{', REFERENCES) if IS_RECORD => {
                parse_references(window, value, candidates.resources)
            }
            // It is the same as missing.
            (b'{' | b'[', code) if is_detail(code) => skip_container(window, value),
            _ => window.null(value),
        }
    }
}

/// The position after the object or array whose opening bracket is at `open`.
#[inline(always)]
fn skip_container(window: TextWindow<'_, '_>, open: usize) -> Result<usize, Bail> {
    let close = window.bitmaps.matching_close(open + 1);
    Ok(close.ok_or(Bail::NeedMoreText)? + 1)
}

/// The position after a number, `true`, `false` or `null`.
#[inline(always)]
fn skip_scalar(window: TextWindow<'_, '_>, mut position: usize) -> Result<usize, Bail> {
    loop {
        let byte = window.byte(position)?;
        if IS_IN_SCALARS.get(usize::from(byte)) == Some(&true) {
            position += 1;
        } else if matches!(byte, b',' | b'}') {
            return Ok(position);
        } else {
            return Err(Bail::Unsupported);
        }
    }
}

/// Whether a byte occurs in numbers, `true`, `false` or `null`.
const IS_IN_SCALARS: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::indexing_slicing,
            reason = "at most 255, and const"
        )]
        {
            table[byte] =
                (byte as u8).is_ascii_alphanumeric() || matches!(byte as u8, b'+' | b'-' | b'.');
        }
        byte += 1;
    }
    table
};

/// Parses `referencedResources`, whose opening bracket is at `open`: type → list of names. Returns
/// the position after it.
#[inline(always)]
fn parse_references<'t>(
    window: TextWindow<'_, 't>,
    open: usize,
    resources: &mut Vec<Resource<'t>>,
) -> Result<usize, Bail> {
    let bitmaps = window.bitmaps;
    let mut position = open + 1;
    let mut rank = bitmaps.rank(position);
    loop {
        let [start, end, mut name, mut name_end] = bitmaps.next_quotes(rank);
        if !start.is_at_without_backslash(position) {
            return if position == open + 1 && window.byte_or_padding(position) == b'}' {
                Ok(position + 1)
            } else {
                Err(window.bail_reason(start.position()))
            };
        }
        if window.load(end.position() + 1) != *b":[" || name.position() != end.position() + 3 {
            return Err(window.bail_reason(name.position()));
        }
        let resource_type = window.string(position, end)?;
        let close = loop {
            rank += 2;
            add_resource(
                resources,
                resource_type,
                window.string(name.position(), name_end)?,
            );
            let end = name_end.position() + 1;
            match window.byte_or_padding(end) {
                b']' => break end,
                b',' => {}
                _ => return Err(window.bail_reason(end)),
            }
            [name, name_end, _, _] = bitmaps.next_quotes(rank + 2);
            if name.position() != end + 1 {
                return Err(window.bail_reason(name.position()));
            }
        };
        rank += 2;
        match window.byte(close + 1)? {
            b',' => position = close + 2,
            b'}' => return Ok(close + 2),
            _ => return Err(Bail::Unsupported),
        }
    }
}
