//! Which columns a terminal has room for, and how wide each is.
//!
//! A column is needed, important, or shown where there is room; that is its rank. Left out: the
//! values, and how one is shortened, which is in `table.rs`.

/// The ranks of columns that are important: to show one of them, others are made narrower and times
/// lose their seconds. Greater ranks are shown where there is room, and rank 0 always.
const IMPORTANT: u8 = 9;

/// The widest that a column gets for values that are usual in it, and the widest that it is padded to
/// at all: one hostile value cannot fill all other lines with blanks.
const WIDEST_USUAL: usize = 40;
pub(super) const WIDEST: usize = 64;

/// Nothing is cut to save no more than this.
const LITTLE: usize = 4;

/// How narrow a column of text may get.
const NARROWEST: usize = 8;

/// How wide a long-term key is.
const LONG_TERM_KEY: usize = 24;

/// How narrow the column of keys may get, and how wide a key may be to be usual in any case.
const NARROWEST_KEY: usize = 16;
const WIDE_KEY: usize = 32;

/// The widths of the values of one column.
#[derive(Clone, Debug)]
pub(super) struct Widths {
    /// How many values have a width; the last number is of all that are at least [`WIDEST`] wide.
    counts: [usize; WIDEST + 1],
    rows: usize,
    header: usize,
    greatest: usize,
    shortened: usize,
    whole: usize,
}

impl Widths {
    /// Those of a column without values, whose header has this width.
    pub(super) fn new(header: usize) -> Self {
        Self {
            counts: [0; WIDEST + 1],
            rows: 0,
            header,
            greatest: header,
            shortened: header,
            whole: header,
        }
    }

    /// Takes a value by its width, and by its width if it is shortened without being cut.
    pub(super) fn add(&mut self, width: usize, shortened: usize) {
        self.rows += 1;
        self.greatest = self.greatest.max(width);
        self.shortened = self.shortened.max(shortened);
        if let Some(count) = self.counts.get_mut(shortened.min(WIDEST)) {
            *count += 1;
        }
    }

    /// Takes a width below which a value that must not be cut would be.
    pub(super) fn keep(&mut self, width: usize) {
        self.whole = self.whole.max(width);
    }

    /// The width of the header and of all values.
    pub(super) fn greatest(&self) -> usize {
        self.greatest
    }

    fn most(&self) -> usize {
        if self.greatest <= WIDEST {
            self.greatest
        } else {
            self.shortened.min(WIDEST)
        }
    }

    /// The width at which no more is cut than one of ten values, or of a few values one.
    fn usual(&self) -> usize {
        let mut wider = match self.rows {
            0..4 => 0,
            4..20 => 1,
            rows => rows / 10,
        };
        let mut width = WIDEST;
        for (at, count) in self.counts.iter().enumerate().rev() {
            width = at;
            match wider.checked_sub(*count) {
                Some(left) => wider = left,
                None => break,
            }
        }
        let width = width.max(self.whole);
        if self.greatest <= width + LITTLE {
            self.greatest
        } else {
            width
        }
    }

    /// What a column needs whose values may be cut.
    pub(super) fn of_text(&self, rank: u8) -> Demand {
        let usual = self.usual().min(WIDEST_USUAL).max(self.whole);
        let least = NARROWEST.max(self.whole).min(usual);
        Demand {
            rank,
            greatest: self.greatest,
            most: self.most(),
            usual,
            least,
            last_resort: least,
            in_minutes: None,
        }
    }

    /// What the column of keys needs. Where they are cut, a long-term key stays whole, unless all
    /// else does not help.
    pub(super) fn of_keys(&self, rank: u8) -> Demand {
        let usual = self.usual().max(self.greatest.min(WIDE_KEY));
        Demand {
            usual,
            least: LONG_TERM_KEY.max(self.whole).min(usual),
            last_resort: NARROWEST_KEY.max(self.whole).min(usual),
            ..self.of_whole(rank)
        }
    }

    /// What a column needs whose values are not cut.
    pub(super) fn of_whole(&self, rank: u8) -> Demand {
        Demand {
            rank,
            greatest: self.greatest,
            most: self.most(),
            usual: self.greatest,
            least: self.greatest,
            last_resort: self.greatest,
            in_minutes: None,
        }
    }

