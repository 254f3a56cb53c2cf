//! Reads calls back: the rows of a row group one by one, or the distinct texts of a column.

use std::array;
use std::io::{Read, Seek};
use std::ops::ControlFlow;

use ::parquet::data_type::{BoolType, DataType, Int64Type};
use ::parquet::file::metadata::RowGroupMetaData;
use ::parquet::file::statistics::Statistics;

use super::calls_table::{self, TEXTS, place};
use super::ids::ReadIds;
use super::parquet_file::ParquetReader;
use super::stored_call::{CallColumn, CallColumns, StoredCall};
use super::table_error::TableError;
use super::words::ReadWords;
use crate::coverage::Span;
use crate::event::{Event, Resource, Source};

/// The calls of a run at rest. Several threads can read its row groups.
pub struct CallsReader<R> {
    table: ParquetReader<R>,
    groups: Vec<CallsGroup>,
}

/// A row group of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallsGroup {
    /// How many rows it has.
    pub rows: usize,
    /// The number of its first row.
    pub first_row: u64,
    /// The times of its first and its last call.
    pub span: Span,
}

impl<R: Read + Seek> CallsReader<R> {
    /// Opens a table, of which it reads the footer.
    pub fn open(file: R) -> Result<Self, TableError> {
        let table = ParquetReader::open(file, &calls_table::layout()?)?;
        let mut groups = Vec::new();
        let mut first_row = 0;
        for metadata in table.row_groups() {
            let damaged = || TableError::Damaged("a row group");
            let rows = usize::try_from(metadata.num_rows()).map_err(|_| damaged())?;
            groups.push(CallsGroup {
                rows,
                first_row,
                span: span(metadata).ok_or_else(damaged)?,
            });
            first_row += rows as u64;
        }
        Ok(Self { table, groups })
    }

    /// The row groups, in order.
    pub fn row_groups(&self) -> &[CallsGroup] {
        &self.groups
    }

    /// Visits the distinct texts of a column in a row group; `""` is not told. Columns that hold no
    /// texts with a dictionary have none.
    pub fn words(
        &self,
        group: usize,
        column: CallColumn,
        visit: &mut dyn FnMut(&str),
    ) -> Result<(), TableError> {
        let text = TEXTS.iter().position(|(_, one)| *one == column);
        let Some(text) = text else {
            return Ok(());
        };
        let chunk = self.table.chunk(group, place::TEXTS + text)?;
        let words = ReadWords::read_dictionary(chunk)?;
        words.words()?.into_iter().skip(1).for_each(visit);
        Ok(())
    }

