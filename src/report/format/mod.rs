//! The formats of answers with rows, one file each, and the list of them.

mod activity;
mod api;
mod csv;
mod ecs;
mod error_latch;
mod json;
mod jsonl;
mod object;
mod ocsf;
mod parquet;
mod table;
mod table_layout;
mod timesketch;
mod timesketch_csv;
pub(super) mod xlsx;

use super::contract::Format;

/// Every output format, in the order in which help lists them. The first is the default.
pub static FORMATS: &[&dyn Format] = &[
    &table::TableFormat,
    &json::JsonFormat,
    &jsonl::JsonLinesFormat,
    &csv::CsvFormat,
    &api::ApiFormat,
    &parquet::ParquetFormat,
    &xlsx::XlsxFormat,
    &timesketch::TimesketchFormat,
    &timesketch_csv::TimesketchCsvFormat,
    &ocsf::OcsfFormat,
    &ecs::EcsFormat,
];
