//! Random small archives, many of them hostile, and random questions about them.
//!
//! The pools are small on purpose: most records then meet another one with the same id, time or key, and ties,
//! copies and near copies come up in nearly every archive.

use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};

use super::archive::{Archive, gzip_at};
use super::reference::{LogFile, Question};

/// A configuration with this many cases, unless the environment asks for another number.
pub fn cases(cases: u32) -> ProptestConfig {
    let default = ProptestConfig::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() {
        default.cases
    } else {
        cases
    };
    // Failures are printed whole, so no file of seeds is kept.
    ProptestConfig {
        cases,
        failure_persistence: None,
        max_shrink_iters: 400,
        // Milliseconds.
        max_shrink_time: 20_000,
        ..default
    }
}

/// Stands in generated text for a byte that is not UTF-8.
const BROKEN_BYTE: char = '\u{f8ff}';

const KEYS: [&str; 5] = [
    "LTAI5tAlice",
    "LTAI5talice",
    "STS.NUexample",
    "TMP.example",
    "55nCtAwmPLkk9P5R",
];
const SERVICES: [&str; 4] = ["Ecs", "ecs", "Oss", "Ram"];
const REGIONS: [&str; 3] = ["cn-hangzhou", "cn-beijing", "CN-hangzhou"];
const ACCOUNTS: [&str; 3] = ["1234567890123456", "6543210987654321", "43274"];
const IDS: [&str; 4] = ["A1", "A2", "a1", "0"];
/// Ids in the forms that the cloud gives, and in forms that are almost those.
const FORMED_IDS: [&str; 12] = [
    "AE3B631D-B6BE-5BFC-9F14-6BAA2683B0BA",
    "AE3B631D-B6BE-5BFC-9F14-6BAA2683B0BB",
    "ae3b631d-b6be-5bfc-9f14-6baa2683b0ba",
    "AE3B631D-B6BE-5BFC-9F14-6baa2683b0ba",
    "AE3B631D-B6BE-5BFC-9F14-6BAA2683B0BG",
    "00000000-0000-0000-0000-000000000000",
    "68D4BC64B29A8D36369698D9",
    "68d4bc64b29a8d36369698d9",
    "68D4BC64B29A8D36",
    "68D4BC64B29A8D363",
    "1.167_1627549154939_339a",
    r"A1\u0000",
];
const NAMES: [&str; 5] = [
    "DescribeInstances",
    "Create",
    "GetObject",
    "ListUsers",
    "ConsoleSignin",
];
const IPS: [&str; 9] = [
    "198.51.100.7",
    "203.0.113.9, 10.0.0.1",
    "203.0.113.9:443",
    "[2001:db8::7%eth0]:443",
    "::FFFF:c633:6407",
    "2001:db8::7",
    "2001:0DB8:0::7",
    "Internal",
    "ecs.aliyuncs.com",
];
const EVENT_TYPES: [&str; 3] = ["ApiCall", "ConsoleSignin", "apicall"];
const RESOURCE_NAMES: [&str; 7] = [
    "i-1",
    "i-1,i-2",
    "i-1;v-1",
    "i-1,,i-2;;v-1,",
    ";",
    "i-1,i-1;i-1",
    "i-2;v-1;d-1",
];
const RESOURCE_TYPES: [&str; 5] = [
    "ACS::ECS::Instance",
    "ACS::ECS::Instance;ACS::VPC::VPC",
    ";T",
    "T;T;T;T",
    ";;;",
];
const REFERENCED: [&str; 10] = [
    r#"{"ACS::ECS::Instance":["i-1","i-2"]}"#,
    r#"{"ACS::ECS::Instance": ["i-1", "i-1"], "T" : "lone"}"#,
    r#"{"T":["a"],"T":["b"],"t":["c"]}"#,
    r#"{"T":["",null,1,true,["nested"],{"name":"nested"},"d;e,f"],"":["untyped"]}"#,
    r#"{"T":null,"U":{"names":["nested"]},"V":""}"#,
    "{}",
    r#""i-1""#,
    r#"["i-1"]"#,
    r#""{\"T\":[\"text\"],\"U\":\"lone\"}""#,
    "null",
];

