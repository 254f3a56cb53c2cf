//! Arguments that are one of a few words.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use keytrail::calls::GroupColumn;

/// A parser of one of some values, by the word that `describe` gives with its help.
pub(super) fn one_of<T: Copy + Send + Sync + 'static>(
    values: &'static [T],
    describe: fn(T) -> (&'static str, &'static str),
) -> impl TypedValueParser<Value = T> {
    let words = values.iter().map(move |value| {
        let (word, help) = describe(*value);
        PossibleValue::new(word).help(help)
    });
    PossibleValuesParser::new(words).try_map(move |typed| {
        let value = values
            .iter()
            .find(|value| describe(**value).0.eq_ignore_ascii_case(&typed));
        value.copied().ok_or("no such value")
    })
}

/// Parses a column of groups, by its name or by the word of the condition on it.
pub(super) fn group_column(typed: &str) -> Result<GroupColumn, String> {
    let typed = typed.trim();
    let mut columns = GroupColumn::ALL.iter();
    let column = columns.find(|one| one.name() == typed || one.short_name() == Some(typed));
    column.copied().ok_or_else(|| {
        let names: Vec<_> = GroupColumn::ALL.iter().map(|one| one.name()).collect();
        format!("no such column; there are {}", names.join(", "))
    })
}