    /// Visits the rows of a row group in order, until `visit` breaks. Members that are not in `columns`
    /// are empty, 0 or false; the source is then that of management events.
    pub fn read(
        &self,
        group: usize,
        columns: CallColumns,
        visit: &mut dyn FnMut(&StoredCall<'_>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, TableError> {
        let rows = self.groups.get(group).map_or(0, |group| group.rows);
        let read = GroupReader {
            table: &self.table,
            group,
            columns,
        };
        let with_requests = columns.has(CallColumn::RequestId);
        let with_events = with_requests || columns.has(CallColumn::EventId);
        let times = read.values::<Int64Type>(CallColumn::Time, place::TIME)?;
        let files = read.values::<Int64Type>(CallColumn::File, place::FILE)?;
        let numbers = read.values::<Int64Type>(CallColumn::RecordNumber, place::RECORD_NUMBER)?;
        let failed = read.values::<BoolType>(CallColumn::FailedSignIn, place::FAILED_SIGN_IN)?;
        let is_event = read.values::<BoolType>(CallColumn::RequestId, place::REQUEST_IS_EVENT)?;
        let event_ids = read.ids(with_events, place::EVENT_UUID, place::EVENT_ID)?;
        let request_ids = read.ids(with_requests, place::REQUEST_UUID, place::REQUEST_ID)?;
        let mut texts = Vec::new();
        for (number, (_, column)) in TEXTS.into_iter().enumerate() {
            texts.push(read.words(column, place::TEXTS + number)?);
        }
        let texts = texts.iter().map(TextsOfRows::of);
        let texts: Vec<_> = texts.collect::<Result<_, _>>()?;
        let types = read.words(CallColumn::Resources, place::RESOURCE_TYPES)?;
        let names = read.words(CallColumn::Resources, place::RESOURCE_NAMES)?;
        if types.lengths != names.lengths {
            return Err(TableError::Damaged("a list of resources"));
        }
        let (type_of, name_of) = (TextsOfRows::of(&types)?, TextsOfRows::of(&names)?);

        let (mut event_ids, mut request_ids) = (event_ids.cursor(), request_ids.cursor());
        let mut resources = Vec::new();
        let mut next_resource = 0;
        for row in 0..rows {
            resources.clear();
            let length = types.lengths.get(row).copied().unwrap_or_default() as usize;
            resources.extend(
                (next_resource..next_resource + length).map(|place| Resource {
                    resource_type: type_of.get(place),
                    name: name_of.get(place),
                }),
            );
            next_resource += length;
            let event_id = event_ids.next();
            let request_id = request_ids.next();
            let request_is_event = is_event.get(row).copied().unwrap_or_default();
            let mut call = StoredCall {
                file: number(&files, row)?,
                record_number: number(&numbers, row)?,
                event: Event {
                    time: times.get(row).copied().unwrap_or_default(),
                    event_id,
                    failed_sign_in: failed.get(row).copied().unwrap_or_default(),
                    resources: &resources,
                    ..NO_CALL.event
                },
                request_id: if request_is_event {
                    event_id
                } else {
                    request_id
                },
                ..NO_CALL
            };
            let texts = array::from_fn(|place| texts.get(place).map_or("", |one| one.get(row)));
            calls_table::set_texts(&mut call, &texts).ok_or(TableError::Damaged("a source"))?;
            if !columns.has(CallColumn::EventId) {
                call.event.event_id = "";
            }
            if visit(&call).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// A call without anything.
const NO_CALL: StoredCall<'static> = StoredCall {
    file: 0,
    record_number: 0,
    event: Event {
        time: 0,
        event_id: "",
        access_key_id: "",
        account_id: "",
        owner_id: "",
        user_name: "",
        account_type: "",
        recipient_account_id: "",
        region: "",
        service_name: "",
        event_name: "",
        source_ip: "",
        error_code: "",
        failed_sign_in: false,
        user_agent: "",
        insight_key: "",
        source: Source::Management,
        resources: &[],
    },
    rw: "",
    event_type: "",
    error_message: "",
    request_id: "",
    insight: "",
    trail: "",
};

/// Reads the columns of one row group that are wanted.
struct GroupReader<'t, R> {
    table: &'t ParquetReader<R>,
    group: usize,
    columns: CallColumns,
}

impl<R: Read + Seek> GroupReader<'_, R> {
    fn values<T: DataType>(
        &self,
        column: CallColumn,
        place: usize,
    ) -> Result<Vec<T::T>, TableError> {
        if !self.columns.has(column) {
            return Ok(Vec::new());
        }
        let values = self.table.chunk(self.group, place)?.values::<T>()?;
        Ok(values.present)
    }

    fn ids(&self, wanted: bool, uuids: usize, texts: usize) -> Result<ReadIds, TableError> {
        if !wanted {
            return Ok(ReadIds::default());
        }
        let uuids = self.table.chunk(self.group, uuids)?;
        ReadIds::read(uuids, self.table.chunk(self.group, texts)?)
    }

    fn words(&self, column: CallColumn, place: usize) -> Result<ReadWords, TableError> {
        if !self.columns.has(column) {
            return Ok(ReadWords::default());
        }
        ReadWords::read(self.table.chunk(self.group, place)?)
    }
}

/// The texts of a column by row, or by element of a list.
struct TextsOfRows<'w> {
    words: Vec<&'w str>,
    codes: &'w [u32],
}

impl<'w> TextsOfRows<'w> {
    fn of(read: &'w ReadWords) -> Result<Self, TableError> {
        Ok(Self {
            words: read.words()?,
            codes: read.codes(),
        })
    }

    /// The text of a row; empty where the column was not read.
    fn get(&self, row: usize) -> &'w str {
        let code = self.codes.get(row).copied().unwrap_or_default();
        self.words.get(code as usize).copied().unwrap_or_default()
    }
}

/// The number of a row; 0 where the column was not read.
fn number(numbers: &[i64], row: usize) -> Result<u32, TableError> {
    let number = numbers.get(row).copied().unwrap_or_default();
    u32::try_from(number).map_err(|_| TableError::Damaged("a number"))
}

fn span(metadata: &RowGroupMetaData) -> Option<Span> {
    match metadata.columns().get(place::TIME)?.statistics()? {
        Statistics::Int64(times) => Some(Span {
            first: *times.min_opt()?,
            last: *times.max_opt()?,
        }),
        _ => None,
    }
}
