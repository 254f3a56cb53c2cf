//! The events of a file, appended to a string one after another.
//!
//! Without a JSON library, because a gigabyte has to be made in seconds.

use std::fmt::Write as _;

use crate::{
    args::Args,
    origin::{FileOrigin, WINDOW, has_hot_key},
    support::{Rng, UtcTime, pick, pick_ref, push_hex, push_number, push_random, push_uuid},
    tables::{
        AGENTS, ARGUMENTS, CONSOLE_AGENTS, ERRORS, NOUNS, REGIONS, SERVICES, TEXTS, VERBS, WORDS,
    },
    world::{ADDRESSES, EVENTS_PER_SERVICE, Key, KeyKind, RESOURCES, World},
};

/// Small letters and digits, as in the id of an instance.
const BASE36: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// Nine in ten events have one of this many recent callers. How often callers repeat decides the
/// gzip ratio and the hit rate of caches; how often they do in real files is not known.
const RECENT_CALLERS: u64 = 12;

/// The approximate size of an event in bytes, to spread the times over a window.
const EVENT_BYTES: u64 = 2_100;

/// Appends address number `number`, as spelt in JSON, without quotes.
fn push_address(out: &mut String, number: u64, service: &str) {
    match number % 32 {
        7 | 19 => out.push_str("Internal"),
        11 => {
            out.extend(service.chars().map(|letter| letter.to_ascii_lowercase()));
            out.push_str(".aliyuncs.com");
        }
        13 | 29 => {
            write!(
                out,
                "2001:db8:{:x}:{:x}::{:x}",
                number / 7 % 0xffff,
                number % 251,
                number
            )
            .expect("writing into a string cannot fail");
        }
        5 | 23 => {
            write!(
                out,
                "10.{}.{}.{}",
                number / 65_536 % 256,
                number / 256 % 256,
                number % 256
            )
            .expect("writing into a string cannot fail");
        }
        // 198.18.0.0/15 is set aside for benchmarks (RFC 2544).
        _ => write!(
            out,
            "198.{}.{}.{}",
            18 + number % 2,
            number / 256 % 256,
            number / 2 % 256
        )
        .expect("writing into a string cannot fail"),
    }
}

/// The caller of an event, and what its next events are likely to name.
#[derive(Clone, Copy)]
struct Caller<'a> {
    /// `None` for console sessions, sign-ins and calls by services.
    key: Option<&'a Key>,
    habit: u64,
    address: u64,
    service: u64,
    event: u64,
    resource: u64,
    session_start: u64,
}

/// Texts that several fields of an event share.
#[derive(Default)]
pub struct Scratch {
    id: String,
    arguments: String,
    host: String,
    resource: String,
}

/// The events of one file, one after another.
pub struct EventSource<'a> {
    world: &'a World,
    pub origin: FileOrigin,
    rng: Rng,
    recent: Vec<Caller<'a>>,
    /// The caller with the hot key, in the files that have it.
    hot: Option<Caller<'a>>,
    /// Events written so far.
    pub events: u64,
    /// The approximate number of events.
    expected: u64,
}

/// The event about to be written.
struct Draft<'a> {
    caller: Caller<'a>,
    seconds: u64,
    region: &'static str,
    service: &'static str,
    /// The number of the event name among all 3,000.
    number: u64,
    resource: u64,
    noise: u64,
    error: Option<(&'static str, &'static str)>,
}

impl Draft<'_> {
    /// The bits that are the same for all events of this name.
    fn habit(&self) -> u64 {
        Rng::new(&[6, self.number]).draw()
    }

    fn verb(&self) -> &'static str {
        pick(&VERBS, self.number)
    }

    fn noun(&self) -> &'static str {
        pick(&NOUNS, self.number / VERBS.len() as u64)
    }

    fn is_read(&self) -> bool {
        matches!(
            self.verb(),
            "Describe" | "List" | "Get" | "Query" | "Check" | "Validate"
        )
    }

    fn is_console(&self) -> bool {
        self.caller.key.is_none() && self.caller.habit % 4 != 3
    }

    fn is_sign_in(&self) -> bool {
        self.caller.key.is_none() && self.caller.habit % 16 == 4
    }

    fn is_system(&self) -> bool {
        self.caller.key.is_none() && self.caller.habit % 4 == 3
    }
}