/// Times near the date of the delivered files, so that no window makes their paths too old or too new to matter.
const NEAR_TIMES: [&str; 14] = [
    "2024-03-05 17:21:32+08",
    " 2024-03-05T09:21:32Z",
    "2024-03-05T09:21:32Z ",
    "2024-03-05 09:21:32.5 UTC",
    "2024-03-05T09:21:32Z",
    "2024-03-05 17:21:32+0800",
    "2024-03-05T09:21:32.000000000+00:00",
    "2024-03-05T09:21:32.1239Z",
    "2024-03-05T09:21:32.123Z",
    "2024-03-05t09:21:32.9z",
    "2024-03-04T23:59:59.999999999-00:00",
    "2024-03-05T05:45:00+05:45",
    "2024-03-05T23:30:00-0030",
    "2024-03-05T09:21:33Z",
];
const FAR_TIMES: [&str; 3] = [
    "1969-12-31T23:59:59.5Z",
    "9998-01-01T00:00:00Z",
    "2024-02-29T23:59:59Z",
];
const REFUSED_TIMES: [&str; 19] = [
    "soon",
    "2024-03-05",
    "2024-03-05T09:21Z",
    "2024-03-05T09:21:32",
    "2024-02-30T00:00:00Z",
    "2023-02-29T00:00:00Z",
    "2024-13-01T00:00:00Z",
    "2024-00-01T00:00:00Z",
    "2024-03-00T00:00:00Z",
    "2024-03-05T24:00:00Z",
    "2024-03-05T09:60:00Z",
    "2024-3-5T9:21:32Z",
    "2024-03-05T09:21:32.Z",
    "2024-03-05T09:21:32,5Z",
    "2024-03-05T09:21:32.1234567890Z",
    "2024-03-05T09:21:32+24:00",
    "2024-03-05T09:21:32+08:60",
    "2024-03-05T09:21:32 Z",
    "20240305T092132Z",
];

