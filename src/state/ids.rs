//! A column of IDs: UUIDs with upper-case digits as 16 bytes, any other ID as text.
//!
//! The bytes have no logical type, since Spark refuses files that have columns of UUIDs
//! (apache/spark#55684), and are not compressed, since they are random.

use ::parquet::basic::Encoding;
use ::parquet::schema::types::ColumnDescPtr;

use super::chunk::{
    Chunk, ChunkEncoder, ChunkPage, EncodedChunk, Levels, push_text, take_levels, take_text,
};
use super::table_error::TableError;
use super::words::PAGE_ROWS;
use crate::usage::{pack_upper_uuid, upper_uuid};

/// How an ID is stored.
#[derive(Clone, Copy, PartialEq, Eq)]
enum IdKind {
    /// It is not: there is none, or it stands in another column.
    Missing,
    Uuid,
    Text,
}

/// The IDs of a column that is being filled.
#[derive(Default)]
pub(super) struct IdColumn {
    kinds: Vec<IdKind>,
    uuids: Vec<[u8; 16]>,
    /// The other IDs, one after the other, and where each ends.
    text: String,
    ends: Vec<usize>,
}

impl IdColumn {
    /// Adds an ID, of which an empty one is missing; returns about how many bytes it takes.
    pub(super) fn push(&mut self, id: &str) -> usize {
        let (kind, size) = if id.is_empty() {
            (IdKind::Missing, 0)
        } else if let Some(uuid) = pack_upper_uuid(id) {
            self.uuids.push(uuid);
            (IdKind::Uuid, uuid.len())
        } else {
            self.text.push_str(id);
            self.ends.push(self.text.len());
            (IdKind::Text, id.len() + size_of::<usize>())
        };
        self.kinds.push(kind);
        size
    }

    pub(super) fn clear(&mut self) {
        self.kinds.clear();
        self.uuids.clear();
        self.text.clear();
        self.ends.clear();
    }

    /// Encodes the UUIDs as one column and the other IDs as another.
    pub(super) fn encode(
        &self,
        uuids: ColumnDescPtr,
        texts: ColumnDescPtr,
    ) -> Result<[EncodedChunk; 2], TableError> {
        let mut uuid = self.uuids.iter();
        let uuids = self.encode_kind(IdKind::Uuid, uuids, |count, out| {
            out.extend(uuid.by_ref().take(count).flatten());
            Ok(())
        })?;
        let mut start = 0;
        let mut text = self.ends.iter().map(|end| {
            let text = self.text.get(start..*end).unwrap_or_default();
            start = *end;
            text
        });
        let texts = self.encode_kind(IdKind::Text, texts, |count, out| {
            text.by_ref()
                .take(count)
                .try_for_each(|text| push_text(text, out))
        })?;
        Ok([uuids, texts])
    }

    /// Encodes the IDs of one kind; `fill` appends the next so many.
    fn encode_kind(
        &self,
        kind: IdKind,
        column: ColumnDescPtr,
        mut fill: impl FnMut(usize, &mut Vec<u8>) -> Result<(), TableError>,
    ) -> Result<EncodedChunk, TableError> {
        let is_compressed = kind != IdKind::Uuid;
        let mut encoder = ChunkEncoder::new(column, Encoding::PLAIN, is_compressed);
        let mut levels = Vec::new();
        for page in self.kinds.chunks(PAGE_ROWS) {
            levels.clear();
            levels.extend(page.iter().map(|one| u32::from(*one == kind)));
            let present = levels.iter().filter(|level| **level == 1).count();
            let levels = Levels {
                values: &levels,
                greatest: 1,
            };
            encoder.page(page.len(), &[levels], |out| fill(present, out))?;
        }
        encoder.finish(None)
    }
}

/// The IDs of a column as they were read.
#[derive(Default)]
pub(super) struct ReadIds {
    kinds: Vec<IdKind>,
    uuids: Vec<[u8; 16]>,
    text: String,
    ends: Vec<usize>,
}

impl ReadIds {
    pub(super) fn read(uuids: Chunk, texts: Chunk) -> Result<Self, TableError> {
        let mut read = Self {
            kinds: vec![IdKind::Missing; uuids.rows],
            ..Self::default()
        };
        read.read_kind(IdKind::Uuid, uuids)?;
        read.read_kind(IdKind::Text, texts)?;
        Ok(read)
    }

    fn read_kind(&mut self, kind: IdKind, mut chunk: Chunk) -> Result<(), TableError> {
        let mut row = 0;
        let mut levels = Vec::new();
        while let Some(page) = chunk.next_page()? {
            let taken = match page {
                ChunkPage::Dictionary { .. } => None,
                ChunkPage::Values { body, count } => {
                    levels.clear();
                    let taken = self.take(kind, &body, count, row, &mut levels);
                    row += count;
                    taken
                }
            };
            taken.ok_or(TableError::Damaged("a page of IDs"))?;
        }
        if row == self.kinds.len() {
            Ok(())
        } else {
            Err(TableError::Damaged("a column of IDs"))
        }
    }

    /// Takes the values of a page, whose first is that of this row.
    fn take(
        &mut self,
        kind: IdKind,
        mut body: &[u8],
        count: usize,
        row: usize,
        levels: &mut Vec<u32>,
    ) -> Option<()> {
        take_levels(&mut body, 1, count, levels)?;
        for (level, to) in levels.iter().zip(self.kinds.get_mut(row..row + count)?) {
            if *level == 0 {
                continue;
            }
            match kind {
                IdKind::Uuid => {
                    let (uuid, rest) = body.split_first_chunk()?;
                    self.uuids.push(*uuid);
                    body = rest;
                }
                IdKind::Text | IdKind::Missing => {
                    self.text.push_str(take_text(&mut body)?);
                    self.ends.push(self.text.len());
                }
            }
            *to = kind;
        }
        Some(())
    }

    /// The IDs from the first row on.
    pub(super) fn cursor(&self) -> IdCursor<'_> {
        IdCursor {
            ids: self,
            row: 0,
            uuid: 0,
            text: 0,
            start: 0,
            digits: [0; 36],
        }
    }
}

/// Goes through IDs row by row.
pub(super) struct IdCursor<'i> {
    ids: &'i ReadIds,
    row: usize,
    uuid: usize,
    text: usize,
    /// Where the next text starts.
    start: usize,
    digits: [u8; 36],
}

impl IdCursor<'_> {
    /// The ID of the next row; empty where it is missing, or behind the last row.
    pub(super) fn next(&mut self) -> &str {
        let kind = self.ids.kinds.get(self.row).copied();
        self.row += 1;
        match kind {
            Some(IdKind::Uuid) => {
                if let Some(uuid) = self.ids.uuids.get(self.uuid) {
                    self.digits = upper_uuid(uuid);
                }
                self.uuid += 1;
                std::str::from_utf8(&self.digits).unwrap_or_default()
            }
            Some(IdKind::Text) => {
                let end = self.ids.ends.get(self.text).copied().unwrap_or(self.start);
                let text = self.ids.text.get(self.start..end).unwrap_or_default();
                self.text += 1;
                self.start = end;
                text
            }
            Some(IdKind::Missing) | None => "",
        }
    }
}
