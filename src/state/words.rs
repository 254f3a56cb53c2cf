//! A column of texts: each distinct one once, and a code for each value.
//!
//! Code 0 is the empty text, which no optional column stores: missing and empty mean the same.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use ::parquet::basic::Encoding;
use ::parquet::data_type::ByteArray;
use ::parquet::file::statistics::Statistics;
use ::parquet::schema::types::ColumnDescPtr;

use super::chunk::{Chunk, ChunkEncoder, ChunkPage, EncodedChunk, Levels, take_levels, take_text};
use super::hybrid;
use super::table_error::TableError;
use crate::usage::Seed;

/// How many rows a page has. With 4,096 the file is 1 % larger, and DuckDB reads it slower.
pub(super) const PAGE_ROWS: usize = 1 << 14;

/// The longest text that is told as the smallest or the greatest of a chunk.
const LONGEST_BOUND: usize = 64;

/// What a distinct text takes beside its bytes, and what a value takes.
const WORD: usize = 24;
const CODE: usize = size_of::<u32>();

/// The texts of a column that is being filled.
#[derive(Default)]
pub(super) struct WordColumn {
    /// All distinct texts, one after the other, and where each ends.
    text: String,
    ends: Vec<usize>,
    /// Codes by their texts.
    table: HashTable<u32>,
    codes: Vec<u32>,
    last: u32,
}

impl WordColumn {
    /// Adds a value; returns about how many bytes it takes.
    pub(super) fn push(&mut self, text: &str, seed: Seed) -> usize {
        let words = self.ends.len();
        // Most values are empty, or that of the row before.
        if !text.is_empty() && word(&self.text, &self.ends, self.last) != text {
            self.last = self.code(text, seed);
        }
        self.codes.push(if text.is_empty() { 0 } else { self.last });
        if self.ends.len() == words {
            CODE
        } else {
            CODE + WORD + text.len()
        }
    }

    fn code(&mut self, text: &str, seed: Seed) -> u32 {
        let Self {
            text: texts,
            ends,
            table,
            ..
        } = self;
        let entry = table.entry(
            seed.hash64(text.as_bytes()),
            |&code| word(texts, ends, code) == text,
            |&code| seed.hash64(word(texts, ends, code).as_bytes()),
        );
        match entry {
            Entry::Occupied(entry) => *entry.get(),
            Entry::Vacant(entry) => {
                texts.push_str(text);
                ends.push(texts.len());
                // A group has far fewer values than a code can number; the last one would be doubled.
                let code = u32::try_from(ends.len()).unwrap_or(u32::MAX);
                entry.insert(code);
                code
            }
        }
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
        self.table.clear();
        self.codes.clear();
        self.last = 0;
    }

    fn words(&self) -> impl Iterator<Item = &str> {
        let codes = 1..=u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        codes.map(|code| word(&self.text, &self.ends, code))
    }

    /// Encodes it as an optional column; with the smallest and the greatest text, if that is asked for.
    pub(super) fn encode(
        &self,
        column: ColumnDescPtr,
        bounds: bool,
    ) -> Result<EncodedChunk, TableError> {
        let mut encoder = ChunkEncoder::new(column, Encoding::RLE_DICTIONARY, true);
        encoder.dictionary(self.words())?;
        let width = hybrid::width_of(self.ends.len());
        let (mut levels, mut codes) = (Vec::new(), Vec::new());
        for page in self.codes.chunks(PAGE_ROWS) {
            levels.clear();
            levels.extend(page.iter().map(|code| u32::from(*code != 0)));
            codes.clear();
            codes.extend(page.iter().filter_map(|code| code.checked_sub(1)));
            let levels = Levels {
                values: &levels,
                greatest: 1,
            };
            encoder.page(page.len(), &[levels], |out| {
                push_codes(&codes, width, out);
                Ok(())
            })?;
        }
        encoder.finish(if bounds { self.statistics() } else { None })
    }

    /// Encodes it as a required column in lists of these lengths.
    pub(super) fn encode_lists(
        &self,
        column: ColumnDescPtr,
        lengths: &[u32],
    ) -> Result<EncodedChunk, TableError> {
        let mut encoder = ChunkEncoder::new(column, Encoding::RLE_DICTIONARY, true);
        encoder.dictionary(std::iter::once("").chain(self.words()))?;
        let width = hybrid::width_of(self.ends.len() + 1);
        let (mut repetitions, mut definitions) = (Vec::new(), Vec::new());
        let mut rest = &*self.codes;
        for page in lengths.chunks(PAGE_ROWS) {
            repetitions.clear();
            definitions.clear();
            for &length in page {
                let length = length as usize;
                repetitions.push(0);
                repetitions.resize(repetitions.len() + length.saturating_sub(1), 1);
                definitions.push(if length == 0 { EMPTY_LIST } else { ELEMENT });
                definitions.resize(repetitions.len(), ELEMENT);
            }
            let elements = page.iter().map(|length| *length as usize).sum();
            let codes;
            (codes, rest) = rest.split_at(elements);
            let levels = [(&repetitions, 1), (&definitions, 2)];
            let levels = levels.map(|(values, greatest)| Levels { values, greatest });
            encoder.page(page.len(), &levels, |out| {
                push_codes(codes, width, out);
                Ok(())
            })?;
        }
        encoder.finish(None)
    }