/// Members of a record that must never count, though parts of them look as if they should.
const DECOYS: [(&str, &str); 12] = [
    (
        r#""requestParameters""#,
        r#"{"eventTime":"2024-03-05T11:11:11Z","userIdentity":{"accessKeyId":"DECOY"}}"#,
    ),
    (
        r#""requestParameterJson""#,
        r#""{\"eventTime\":\"2024-03-05T11:11:11Z\",\"serviceName\":[}}]""#,
    ),
    (
        r#""responseElements""#,
        r#"{"Credentials":{"AccessKeyId":"STS.DECOY","x":[[{"eventName":"Decoy"}]]}}"#,
    ),
    (r#""accessKeyId""#, r#""DECOY""#),
    (r#""eventTimes""#, r#""2024-03-05T11:11:11Z""#),
    (r#""event.Time""#, r#""2024-03-05T11:11:11Z""#),
    (r#""""#, r#""eventName\",\"eventId\":\"decoy""#),
    (r#""additionalEventData""#, r"-1.5e-300"),
    (r#""__expanded""#, r"true"),
    (r#""eventVersion""#, r"123456789012345678901234567890"),
    (r#""userAgent""#, r#""\\""#),
    (
        r#""userAgent""#,
        r#""\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\"}]\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\""#,
    ),
];
const IDENTITY_DECOYS: [(&str, &str); 3] = [
    (
        r#""sessionContext""#,
        r#"{"accessKeyId":"DECOY","attributes":{"type":"DECOY","accountId":"DECOY"}}"#,
    ),
    (r#""eventTime""#, r#""2024-03-05T11:11:11Z""#),
    (r#""accessKeyIds""#, r#""DECOY""#),
];

/// One member of an object: the JSON texts of its name and its value.
type Member = (String, String);

/// How the JSON of a file is spaced.
#[derive(Clone, Copy, Debug)]
enum Spacing {
    Compact,
    Python,
    Pretty,
    Odd,
}

impl Spacing {
    /// What stands before a name, between name and value, between members, and before the end.
    fn parts(self) -> [&'static str; 4] {
        match self {
            Self::Compact => ["", ":", ",", ""],
            Self::Python => ["", ": ", ", ", ""],
            Self::Pretty => ["\n    ", ": ", ",\n    ", "\n  "],
            Self::Odd => ["\t\r\n", " \t:\r\n", "\r\n ,\t", "  "],
        }
    }
}

/// How the records of a file are strung together.
#[derive(Clone, Copy, Debug)]
enum Shape {
    Array,
    Lines,
    Arrays,
    ArraysWithCommas,
    Reply,
    Replies,
}

/// How the text of a file is encoded on disk.
#[derive(Clone, Debug)]
enum FileEncoding {
    Plain,
    Gzip { level: u32 },
    Members { cuts: Vec<Index>, padding: usize },
}

/// One element of a file: a record, or something that is none.
#[derive(Clone, Debug)]
enum Element {
    Record(Vec<Member>),
    Stray(&'static str),
}

/// Every condition of `lookup` and values for it, some of which are in no event. `--error` without a
/// code has none.
pub const CONDITIONS: &[(&str, &[&str])] = &[
    ("key", &["LTAI5tAlice", "STS.NUexample", "LTAI****e", "*"]),
    ("no-key", &[""]),
    ("service", &["ECS", "Oss", "Ec"]),
    ("event", &["Create", "*e*s", "List*"]),
    (
        "ip",
        &[
            "198.51.100.7",
            "198.51.100.0/29",
            "2001:db8::/33",
            "2001:DB8::7",
            "Internal",
            "ecs.aliyuncs.com",
            "10.0.0.0/8",
            "203.0.113.9:443",
            "203.0.113.9,10.0.0.1",
        ],
    ),
    ("user", &["alice", "r*", "2015537513401*"]),
    ("agent", &["python*", "Go-http-client/1.1"]),
    (
        "resource",
        &["i-1", "*-1", "d*f", "ACS::ECS::Instance:i-1", "*:*"],
    ),
    ("resource-type", &["ACS::ECS::Instance", "T"]),
    ("region", &["cn-hangzhou", "cn-beijing"]),
    ("account", &["1234567890123456", "43274"]),
    ("rw", &["read", "write"]),
    ("event-type", &["ApiCall", "apicall"]),
    ("event-id", &["A1", "a1"]),
    ("error", &["", "Forbidden", "No*"]),
    ("denied", &[""]),
    ("success", &[""]),
    ("grep", &["alice", "Ecs"]),
    ("not-key", &["LTAI5tAlice", "TMP.example", "STS.*"]),
    ("not-service", &["ecs", "Ram"]),
    ("not-event", &["Describe*", "Create"]),
    ("not-ip", &["198.51.100.7", "2001:db8::/32", "Internal"]),
    ("not-user", &["alice", "2015*"]),
    ("not-agent", &["python*", "curl/8"]),
    ("not-region", &["cn-hangzhou", "cn-beijing"]),
    ("not-resource", &["i-1", "T;U:*", "ACS::ECS::*:*"]),
    ("not-error", &["Forbidden", "No*"]),
];

/// Up to four conditions of `lookup`.
pub fn conditions() -> impl Strategy<Value = Vec<(String, String)>> {
    let one = select(CONDITIONS.to_vec()).prop_flat_map(|(option, values)| {
        select(values.to_vec()).prop_map(move |value| (option.to_owned(), value.to_owned()))
    });
    prop::collection::vec(one, 0..=4)
}

/// Conditions as they are typed.
pub fn typed(conditions: &[(String, String)]) -> Vec<String> {
    conditions
        .iter()
        .map(|(option, value)| match value.as_str() {
            "" => format!("--{option}"),
            value => format!("--{option}={value}"),
        })
        .collect()
}

/// One generated file. A failure prints its path and its text.
#[derive(Clone)]
pub struct GeneratedFile {
    /// The path inside the archive.
    pub path: &'static str,
    text: Vec<u8>,
    elements: Vec<String>,
    shape: Shape,
    encoding: FileEncoding,
}

impl std::fmt::Debug for GeneratedFile {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{} {:?}\n{}\n",
            self.path,
            self.encoding,
            String::from_utf8_lossy(&self.text)
        )
    }
}

impl GeneratedFile {
    /// What is on disk.
    pub fn bytes(&self) -> Vec<u8> {
        match &self.encoding {
            FileEncoding::Plain => self.text.clone(),
            FileEncoding::Gzip { level } => gzip_at(*level, &self.text),
            FileEncoding::Members { cuts, padding } => {
                let mut cuts: Vec<usize> = cuts
                    .iter()
                    .map(|cut| cut.index(self.text.len() + 1))
                    .collect();
                cuts.extend([0, self.text.len()]);
                cuts.sort_unstable();
                let members = cuts
                    .windows(2)
                    .flat_map(|cut| gzip_at(6, &self.text[cut[0]..cut[1]]));
                members.chain(std::iter::repeat_n(0, *padding)).collect()
            }
        }
    }

    /// The text of the file.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Whether the contract defines what is left of this file when its end is cut off. Of a reply it does not, since
    /// the last of its members `Events` counts.
    pub fn can_be_cut(&self) -> bool {
        let is_reply = matches!(self.shape, Shape::Reply | Shape::Replies);
        !is_reply && !self.text.is_empty() && std::str::from_utf8(&self.text).is_ok()
    }

    /// Whether the file has an element.
    pub fn has_records(&self) -> bool {
        !self.elements.is_empty()
    }

    /// The same elements as one array in one gzip member, with a further element somewhere among them.
    pub fn as_array(&self, further: Option<(Index, &str)>) -> Vec<u8> {
        let mut elements: Vec<&str> = self.elements.iter().map(String::as_str).collect();
        if let Some((place, further)) = further {
            elements.insert(place.index(elements.len() + 1), further);
        }
        gzip_at(6, to_bytes(&format!("[{}]", elements.join(","))))
    }
}

impl GeneratedFile {
    /// One array of the same elements over and over, at least this long, with white space of every length between
    /// them: however a reader cuts the text into pieces, all kinds of elements lie across the cuts.
    pub fn as_long_array(&self, length: usize) -> Vec<u8> {
        let mut text = String::from("[");
        for number in 0_usize.. {
            for element in &self.elements {
                text.push_str(element);
                text.push(',');
                text.extend(std::iter::repeat_n(' ', number * 7 % 101));
            }
            if text.len() > length || self.elements.is_empty() {
                break;
            }
        }
        to_bytes(&(text + "null]"))
    }
}

/// Writes the files down, and lists them as the reference wants them.
pub fn build(files: &[GeneratedFile]) -> (Archive, Vec<LogFile>) {
    let archive = files.iter().fold(Archive::new(), |archive, file| {
        archive.file(file.path, file.bytes())
    });
    let files = files
        .iter()
        .map(|file| LogFile {
            path: archive.path(file.path),
            bytes: file.bytes(),
        })
        .collect();
    (archive, files)
}

/// The files of one archive: up to five, which share records.
pub fn files() -> impl Strategy<Value = Vec<GeneratedFile>> {
    // The names sort differently by bytes, by folders and without regard to case.
    let paths = vec![
        "A/x.ndjson",
        "a/b/y.gz",
        "a/x.gz",
        "a.b/x.gz",
        "a-/x.json.gz",
        "z.json",
        "é/ü.jsonl",
        "AliyunLogs/Actiontrail/cn-hangzhou/2024/03/05/Actiontrail_cn-hangzhou_20240305092132_1002_3_1146_8d2a62c7317236ee7bf50184a428d8a9.gz",
        "p/q/AliyunLogs/Actiontrail/rd-1/1234567890123456/cn-beijing/2024/03/05/Actiontrail_cn-beijing_20240305235959_1002_2_99_8d2a62c7317236ee7bf50184a428d8a9.gz",
    ];
    let files = subsequence(paths, 1..=5).prop_flat_map(|paths| {
        let layouts = prop::collection::vec(layout(), paths.len());
        (
            Just(paths),
            layouts,
            prop::collection::vec(element(), 1..12),
        )
    });
    files.prop_map(|(paths, layouts, elements)| {
        let file = |(path, layout): (&'static str, Layout)| layout.file(path, &elements);
        paths.into_iter().zip(layouts).map(file).collect()
    })
}

/// Everything about a file but its path and its records.
#[derive(Clone, Debug)]
struct Layout {
    picks: Vec<Index>,
    shape: Shape,
    spacing: Spacing,
    encoding: FileEncoding,
    has_mark: bool,
}

fn layout() -> impl Strategy<Value = Layout> {
    let shape = prop_oneof![
        4 => Just(Shape::Array),
        2 => Just(Shape::Lines),
        1 => Just(Shape::Arrays),
        1 => Just(Shape::ArraysWithCommas),
        1 => Just(Shape::Reply),
        1 => Just(Shape::Replies),
    ];
    let spacing = prop_oneof![
        3 => Just(Spacing::Compact),
        1 => Just(Spacing::Python),
        1 => Just(Spacing::Pretty),
        1 => Just(Spacing::Odd),
    ];
    let members = (
        prop::collection::vec(any::<Index>(), 0..3),
        prop_oneof![3 => Just(0_usize), 1 => 1_usize..600],
    );
    let encoding = prop_oneof![
        1 => Just(FileEncoding::Plain),
        3 => (0_u32..=9).prop_map(|level| FileEncoding::Gzip { level }),
        1 => members.prop_map(|(cuts, padding)| FileEncoding::Members { cuts, padding }),
    ];
    (
        prop::collection::vec(any::<Index>(), 0..8),
        shape,
        spacing,
        encoding,
        prop::bool::weighted(0.1),
    )
        .prop_map(|(picks, shape, spacing, encoding, has_mark)| Layout {
            picks,
            shape,
            spacing,
            encoding,
            has_mark,
        })
}

impl Layout {
    fn file(self, path: &'static str, elements: &[Element]) -> GeneratedFile {
        let picked = self
            .picks
            .iter()
            .map(|pick| self.element(&elements[pick.index(elements.len())]));
        let picked: Vec<String> = picked.collect();
        let [before, _, between, end] = self.spacing.parts();
        let array = |elements: &[String]| format!("[{before}{}{end}]", elements.join(between));
        let halves = picked.split_at(picked.len() / 2);
        let text = match self.shape {
            Shape::Array => array(&picked),
            // A text of nothing but white space is left alone: the contract does not define whether that is JSON.
            Shape::Lines if picked.is_empty() => String::new(),
            Shape::Lines => picked.join("\n") + "\n\n",
            Shape::Arrays => format!("{}{}\n\n", array(halves.0), array(halves.1)),
            Shape::ArraysWithCommas => format!("{},\n{},", array(halves.0), array(halves.1)),
            Shape::Reply => {
                format!(
                    r#"{{"RequestId":"R",{before}"Events": {},"NextToken":"{{["}}"#,
                    array(&picked)
                )
            }
            Shape::Replies => {
                let reply = |half: &[String]| format!(r#"{{"Events":{}}}{before}"#, array(half));
                reply(halves.0) + &reply(halves.1)
            }
        };
        let mark = if self.has_mark { "\u{feff}" } else { "" };
        let text = [mark, &text].concat();
        GeneratedFile {
            path,
            text: to_bytes(&text),
            elements: picked,
            shape: self.shape,
            encoding: self.encoding,
        }
    }

    fn element(&self, element: &Element) -> String {
        match element {
            Element::Record(members) => object(members, self.spacing),
            Element::Stray(text) => (*text).to_owned(),
        }
    }
}

/// The bytes of a text, with what stands for a broken byte replaced by one.
fn to_bytes(text: &str) -> Vec<u8> {
    let sound: Vec<&[u8]> = text.split(BROKEN_BYTE).map(str::as_bytes).collect();
    sound.join(&b'\xff')
}

fn object(members: &[Member], spacing: Spacing) -> String {
    let [before, colon, between, end] = spacing.parts();
    let members: Vec<String> = members
        .iter()
        .map(|(name, value)| format!("{name}{colon}{value}"))
        .collect();
    format!("{{{before}{}{end}}}", members.join(between))
}

fn element() -> BoxedStrategy<Element> {
    let stray = select(vec![
        "null",
        "1",
        "-2.5e3",
        "true",
        "\"[{\"",
        "[]",
        "[{\"eventTime\":\"2024-03-05T09:21:32Z\"}]",
    ]);
    // A list of records that are almost the same, by way of the small pools, is what finds wrong ties and wrong copies.
    prop_oneof![
        12 => record().prop_map(Element::Record),
        1 => stray.prop_map(Element::Stray),
    ]
    .boxed()
}

fn record() -> BoxedStrategy<Vec<Member>> {
    let usual = (
        maybe(0.95, field("eventTime", time())),
        maybe(0.8, field("eventId", event_id())),
        maybe(0.9, field("userIdentity", identity())),
        maybe(0.9, field("serviceName", text(&SERVICES))),
        maybe(0.8, field("eventName", text(&NAMES))),
        maybe(0.8, field("sourceIpAddress", text(&IPS))),
        maybe(0.7, field("acsRegion", text(&REGIONS))),
        maybe(
            0.3,
            field("errorCode", text(&["Forbidden", "NoPermission"])),
        ),
        maybe(
            0.4,
            field(
                "eventCategory",
                text(&["Management", "Data", "Insight", "data"]),
            ),
        ),
        maybe(0.3, resource()),
        maybe(0.3, resource()),
        (
            maybe(0.2, field("recipientAccountId", text(&ACCOUNTS))),
            maybe(0.1, any_field()),
            maybe(0.4, field("eventRW", text(&["Read", "Write", "write"]))),
            maybe(0.3, field("eventType", text(&EVENT_TYPES))),
            maybe(0.4, field("errorMessage", text(&["no", "success", ""]))),
            maybe(0.3, field("requestId", text(&IDS))),
            maybe(
                0.3,
                field("userAgent", text(&["python-requests/2", "curl/8"])),
            ),
        ),
    );
    let usual = usual.prop_map(|(a, b, c, d, e, f, g, h, i, j, k, (l, m, n, o, p, q, r))| {
        [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r]
            .into_iter()
            .flatten()
            .collect::<Vec<Member>>()
    });
    let decoys = prop::collection::vec(select(DECOYS.to_vec()), 0..3);
    (usual, decoys)
        .prop_map(|(mut members, decoys)| {
            members.extend(
                decoys
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value.to_owned())),
            );
            members
        })
        .prop_shuffle()
        .boxed()
}

/// A further member for any field, which makes a doubled name where the field is there already.
fn any_field() -> impl Strategy<Value = Member> {
    prop_oneof![
        field("eventTime", time()),
        field("eventId", event_id()),
        field("userIdentity", identity()),
        field("serviceName", text(&SERVICES)),
        field("eventName", text(&NAMES)),
        field("sourceIpAddress", text(&IPS)),
        field("acsRegion", text(&REGIONS)),
        field("errorCode", text(&["Forbidden"])),
        field("eventRW", text(&["Read", "Write"])),
        field("userAgent", text(&["agent"])),
        field("recipientAccountId", text(&ACCOUNTS)),
        resource(),
    ]
}

fn resource() -> impl Strategy<Value = Member> {
    prop_oneof![
        2 => field("resourceName", text(&RESOURCE_NAMES)),
        2 => field("resourceType", text(&RESOURCE_TYPES)),
        1 => field("referencedResources", select(REFERENCED.map(str::to_owned).to_vec())),
    ]
}

fn identity() -> BoxedStrategy<String> {
    let usual = (
        maybe(0.9, field("accessKeyId", text(&KEYS))),
        maybe(0.8, field("accountId", text(&ACCOUNTS))),
        maybe(
            0.6,
            field("principalId", text(&["20155375134015", "20155375134016"])),
        ),
        maybe(0.6, field("userName", text(&["alice", "root"]))),
        maybe(0.6, field("type", text(&["ram-user", "root-account"]))),
        maybe(0.1, field("accessKeyId", text(&KEYS))),
        maybe(0.1, field("accountId", text(&ACCOUNTS))),
        maybe(
            0.2,
            select(IDENTITY_DECOYS.to_vec())
                .prop_map(|(name, value)| (name.to_owned(), value.to_owned())),
        ),
    );
    let members = usual.prop_map(|(a, b, c, d, e, f, g, h)| {
        [a, b, c, d, e, f, g, h]
            .into_iter()
            .flatten()
            .collect::<Vec<Member>>()
    });
    let object = (
        members.prop_shuffle(),
        select(vec![Spacing::Compact, Spacing::Python, Spacing::Odd]),
    )
        .prop_map(|(members, spacing)| object(&members, spacing))
        .boxed();
    let text = object.clone().prop_map(|object| {
        let escaped = object.replace('\\', "\\\\").replace('"', "\\\"");
        quoted(&escaped.replace(['\r', '\n', '\t'], " "))
    });
    prop_oneof![
        20 => object,
        1 => text,
        1 => select(vec!["null", "\"LTAI5tAlice\"", "[{\"accessKeyId\":\"DECOY\"}]", "7"]).prop_map(str::to_owned),
    ].boxed()
}

fn time() -> impl Strategy<Value = String> {
    prop_oneof![
        16 => select(NEAR_TIMES.to_vec()).prop_map(quoted),
        2 => select(FAR_TIMES.to_vec()).prop_map(quoted),
        2 => select(REFUSED_TIMES.to_vec()).prop_map(quoted),
        2 => select(NEAR_TIMES.to_vec()).prop_map(escaped),
        1 => select(vec!["1709630492", "null", "\"\"", "[\"2024-03-05T09:21:32Z\"]"]).prop_map(str::to_owned),
    ]
}

fn event_id() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => text(&IDS),
        1 => select(FORMED_IDS.to_vec()).prop_map(quoted),
    ]
}

/// The value of a string field: mostly one of the pool, now and then something that has no business there.
fn text(pool: &[&'static str]) -> impl Strategy<Value = String> + use<> {
    let odd = vec![
        "\"\"",
        "null",
        "0",
        "-1.50",
        "1e5",
        "1E+05",
        "123456789012345678901234567890",
        "true",
        "false",
        "{}",
        "{\"accessKeyId\":\"DECOY\",\"eventTime\":[\"}\"]}",
        "[]",
        "[\"Ecs\"]",
        r#""\ud83d\ude00""#,
        r#""\ud83dA""#,
        r#""\udc00\ud800\ud83d\ude00""#,
        r#""]},{\"\\""#,
        r#""\u0000\u001b[31m\b\f\n\r\t\/""#,
        "\"=1+1\"",
        "\" \"",
        "\"é\u{202e}😀\"",
        "\"a\u{f8ff}b\"",
    ];
    prop_oneof![
        20 => select(pool.to_vec()).prop_map(quoted),
        2 => select(pool.to_vec()).prop_map(escaped),
        3 => select(odd).prop_map(str::to_owned),
    ]
}

/// A member whose name is spelled in one of the ways that count as the same.
fn field(
    name: &'static str,
    value: impl Strategy<Value = String> + 'static,
) -> BoxedStrategy<Member> {
    let mut capital = name.to_owned();
    capital[..1].make_ascii_uppercase();
    let names = prop_oneof![
        12 => Just(quoted(name)),
        1 => Just(quoted(&capital)),
        1 => Just(quoted(&name.to_ascii_lowercase())),
        1 => Just(quoted(&name.to_ascii_uppercase())),
        1 => Just(escaped(name)),
    ];
    // Boxed, because the strategies of whole records would otherwise be too large for the stack of a test.
    (names, value).boxed()
}

fn maybe<S: Strategy>(chance: f64, strategy: S) -> impl Strategy<Value = Option<S::Value>> {
    prop::option::weighted(chance, strategy)
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

/// The same text with every second character as a `\u` escape.
fn escaped(text: &str) -> String {
    let characters = text.chars().enumerate().map(|(number, character)| {
        if number % 2 == 0 {
            format!("\\u{:04X}", u32::from(character))
        } else {
            character.to_string()
        }
    });
    quoted(&characters.collect::<String>())
}

/// A question, for the reference and for the program.
#[derive(Clone, Debug)]
pub struct QuestionCase {
    /// The question to the reference.
    pub question: Question,
    /// The arguments of the program for the same question.
    pub args: Vec<String>,
}

/// Questions: half of them ask for everything.
pub fn question() -> impl Strategy<Value = QuestionCase> {
    let window = || {
        let times = vec![
            (1_709_630_492_000, "2024-03-05T09:21:32Z"),
            (1_709_630_492_000, "@1709630492"),
            (1_709_630_492_000, "2024-03-05 09:21:32"),
            (1_709_630_460_000, "2024-03-05 09:21"),
            (1_709_630_492_123, "2024-03-05T17:21:32.123+08:00"),
            (1_709_630_493_000, "2024-03-05T09:21:33Z"),
            (1_709_596_800_000, "2024-03-05"),
        ];
        prop::option::weighted(0.5, select(times))
    };
    let some = |pool: &'static [&'static str]| prop_oneof![2 => Just(vec![]), 1 => subsequence(pool.to_vec(), 1..=2)];
    let narrow = (
        window(),
        window(),
        some(&REGIONS),
        some(&ACCOUNTS),
        prop::bool::weighted(0.3),
    )
        .prop_map(|(since, until, regions, accounts, no_dedup)| {
            // A window that holds no time is a usage error, which other tests check.
            let until = until.filter(|(end, _)| since.is_none_or(|(start, _)| start < *end));
            let owned = |texts: &[&str]| {
                texts
                    .iter()
                    .map(|text| (*text).to_owned())
                    .collect::<Vec<_>>()
            };
            let question = Question {
                since: since.map(|(time, _)| time),
                until: until.map(|(time, _)| time),
                regions: owned(&regions),
                accounts: owned(&accounts),
                no_dedup,
                conditions: Vec::new(),
            };
            let mut args = Vec::new();
            args.extend(since.iter().flat_map(|(_, text)| owned(&["--since", text])));
            args.extend(until.iter().flat_map(|(_, text)| owned(&["--until", text])));
            args.extend(
                regions
                    .iter()
                    .flat_map(|region| owned(&["--region", region])),
            );
            args.extend(
                accounts
                    .iter()
                    .flat_map(|account| owned(&["--account", account])),
            );
            args.extend(no_dedup.then(|| "--no-dedup".to_owned()));
            QuestionCase { question, args }
        });
    prop_oneof![
        Just(QuestionCase {
            question: Question::default(),
            args: vec![]
        }),
        narrow
    ]
}

/// A service to narrow `last-used` by, in a case of its own.
pub fn service() -> impl Strategy<Value = Option<&'static str>> {
    prop::option::of(select(vec!["Ecs", "ECS", "oss", "Nothing"]))
}
