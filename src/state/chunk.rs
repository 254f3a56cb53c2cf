//! A column chunk: the pages of one column of one row group, as bytes with a checksum.
//!
//! Texts and IDs are put into pages here, since the crate's column writers would hash every value again
//! and count references to it; numbers and flags go through the crate.
//! Left out: what the columns are, and where a chunk lies in its file.

use std::io::Write;
use std::sync::Arc;

use shared_bytes::Bytes;
use zstd_safe::CCtx;

use ::parquet::basic::{Compression, Encoding, ZstdLevel};
use ::parquet::column::page::{CompressedPage, Page, PageReader, PageWriter};
use ::parquet::column::reader::{ColumnReaderImpl, get_column_reader, get_typed_column_reader};
use ::parquet::column::writer::{ColumnCloseResult, get_column_writer, get_typed_column_writer};
use ::parquet::data_type::DataType;
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::ColumnChunkMetaData;
use ::parquet::file::properties::WriterPropertiesPtr;
use ::parquet::file::serialized_reader::SerializedPageReader;
use ::parquet::file::statistics::Statistics;
use ::parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use ::parquet::schema::types::ColumnDescPtr;

use super::hybrid;
use super::table_error::TableError;

/// The level of Zstandard: higher ones make the pages 2 % smaller and take longer.
pub(super) const ZSTD_LEVEL: i32 = 1;

/// A column chunk that stands in no file yet.
pub(super) struct EncodedChunk {
    pub(super) bytes: Bytes,
    pub(super) close: ColumnCloseResult,
}

/// The levels of the values of a page: 0 and up, as the schema has them.
#[derive(Clone, Copy)]
pub(super) struct Levels<'l> {
    pub(super) values: &'l [u32],
    pub(super) greatest: i16,
}

/// Puts values of one column into pages.
pub(super) struct ChunkEncoder {
    column: ColumnDescPtr,
    /// Nothing for pages that are not compressed.
    zstd: Option<CCtx<'static>>,
    out: TrackedWrite<Vec<u8>>,
    page: Vec<u8>,
    dictionary: Option<i64>,
    first_page: Option<i64>,
    encoding: Encoding,
    uncompressed: i64,
    values: i64,
    rows: u64,
}

impl ChunkEncoder {
    pub(super) fn new(column: ColumnDescPtr, encoding: Encoding, compressed: bool) -> Self {
        Self {
            column,
            zstd: compressed.then(CCtx::create),
            out: TrackedWrite::new(Vec::new()),
            page: Vec::new(),
            dictionary: None,
            first_page: None,
            encoding,
            uncompressed: 0,
            values: 0,
            rows: 0,
        }
    }