impl<'a> EventSource<'a> {
    pub fn new(args: &Args, world: &'a World, index: u64, size: u64) -> Self {
        let origin = FileOrigin::of(args, index);
        let mut source = Self {
            world,
            origin,
            rng: Rng::new(&[args.seed, 7, index]),
            recent: Vec::new(),
            hot: None,
            events: 0,
            expected: (size / EVENT_BYTES).max(1),
        };
        if has_hot_key(args, index) {
            source.hot = world.hot_key.as_ref().map(|key| source.caller_with(key));
        }
        source
    }

    fn caller_with(&mut self, key: &'a Key) -> Caller<'a> {
        let rng = &mut self.rng;
        // A key has three addresses of its own, and sometimes another.
        let address = if rng.percent(80) {
            Rng::new(&[8, key.habit, rng.below(3)]).below(ADDRESSES)
        } else {
            self.world.address_ranks.sample(rng)
        };
        let own = Rng::new(&[9, key.habit, rng.below(4)]).draw();
        let service = if rng.percent(50) {
            own % 120
        } else {
            self.world.service_ranks.sample(rng)
        };
        Caller {
            key: Some(key),
            habit: key.habit,
            address,
            service,
            event: self.world.event_ranks.sample(rng),
            resource: self.world.resource_ranks.sample(rng),
            session_start: self.origin.window - rng.below(3_000),
        }
    }

    fn new_caller(&mut self) -> Caller<'a> {
        let rank = self.world.key_ranks.sample(&mut self.rng);
        // The key next in rank that belongs to the account of the file, or the first key of the
        // account.
        let neighbour = rank - rank % self.world.shares + self.origin.account;
        let rank = if neighbour < self.world.keys.len() as u64 {
            neighbour
        } else {
            self.origin.account
        };
        let key = pick_ref(&self.world.keys, rank);
        let keyless = self.rng.percent(11);
        let mut caller = self.caller_with(key);
        if keyless {
            caller.key = None;
            caller.habit = Rng::new(&[10, self.rng.below(400), self.origin.account]).draw();
        }
        caller
    }

    /// Appends one event, without a comma.
    pub fn push_event(&mut self, out: &mut String, scratch: &mut Scratch) {
        let caller = match self.hot {
            Some(hot) if self.events == 0 || self.rng.percent(2) => hot,
            _ if !self.recent.is_empty() && self.rng.percent(90) => {
                pick(&self.recent, self.rng.draw())
            }
            _ => {
                let caller = self.new_caller();
                if (self.recent.len() as u64) < RECENT_CALLERS {
                    self.recent.push(caller);
                } else {
                    let slot = usize::try_from(self.rng.below(RECENT_CALLERS)).unwrap_or(0);
                    if let Some(old) = self.recent.get_mut(slot) {
                        *old = caller;
                    }
                }
                caller
            }
        };
        let draft = self.draft(caller);
        self.events += 1;
        scratch.id.clear();
        if matches!(draft.service, "Oss" | "Log") {
            push_hex(&mut scratch.id, self.rng.draw(), 16);
            push_hex(&mut scratch.id, self.rng.draw(), 8);
        } else {
            push_uuid(&mut scratch.id, &mut self.rng);
        }
        push_host(scratch, &draft);
        push_arguments(scratch, &draft, &mut self.rng);
        push_resource_name(&mut scratch.resource, &draft, 0);
        let order = draft.number / EVENTS_PER_SERVICE % 6;
        out.push('{');
        for step in 0..FIELDS.len() as u64 {
            // Six orders of the fields: a stride that is coprime to their number visits each once.
            let stride = pick(&[1, 2, 3, 4, 6, 7], order);
            self.push_field(
                out,
                pick(&FIELDS, order * 4 + step * stride),
                &draft,
                scratch,
            );
        }
        out.pop();
        out.push('}');
    }

