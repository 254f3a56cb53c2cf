//! Arguments that are one of a few words.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

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
