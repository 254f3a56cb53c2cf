//! A small JSON reader for the reference: strict, recursive, and nothing is forgotten.
//!
//! `serde_json` would drop doubled names, refuse lone surrogates and respell numbers (`1e5` becomes `1e+5`), and all
//! three are part of the contract. So the reference has a reader of its own, and a test below compares it with
//! `serde_json` where that is possible.

/// One JSON value as it was written.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, by its text.
    Number(String),
    /// A string, unescaped; a lone surrogate is U+FFFD.
    Text(String),
    /// An array.
    List(Vec<Json>),
    /// An object: every member, in order, doubled names included.
    Object(Vec<(String, Json)>),
}

/// The value that `text` holds, whole and alone but for white space; nothing where it is not JSON.
pub fn parse(text: &str) -> Option<Json> {
    let mut reader = Reader {
        bytes: text.as_bytes(),
        position: 0,
    };
    reader.space();
    let value = reader.value()?;
    reader.space();
    (reader.position == reader.bytes.len()).then_some(value)
}

/// Where the value that begins at `start` ends, judged by quotes and brackets alone; nothing where the text ends first.
pub fn end_of_value(bytes: &[u8], start: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut position = start;
    while position < bytes.len() {
        match bytes[position] {
            b'"' => position = end_of_string(bytes, position)?,
            b'{' | b'[' => {
                depth += 1;
                position += 1;
            }
            b'}' | b']' => {
                depth -= 1;
                position += 1;
            }
            _ => position += 1,
        }
        if depth == 0 {
            return Some(position);
        }
    }
    None
}

/// Where the string that begins at `start` ends, just after its closing quote.
pub fn end_of_string(bytes: &[u8], start: usize) -> Option<usize> {
    let mut position = start + 1;
    while position < bytes.len() {
        match bytes[position] {
            b'"' => return Some(position + 1),
            b'\\' => position += 2,
            _ => position += 1,
        }
    }
    None
}

struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.position).copied()
    }

    fn take(&mut self, expected: u8) -> Option<()> {
        (self.peek()? == expected).then(|| self.position += 1)
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.position += 1;
        }
    }

    fn value(&mut self) -> Option<Json> {
        match self.peek()? {
            b'{' => self.object(),
            b'[' => self.list(),
            b'"' => self.string().map(Json::Text),
            b't' => self.word("true", Json::Bool(true)),
            b'f' => self.word("false", Json::Bool(false)),
            b'n' => self.word("null", Json::Null),
            _ => self.number(),
        }
    }

    fn word(&mut self, word: &str, value: Json) -> Option<Json> {
        let found = self.bytes[self.position..].starts_with(word.as_bytes());
        self.position += word.len();
        found.then_some(value)
    }

    fn list(&mut self) -> Option<Json> {
        self.take(b'[')?;
        self.space();
        let mut values = Vec::new();
        if self.take(b']').is_some() {
            return Some(Json::List(values));
        }
        loop {
            self.space();
            values.push(self.value()?);
            self.space();
            if self.take(b',').is_none() {
                self.take(b']')?;
                return Some(Json::List(values));
            }
        }
    }

    fn object(&mut self) -> Option<Json> {
        self.take(b'{')?;
        self.space();
        let mut members = Vec::new();
        if self.take(b'}').is_some() {
            return Some(Json::Object(members));
        }
        loop {
            self.space();
            let name = self.string()?;
            self.space();
            self.take(b':')?;
            self.space();
            members.push((name, self.value()?));
            self.space();
            if self.take(b',').is_none() {
                self.take(b'}')?;
                return Some(Json::Object(members));
            }
        }
    }

    fn number(&mut self) -> Option<Json> {
        let start = self.position;
        let _ = self.take(b'-');
        if self.take(b'0').is_none() {
            self.digits()?;
        }
        if self.take(b'.').is_some() {
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.position += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.position += 1;
            }
            self.digits()?;
        }
        String::from_utf8(self.bytes[start..self.position].to_vec())
            .ok()
            .map(Json::Number)
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.position;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.position += 1;
        }
        (self.position > start).then_some(())
    }

    fn string(&mut self) -> Option<String> {
        self.take(b'"')?;
        let mut plain = Vec::new();
        loop {
            let byte = self.peek()?;
            self.position += 1;
            match byte {
                b'"' => return String::from_utf8(plain).ok(),
                b'\\' => {
                    let character = self.escape()?;
                    plain.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                }
                0x00..=0x1f => return None,
                _ => plain.push(byte),
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        let byte = self.peek()?;
        self.position += 1;
        Some(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.four_digits()?;
                if (0xd800..0xdc00).contains(&first) {
                    self.second_half(first)
                } else {
                    char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER)
                }
            }
            _ => return None,
        })
    }

    /// The character of a surrogate pair, of which `first` is the first half. Where no second half follows, the first
    /// is replaced and what follows is left to be read for itself.
    fn second_half(&mut self, first: u32) -> char {
        let before = self.position;
        let second = self
            .take(b'\\')
            .and_then(|()| self.take(b'u'))
            .and_then(|()| self.four_digits());
        if let Some(second @ 0xdc00..=0xdfff) = second {
            return char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))
                .expect("a surrogate pair is a character");
        }
        self.position = before;
        char::REPLACEMENT_CHARACTER
    }

    fn four_digits(&mut self) -> Option<u32> {
        let digits = self.bytes.get(self.position..self.position + 4)?;
        self.position += 4;
        let digits = std::str::from_utf8(digits).ok()?;
        let plain = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        plain.then(|| u32::from_str_radix(digits, 16).ok())?
    }
}

mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::{Json, parse};

    /// The same value as `serde_json` would hold it: the last of doubled names counts.
    fn as_value(json: &Json) -> Value {
        match json {
            Json::Null => Value::Null,
            Json::Bool(truth) => Value::Bool(*truth),
            Json::Number(text) => serde_json::from_str(text).expect("a number"),
            Json::Text(text) => Value::String(text.clone()),
            Json::List(values) => values.iter().map(as_value).collect(),
            Json::Object(members) => Value::Object(
                members
                    .iter()
                    .map(|(name, value)| (name.clone(), as_value(value)))
                    .collect(),
            ),
        }
    }

    /// Words of JSON in any order: most rows of them are no JSON, and many of the short ones are.
    fn nearly_json() -> impl Strategy<Value = String> {
        let word = prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"a\"",
            "\"\\u00e9\\n\"",
            "\"\\ud83d\\ude00\"",
            "\"\\x\"",
            "\"\t\"",
            "\"é\"",
            "0",
            "-1",
            "01",
            "1.5",
            "1.",
            ".5",
            "1e5",
            "1E+05",
            "-",
            "true",
            "false",
            "null",
            "nul",
            " ",
            "\n",
            "\"",
        ]);
        prop_oneof![
            prop::collection::vec(word.clone(), 1..4).prop_map(|words| words.concat()),
            prop::collection::vec(word.clone(), 1..3)
                .prop_map(|words| format!("[{}]", words.concat())),
            (word.clone(), word)
                .prop_map(|(name, value)| format!("{{{name}:{value}, \"b\": [{value}]}}")),
        ]
    }

    proptest! {
        #![proptest_config(crate::support::generate::cases(2000))]

        #[test]
        fn reads_what_serde_json_reads(text in nearly_json()) {
            let expected: Option<Value> = serde_json::from_str(&text).ok();
            prop_assert_eq!(parse(&text).as_ref().map(as_value), expected);
        }
    }

    #[test]
    fn keeps_what_serde_json_forgets() {
        let text = r#"{"a":1e5,"a":"\ud800\u0041\udc00\ud800\ud83d\ude00"}"#;
        let members = vec![
            ("a".to_owned(), Json::Number("1e5".to_owned())),
            (
                "a".to_owned(),
                Json::Text("\u{fffd}A\u{fffd}\u{fffd}😀".to_owned()),
            ),
        ];
        assert_eq!(parse(text), Some(Json::Object(members)));
    }
}