    /// Adds the dictionary, in front of all data.
    pub(super) fn dictionary<'w>(
        &mut self,
        words: impl Iterator<Item = &'w str>,
    ) -> Result<(), TableError> {
        self.page.clear();
        let mut count = 0;
        for word in words {
            push_text(word, &mut self.page)?;
            count += 1;
        }
        self.dictionary = Some(self.position()?);
        let buf = self.compressed()?;
        self.write(Page::DictionaryPage {
            buf,
            num_values: count,
            encoding: Encoding::PLAIN,
            is_sorted: false,
        })
    }

    /// Adds a page of so many rows. `fill` appends the values that are there.
    pub(super) fn page(
        &mut self,
        rows: usize,
        levels: &[Levels<'_>],
        fill: impl FnOnce(&mut Vec<u8>) -> Result<(), TableError>,
    ) -> Result<(), TableError> {
        self.page.clear();
        for levels in levels {
            let start = self.page.len();
            self.page.extend([0; 4]);
            let width = width_of_levels(levels.greatest);
            hybrid::encode(levels.values, width, &mut self.page);
            let length = u32::try_from(self.page.len() - start - 4).map_err(|_| too_large())?;
            if let Some((_, block)) = self.page.split_at_mut_checked(start)
                && let Some(place) = block.first_chunk_mut()
            {
                *place = length.to_le_bytes();
            }
        }
        fill(&mut self.page)?;
        let values = levels.first().map_or(rows, |levels| levels.values.len());
        let num_values = u32::try_from(values).map_err(|_| too_large())?;
        if self.first_page.is_none() {
            self.first_page = Some(self.position()?);
        }
        self.values += i64::from(num_values);
        self.rows += rows as u64;
        let buf = self.compressed()?;
        self.write(Page::DataPage {
            buf,
            num_values,
            encoding: self.encoding,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        })
    }

    pub(super) fn finish(self, statistics: Option<Statistics>) -> Result<EncodedChunk, TableError> {
        let compressed = self.position()?;
        let compression = match self.zstd {
            Some(_) => Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?),
            None => Compression::UNCOMPRESSED,
        };
        let encodings = vec![Encoding::PLAIN, Encoding::RLE, self.encoding];
        let mut metadata = ColumnChunkMetaData::builder(self.column)
            .set_compression(compression)
            .set_encodings(encodings)
            .set_num_values(self.values)
            .set_total_compressed_size(compressed)
            .set_total_uncompressed_size(self.uncompressed)
            .set_dictionary_page_offset(self.dictionary)
            .set_data_page_offset(self.first_page.unwrap_or_default());
        if let Some(statistics) = statistics {
            metadata = metadata.set_statistics(statistics);
        }
        Ok(EncodedChunk {
            close: ColumnCloseResult {
                bytes_written: self.out.bytes_written() as u64,
                rows_written: self.rows,
                metadata: metadata.build()?,
                bloom_filter: None,
                column_index: None,
                offset_index: None,
            },
            bytes: self.out.into_inner()?.into(),
        })
    }

    fn position(&self) -> Result<i64, TableError> {
        i64::try_from(self.out.bytes_written()).map_err(|_| too_large())
    }

    fn compressed(&mut self) -> Result<Bytes, TableError> {
        let Some(zstd) = &mut self.zstd else {
            return Ok(self.page.clone().into());
        };
        let mut compressed = Vec::with_capacity(zstd_safe::compress_bound(self.page.len()));
        zstd.compress(&mut compressed, &self.page, ZSTD_LEVEL)
            .map_err(|code| ParquetError::General(zstd_safe::get_error_name(code).to_owned()))?;
        Ok(compressed.into())
    }

    /// Writes the page whose text is in `self.page`.
    fn write(&mut self, page: Page) -> Result<(), TableError> {
        let page = CompressedPage::new(page, self.page.len());
        let written = SerializedPageWriter::new(&mut self.out).write_page(page)?;
        let size = i64::try_from(written.uncompressed_size).map_err(|_| too_large())?;
        self.uncompressed += size;
        Ok(())
    }
}

/// The bits of levels up to this one.
fn width_of_levels(greatest: i16) -> u32 {
    hybrid::width_of(usize::try_from(greatest).unwrap_or_default() + 1)
}

fn too_large() -> TableError {
    TableError::Parquet(ParquetError::General("a page is too large".to_owned()))
}

/// Appends a text as Parquet has it without a dictionary: its length, and its bytes.
pub(super) fn push_text(text: &str, out: &mut Vec<u8>) -> Result<(), TableError> {
    let length = u32::try_from(text.len()).map_err(|_| too_large())?;
    out.extend(length.to_le_bytes());
    out.extend(text.as_bytes());
    Ok(())
}

/// Encodes values through the crate, as the properties have it for the column.
pub(super) fn encode_values<T: DataType>(
    column: ColumnDescPtr,
    properties: WriterPropertiesPtr,
    values: &[T::T],
    levels: Option<(&[i16], Option<&[i16]>)>,
) -> Result<EncodedChunk, TableError> {
    let mut out = TrackedWrite::new(Vec::new());
    let pages = Box::new(SerializedPageWriter::new(&mut out));
    let writer = get_column_writer(column, properties, pages);
    let mut writer = get_typed_column_writer::<T>(writer);
    let definitions = levels.map(|(definitions, _)| definitions);
    let repetitions = levels.and_then(|(_, repetitions)| repetitions);
    writer.write_batch(values, definitions, repetitions)?;
    let close = writer.close()?;
    out.flush()?;
    Ok(EncodedChunk {
        bytes: out.into_inner()?.into(),
        close,
    })
}

