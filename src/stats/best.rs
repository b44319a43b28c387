//! How often each of several independent quantities is the best, or among the best two, and with some left out by chance.
//!
//! One quantity's density times the others' tails, on nodes that all share (`grid`); products over all but one from both
//! ends, so that k quantities cost k tables and two passes. A quantity that takes part with probability `admitted` only has
//! 1 - admitted + admitted F in place of its tail F. Taking part may be dependent: then it is a mixture of `scenarios`, all
//! gone through for a few nodes at a time, whose numbers the processor's nearest cache holds.
//!
//! Absolute errors about 1e-11. Not here: what taking part means, and how the shares become traffic.

use super::bell::{Axis, Bell, Distribution};
use super::grid::{Grid, Table};
use super::lanes::{LANES, Lanes};
use super::math::clamp;
use super::scenarios::Scenarios;
#[cfg(test)]
use super::superiority::Compare;

/// Which end of the axis is the good one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Preferred {
    Higher,
    Lower,
}

/// Some quantities on shared nodes.
#[derive(Debug)]
pub(crate) struct Race {
    contenders: usize,
    /// For `LANES` nodes after `LANES` nodes, each contender there.
    cells: Vec<Cell>,
}

/// At some nodes, or beyond an end: how much of a quantity is there, and how much of it is better than that.
#[derive(Debug, Clone, Copy)]
struct Cell {
    mass: Lanes,
    better: Lanes,
}

/// P(it takes part and is the best of those that do), and P(it takes part and at most one that does is better).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Places {
    /// They sum to the probability that somebody takes part.
    pub(crate) best: Vec<f64>,
    /// With all taking part these are the probabilities of the first two ranks, which sum to 2.
    pub(crate) best_two: Vec<f64>,
}

impl Race {
    #[cfg(test)]
    pub(crate) fn new<D: Compare>(quantities: &[D], preferred: Preferred) -> Self {
        super::tables::Tables::of(quantities, None).race(preferred)
    }

    /// A race in which only values that are not worse than `limit` count, for each quantity alike.
    ///
    /// The grid begins at the limit, so that nothing jumps inside a panel.
    pub(crate) fn within<D: Distribution>(quantities: &[D], preferred: Preferred, limit: f64) -> Self {
        Self::beyond(D::AXIS, &D::bells(quantities), preferred, limit)
    }

    fn beyond(axis: Axis, bells: &[Bell], preferred: Preferred, limit: f64) -> Self {
        let (low, high) = Grid::covering(axis, bells).ends();
        let at = clamp(axis.place(limit), low, high);
        let (low, high) = if preferred == Preferred::Higher { (at, high) } else { (low, at) };
        let grid = Grid::between(axis, bells, low, high);
        Self::on(&grid.tables(bells), preferred, true)
    }

    /// A race of those with these `tables` on one grid; with `is_limited` what lies beyond its worse end does not count.
    pub(super) fn on(tables: &[Table], preferred: Preferred, is_limited: bool) -> Self {
        let contenders: Vec<_> = tables.iter().map(|table| Contender::new(table, preferred, is_limited)).collect();
        let size = tables.first().map_or(0, |table| table.mass.len()) + 2;
        let mut cells = Vec::with_capacity(contenders.len() * size.div_ceil(LANES));
        for start in (0..size).step_by(LANES) {
            let here = contenders.iter().map(|contender| contender.cell(start));
            if here.clone().any(|cell| cell.mass.to_array().iter().any(|mass| *mass > NEGLIGIBLE)) {
                cells.extend(here);
            }
        }
        Self { contenders: contenders.len(), cells }
    }

    /// For each, P(it is better than the one at `reference`); one half for that one itself.
    pub(crate) fn better_than(&self, reference: usize) -> Vec<f64> {
        let mut better = vec![0.0; self.contenders];
        for cells in self.cells.chunks_exact(self.contenders.max(1)) {
            let reference = &cells[reference];
            for (sum, cell) in better.iter_mut().zip(cells) {
                for term in (cell.mass * (Lanes::splat(1.0) - reference.better)).to_array() {
                    *sum += term;
                }
            }
        }
        better.iter_mut().for_each(|better| *better = clamp(*better, 0.0, 1.0));
        better
    }

    /// The places of all, each taking part with its probability in `admitted`, independently.
    pub(crate) fn places_of(&self, admitted: &[f64]) -> Places {
        self.places(&Scenarios::one(admitted))
    }