    fn draft(&mut self, caller: Caller<'a>) -> Draft<'a> {
        let rng = &mut self.rng;
        let service = if rng.percent(90) {
            caller.service
        } else {
            self.world.service_ranks.sample(rng)
        };
        let event = if rng.percent(60) {
            caller.event
        } else {
            self.world.event_ranks.sample(rng)
        };
        let elapsed = self.events * (WINDOW - 20) / self.expected;
        Draft {
            caller,
            // Events in a file are not exactly in order, because none is documented.
            seconds: self.origin.window + (elapsed + rng.below(8)).min(WINDOW - 11),
            region: if rng.percent(97) {
                self.origin.region
            } else {
                pick(&REGIONS, rng.draw())
            },
            service: pick(&SERVICES, service),
            number: service * EVENTS_PER_SERVICE + event,
            resource: (caller.resource + rng.below(6)) % RESOURCES,
            noise: rng.draw(),
            error: rng.percent(6).then(|| pick(&ERRORS, rng.draw())),
        }
    }
}

#[derive(Clone, Copy)]
enum Field {
    EventId,
    EventVersion,
    EventSource,
    RequestParameters,
    SourceIpAddress,
    UserAgent,
    EventRw,
    EventType,
    ReferencedResources,
    UserIdentity,
    ServiceName,
    AdditionalEventData,
    ApiVersion,
    RequestId,
    EventTime,
    IsGlobal,
    AcsRegion,
    EventName,
    RequestParameterJson,
    ResponseElements,
    ResourceName,
    ErrorCode,
    EventCategory,
    RecipientAccountId,
    VpcId,
}

const FIELDS: [Field; 25] = [
    Field::EventId,
    Field::EventVersion,
    Field::EventSource,
    Field::RequestParameters,
    Field::SourceIpAddress,
    Field::UserAgent,
    Field::EventRw,
    Field::EventType,
    Field::ReferencedResources,
    Field::UserIdentity,
    Field::ServiceName,
    Field::AdditionalEventData,
    Field::ApiVersion,
    Field::RequestId,
    Field::EventTime,
    Field::IsGlobal,
    Field::AcsRegion,
    Field::EventName,
    Field::RequestParameterJson,
    Field::ResponseElements,
    Field::ResourceName,
    Field::ErrorCode,
    Field::EventCategory,
    Field::RecipientAccountId,
    Field::VpcId,
];

impl EventSource<'_> {
    /// Appends one field and a comma, or nothing where the event has no such field.
    #[expect(
        clippy::too_many_lines,
        reason = "one arm a field, and no field needs another"
    )]
    fn push_field(&mut self, out: &mut String, field: Field, draft: &Draft<'_>, scratch: &Scratch) {
        let habit = draft.habit();
        let account = pick_ref(&self.world.accounts, self.origin.account);
        match field {
            Field::EventId => push_text(out, "eventId", &scratch.id),
            Field::EventVersion if habit.is_multiple_of(3) => push_text(out, "eventVersion", "1"),
            Field::EventVersion => out.push_str("\"eventVersion\":1,"),
            Field::EventSource if draft.is_system() => {}
            Field::EventSource => push_text(out, "eventSource", &scratch.host),
            Field::RequestParameters => {
                out.push_str("\"requestParameters\":{");
                out.push_str(&scratch.arguments);
                out.push_str("},");
            }
            Field::SourceIpAddress => {
                out.push_str("\"sourceIpAddress\":\"");
                if draft.is_system() {
                    out.push_str(&scratch.host);
                } else {
                    push_address(out, draft.caller.address, draft.service);
                }
                out.push_str("\",");
            }
            Field::UserAgent if draft.is_system() => push_text(out, "userAgent", &scratch.host),
            Field::UserAgent if draft.is_console() => {
                push_text(
                    out,
                    "userAgent",
                    pick(&CONSOLE_AGENTS, draft.caller.habit >> 8),
                );
            }
            Field::UserAgent => push_text(out, "userAgent", pick(&AGENTS, draft.caller.habit >> 8)),
            Field::EventRw => {
                push_text(
                    out,
                    "eventRW",
                    if draft.is_read() { "Read" } else { "Write" },
                );
            }
            Field::EventType if draft.is_sign_in() => push_text(out, "eventType", "ConsoleSignin"),
            Field::EventType if draft.is_console() => {
                push_text(out, "eventType", "ConsoleOperation");
            }
            Field::EventType => push_text(out, "eventType", "ApiCall"),
            Field::ReferencedResources => push_referenced_resources(out, draft, scratch),
            Field::UserIdentity => push_identity(out, draft, account),
            Field::ServiceName if draft.is_sign_in() => push_text(out, "serviceName", "AasSub"),
            Field::ServiceName => push_text(out, "serviceName", draft.service),
            Field::AdditionalEventData => {
                out.push_str(match habit >> 4 & 3 {
                    0 => "\"additionalEventData\":{\"Scheme\":\"https\",\"CallerBid\":\"26842\"},",
                    1 => "\"additionalEventData\":{\"Scheme\":\"http\"},",
                    2 => "\"additionalEventData\":{\"CallerBid\":\"26842\"},",
                    _ => "",
                });
            }
            Field::ApiVersion if draft.is_console() => push_text(out, "apiVersion", "*"),
            Field::ApiVersion => {
                write!(
                    out,
                    "\"apiVersion\":\"20{:02}-0{}-1{}\",",
                    14 + habit % 9,
                    1 + habit % 8,
                    habit % 7
                )
                .expect("writing into a string cannot fail");
            }
            Field::RequestId if draft.noise % 16 == 3 => {
                out.push_str("\"requestId\":\"");
                push_uuid(out, &mut self.rng);
                out.push_str("\",");
            }
            Field::RequestId => push_text(out, "requestId", &scratch.id),
            Field::EventTime => {
                out.push_str("\"eventTime\":\"");
                UtcTime::of(draft.seconds).push_time(out);
                out.push_str("\",");
            }
            Field::IsGlobal => out.push_str("\"isGlobal\":false,"),
            Field::AcsRegion => push_text(out, "acsRegion", draft.region),
            Field::EventName if draft.is_sign_in() => push_text(out, "eventName", "ConsoleSignin"),
            Field::EventName => {
                out.push_str("\"eventName\":\"");
                out.push_str(draft.verb());
                out.push_str(draft.noun());
                out.push_str("\",");
            }
            Field::RequestParameterJson if habit >> 8 & 3 == 1 => {
                out.push_str("\"requestParameterJson\":\"{");
                for letter in scratch.arguments.chars() {
                    if matches!(letter, '"' | '\\') {
                        out.push('\\');
                    }
                    out.push(letter);
                }
                out.push_str("}\",");
            }
            Field::ResponseElements if !draft.is_read() && draft.error.is_none() => {
                write!(
                    out,
                    "\"responseElements\":{{\"RequestId\":\"{}\",\"Success\":true,\"{}Id\":\"{}\"}},",
                    scratch.id,
                    draft.noun(),
                    scratch.resource,
                )
                .expect("writing into a string cannot fail");
            }
            Field::ResourceName => push_joined_resources(out, draft, scratch),
            Field::ErrorCode => match draft.error {
                Some((code, message)) => {
                    push_text(out, "errorCode", code);
                    push_text(out, "errorMessage", message);
                }
                // A call that succeeded has no code, or an empty one.
                None if (habit >> 10).is_multiple_of(4) => {
                    out.push_str("\"errorCode\":\"\",\"errorMessage\":\"\",");
                }
                None => {}
            },
            Field::EventCategory if habit >> 12 & 1 == 0 => {
                push_text(out, "eventCategory", "Management");
            }
            Field::RecipientAccountId => push_text(out, "recipientAccountId", account),
            Field::VpcId if draft.caller.address % 32 == 5 => {
                push_text(out, "vpcId", "vpc-bp1k2example3vpc4id5x");
            }
            Field::RequestParameterJson
            | Field::ResponseElements
            | Field::EventCategory
            | Field::VpcId => {}
        }
    }
}

