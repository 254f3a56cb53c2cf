//! A table as a file: row groups of column chunks, their checksums, and a footer with its own.
//!
//! A table is plain Parquet, which any reader of that takes. It has two things beside: the entry
//! `keytrail.checksums` of its metadata, with the CRC-32 of each column chunk by row group and column,
//! and eight bytes in front of the footer, `KTck` and the CRC-32 of the footer. Nothing is decoded
//! before its checksum is found right: of 3,587 single bits flipped in a small table, the crate `parquet`
//! (60.1) read 2,087 as other values without a word, and panicked on 12. The format has checksums of
//! pages, which the crate does not write, and which leave out the headers of pages.
//!
//! Left out: what the columns are, which is for each table.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex};

use ::parquet::file::metadata::{
    KeyValue, ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData,
};
use ::parquet::file::properties::WriterPropertiesPtr;
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::types::{ColumnDescPtr, SchemaDescPtr, SchemaDescriptor, Type, TypePtr};

use super::chunk::{Chunk, EncodedChunk};
use super::mutex::lock;
use super::table_error::TableError;

/// The entry of the metadata that holds the checksums of the chunks.
const CHECKSUMS: &str = "keytrail.checksums";

/// The entry of the metadata that names the table and its version.
const TABLE: &str = "keytrail.table";

/// What stands in front of the footer, before its checksum.
const MARK: [u8; 4] = *b"KTck";

/// What a Parquet file ends with, behind the length of its footer.
const MAGIC: [u8; 4] = *b"PAR1";

/// Which table it is, and how its columns are written.
#[derive(Clone)]
pub(super) struct TableSchema {
    /// Its name and version.
    name: &'static str,
    schema: TypePtr,
    columns: SchemaDescPtr,
    pub(super) properties: WriterPropertiesPtr,
}

impl TableSchema {
    pub(super) fn new(name: &'static str, schema: Type, properties: WriterPropertiesPtr) -> Self {
        let schema = Arc::new(schema);
        Self {
            name,
            columns: Arc::new(SchemaDescriptor::new(Arc::clone(&schema))),
            schema,
            properties,
        }
    }

    /// The columns that hold values, in the order of the schema.
    pub(super) fn columns(&self) -> impl Iterator<Item = ColumnDescPtr> {
        self.columns.columns().iter().map(Arc::clone)
    }
}

/// Writes a table.
pub(super) struct ParquetWriter<W: Write + Send> {
    writer: SerializedFileWriter<FooterCapture<W>>,
    layout: TableSchema,
    checksums: Vec<u32>,
}

impl<W: Write + Send> ParquetWriter<W> {
    pub(super) fn new(out: W, layout: TableSchema) -> Result<Self, TableError> {
        let out = FooterCapture { out, footer: None };
        let schema = Arc::clone(&layout.schema);
        let properties = Arc::clone(&layout.properties);
        Ok(Self {
            writer: SerializedFileWriter::new(out, schema, properties)?,
            layout,
            checksums: Vec::new(),
        })
    }

    /// Appends a row group of one chunk a column.
    pub(super) fn append(&mut self, chunks: Vec<EncodedChunk>) -> Result<(), TableError> {
        let mut group = self.writer.next_row_group()?;
        for EncodedChunk { bytes, close } in chunks {
            self.checksums.push(crc32fast::hash(&bytes));
            group.append_column(&bytes, close)?;
        }
        group.close()?;
        Ok(())
    }

    /// Writes the footer; returns what was written to.
    pub(super) fn finish(mut self) -> Result<W, TableError> {
        let checksums = self.checksums.iter();
        let checksums = checksums.map(|checksum| format!("{checksum:08x}"));
        for (key, value) in [
            (TABLE, self.layout.name.to_owned()),
            (CHECKSUMS, checksums.collect()),
        ] {
            let entry = KeyValue::new(key.to_owned(), value);
            self.writer.append_key_value_metadata(entry);
        }
        self.writer.flush()?;
        self.writer.inner_mut().footer = Some(Vec::new());
        let FooterCapture { mut out, footer } = self.writer.into_inner()?;
        let end = footer.unwrap_or_default();
        let footer = end
            .last_chunk::<8>()
            .and_then(|tail| footer_length(*tail))
            .and_then(|length| end.len().checked_sub(length + 8))
            .and_then(|start| end.split_at_checked(start));
        let Some((before, footer)) = footer else {
            return Err(TableError::Damaged("its footer"));
        };
        out.write_all(before)?;
        out.write_all(&MARK)?;
        out.write_all(&crc32fast::hash(footer).to_le_bytes())?;
        out.write_all(footer)?;
        out.flush()?;
        Ok(out)
    }
}

/// Passes on what is written, or keeps it, so that a checksum can be put in front of a footer.
struct FooterCapture<W> {
    out: W,
    footer: Option<Vec<u8>>,
}

