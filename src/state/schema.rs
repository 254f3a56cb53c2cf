//! The columns that tables are made of, as Parquet describes them.

use std::sync::Arc;

use ::parquet::basic::{
    Compression, Encoding, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel,
};
use ::parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use ::parquet::schema::types::{Type, TypePtr};

use super::chunk::ZSTD_LEVEL;
use super::table_error::TableError;

/// A column of one value a row.
pub(super) fn column(
    name: &str,
    physical: Physical,
    repetition: Repetition,
    logical: Option<LogicalType>,
) -> Result<TypePtr, TableError> {
    let column = Type::primitive_type_builder(name, physical)
        .with_repetition(repetition)
        .with_logical_type(logical);
    Ok(Arc::new(column.build()?))
}

/// A text.
pub(super) fn text(name: &str, repetition: Repetition) -> Result<TypePtr, TableError> {
    column(
        name,
        Physical::BYTE_ARRAY,
        repetition,
        Some(LogicalType::String),
    )
}

/// A time in milliseconds.
pub(super) fn time(name: &str, repetition: Repetition) -> Result<TypePtr, TableError> {
    let time = LogicalType::timestamp(true, TimeUnit::MILLIS);
    column(name, Physical::INT64, repetition, Some(time))
}

/// A number, which is always there.
pub(super) fn number(name: &str) -> Result<TypePtr, TableError> {
    column(name, Physical::INT64, Repetition::REQUIRED, None)
}

/// A flag, which is always there.
pub(super) fn flag(name: &str) -> Result<TypePtr, TableError> {
    column(name, Physical::BOOLEAN, Repetition::REQUIRED, None)
}

/// A list of texts in pairs, in the three levels that the description of the format requires.
pub(super) fn list_of_pairs(name: &str, members: [&str; 2]) -> Result<TypePtr, TableError> {
    let [one, other] = members.map(|member| text(member, Repetition::REQUIRED));
    let element = Type::group_type_builder("element")
        .with_repetition(Repetition::REQUIRED)
        .with_fields(vec![one?, other?]);
    let list = Type::group_type_builder("list")
        .with_repetition(Repetition::REPEATED)
        .with_fields(vec![Arc::new(element.build()?)]);
    let pairs = Type::group_type_builder(name)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(Some(LogicalType::List))
        .with_fields(vec![Arc::new(list.build()?)]);
    Ok(Arc::new(pairs.build()?))
}

/// A schema of these columns.
pub(super) fn table(columns: Vec<TypePtr>) -> Result<Type, TableError> {
    let table = Type::group_type_builder("keytrail").with_fields(columns);
    Ok(table.build()?)
}

/// How the crate writes the columns of all tables. Chunks are read as a whole, so there is no index of
/// pages.
pub(super) fn properties() -> Result<WriterPropertiesBuilder, TableError> {
    Ok(WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_offset_index_disabled(true)
        .set_encoding(Encoding::PLAIN)
        .set_created_by(concat!("keytrail version ", env!("CARGO_PKG_VERSION")).to_owned()))
}
