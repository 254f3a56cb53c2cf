//! What all files of an archive share: accounts, keys, and how likely each is.

use crate::{
    args::Args,
    support::{ALPHANUMERIC, Rng, pick_ref, push_random},
    tables::SERVICES,
};

pub const EVENTS_PER_SERVICE: u64 = 25;

pub const ADDRESSES: u64 = 50_000;

pub const RESOURCES: u64 = 300_000;

/// Ranks with Zipf's weights, the first the likeliest.
pub struct Odds(Vec<u64>);

impl Odds {
    pub fn new(ranks: u64) -> Self {
        let mut sum = 0;
        Self(
            (1..=ranks)
                .map(|rank| {
                    sum += (1 << 40) / rank;
                    sum
                })
                .collect(),
        )
    }

    pub fn draw(&self, rng: &mut Rng) -> u64 {
        let point = rng.below(self.0.last().copied().unwrap_or(1));
        self.0.partition_point(|sum| *sum <= point) as u64
    }
}

pub const ACCOUNTS: u64 = 8;

/// An `AccessKey` and who it belongs to.
pub struct Key {
    pub access_key_id: String,
    pub kind: KeyKind,
    pub user: String,
    pub principal: String,
    /// Sets the key's habits: its addresses, its user agent, its services.
    pub habit: u64,
}

#[derive(Clone, Copy, Eq, PartialEq)]
pub enum KeyKind {
    /// `LTAI…` of a RAM user.
    User,
    /// `LTAI…` of the account itself.
    Root,
    /// `STS.…` of an assumed role.
    Role,
    /// `TMP.…` of a console session.
    Temporary,
}

impl Key {
    pub fn new(seed: u64, rank: u64, accounts: &[String], account: u64) -> Self {
        let mut rng = Rng::new(&[seed, 4, rank]);
        let kind = match rank {
            _ if rank % 8 == 5 => KeyKind::Role,
            _ if rank % 97 == 13 => KeyKind::Temporary,
            _ if rank % 61 == 7 => KeyKind::Root,
            _ => KeyKind::User,
        };
        let (prefix, length) = match kind {
            KeyKind::User | KeyKind::Root => ("LTAI5t", 18),
            KeyKind::Role => ("STS.N", 24),
            KeyKind::Temporary => ("TMP.3K", 20),
        };
        let mut access_key_id = prefix.to_owned();
        push_random(&mut access_key_id, &mut rng, ALPHANUMERIC, length);
        let number = 200_000_000_000_000_000 + rng.below(100_000_000_000_000_000);
        let (user, principal) = match kind {
            KeyKind::User => (format!("svc-{rank:05}"), number.to_string()),
            KeyKind::Role => {
                let session = format!("session-{}", rng.below(1_000_000));
                (
                    format!("role-{:03}:{session}", rank % 300),
                    format!("{number}:{session}"),
                )
            }
            KeyKind::Root | KeyKind::Temporary => {
                ("root".to_owned(), pick_ref(accounts, account).clone())
            }
        };
        Self {
            access_key_id,
            kind,
            user,
            principal,
            habit: rng.draw(),
        }
    }
}

/// What all files share.
pub struct World {
    pub accounts: Vec<String>,
    /// Accounts that keys are dealt out to, in turn.
    pub shares: u64,
    pub keys: Vec<Key>,
    pub hot_key: Option<Key>,
    pub key_odds: Odds,
    pub service_odds: Odds,
    pub event_odds: Odds,
    pub address_odds: Odds,
    pub resource_odds: Odds,
}

impl World {
    pub fn new(args: &Args) -> Self {
        let mut rng = Rng::new(&[args.seed, 5]);
        let accounts: Vec<String> = (0..ACCOUNTS)
            .map(|_| (1_000_000_000_000_000 + rng.below(900_000_000_000_000)).to_string())
            .collect();
        // Multi layout: a key belongs to the account its rank falls on, so that
        // a file holds the keys of its account only.
        let shares = if args.multi { ACCOUNTS } else { 1 };
        let keys = (0..args.keys)
            .map(|rank| Key::new(args.seed, rank, &accounts, rank % shares))
            .collect();
        Self {
            keys,
            hot_key: args
                .hot_key
                .then(|| Key::new(args.seed, u64::MAX / 8 * 8, &accounts, 0)),
            accounts,
            shares,
            key_odds: Odds::new(args.keys),
            service_odds: Odds::new(SERVICES.len() as u64),
            event_odds: Odds::new(EVENTS_PER_SERVICE),
            address_odds: Odds::new(ADDRESSES),
            resource_odds: Odds::new(RESOURCES),
        }
    }
}
