//! The account, the region and the five minutes that the events of a file are from.

use crate::{
    args::Args,
    support::{ObjectPlace, Rng, pick, pick_ref},
    tables::REGIONS,
    world::{ACCOUNTS, World},
};

/// The length of the window whose events are put into one file, in seconds.
pub const WINDOW: u64 = 300;

/// 2023-11-01T00:00:00Z.
const FIRST_DAY: u64 = 1_698_796_800;

const RESOURCE_DIRECTORY: &str = "rd-q7x2mv";

/// The account, the region and the window that the events of a file are from.
#[derive(Clone, Copy)]
pub struct FileOrigin {
    pub account: u64,
    pub region: &'static str,
    /// The first second of the window.
    pub window: u64,
}

/// Whether the hot key is in a file: in one of a hundred, and in one at least.
pub fn has_hot_key(args: &Args, index: u64) -> bool {
    args.hot_key && index % 100 == args.seed % args.files.min(100)
}

impl FileOrigin {
    pub fn of(args: &Args, index: u64) -> Self {
        let mut rng = Rng::new(&[args.seed, 3, index]);
        let windows = u128::from(args.days * 86_400 / WINDOW);
        let window = u128::from(index) * windows / u128::from(args.files);
        Self {
            account: match rng.below(ACCOUNTS) {
                account if args.multi && !has_hot_key(args, index) => account,
                _ => 0,
            },
            // The smaller of two random numbers favours the first regions.
            region: pick(&REGIONS, rng.below(12).min(rng.below(12))),
            window: FIRST_DAY + u64::try_from(window).unwrap_or(0) * WINDOW,
        }
    }

    /// The path of the object that was delivered `delay` seconds after the window.
    pub fn object<'a>(
        self,
        args: &Args,
        world: &'a World,
        prefix: &'a str,
        delay: u64,
    ) -> ObjectPlace<'a> {
        ObjectPlace {
            prefix,
            event_type: "Actiontrail",
            member: args.multi.then(|| {
                (
                    RESOURCE_DIRECTORY,
                    pick_ref(&world.accounts, self.account).as_str(),
                )
            }),
            region: self.region,
            epoch_seconds: self.window + WINDOW - 10 + delay,
        }
    }
}