    /// What a column of times needs, if times without seconds are so much narrower.
    pub(super) fn of_times(&self, rank: u8, seconds: usize) -> Demand {
        let in_minutes = self.greatest.saturating_sub(seconds).max(self.header);
        Demand {
            in_minutes: Some(in_minutes),
            ..self.of_whole(rank)
        }
    }
}

/// What a column needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Demand {
    /// Rank 0 is never left out, and the greatest rank first.
    rank: u8,
    /// The width at which nothing is cut.
    greatest: usize,
    /// The width beyond which more room is of no use to it.
    most: usize,
    /// The width at which little is cut.
    usual: usize,
    /// The width below which it is left out.
    least: usize,
    /// The width below which even columns of rank 0 are not shown in lines.
    last_resort: usize,
    /// Its width where times are shown without seconds.
    in_minutes: Option<usize>,
}

/// What is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// The width of each column, `None` for those that are left out.
    pub(super) widths: Vec<Option<usize>>,
    /// Whether times are shown without seconds.
    pub(super) minutes: bool,
}

/// The layout of columns on a terminal, or `None` where it has no room for those of rank 0.
pub(super) fn layout(demands: &[Demand], gap: usize, room: usize) -> Option<Layout> {
    let mut order: Vec<usize> = (0..demands.len()).collect();
    order.sort_by_key(|&at| demands.get(at).map(|demand| demand.rank));
    let ranked: Vec<Demand> = (order.iter())
        .filter_map(|&at| demands.get(at).copied())
        .collect();
    let (widths, minutes) = layout_ranked(&ranked, gap, room)?;
    let mut placed = vec![None; demands.len()];
    for (&at, width) in order.iter().zip(widths) {
        if let Some(place) = placed.get_mut(at) {
            *place = width;
        }
    }
    Some(Layout {
        widths: placed,
        minutes,
    })
}

/// The layout of the columns of rank 0 alone, whatever room there is.
pub(super) fn narrowest(demands: &[Demand]) -> Layout {
    let width = |demand: &Demand| (demand.rank == 0).then_some(demand.least);
    Layout {
        widths: demands.iter().map(width).collect(),
        minutes: false,
    }
}

/// The layout of columns in the order of their ranks.
fn layout_ranked(ranked: &[Demand], gap: usize, room: usize) -> Option<(Vec<Option<usize>>, bool)> {
    let whole: Vec<usize> = ranked.iter().map(|demand| demand.greatest).collect();
    if total(&whole, gap) <= room {
        return Some((whole.into_iter().map(Some).collect(), false));
    }
    let up_to = |rank| ranked.iter().filter(|demand| demand.rank <= rank).count();
    for taken in (up_to(0)..=up_to(IMPORTANT)).rev() {
        let (chosen, extra) = ranked.split_at(taken);
        for minutes in [false, true] {
            let width = |demand: &Demand| match demand.in_minutes {
                Some(width) if minutes => width,
                _ => demand.usual,
            };
            let mut widths: Vec<usize> = chosen.iter().map(width).collect();
            let fits = total(&widths, gap) <= room;
            if !fits && !narrow(&mut widths, chosen, |demand| demand.least, gap, room) {
                continue;
            }
            let mut widths: Vec<_> = widths.into_iter().map(Some).collect();
            for demand in extra {
                widths.push(Some(demand.usual));
                if !fits || minutes || total_of(&widths, gap) > room {
                    widths.pop();
                    widths.push(None);
                }
            }
            widen(&mut widths, ranked, minutes, gap, room);
            return Some((widths, minutes));
        }
    }
    let needed = ranked.get(..up_to(0)).unwrap_or_default();
    let mut widths: Vec<usize> = (needed.iter())
        .map(|demand| demand.in_minutes.unwrap_or(demand.usual))
        .collect();
    narrow(&mut widths, needed, |demand| demand.last_resort, gap, room).then(|| {
        let mut widths: Vec<_> = widths.into_iter().map(Some).collect();
        widths.resize(ranked.len(), None);
        (widths, true)
    })
}

/// Makes the widest columns narrower until all fit; false where they do not even then.
fn narrow(
    widths: &mut [usize],
    demands: &[Demand],
    least: fn(&Demand) -> usize,
    gap: usize,
    room: usize,
) -> bool {
    while total(widths, gap) > room {
        let can_narrow = widths.iter_mut().zip(demands);
        let can_narrow = can_narrow
            .filter(|(width, demand)| demand.in_minutes.is_none() && **width > least(demand));
        match can_narrow.max_by_key(|(width, _)| **width) {
            Some((width, _)) => *width -= 1,
            None => return false,
        }
    }
    true
}