    /// The places of all, taking part as the scenarios say.
    pub(crate) fn places(&self, scenarios: &Scenarios) -> Places {
        let size = self.contenders;
        let mut sums = vec![Sums::default(); size];
        // What is ahead of each, from those before it.
        let mut before = vec![Ahead::nobody(); size];
        // Who takes part in each scenario of a block, and how likely: one scenario behind the other.
        let mut taking_part: Vec<(usize, f64)> = Vec::new();
        let mut block: Vec<(f64, usize)> = Vec::new();
        let mut scenarios = scenarios.iter().peekable();
        while scenarios.peek().is_some() {
            taking_part.clear();
            block.clear();
            for (weight, admitted) in scenarios.by_ref().take(BLOCK) {
                let admitted = admitted.iter().copied().enumerate();
                taking_part.extend(admitted.filter(|(_, admitted)| *admitted > 0.0));
                block.push((weight, taking_part.len()));
            }
            for cells in self.cells.chunks_exact(size.max(1)) {
                let mut start = 0;
                for &(weight, end) in &block {
                    let taking_part = &taking_part[start..end];
                    start = end;
                    let mut ahead = Ahead::nobody();
                    for &(index, admitted) in taking_part {
                        before[index] = ahead;
                        ahead.join(&cells[index], admitted);
                    }
                    let mut after = Ahead::nobody();
                    for &(index, admitted) in taking_part.iter().rev() {
                        sums[index].add(weight * admitted, &cells[index], &before[index], &after);
                        after.join(&cells[index], admitted);
                    }
                }
            }
        }
        let first = sums.iter().map(|sums| sums.first.total());
        let both = sums.iter().map(|sums| sums.first.total() + sums.second.total());
        Places {
            best: first.map(|share| clamp(share, 0.0, 1.0)).collect(),
            best_two: both.map(|share| clamp(share, 0.0, 1.0)).collect(),
        }
    }
}

/// A contender's places, summed over scenarios and nodes.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    first: Lanes,
    second: Lanes,
}

impl Sums {
    fn add(&mut self, share: f64, cell: &Cell, before: &Ahead, after: &Ahead) {
        let mass = Lanes::splat(share) * cell.mass;
        self.first = self.first + mass * (before.none * after.none);
        self.second = self.second + mass * (before.one * after.none + before.none * after.one);
    }
}

/// At some nodes, P(nobody of some is better) and P(one of them is).
#[derive(Debug, Clone, Copy)]
struct Ahead {
    none: Lanes,
    one: Lanes,
}

impl Ahead {
    fn nobody() -> Self {
        Self { none: Lanes::splat(1.0), one: Lanes::splat(0.0) }
    }

    fn join(&mut self, cell: &Cell, admitted: f64) {
        let better = Lanes::splat(admitted) * cell.better;
        let worse = Lanes::splat(1.0) - better;
        self.one = self.one * worse + self.none * better;
        self.none = self.none * worse;
    }
}

/// A quantity at all nodes, and beyond either end.
struct Contender<'a> {
    mass: &'a [f64],
    better: &'a [f64],
    ends: Cell,
}

impl<'a> Contender<'a> {
    /// With `is_limited` what lies on a limit's other side is there, and does not count.
    fn new(table: &'a Table, preferred: Preferred, is_limited: bool) -> Self {
        let Table { mass, below, before, after, .. } = table;
        let (better, [start, end], out) = match preferred {
            Preferred::Higher => (table.above(), [1.0 - before, *after], 0),
            Preferred::Lower => (below.as_slice(), [*before, 1.0 - after], 1),
        };
        let mut masses = [*before, *after, 0.0, 0.0];
        if is_limited {
            masses[out] = 0.0;
        }
        Self { mass, better, ends: Cell { mass: masses.into(), better: [start, end, 0.0, 0.0].into() } }
    }

    /// From node `start` on; after the last node the ends.
    fn cell(&self, start: usize) -> Cell {
        let lanes = |all: &[f64]| Some(Lanes::from(*all.get(start..)?.first_chunk()?));
        let nodes = lanes(self.mass).zip(lanes(self.better));
        nodes.map_or(self.ends, |(mass, better)| Cell { mass, better })
    }
}

