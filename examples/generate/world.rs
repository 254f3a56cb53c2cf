//! What all files of an archive share: accounts, keys, and how often each thing is used.

use crate::{
    args::Args,
    support::{ALPHANUMERIC, Rng, pick_ref, push_random},
    tables::SERVICES,
};

pub const EVENTS_PER_SERVICE: u64 = 25;

pub const ADDRESSES: u64 = 50_000;

pub const RESOURCES: u64 = 300_000;

/// A Zipf distribution of ranks from 0 on, as cumulative weights.
pub struct Zipf(Vec<u64>);

impl Zipf {
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

    pub fn sample(&self, rng: &mut Rng) -> u64 {
        let point = rng.below(self.0.last().copied().unwrap_or(1));
        self.0.partition_point(|sum| *sum <= point) as u64
    }
}

pub const ACCOUNTS: u64 = 8;

/// An `AccessKey` and its owner.
pub struct Key {
    pub access_key_id: String,
    pub kind: KeyKind,
    pub user: String,
    pub principal: String,
    /// The seed of the addresses, the user agent and the services of the key.
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

/// The accounts and keys of an archive, and the distributions of all that events name.
pub struct World {
    pub accounts: Vec<String>,
    /// The number of accounts that the keys belong to, in turn.
    pub shares: u64,
    pub keys: Vec<Key>,
    pub hot_key: Option<Key>,
    pub key_ranks: Zipf,
    pub service_ranks: Zipf,
    pub event_ranks: Zipf,
    pub address_ranks: Zipf,
    pub resource_ranks: Zipf,
}

impl World {
    pub fn new(args: &Args) -> Self {
        let mut rng = Rng::new(&[args.seed, 5]);
        let accounts: Vec<String> = (0..ACCOUNTS)
            .map(|_| (1_000_000_000_000_000 + rng.below(900_000_000_000_000)).to_string())
            .collect();
        // In the multi layout the rank of a key decides its account, so that a file has the keys of
        // its account only.
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
            key_ranks: Zipf::new(args.keys),
            service_ranks: Zipf::new(SERVICES.len() as u64),
            event_ranks: Zipf::new(EVENTS_PER_SERVICE),
            address_ranks: Zipf::new(ADDRESSES),
            resource_ranks: Zipf::new(RESOURCES),
        }
    }
}