/// A column chunk whose checksum is right.
pub(super) struct Chunk {
    pub(super) column: ColumnDescPtr,
    pub(super) pages: SerializedPageReader<Bytes>,
    pub(super) rows: usize,
}

impl Chunk {
    /// A chunk of these bytes, which are all that its metadata name.
    pub(super) fn new(
        bytes: Bytes,
        metadata: &ColumnChunkMetaData,
        rows: usize,
    ) -> Result<Self, TableError> {
        // The places in the metadata are those in the file.
        let start = i64::try_from(metadata.byte_range().0).unwrap_or_default();
        let dictionary = metadata.dictionary_page_offset();
        let metadata = metadata
            .clone()
            .into_builder()
            .set_data_page_offset(metadata.data_page_offset() - start)
            .set_dictionary_page_offset(dictionary.map(|offset| offset - start))
            .build()?;
        Ok(Self {
            column: metadata.column_descr_ptr(),
            pages: SerializedPageReader::new(Arc::new(bytes), &metadata, rows, None)?,
            rows,
        })
    }

    /// The next page; nothing behind the last one.
    pub(super) fn next_page(&mut self) -> Result<Option<ChunkPage>, TableError> {
        let Some(page) = self.pages.get_next_page()? else {
            return Ok(None);
        };
        Ok(Some(match page {
            Page::DictionaryPage {
                buf, num_values, ..
            } => ChunkPage::Dictionary {
                body: buf,
                count: num_values as usize,
            },
            Page::DataPage {
                buf, num_values, ..
            } => ChunkPage::Values {
                body: buf,
                count: num_values as usize,
            },
            Page::DataPageV2 { .. } => {
                return Err(TableError::Damaged("a page of another version"));
            }
        }))
    }

    /// Decodes values through the crate.
    pub(super) fn values<T: DataType>(self) -> Result<ReadValues<T>, TableError> {
        let rows = self.rows;
        let has_definitions = self.column.max_def_level() > 0;
        let has_repetitions = self.column.max_rep_level() > 0;
        let reader = get_column_reader(self.column, Box::new(self.pages));
        let mut reader: ColumnReaderImpl<T> = get_typed_column_reader(reader);
        let mut values = ReadValues::<T> {
            present: Vec::new(),
            definitions: Vec::new(),
            repetitions: Vec::new(),
        };
        let mut read = 0;
        while read < rows {
            let (more, _, _) = reader.read_records(
                rows - read,
                has_definitions.then_some(&mut values.definitions),
                has_repetitions.then_some(&mut values.repetitions),
                &mut values.present,
            )?;
            if more == 0 {
                return Err(TableError::Damaged("a column has too few values"));
            }
            read += more;
        }
        Ok(values)
    }
}

/// The values of a column and their levels, where it has any.
pub(super) struct ReadValues<T: DataType> {
    pub(super) present: Vec<T::T>,
    pub(super) definitions: Vec<i16>,
    pub(super) repetitions: Vec<i16>,
}

/// A page as it stands in a chunk, inflated.
pub(super) enum ChunkPage {
    /// The texts that codes stand for.
    Dictionary { body: Bytes, count: usize },
    /// So many values, with levels in front.
    Values { body: Bytes, count: usize },
}

/// Takes levels off the beginning of a page, and appends them.
pub(super) fn take_levels(
    body: &mut &[u8],
    greatest: i16,
    count: usize,
    out: &mut Vec<u32>,
) -> Option<()> {
    let (length, rest) = body.split_first_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (levels, rest) = rest.split_at_checked(length)?;
    *body = rest;
    hybrid::decode(levels, width_of_levels(greatest), count, out)
}

/// Takes a text that [`push_text`] appended off the beginning.
pub(super) fn take_text<'b>(body: &mut &'b [u8]) -> Option<&'b str> {
    let (length, rest) = body.split_first_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (text, rest) = rest.split_at_checked(length)?;
    *body = rest;
    std::str::from_utf8(text).ok()
}