/// Scenarios gone through at once.
const BLOCK: usize = 32;
/// A few hundred nodes with less change nothing that is kept.
const NEGLIGIBLE: f64 = 1e-13;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::beta::Beta;
    use crate::stats::gamma::Gamma;
    use crate::stats::reference::{close, lists};
    use crate::stats::student::Student;

    fn betas(numbers: &[f64]) -> Vec<Beta> {
        numbers.chunks_exact(2).map(|pair| Beta { a: pair[0], b: pair[1] }).collect()
    }

    #[test]
    fn the_best_of_betas_meets_the_reference() {
        // Each row: k, k pairs of shapes, k times P(highest), k times P(among the two highest).
        for row in lists(include_str!("reference/best.json"), "beta") {
            let k = row[0] as usize;
            let quantities = betas(&row[1..=2 * k]);
            let race = Race::new(&quantities, Preferred::Higher);
            let (best, best_two) = (race.places_of(&vec![1.0; k]).best, race.places_of(&vec![1.0; k]).best_two);
            for index in 0..k {
                close(best[index], row[1 + 2 * k + index], 0.0, 2e-11, &format!("best {index} of {quantities:?}"));
                close(
                    best_two[index],
                    row[1 + 3 * k + index],
                    0.0,
                    2e-11,
                    &format!("best two {index} of {quantities:?}"),
                );
            }
        }
    }

    #[test]
    fn two_are_a_comparison() {
        let pair = [Student { mean: 1.0, scale: 0.5, degrees: 2.0 }, Student { mean: 2.0, scale: 0.1, degrees: 7.0 }];
        let shares = Race::new(&pair, Preferred::Lower).places_of(&[1.0, 1.0]).best;
        close(shares[0], pair[0].at_most(pair[1], 1.0), 0.0, 1e-11, "the lower one");
        // Exponentials: the lower of two with rates 3 and 2 is the first in 3 of 5 cases, and in 3 of 6 beside a third.
        let rates = [3.0, 2.0, 1.0].map(|rate| Gamma { shape: 1.0, rate });
        close(Race::new(&rates[..2], Preferred::Lower).places_of(&[1.0, 1.0]).best[0], 0.6, 0.0, 1e-11, "of two");
        close(Race::new(&rates, Preferred::Lower).places_of(&[1.0; 3]).best[0], 0.5, 0.0, 1e-11, "of three");
    }

    #[test]
    fn each_is_held_against_one_of_them() {
        let three = betas(&[20.5, 80.5, 30.5, 70.5, 90.5, 10.5]);
        let above = Race::new(&three, Preferred::Higher).better_than(1);
        close(above[0], three[1].at_most(three[0], 1.0), 0.0, 1e-11, "the first");
        close(above[1], 0.5, 0.0, 1e-11, "itself");
        close(above[2], three[1].at_most(three[2], 1.0), 0.0, 1e-11, "the third");
        let below = Race::new(&three, Preferred::Lower).better_than(1);
        close(below[0], 1.0 - above[0], 0.0, 1e-11, "the first, where less is better");
    }

    #[test]
    fn who_does_not_take_part_never_wins_and_hinders_nobody() {
        let three = betas(&[20.5, 80.5, 30.5, 70.5, 90.5, 10.5]);
        let race = Race::new(&three, Preferred::Higher);
        let shares = race.places_of(&[0.9, 0.5, 0.0]).best;
        let second_above_first = three[0].at_most(three[1], 1.0);
        close(shares[1], 0.5 * (0.1 + 0.9 * second_above_first), 0.0, 1e-11, "the second");
        close(shares.iter().sum(), 1.0 - 0.1 * 0.5, 0.0, 1e-11, "all");
        assert_eq!(shares[2], 0.0);
    }

    #[test]
    fn only_what_keeps_the_limit_counts() {
        // Two uniforms, at least 1/2: the first wins where it is above 1/2 and the second below it: int x dx from 1/2 = 3/8.
        let uniform = Beta { a: 1.0, b: 1.0 };
        let race = Race::within(&[uniform; 2], Preferred::Higher, 0.5);
        race.places_of(&[1.0; 2])
            .best
            .iter()
            .for_each(|&share| close(share, 0.375, 0.0, 1e-11, "half of three quarters"));
        // At most 1/2, the lower the better: the same by symmetry. With a second that takes part half of the time 1/2 (1/2 + 3/4)/2.
        let race = Race::within(&[uniform; 2], Preferred::Lower, 0.5);
        close(race.places_of(&[1.0, 0.5]).best[0], 0.4375, 0.0, 1e-11, "against one that takes part half of the time");
        // A limit that all keep, and one that none does.
        let free = Race::within(&[uniform; 2], Preferred::Higher, 0.0).places_of(&[1.0; 2]).best;
        close(free[0], 0.5, 0.0, 1e-11, "all keep it");
        assert!(Race::within(&[uniform; 2], Preferred::Higher, 1.0).places_of(&[1.0; 2]).best[0] < 1e-9);
    }

    #[test]
    fn equals_share_equally_whatever_their_width() {
        for quantity in [Beta { a: 0.5, b: 1e9 }, Beta { a: 5e8, b: 5e8 }, Beta { a: 0.5, b: 0.5 }] {
            let race = Race::new(&[quantity; 4], Preferred::Lower);
            race.places_of(&[1.0; 4])
                .best
                .iter()
                .for_each(|&share| close(share, 0.25, 0.0, 1e-12, &format!("{quantity:?}")));
            race.places_of(&[1.0; 4])
                .best_two
                .iter()
                .for_each(|&share| close(share, 0.5, 0.0, 1e-12, &format!("{quantity:?}")));
        }
        for mean in [0.0, 5.0] {
            let race = Race::new(&[Student { mean, scale: 0.0, degrees: 2.0 }; 3], Preferred::Higher);
            race.places_of(&[1.0; 3]).best.iter().for_each(|&share| close(share, 1.0 / 3.0, 0.0, 1e-7, "points"));
        }
    }

    #[test]
    fn fifty_sum_to_one() {
        let fifty: Vec<Beta> = (0..50)
            .map(|i| Beta { a: 20.5 + 3.0 * f64::from(i), b: [1.0, 1e2, 1e4, 1e6][i as usize % 4] + 900.0 })
            .collect();
        let race = Race::new(&fifty, Preferred::Higher);
        close(race.places_of(&[1.0; 50]).best.iter().sum(), 1.0, 0.0, 1e-10, "best");
        close(race.places_of(&[1.0; 50]).best_two.iter().sum(), 2.0, 0.0, 1e-10, "best two");
    }
}