/// Appends a field whose value needs no escape.
fn push_text(out: &mut String, name: &str, value: &str) {
    out.push('"');
    out.push_str(name);
    out.push_str("\":\"");
    out.push_str(value);
    out.push_str("\",");
}

fn push_identity(out: &mut String, draft: &Draft<'_>, account: &str) {
    out.push_str("\"userIdentity\":{");
    if draft.is_system() {
        out.push_str("\"type\":\"system\",\"userName\":\"ecs.aliyuncs.com\"},");
        return;
    }
    let key = draft.caller.key;
    let leading = !draft.caller.habit.is_multiple_of(3);
    if leading && let Some(key) = key {
        push_text(out, "accessKeyId", &key.access_key_id);
    }
    let session = key.is_none_or(|key| matches!(key.kind, KeyKind::Role | KeyKind::Temporary));
    if session {
        out.push_str("\"sessionContext\":{\"attributes\":{\"mfaAuthenticated\":\"false\",");
        out.push_str("\"creationDate\":\"");
        UtcTime::of(draft.caller.session_start).push_time(out);
        out.push_str("\"}},");
    }
    push_text(out, "accountId", account);
    if let Some(key) = key {
        push_text(out, "principalId", &key.principal);
        push_text(
            out,
            "type",
            match key.kind {
                KeyKind::User => "ram-user",
                KeyKind::Root | KeyKind::Temporary => "root-account",
                KeyKind::Role => "assumed-role",
            },
        );
        push_text(out, "userName", &key.user);
        if !leading {
            push_text(out, "accessKeyId", &key.access_key_id);
        }
    } else {
        let person = draft.caller.habit % 211;
        write!(
            out,
            "\"principalId\":\"2{:017}\",\"type\":\"ram-user\",\"userName\":\"person{person:03}\",",
            person * 7_919,
        )
        .expect("writing into a string cannot fail");
    }
    out.pop();
    out.push_str("},");
}

