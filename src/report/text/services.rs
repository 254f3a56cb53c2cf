//! Names of the cloud's services, for the reply members that carry them.
//!
//! The table is part of the program. It was put together from public pages of the vendor and from
//! delivered events (2025); it is not complete, and cannot be: services come and go.

/// What a service is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BilingualName<'a> {
    /// In English.
    pub english: &'a str,
    /// In Chinese.
    pub chinese: &'a str,
}

/// Looks up a `serviceName`, without regard to ASCII case, since events write `Ecs` and `ECS`.
///
/// An unknown code is its own name, so that no answer has less than the event.
pub(crate) fn service_name(code: &str) -> BilingualName<'_> {
    rows()
        .find(|(known, _)| known.eq_ignore_ascii_case(code))
        .map_or(
            BilingualName {
                english: code,
                chinese: code,
            },
            |(_, names)| names,
        )
}

static TABLE: &str = include_str!("services.tsv");

fn rows() -> impl Iterator<Item = (&'static str, BilingualName<'static>)> {
    TABLE.lines().skip(1).filter_map(|line| {
        let (code, names) = line.split_once('\t')?;
        let (english, chinese) = names.split_once('\t')?;
        Some((code, BilingualName { english, chinese }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_names_whatever_the_case() {
        let ecs = BilingualName {
            english: "Elastic Compute Service",
            chinese: "云服务器ECS",
        };
        assert_eq!(service_name("Ecs"), ecs);
        assert_eq!(service_name("ECS"), ecs);
        assert_eq!(
            service_name("NoSuch"),
            BilingualName {
                english: "NoSuch",
                chinese: "NoSuch"
            }
        );
        assert_eq!(
            service_name(""),
            BilingualName {
                english: "",
                chinese: ""
            }
        );
    }

    #[test]
    fn the_table_is_sorted_and_each_code_stands_once() {
        let codes: Vec<_> = rows().map(|(code, _)| code.to_ascii_lowercase()).collect();
        assert!(codes.len() > 200);
        assert!(
            codes.is_sorted_by(|one, next| one < next),
            "not sorted, or a code stands twice"
        );
    }

    #[test]
    fn the_table_has_three_columns() {
        for line in TABLE.lines() {
            assert_eq!(line.split('\t').count(), 3, "{line}");
            assert!(
                line.split('\t')
                    .all(|cell| !cell.is_empty() && cell.trim() == cell),
                "{line}"
            );
        }
        assert_eq!(TABLE.lines().next(), Some("code\tenglish\tchinese"));
    }
}