/// Gives the room that is left to columns in which something is cut.
fn widen(widths: &mut [Option<usize>], demands: &[Demand], minutes: bool, gap: usize, room: usize) {
    let mut left = room.saturating_sub(total_of(widths, gap));
    for (width, demand) in widths.iter_mut().zip(demands) {
        if let Some(width) = width
            && !(minutes && demand.in_minutes.is_some())
        {
            let more = demand.most.saturating_sub(*width).min(left);
            *width += more;
            left -= more;
        }
    }
}

fn total(widths: &[usize], gap: usize) -> usize {
    widths.iter().sum::<usize>() + gap * widths.len().saturating_sub(1)
}

fn total_of(widths: &[Option<usize>], gap: usize) -> usize {
    let shown: Vec<usize> = widths.iter().copied().flatten().collect();
    total(&shown, gap)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn widths(header: usize, values: &[usize]) -> Widths {
        let mut widths = Widths::new(header);
        for &width in values {
            widths.add(width, width);
        }
        widths
    }

    #[test]
    fn one_wide_value_of_many_is_not_usual() {
        assert_eq!(widths(4, &[10, 10, 10, 10, 300]).usual(), 10);
        assert_eq!(widths(4, &[10, 300]).usual(), WIDEST);
        assert_eq!(widths(12, &[10, 10]).usual(), 12);
        assert_eq!(widths(4, &[]).usual(), 4);
        let mut many = [20; 100];
        many[..10].fill(50);
        assert_eq!(widths(4, &many).usual(), 20);
        many[..11].fill(50);
        assert_eq!(widths(4, &many).usual(), 50);
    }

    #[test]
    fn important_columns_stay_and_others_go() {
        let text = |rank, width| widths(4, &[width]).of_text(rank);
        let time = |rank| widths(4, &[20]).of_times(rank, 4);
        let demands = [text(0, 20), time(1), text(2, 30), text(10, 6)];
        let of = |room| {
            let layout = layout(&demands, 2, room).expect("a layout");
            (layout.widths, layout.minutes)
        };
        let seconds = |widths: [Option<usize>; 4]| (widths.to_vec(), false);
        assert_eq!(of(82), seconds([Some(20), Some(20), Some(30), Some(6)]));
        assert_eq!(of(81), seconds([Some(20), Some(20), Some(30), None]));
        assert_eq!(of(60), seconds([Some(18), Some(20), Some(18), None]));
        assert_eq!(of(40), seconds([Some(8), Some(20), Some(8), None]));
        assert_eq!(of(36), (vec![Some(8), Some(16), Some(8), None], true));
        assert_eq!(of(35), seconds([Some(13), Some(20), None, None]));
        assert_eq!(of(8), seconds([Some(8), None, None, None]));
        assert_eq!(layout(&demands, 2, 7), None);
    }

    proptest! {
        #[test]
        fn a_layout_fits_whatever_the_values_are(
            columns in prop::collection::vec(
                (0_u8..14, 1_usize..14, prop::collection::vec(0_usize..99, 0..30), 0..4),
                1..8,
            ),
            room in 1_usize..300,
        ) {
            let demand = |(rank, header, values, kind): &(u8, usize, Vec<usize>, i32)| {
                let widths = widths(*header, values);
                match kind {
                    0 => widths.of_text(*rank),
                    1 => widths.of_times(*rank, 4),
                    2 => widths.of_whole(*rank),
                    _ => widths.of_keys(*rank),
                }
            };
            let demands: Vec<_> = columns.iter().map(demand).collect();
            let Some(layout) = layout(&demands, 2, room) else {
                return Ok(());
            };
            prop_assert!(total_of(&layout.widths, 2) <= room);
            for (width, demand) in layout.widths.iter().zip(&demands) {
                let least = demand.in_minutes.unwrap_or(demand.last_resort);
                prop_assert!(width.is_some() || demand.rank > 0);
                prop_assert!(width.is_none_or(|width| width >= least && width <= demand.greatest.max(least)));
            }
        }
    }
}
