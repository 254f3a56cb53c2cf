//! The table `files.parquet`, a row for each file that the listing saw.
//!
//! | column | is |
//! | --- | --- |
//! | `path`, `container` | paths below the root; what is not UTF-8 in them is U+FFFD |
//! | `path_bytes`, `container_bytes` | the paths as they are, where they are not UTF-8 |
//! | `kind` | `log-file`, `ignored-…`, `unreadable` |
//! | `outcome` | `read`, `partial`, `unreadable` |
//! | `modified_ns` | nanoseconds since 1970 UTC |
//! | `first_time`, `last_time` | of its events, in milliseconds since 1970 UTC |
//! | `root` to `first_row` | numbers; `events` rows of `calls.parquet` from row `first_row` on are its own |
//! | `searched`, `count_mismatch`, `vanished` | flags |
//! | `problems` | a list of `kind` and `message` |

use std::io::{Read, Seek, Write};
use std::sync::Arc;

use ::parquet::basic::{Encoding, Repetition, Type as Physical};
use ::parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, Int64Type};
use ::parquet::schema::types::{ColumnDescPtr, ColumnPath};

use super::chunk::{Chunk, EncodedChunk, encode_values};
use super::parquet_file::{ParquetReader, ParquetWriter, TableSchema};
use super::schema::{column, flag, list_of_pairs, number, properties, table, text, time};
use super::stored_file::{StoredFile, StoredKind};
use super::table_error::TableError;
use super::words::{ReadWords, WordColumn};
use crate::archive::{IgnoredReason, LogFileKey};
use crate::coverage::{LedgerLine, Outcome, Problem, ProblemKind, Span};
use crate::usage::Seed;

/// The rows of a full row group.
const GROUP_ROWS: usize = 1 << 16;

/// The names of kinds.
const KINDS: [(&str, StoredKind); 6] = [
    ("log-file", StoredKind::LogFile),
    ("ignored-name", StoredKind::Ignored(IgnoredReason::Name)),
    (
        "ignored-broken-download",
        StoredKind::Ignored(IgnoredReason::BrokenDownload),
    ),
    ("ignored-link", StoredKind::Ignored(IgnoredReason::Link)),
    (
        "ignored-special",
        StoredKind::Ignored(IgnoredReason::Special),
    ),
    ("unreadable", StoredKind::Unreadable),
];

/// The names of outcomes.
const OUTCOMES: [(&str, Outcome); 3] = [
    ("read", Outcome::Read),
    ("partial", Outcome::Partial),
    ("unreadable", Outcome::Unreadable),
];

/// The columns of numbers, in order: those of [`numbers`].
const NUMBERS: [&str; 10] = [
    "root",
    "size",
    "records",
    "left_out",
    "outside",
    "selected",
    "compressed",
    "inflated",
    "events",
    "first_row",
];

/// The columns of flags, in order: those of [`flags`].
const FLAGS: [&str; 3] = ["searched", "count_mismatch", "vanished"];

/// The columns of times and numbers that may be missing, in order: those of [`optional_numbers`].
const OPTIONAL_NUMBERS: [&str; 3] = ["modified_ns", "first_time", "last_time"];

fn numbers(file: &StoredFile) -> [u64; NUMBERS.len()] {
    let line = &file.line;
    [
        file.key.root.into(),
        file.size,
        line.records.into(),
        line.left_out.into(),
        line.outside.into(),
        line.selected.into(),
        line.compressed,
        line.inflated,
        file.events.into(),
        file.first_row,
    ]
}

fn flags(file: &StoredFile) -> [bool; FLAGS.len()] {
    [file.line.searched, file.line.count_mismatch, file.vanished]
}

fn optional_numbers(file: &StoredFile) -> [Option<i64>; OPTIONAL_NUMBERS.len()] {
    let span = file.line.span;
    [
        file.modified,
        span.map(|span| span.first),
        span.map(|span| span.last),
    ]
}