fn push_host(scratch: &mut Scratch, draft: &Draft<'_>) {
    let host = &mut scratch.host;
    host.clear();
    host.extend(
        draft
            .service
            .chars()
            .map(|letter| letter.to_ascii_lowercase()),
    );
    if draft.number.is_multiple_of(2) {
        host.push('.');
    } else {
        host.push_str("-share.");
    }
    host.push_str(draft.region);
    host.push_str(".aliyuncs.com");
}

/// Builds the request parameters, without the brackets.
fn push_arguments(scratch: &mut Scratch, draft: &Draft<'_>, rng: &mut Rng) {
    let Scratch {
        id,
        arguments: out,
        host,
        ..
    } = scratch;
    out.clear();
    push_text(out, "AcsHost", host);
    push_text(out, "AcsProduct", draft.service);
    push_text(out, "RequestId", id);
    push_text(out, "RegionId", draft.region);
    push_text(out, "HostId", host);
    out.push_str("\"charset\":\"UTF-8\",\"AcceptLanguage\":\"zh-CN\",");
    if let Some(key) = draft.caller.key
        && key.kind == KeyKind::Role
    {
        out.push_str("\"stsTokenPlayerUid\":\"1893026110475821\",");
        push_text(out, "stsTokenPrincipalName", &key.user);
    }
    // Real parameters can have the names that a reader looks for.
    if draft.noise >> 8 & 31 == 9 {
        out.push_str(
            "\"eventName\":\"DecoyEvent\",\"eventTime\":\"2001-01-01T00:00:00Z\",\
             \"accessKeyId\":\"LTAI5tDecoyDecoyDecoyDe1\",\"userIdentity\":{\"accessKeyId\":\
             \"LTAI5tDecoyDecoyDecoyDe2\",\"type\":\"root-account\"},\"Events\":[{\"eventId\":\"decoy\"}],",
        );
    }
    let habit = draft.habit();
    let count = 10 + habit % 23;
    for argument in 0..count {
        let bits = Rng::new(&[11, draft.number, argument]).draw();
        let name = pick(&ARGUMENTS, habit / 64 + argument);
        write!(out, "\"{name}\":").expect("writing into a string cannot fail");
        match bits % 24 {
            0 | 16 => out.push_str("true"),
            1 | 17 => out.push_str("false"),
            2 | 18 => push_number(out, bits / 32 % 200, 1),
            3 => out.push_str("[]"),
            4 => write!(out, "\"{}\"", pick(&TEXTS, bits / 32))
                .expect("writing into a string cannot fail"),
            5 => write!(
                out,
                "\"{}-{}\"",
                draft.region,
                char::from(pick(b"abchj", draft.caller.habit))
            )
            .expect("writing into a string cannot fail"),
            6 => {
                out.push('"');
                push_hex(out, rng.draw(), 12);
                out.push('"');
            }
            7 => push_number(out, rng.below(65_536), 1),
            8 => {
                out.push('"');
                UtcTime::of(draft.seconds / 60 * 60).push_time(out);
                out.push('"');
            }
            _ => write!(out, "\"{}\"", pick(&WORDS, bits / 32))
                .expect("writing into a string cannot fail"),
        }
        out.push(',');
    }
    write!(out, "\"ClientPort\":{}", 1_024 + rng.below(60_000))
        .expect("writing into a string cannot fail");
}