    fn statistics(&self) -> Option<Statistics> {
        let (smallest, greatest) = (self.words().min()?, self.words().max()?);
        let is_short = smallest.len() <= LONGEST_BOUND && greatest.len() <= LONGEST_BOUND;
        let nulls = self.codes.iter().filter(|code| **code == 0).count() as u64;
        let bound = |text: &str| Some(ByteArray::from(text));
        is_short.then(|| {
            Statistics::byte_array(bound(smallest), bound(greatest), None, Some(nulls), false)
        })
    }
}

/// The definition level of a list with nothing in it, and that of an element.
const EMPTY_LIST: u32 = 1;
const ELEMENT: u32 = 2;

fn word<'w>(text: &'w str, ends: &[usize], code: u32) -> &'w str {
    let Some(place) = (code as usize).checked_sub(1) else {
        return "";
    };
    let start = place.checked_sub(1).and_then(|before| ends.get(before));
    let end = ends.get(place).copied().unwrap_or_default();
    text.get(start.copied().unwrap_or_default()..end)
        .unwrap_or_default()
}

fn push_codes(codes: &[u32], width: u32, out: &mut Vec<u8>) {
    out.extend(width.to_le_bytes().first());
    hybrid::encode(codes, width, out);
}

/// A column of texts as it was read.
#[derive(Default)]
pub(super) struct ReadWords {
    /// The pages of the dictionary, from which the words are taken.
    text: Vec<u8>,
    words: usize,
    /// A code for each value; 0 is the empty text.
    codes: Vec<u32>,
    /// The lengths of lists, where the column is in lists.
    pub(super) lengths: Vec<u32>,
}

impl ReadWords {
    /// Reads a column of texts, in lists or not.
    pub(super) fn read(mut chunk: Chunk) -> Result<Self, TableError> {
        let mut read = Self::default();
        read.take_dictionary(&mut chunk)?;
        let (rows, in_lists) = (chunk.rows, chunk.column.max_rep_level() > 0);
        while let Some(page) = chunk.next_page()? {
            let taken = match page {
                ChunkPage::Dictionary { .. } => None,
                ChunkPage::Values { body, count } if in_lists => read.take_lists(&body, count),
                ChunkPage::Values { body, count } => read.take_values(&body, count),
            };
            taken.ok_or(TableError::Damaged("a page of texts"))?;
        }
        let found = if in_lists {
            read.lengths.len()
        } else {
            read.codes.len()
        };
        if found != rows || read.codes.iter().any(|code| *code as usize > read.words) {
            return Err(TableError::Damaged("a column of texts"));
        }
        Ok(read)
    }

    /// Reads the distinct texts alone.
    pub(super) fn read_dictionary(mut chunk: Chunk) -> Result<Self, TableError> {
        let mut read = Self::default();
        read.take_dictionary(&mut chunk)?;
        Ok(read)
    }

    fn take_dictionary(&mut self, chunk: &mut Chunk) -> Result<(), TableError> {
        let Some(ChunkPage::Dictionary { body, count }) = chunk.next_page()? else {
            return Err(TableError::Damaged("a column of texts has no dictionary"));
        };
        self.text = body.to_vec();
        self.words = count;
        Ok(())
    }

    fn take_values(&mut self, mut body: &[u8], count: usize) -> Option<()> {
        let mut levels = Vec::with_capacity(count);
        take_levels(&mut body, 1, count, &mut levels)?;
        let present = levels.iter().filter(|level| **level == 1).count();
        let start = self.codes.len();
        take_codes(body, present, &mut self.codes)?;
        if present == count {
            for code in self.codes.iter_mut().skip(start) {
                *code = code.checked_add(1)?;
            }
        } else {
            let mut present = self.codes.split_off(start).into_iter();
            for level in levels {
                let code = if level == 1 {
                    present.next()?.checked_add(1)?
                } else {
                    0
                };
                self.codes.push(code);
            }
        }
        Some(())
    }

    fn take_lists(&mut self, mut body: &[u8], count: usize) -> Option<()> {
        let (mut repetitions, mut definitions) = (Vec::new(), Vec::new());
        take_levels(&mut body, 1, count, &mut repetitions)?;
        take_levels(&mut body, 2, count, &mut definitions)?;
        let mut elements = 0;
        for (repetition, definition) in repetitions.into_iter().zip(definitions) {
            if repetition == 0 {
                self.lengths.push(0);
            }
            if definition == ELEMENT {
                *self.lengths.last_mut()? += 1;
                elements += 1;
            }
        }
        let start = self.codes.len();
        take_codes(body, elements, &mut self.codes)?;
        for code in self.codes.iter_mut().skip(start) {
            *code = code.checked_add(1)?;
        }
        Some(())
    }

    /// The texts by their codes, of which the first is the empty one.
    pub(super) fn words(&self) -> Result<Vec<&str>, TableError> {
        let mut words = vec![""];
        let mut rest = &*self.text;
        for _ in 0..self.words {
            words.push(take_text(&mut rest).ok_or(TableError::Damaged("a text"))?);
        }
        Ok(words)
    }

    pub(super) fn codes(&self) -> &[u32] {
        &self.codes
    }
}

fn take_codes(body: &[u8], count: usize, out: &mut Vec<u32>) -> Option<()> {
    let (width, codes) = body.split_first()?;
    if !(1..=32).contains(width) {
        return None;
    }
    hybrid::decode(codes, u32::from(*width), count, out)
}
