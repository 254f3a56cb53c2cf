//! The `parquet` format: typed columns for tables of millions of rows.
//!
//! Text is UTF-8 with a dictionary, times are milliseconds in UTC, counts are 64-bit integers,
//! resources are a list of `{type, name}`, a record is its text. Every column may be null.
//! Compressed with Zstandard. Rows are written in groups, which bounds the memory; the file's own
//! metadata have the schema's name, what was asked, and the coverage.

use std::io;
use std::sync::Arc;

use serde_json::Value;

use ::parquet::basic::{
    Compression, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel,
};
use ::parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::KeyValue;
use ::parquet::file::properties::{EnabledStatistics, WriterProperties};
use ::parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use ::parquet::schema::types::{ColumnPath, Type, TypePtr};

use crate::report::cell::{Cell, CellKind};
use crate::report::columns::{Column, PlacedColumn};
use crate::report::contract::{Format, Report};
use crate::report::origin::head;
use crate::report::rows::Row;
use crate::report::text::json::json_text;

use super::error_latch::ErrorLatch;

/// The format.
pub(super) struct ParquetFormat;

/// The rows after which a group is written.
const GROUP_ROWS: usize = 1 << 16;

/// The bytes after which a group is written, however few its rows.
const GROUP_BYTES: usize = 32 << 20;

impl Format for ParquetFormat {
    fn name(&self) -> &'static str {
        "parquet"
    }

    fn about(&self) -> &'static str {
        "typed columns for DuckDB, pandas, Polars and Spark"
    }

    fn is_binary(&self) -> bool {
        true
    }

    fn has_columns(&self) -> bool {
        true
    }

    fn write(&self, report: &mut Report<'_>, out: &mut (dyn io::Write + Send)) -> io::Result<()> {
        let columns = report.columns();
        let schema = schema(&columns).map_err(io::Error::other)?;
        let properties = properties(report)?;
        let mut latch = ErrorLatch::new(out);
        let mut writer = SerializedFileWriter::new(&mut latch, schema, Arc::new(properties))
            .map_err(io::Error::other)?;
        let mut group = RowGroup::of(columns);
        report.rows.for_each(&mut |row| {
            group.push(row);
            if group.is_full() {
                group.write(&mut writer).map_err(io::Error::other)?;
                writer.inner_mut().check()?;
            }
            Ok(())
        })?;
        group.write(&mut writer).map_err(io::Error::other)?;
        writer.close().map_err(io::Error::other)?;
        latch.check()
    }
}

fn properties(report: &Report<'_>) -> io::Result<WriterProperties> {
    let head = head(report.request.question, &report.origin, report.coverage)?;
    let mut metadata = Vec::new();
    for (name, value) in head {
        let value = match value {
            Value::String(text) => text,
            value => json_text(&value)?,
        };
        metadata.push(KeyValue::new(format!("keytrail.{name}"), value));
    }
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(
            ZstdLevel::try_new(3).map_err(io::Error::other)?,
        ))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_key_value_metadata(Some(metadata));
    for PlacedColumn { column, .. } in report.columns() {
        if column.kind == CellKind::Record {
            // No two records are the same.
            let path = ColumnPath::from(column.name);
            properties = properties.set_column_dictionary_enabled(path, false);
        }
    }
    Ok(properties.build())
}

fn schema(columns: &[PlacedColumn]) -> Result<TypePtr, ParquetError> {
    let fields = columns.iter().map(|placed| field(placed.column));
    let fields: Result<Vec<_>, _> = fields.collect();
    let schema = Type::group_type_builder("keytrail").with_fields(fields?);
    Ok(Arc::new(schema.build()?))
}

fn field(column: &Column) -> Result<TypePtr, ParquetError> {
    match column.kind {
        CellKind::Text | CellKind::Record => text(column.name, Repetition::OPTIONAL),
        CellKind::Time => {
            let logical = LogicalType::timestamp(true, TimeUnit::MILLIS);
            number(column.name, Some(logical))
        }
        CellKind::Count => number(column.name, None),
        CellKind::Resources => resources(column.name),
    }
}

fn text(name: &str, repetition: Repetition) -> Result<TypePtr, ParquetError> {
    let text = Type::primitive_type_builder(name, Physical::BYTE_ARRAY)
        .with_repetition(repetition)
        .with_logical_type(Some(LogicalType::String));
    Ok(Arc::new(text.build()?))
}

fn number(name: &str, logical: Option<LogicalType>) -> Result<TypePtr, ParquetError> {
    let number = Type::primitive_type_builder(name, Physical::INT64)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical);
    Ok(Arc::new(number.build()?))
}

/// A list in the three levels that the description of the format requires.
fn resources(name: &str) -> Result<TypePtr, ParquetError> {
    let element = Type::group_type_builder("element")
        .with_repetition(Repetition::REQUIRED)
        .with_fields(vec![
            text("type", Repetition::REQUIRED)?,
            text("name", Repetition::REQUIRED)?,
        ]);
    let list = Type::group_type_builder("list")
        .with_repetition(Repetition::REPEATED)
        .with_fields(vec![Arc::new(element.build()?)]);
    let resources = Type::group_type_builder(name)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(Some(LogicalType::List))
        .with_fields(vec![Arc::new(list.build()?)]);
    Ok(Arc::new(resources.build()?))
}

/// The rows that are not written yet, column by column.
struct RowGroup {
    placed: Vec<PlacedColumn>,
    columns: Vec<ColumnBuffer>,
    rows: usize,
    bytes: usize,
}