fn layout() -> Result<TableSchema, TableError> {
    let optional_text = |name| text(name, Repetition::OPTIONAL);
    let bytes = |name| column(name, Physical::BYTE_ARRAY, Repetition::OPTIONAL, None);
    let [modified, first_time, last_time] = OPTIONAL_NUMBERS;
    let mut columns = vec![
        optional_text("path")?,
        bytes("path_bytes")?,
        optional_text("container")?,
        bytes("container_bytes")?,
        optional_text("kind")?,
        optional_text("outcome")?,
        column(modified, Physical::INT64, Repetition::OPTIONAL, None)?,
        time(first_time, Repetition::OPTIONAL)?,
        time(last_time, Repetition::OPTIONAL)?,
    ];
    for name in NUMBERS {
        columns.push(number(name)?);
    }
    for name in FLAGS {
        columns.push(flag(name)?);
    }
    columns.push(list_of_pairs("problems", ["kind", "message"])?);

    let mut properties = properties()?;
    for name in NUMBERS.into_iter().chain(OPTIONAL_NUMBERS) {
        let path = ColumnPath::from(name);
        properties = properties.set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
    }
    for name in ["path", "container"] {
        let path = ColumnPath::from(name);
        properties = properties.set_column_encoding(path, Encoding::DELTA_BYTE_ARRAY);
    }
    Ok(TableSchema::new(
        "files.v1",
        table(columns)?,
        Arc::new(properties.build()),
    ))
}

/// Writes the table of these files, in this order.
pub fn write_files<W: Write + Send>(out: W, files: &[StoredFile]) -> Result<(), TableError> {
    let layout = layout()?;
    let mut table = ParquetWriter::new(out, layout.clone())?;
    for group in files.chunks(GROUP_ROWS) {
        table.append(encode(&layout, group)?)?;
    }
    table.finish()?;
    Ok(())
}

fn encode(layout: &TableSchema, files: &[StoredFile]) -> Result<Vec<EncodedChunk>, TableError> {
    let mut columns = layout.columns();
    let mut column = || columns.next().ok_or(TableError::Damaged("its schema"));
    let mut chunks = Vec::new();
    let paths = files.iter().map(|file| Some(&*file.key.path));
    chunks.extend(encode_paths(layout, [column()?, column()?], paths)?);
    let containers = files.iter().map(|file| file.container.as_deref());
    chunks.extend(encode_paths(layout, [column()?, column()?], containers)?);

    // Few texts are distinct, and none of them comes from outside but for messages.
    let seed = Seed::random();
    let mut words = WordColumn::default();
    for file in files {
        words.push(name_of(&KINDS, file.kind), seed);
    }
    chunks.push(words.encode(column()?, false)?);
    words.clear();
    for file in files {
        words.push(name_of(&OUTCOMES, file.line.outcome), seed);
    }
    chunks.push(words.encode(column()?, false)?);

    for place in 0..OPTIONAL_NUMBERS.len() {
        let values = files
            .iter()
            .map(|file| optional_numbers(file).get(place).copied().flatten());
        chunks.push(encode_optional::<Int64Type>(layout, column()?, values)?);
    }
    for place in 0..NUMBERS.len() {
        let values = files
            .iter()
            .filter_map(|file| numbers(file).get(place).copied());
        let values: Vec<_> = values.map(u64::cast_signed).collect();
        chunks.push(encode_required::<Int64Type>(layout, column()?, &values)?);
    }
    for place in 0..FLAGS.len() {
        let values = files
            .iter()
            .filter_map(|file| flags(file).get(place).copied());
        let values: Vec<_> = values.collect();
        chunks.push(encode_required::<BoolType>(layout, column()?, &values)?);
    }

    let length = |file: &StoredFile| u32::try_from(file.problems.len()).unwrap_or(u32::MAX);
    let lengths: Vec<_> = files.iter().map(length).collect();
    let problems = || files.iter().flat_map(|file| &file.problems);
    words.clear();
    for problem in problems() {
        words.push(problem.kind.as_str(), seed);
    }
    chunks.push(words.encode_lists(column()?, &lengths)?);
    words.clear();
    for problem in problems() {
        words.push(&problem.message, seed);
    }
    chunks.push(words.encode_lists(column()?, &lengths)?);
    Ok(chunks)
}

