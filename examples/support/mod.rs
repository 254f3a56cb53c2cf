//! Shared by both generators of archives: reproducible random numbers, times, and the paths of
//! delivered objects.
//!
//! Everything here is integer arithmetic, so the same seed gives the same bytes on every machine.
//! Left out: the content of events.

use std::{fmt::Write as _, path::PathBuf};

use md_5::{Digest as _, Md5};

/// A splitmix64 random number generator.
///
/// It is seeded by a few numbers, so that each file of an archive has a sequence of its own and can
/// be made by any thread.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// The sequence of these numbers, in this order.
    pub fn new(seed: &[u64]) -> Self {
        let mut rng = Self(0x6b65_7974_7261_696c);
        for number in seed {
            rng.0 ^= *number;
            rng.0 = rng.draw();
        }
        rng
    }

    /// The next 64 bits.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number below `bound`, which must not be zero.
    ///
    /// The modulo bias is less than one in 2^40 for the bounds used here.
    #[allow(dead_code, reason = "only the `generate` example needs it")]
    pub fn below(&mut self, bound: u64) -> u64 {
        self.draw() % bound
    }

    /// True with a probability of `percent` in a hundred.
    #[allow(dead_code, reason = "only the `generate` example needs it")]
    pub fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// Element `number`, modulo the length, of a list that is not empty.
pub fn pick<T: Copy>(list: &[T], number: u64) -> T {
    *pick_ref(list, number)
}

/// [`pick`] by reference.
pub fn pick_ref<T>(list: &[T], number: u64) -> &T {
    let index = number % u64::try_from(list.len()).expect("a length fits in 64 bits");
    list.get(usize::try_from(index).expect("an index below a length fits"))
        .expect("the index is below the length")
}

/// Appends `length` characters out of `alphabet`.
pub fn push_random(out: &mut String, rng: &mut Rng, alphabet: &[u8], length: usize) {
    for _ in 0..length {
        out.push(char::from(pick(alphabet, rng.draw())));
    }
}

/// Letters and digits without look-alikes, as in a long-term `AccessKey` ID.
pub const ALPHANUMERIC: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz123456789";

/// Upper-case hexadecimal digits, as in most event ids.
pub const HEX: &[u8] = b"0123456789ABCDEF";

/// Appends a random UUID in upper case.
pub fn push_uuid(out: &mut String, rng: &mut Rng) {
    let high = rng.draw();
    let low = rng.draw();
    push_hex(out, high >> 32, 8);
    out.push('-');
    push_hex(out, high >> 16, 4);
    out.push('-');
    push_hex(out, (high & 0x0fff) | 0x5000, 4);
    out.push('-');
    push_hex(out, ((low >> 48) & 0x3fff) | 0x8000, 4);
    out.push('-');
    push_hex(out, low, 12);
}

/// Appends the lowest `digits` hexadecimal digits of `number`.
pub fn push_hex(out: &mut String, number: u64, digits: u32) {
    for place in (0..digits).rev() {
        out.push(char::from(pick(HEX, (number >> (4 * place)) & 0xf)));
    }
}

/// Appends `number` in decimal with at least `width` digits.
pub fn push_number(out: &mut String, number: u64, width: usize) {
    write!(out, "{number:0width$}").expect("writing into a string cannot fail");
}

/// A time in UTC, by its parts.
#[derive(Clone, Copy, Debug)]
pub struct UtcTime {
    /// The year.
    pub year: u64,
    /// The month, from 1.
    pub month: u64,
    /// The day of the month, from 1.
    pub day: u64,
    /// The second of the day.
    pub second: u64,
}

impl UtcTime {
    /// Takes apart seconds since 1970, after Howard Hinnant's `civil_from_days`.
    pub fn of(epoch_seconds: u64) -> Self {
        let shifted = epoch_seconds / 86_400 + 719_468;
        let era = shifted / 146_097;
        let day_of_era = shifted % 146_097;
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let month = if shifted_month < 10 {
            shifted_month + 3
        } else {
            shifted_month - 9
        };
        Self {
            year: era * 400 + year_of_era + u64::from(month <= 2),
            month,
            day: day_of_year - (153 * shifted_month + 2) / 5 + 1,
            second: epoch_seconds % 86_400,
        }
    }

    /// Appends `2024-03-05T09:21:32Z`.
    pub fn push_time(self, out: &mut String) {
        push_number(out, self.year, 4);
        out.push('-');
        push_number(out, self.month, 2);
        out.push('-');
        push_number(out, self.day, 2);
        out.push('T');
        push_number(out, self.second / 3_600, 2);
        out.push(':');
        push_number(out, self.second / 60 % 60, 2);
        out.push(':');
        push_number(out, self.second % 60, 2);
        out.push('Z');
    }
}

/// The path of a delivered object, without the parts that depend on its content.
#[derive(Clone, Debug)]
pub struct ObjectPlace<'a> {
    /// The folders before `AliyunLogs`, or nothing.
    pub prefix: &'a str,
    /// `Actiontrail` or `Actiontrail-Insight`.
    pub event_type: &'a str,
    /// The resource directory and the member account of a multi-account trail.
    pub member: Option<(&'a str, &'a str)>,
    /// The region of the folder, which global events need not share.
    pub region: &'a str,
    /// The time in the name, in seconds since 1970.
    pub epoch_seconds: u64,
}

impl ObjectPlace<'_> {
    /// The path of the object, relative to the root of the archive.
    ///
    /// The form is documented: "What is the storage path of an event that is delivered to an OSS
    /// bucket?", as of 2026-11. Whether size and MD5 are those of the object or of its text is not;
    /// here they are the object's.
    pub fn path(&self, events: u64, compressed: u64, md5: Md5) -> PathBuf {
        let time = UtcTime::of(self.epoch_seconds);
        let (year, month, day) = (time.year, time.month, time.day);
        let (hours, minutes) = (time.second / 3_600, time.second / 60 % 60);
        let seconds = time.second % 60;
        let region = self.region;
        let mut digits = String::with_capacity(32);
        for byte in md5.finalize() {
            write!(digits, "{byte:02x}").expect("writing into a string cannot fail");
        }
        let mut path = PathBuf::from(self.prefix);
        path.push("AliyunLogs");
        path.push(self.event_type);
        if let Some((directory, account)) = self.member {
            path.push(directory);
            path.push(account);
        }
        path.push(region);
        path.push(format!("{year:04}"));
        path.push(format!("{month:02}"));
        path.push(format!("{day:02}"));
        path.push(format!(
            "Actiontrail_{region}_{year:04}{month:02}{day:02}{hours:02}{minutes:02}{seconds:02}\
             _1002_{events}_{compressed}_{digits}.gz"
        ));
        path
    }
}