/// Builds the name of the resource `offset` after that of the event.
fn push_resource_name(out: &mut String, draft: &Draft<'_>, offset: u64) {
    let number = (draft.resource + offset) % RESOURCES;
    out.clear();
    match number % 50 {
        3 => out.push_str("\\u6d4b\\u8bd5-"),
        4 => out.push_str("订单库-"),
        5 => out.push_str("path\\/to\\/"),
        _ => {}
    }
    out.extend(
        draft
            .service
            .chars()
            .take(2)
            .map(|letter| letter.to_ascii_lowercase()),
    );
    out.push_str("-bp1");
    push_random(out, &mut Rng::new(&[12, number]), BASE36, 17);
}

fn push_resource_type(out: &mut String, draft: &Draft<'_>) {
    out.push_str("ACS::");
    out.extend(
        draft
            .service
            .chars()
            .map(|letter| letter.to_ascii_uppercase()),
    );
    out.push_str("::");
    out.push_str(draft.noun());
}

fn push_referenced_resources(out: &mut String, draft: &Draft<'_>, scratch: &Scratch) {
    let form = draft.habit() >> 16 & 7;
    if form >= 5 {
        out.push_str(if form == 5 {
            "\"referencedResources\":{},"
        } else {
            ""
        });
        return;
    }
    out.push_str("\"referencedResources\":{\"");
    push_resource_type(out, draft);
    out.push_str("\":[\"");
    out.push_str(&scratch.resource);
    if form == 4 {
        let mut second = String::new();
        push_resource_name(&mut second, draft, 1);
        out.push_str("\",\"");
        out.push_str(&second);
    }
    out.push_str("\"]},");
}

fn push_joined_resources(out: &mut String, draft: &Draft<'_>, scratch: &Scratch) {
    let form = draft.habit() >> 16 & 7;
    // Form 4 has the resources in both forms.
    if !matches!(form, 4 | 6) {
        return;
    }
    out.push_str("\"resourceType\":\"");
    push_resource_type(out, draft);
    out.push_str(";ACS::VPC::VPC\",\"resourceName\":\"");
    out.push_str(&scratch.resource);
    out.push(',');
    let mut second = String::new();
    push_resource_name(&mut second, draft, 1);
    out.push_str(&second);
    out.push_str(";vpc-bp1k2example3vpc4id5x\",");
}