/// Values of a column, and a level for each row: 0 for null, else 1.
enum ColumnBuffer {
    Texts {
        texts: TextColumn,
        levels: Vec<i16>,
    },
    Numbers {
        numbers: Vec<i64>,
        levels: Vec<i16>,
    },
    /// A level is 0 for null and 2 for an element; an element that goes on a list repeats at 1.
    Resources {
        types: TextColumn,
        names: TextColumn,
        levels: Vec<i16>,
        repeats: Vec<i16>,
    },
}

/// Texts one after another, and where each ends.
#[derive(Default)]
struct TextColumn {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl TextColumn {
    fn push(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
        self.ends.push(self.bytes.len());
    }

    fn take(&mut self) -> Vec<ByteArray> {
        let bytes = ByteArray::from(std::mem::take(&mut self.bytes));
        let mut start = 0;
        let slice = |end| {
            let text = bytes.slice(start, end - start);
            start = end;
            text
        };
        self.ends.drain(..).map(slice).collect()
    }
}

impl RowGroup {
    fn of(placed: Vec<PlacedColumn>) -> Self {
        let buffer = |placed: &PlacedColumn| match placed.column.kind {
            CellKind::Text | CellKind::Record => ColumnBuffer::Texts {
                texts: TextColumn::default(),
                levels: Vec::new(),
            },
            CellKind::Time | CellKind::Count => ColumnBuffer::Numbers {
                numbers: Vec::new(),
                levels: Vec::new(),
            },
            CellKind::Resources => ColumnBuffer::Resources {
                types: TextColumn::default(),
                names: TextColumn::default(),
                levels: Vec::new(),
                repeats: Vec::new(),
            },
        };
        Self {
            columns: placed.iter().map(buffer).collect(),
            placed,
            rows: 0,
            bytes: 0,
        }
    }

    fn is_full(&self) -> bool {
        self.rows >= GROUP_ROWS || self.bytes >= GROUP_BYTES
    }

    fn push(&mut self, row: Row<'_>) {
        self.rows += 1;
        for (column, cell) in self.columns.iter_mut().zip(row.cells_of(&self.placed)) {
            self.bytes += column.push(&cell);
        }
    }

    fn write(
        &mut self,
        writer: &mut SerializedFileWriter<&mut ErrorLatch<'_>>,
    ) -> Result<(), ParquetError> {
        if self.rows == 0 {
            return Ok(());
        }
        let mut group = writer.next_row_group()?;
        for column in &mut self.columns {
            column.write(&mut group)?;
        }
        group.close()?;
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }
}

impl ColumnBuffer {
    /// Takes a cell, and returns about how many bytes it costs.
    fn push(&mut self, cell: &Cell<'_>) -> usize {
        match (self, cell) {
            (Self::Texts { texts, levels }, Cell::Text(text) | Cell::Record(text)) => {
                texts.push(text);
                levels.push(1);
                text.len()
            }
            (Self::Numbers { numbers, levels }, Cell::Time(number)) => {
                numbers.push(*number);
                levels.push(1);
                8
            }
            (Self::Numbers { numbers, levels }, Cell::Count(count)) => {
                numbers.push(i64::try_from(*count).unwrap_or(i64::MAX));
                levels.push(1);
                8
            }
            (
                Self::Resources {
                    types,
                    names,
                    levels,
                    repeats,
                },
                Cell::Resources(resources),
            ) if !resources.is_empty() => {
                let mut repeat = 0;
                let mut bytes = 0;
                for resource in *resources {
                    types.push(resource.resource_type);
                    names.push(resource.name);
                    levels.push(2);
                    repeats.push(repeat);
                    repeat = 1;
                    bytes += resource.resource_type.len() + resource.name.len() + 16;
                }
                bytes
            }
            (Self::Texts { levels, .. } | Self::Numbers { levels, .. }, _) => {
                levels.push(0);
                2
            }
            (
                Self::Resources {
                    levels, repeats, ..
                },
                cell,
            ) => {
                // No list, or one with nothing in it.
                levels.push(i16::from(matches!(cell, Cell::Resources(_))));
                repeats.push(0);
                4
            }
        }
    }

    /// Writes the values, and clears the buffer.
    fn write<W: io::Write + Send>(
        &mut self,
        group: &mut SerializedRowGroupWriter<'_, W>,
    ) -> Result<(), ParquetError> {
        match self {
            Self::Texts { texts, levels } => {
                write_texts(group, &texts.take(), levels, None)?;
                levels.clear();
            }
            Self::Numbers { numbers, levels } => {
                let mut column = group.next_column()?.ok_or_else(no_column)?;
                column
                    .typed::<Int64Type>()
                    .write_batch(numbers, Some(levels), None)?;
                column.close()?;
                numbers.clear();
                levels.clear();
            }
            Self::Resources {
                types,
                names,
                levels,
                repeats,
            } => {
                write_texts(group, &types.take(), levels, Some(repeats))?;
                write_texts(group, &names.take(), levels, Some(repeats))?;
                levels.clear();
                repeats.clear();
            }
        }
        Ok(())
    }
}

fn write_texts<W: io::Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    texts: &[ByteArray],
    levels: &[i16],
    repeats: Option<&[i16]>,
) -> Result<(), ParquetError> {
    let mut column = group.next_column()?.ok_or_else(no_column)?;
    column
        .typed::<ByteArrayType>()
        .write_batch(texts, Some(levels), repeats)?;
    column.close()
}

fn no_column() -> ParquetError {
    ParquetError::General("the schema has no such column".to_owned())
}