impl<W: Write> Write for FooterCapture<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.footer {
            Some(footer) => footer.write(bytes),
            None => self.out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.footer {
            Some(_) => Ok(()),
            None => self.out.flush(),
        }
    }
}

/// The length of a footer that ends like this.
fn footer_length(tail: [u8; 8]) -> Option<usize> {
    let (length, magic) = tail.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    (magic == MAGIC).then_some(length)
}

/// Reads a table.
pub(super) struct ParquetReader<R> {
    file: Mutex<R>,
    metadata: ParquetMetaData,
    /// The checksums of the chunks, by row group and column.
    checksums: Vec<u32>,
}

impl<R: Read + Seek> ParquetReader<R> {
    /// Reads the footer.
    pub(super) fn open(mut file: R, layout: &TableSchema) -> Result<Self, TableError> {
        let other = TableError::Other(layout.name);
        let Some(footer) = read_footer(&mut file)? else {
            return Err(other);
        };
        let metadata = ParquetMetaDataReader::decode_metadata(&footer)?;
        let of_file = metadata.file_metadata();
        let entry = |key| {
            let mut entries = of_file.key_value_metadata().into_iter().flatten();
            entries
                .find(|entry| entry.key == key)
                .and_then(|entry| entry.value.as_deref())
        };
        if entry(TABLE) != Some(layout.name) || of_file.schema() != &*layout.schema {
            return Err(other);
        }
        let checksums = checksums(entry(CHECKSUMS).unwrap_or_default());
        let chunks = metadata.num_row_groups() * layout.columns.num_columns();
        let Some(checksums) = checksums.filter(|checksums| checksums.len() == chunks) else {
            return Err(TableError::Damaged("its checksums"));
        };
        Ok(Self {
            file: Mutex::new(file),
            metadata,
            checksums,
        })
    }

    pub(super) fn row_groups(&self) -> &[RowGroupMetaData] {
        self.metadata.row_groups()
    }

    /// Reads a column chunk.
    pub(super) fn chunk(&self, group: usize, column: usize) -> Result<Chunk, TableError> {
        let missing = || TableError::Damaged("a row group or a column is missing");
        let row_group = self.row_groups().get(group).ok_or_else(missing)?;
        let metadata = row_group.columns().get(column).ok_or_else(missing)?;
        let place = group * row_group.num_columns() + column;
        let checksum = self.checksums.get(place).ok_or_else(missing)?;
        let rows = usize::try_from(row_group.num_rows()).map_err(|_| missing())?;
        let (start, length) = metadata.byte_range();
        let bytes = self.read(start, length)?;
        if crc32fast::hash(&bytes) != *checksum {
            return Err(TableError::Damaged("the checksum of a column is wrong"));
        }
        Chunk::new(bytes.into(), metadata, rows)
    }

    fn read(&self, start: u64, length: u64) -> Result<Vec<u8>, TableError> {
        let mut file = lock(&self.file);
        read_range(&mut *file, start, length)
    }
}

fn read_range(
    file: &mut (impl Read + Seek),
    start: u64,
    length: u64,
) -> Result<Vec<u8>, TableError> {
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    file.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length {
        Ok(bytes)
    } else {
        Err(TableError::Damaged("its end is missing"))
    }
}

/// The footer, without its length, if the checksum in front of it is right.
fn read_footer(file: &mut (impl Read + Seek)) -> Result<Option<Vec<u8>>, TableError> {
    let size = file.seek(SeekFrom::End(0))?;
    let Some(tail_start) = size.checked_sub(8) else {
        return Ok(None);
    };
    let tail = read_range(file, tail_start, 8)?;
    let Some(length) = tail.first_chunk().and_then(|tail| footer_length(*tail)) else {
        return Ok(None);
    };
    let length = length as u64 + 8;
    let Some(start) = size.checked_sub(length + 8) else {
        return Err(TableError::Damaged("the length of its footer"));
    };
    let mut bytes = read_range(file, start, length + 8)?;
    let wrong = TableError::Damaged("the checksum of its footer is wrong");
    let Some((mark, footer)) = bytes.split_first_chunk::<8>() else {
        return Err(wrong);
    };
    let [m0, m1, m2, m3, checksum @ ..] = *mark;
    if [m0, m1, m2, m3] != MARK || u32::from_le_bytes(checksum) != crc32fast::hash(footer) {
        return Err(wrong);
    }
    bytes.drain(..8);
    bytes.truncate(bytes.len().saturating_sub(8));
    Ok(Some(bytes))
}

fn checksums(text: &str) -> Option<Vec<u32>> {
    let (chunks, rest) = text.as_bytes().as_chunks::<8>();
    let checksum = |digits: &[u8; 8]| {
        let digits = std::str::from_utf8(digits).ok()?;
        u32::from_str_radix(digits, 16).ok()
    };
    if rest.is_empty() {
        chunks.iter().map(checksum).collect()
    } else {
        None
    }
}