fn name_of<T: Copy + PartialEq>(names: &[(&'static str, T)], of: T) -> &'static str {
    let mut names = names.iter();
    names
        .find(|(_, one)| *one == of)
        .map_or("", |(name, _)| name)
}

fn encode_required<T: DataType>(
    layout: &TableSchema,
    column: ColumnDescPtr,
    values: &[T::T],
) -> Result<EncodedChunk, TableError> {
    encode_values::<T>(column, Arc::clone(&layout.properties), values, None)
}

fn encode_optional<T: DataType>(
    layout: &TableSchema,
    column: ColumnDescPtr,
    values: impl Iterator<Item = Option<T::T>>,
) -> Result<EncodedChunk, TableError> {
    let (mut present, mut levels) = (Vec::new(), Vec::new());
    for value in values {
        levels.push(i16::from(value.is_some()));
        present.extend(value);
    }
    let properties = Arc::clone(&layout.properties);
    encode_values::<T>(column, properties, &present, Some((&levels, None)))
}

/// Encodes paths as text, and as bytes where they are none.
fn encode_paths<'p>(
    layout: &TableSchema,
    [texts, bytes]: [ColumnDescPtr; 2],
    paths: impl Iterator<Item = Option<&'p [u8]>> + Clone,
) -> Result<[EncodedChunk; 2], TableError> {
    let text =
        |path: Option<&[u8]>| path.map(|path| ByteArray::from(&*String::from_utf8_lossy(path)));
    let no_text = |path: Option<&[u8]>| {
        path.filter(|path| std::str::from_utf8(path).is_err())
            .map(|path| ByteArray::from(path.to_vec()))
    };
    Ok([
        encode_optional::<ByteArrayType>(layout, texts, paths.clone().map(text))?,
        encode_optional::<ByteArrayType>(layout, bytes, paths.map(no_text))?,
    ])
}

/// Reads the table of files.
pub fn read_files(file: impl Read + Seek) -> Result<Vec<StoredFile>, TableError> {
    let table = ParquetReader::open(file, &layout()?)?;
    let mut files = Vec::new();
    for (group, metadata) in table.row_groups().iter().enumerate() {
        let mut chunks = (0..metadata.num_columns()).map(|column| table.chunk(group, column));
        let mut chunk = || chunks.next().unwrap_or(Err(damaged()));
        read_group(&mut chunk, &mut files)?;
    }
    Ok(files)
}

fn damaged() -> TableError {
    TableError::Damaged("a row of it")
}

fn read_group(
    chunk: &mut impl FnMut() -> Result<Chunk, TableError>,
    all_files: &mut Vec<StoredFile>,
) -> Result<(), TableError> {
    let first = all_files.len();
    for path in read_paths(chunk()?, chunk()?)? {
        let path = path.ok_or_else(damaged)?;
        // The root follows among the numbers.
        let key = LogFileKey { root: 0, path };
        all_files.push(StoredFile {
            key,
            ..StoredFile::default()
        });
    }
    let files = all_files.split_at_mut(first).1;
    for (file, container) in files.iter_mut().zip(read_paths(chunk()?, chunk()?)?) {
        file.container = container;
    }
    for (file, kind) in files.iter_mut().zip(read_names(chunk()?, &KINDS)?) {
        file.kind = kind;
    }
    for (file, outcome) in files.iter_mut().zip(read_names(chunk()?, &OUTCOMES)?) {
        file.line.outcome = outcome;
    }

    let optional = read_columns(chunk, read_optional::<Int64Type>)?;
    let numbers = read_columns(chunk, |chunk| Ok(chunk.values::<Int64Type>()?.present))?;
    let flags = read_columns(chunk, |chunk| Ok(chunk.values::<BoolType>()?.present))?;
    for (row, file) in files.iter_mut().enumerate() {
        let [modified, first, last] = row_of(&optional, row)?;
        file.modified = modified;
        file.line.span = first.zip(last).map(|(first, last)| Span { first, last });
        set_numbers(file, row_of(&numbers, row)?.map(i64::cast_unsigned)).ok_or_else(damaged)?;
        [file.line.searched, file.line.count_mismatch, file.vanished] = row_of(&flags, row)?;
        file.line.key = file.key.clone();
    }

    let (kinds, messages) = (ReadWords::read(chunk()?)?, ReadWords::read(chunk()?)?);
    read_problems(&kinds, &messages, files)
}

fn set_numbers(file: &mut StoredFile, numbers: [u64; NUMBERS.len()]) -> Option<()> {
    let [
        root,
        size,
        records,
        left_out,
        outside,
        selected,
        compressed,
        inflated,
        events,
        first_row,
    ] = numbers;
    let small = |number| u32::try_from(number).ok();
    file.key.root = small(root)?;
    file.size = size;
    file.line = LedgerLine {
        records: small(records)?,
        left_out: small(left_out)?,
        outside: small(outside)?,
        selected: small(selected)?,
        compressed,
        inflated,
        outcome: file.line.outcome,
        span: file.line.span,
        ..LedgerLine::default()
    };
    file.events = small(events)?;
    file.first_row = first_row;
    Some(())
}

/// Reads as many columns of a kind as there are.
fn read_columns<T, const N: usize>(
    chunk: &mut impl FnMut() -> Result<Chunk, TableError>,
    read: impl Fn(Chunk) -> Result<Vec<T>, TableError>,
) -> Result<[Vec<T>; N], TableError> {
    let mut columns = [const { Vec::new() }; N];
    for column in &mut columns {
        *column = read(chunk()?)?;
    }
    Ok(columns)
}

fn row_of<T: Copy + Default, const N: usize>(
    columns: &[Vec<T>; N],
    row: usize,
) -> Result<[T; N], TableError> {
    let mut values = [T::default(); N];
    for (value, column) in values.iter_mut().zip(columns) {
        *value = *column.get(row).ok_or_else(damaged)?;
    }
    Ok(values)
}

fn read_optional<T: DataType>(chunk: Chunk) -> Result<Vec<Option<T::T>>, TableError> {
    let read = chunk.values::<T>()?;
    let mut values = read.present.into_iter();
    let levels = read.definitions.into_iter();
    let value = |level| if level == 1 { values.next() } else { None };
    Ok(levels.map(value).collect())
}

/// Reads what [`encode_paths`] wrote. Neighbours that are equal share their bytes.
fn read_paths(texts: Chunk, bytes: Chunk) -> Result<Vec<Option<Arc<[u8]>>>, TableError> {
    let texts = read_optional::<ByteArrayType>(texts)?;
    let bytes = read_optional::<ByteArrayType>(bytes)?;
    let mut before: Option<Arc<[u8]>> = None;
    let paths = texts.into_iter().zip(bytes).map(|(text, bytes)| {
        let path = bytes.or(text)?;
        if before.as_deref() != Some(path.data()) {
            before = Some(path.data().into());
        }
        before.clone()
    });
    Ok(paths.collect())
}

fn read_names<T: Copy>(chunk: Chunk, names: &[(&str, T)]) -> Result<Vec<T>, TableError> {
    let read = ReadWords::read(chunk)?;
    let words = read.words()?;
    let value = |code: &u32| {
        let word = words.get(*code as usize)?;
        let mut names = names.iter();
        names
            .find(|(name, _)| name == word)
            .map(|(_, value)| *value)
    };
    let values: Option<Vec<_>> = read.codes().iter().map(value).collect();
    values.ok_or_else(damaged)
}

fn read_problems(
    kinds: &ReadWords,
    messages: &ReadWords,
    files: &mut [StoredFile],
) -> Result<(), TableError> {
    if kinds.lengths != messages.lengths {
        return Err(damaged());
    }
    let (kind_words, message_words) = (kinds.words()?, messages.words()?);
    let mut codes = kinds.codes().iter().zip(messages.codes());
    for (file, &length) in files.iter_mut().zip(&kinds.lengths) {
        for (&kind, &message) in codes.by_ref().take(length as usize) {
            let kind = kind_words.get(kind as usize).ok_or_else(damaged)?;
            let message = message_words.get(message as usize).ok_or_else(damaged)?;
            file.problems.push(Problem {
                key: file.key.clone(),
                kind: ProblemKind::from_name(kind).ok_or_else(damaged)?,
                message: (*message).to_owned(),
            });
        }
    }
    Ok(())
}
