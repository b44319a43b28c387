//! How often each of several independent quantities is the best, or among the best two, and with some left out by chance.
//!
//! One quantity's density times the others' tails, on nodes that all share (`grid`); products over all but one from both
//! ends, so that k quantities cost k tables and k passes. A quantity that takes part with probability `admitted` only has
//! 1 - admitted + admitted F in place of its tail F. Limits relative to a shared baseline make taking part dependent; given
//! the baseline's value it is not, so that is a mixture over the baseline's nodes.
//!
//! Absolute errors about 1e-11. Not here: what taking part means, and how the shares become traffic.

use super::bell::{Axis, Bell, Distribution};
use super::grid::{Grid, Table};
use super::math::clamp;
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
    contenders: Vec<Contender>,
    size: usize,
}

/// For each node, and for what lies beyond either end: how much of the quantity is there, and what is worse than it.
#[derive(Debug)]
struct Contender {
    mass: Vec<f64>,
    worse: Vec<f64>,
}

impl Race {
    pub(crate) fn new<D: Distribution>(quantities: &[D], preferred: Preferred) -> Self {
        Self::of(D::AXIS, &D::bells(quantities), preferred, None)
    }

    /// A race in which only values that are not worse than `limit` count, for each quantity alike.
    ///
    /// The grid begins at the limit, so that nothing jumps inside a panel.
    pub(crate) fn within<D: Distribution>(quantities: &[D], preferred: Preferred, limit: f64) -> Self {
        Self::of(D::AXIS, &D::bells(quantities), preferred, Some(limit))
    }

    fn of(axis: Axis, bells: &[Bell], preferred: Preferred, limit: Option<f64>) -> Self {
        let mut grid = Grid::covering(axis, bells);
        if let Some(limit) = limit {
            let (low, high) = grid.ends();
            let at = clamp(axis.place(limit), low, high);
            let (low, high) = if preferred == Preferred::Higher { (at, high) } else { (low, at) };
            grid = Grid::between(axis, bells, low, high);
        }
        let mut contenders: Vec<_> = bells.iter().map(|bell| Contender::new(grid.tabulate(bell), preferred)).collect();
        let size = grid.points().len() + 2;
        if limit.is_some() {
            // What lies on the limit's other side is there, and does not count.
            let place = if preferred == Preferred::Higher { size - 2 } else { size - 1 };
            contenders.iter_mut().for_each(|contender| contender.mass[place] = 0.0);
        }
        Self { contenders, size }
    }

    /// For each, P(it takes part and is the best of those that do), each taking part with its probability in `admitted`.
    ///
    /// They sum to 1 - product of (1 - admitted): the rest is that nobody takes part.
    pub(crate) fn best(&self, admitted: &[f64]) -> Vec<f64> {
        let worse = |contender: &Contender, admitted: f64| -> Vec<f64> {
            contender.worse.iter().map(|worse| 1.0 - admitted + admitted * worse).collect()
        };
        let factors: Vec<Vec<f64>> = self.contenders.iter().zip(admitted).map(|(one, &p)| worse(one, p)).collect();
        // What all that come after leave, from the last to the first.
        let mut after = vec![vec![1.0; self.size]];
        for factor in factors.iter().skip(1).rev() {
            let rest: Vec<f64> =
                after.last().into_iter().flatten().zip(factor).map(|(rest, factor)| rest * factor).collect();
            after.push(rest);
        }
        let mut before = vec![1.0; self.size];
        let mut shares = Vec::with_capacity(factors.len());
        for (((contender, admitted), factor), after) in
            self.contenders.iter().zip(admitted).zip(&factors).zip(after.iter().rev())
        {
            let others = before.iter().zip(after);
            let share: f64 =
                contender.mass.iter().zip(others).map(|(mass, (before, after))| mass * before * after).sum();
            shares.push((admitted * share).clamp(0.0, 1.0));
            before.iter_mut().zip(factor).for_each(|(before, factor)| *before *= factor);
        }
        shares
    }

    /// For each, P(it takes part and at most one other that does is better), each taking part with its probability.
    ///
    /// With all taking part these are the probabilities of the first two ranks, which sum to 2.
    pub(crate) fn best_two(&self, admitted: &[f64]) -> Vec<f64> {
        let start = || vec![(1.0, 0.0); self.size];
        let entries: Vec<(&Contender, f64)> = self.contenders.iter().zip(admitted.iter().copied()).collect();
        let mut after = vec![start()];
        for (contender, admitted) in entries.iter().skip(1).rev() {
            let mut rest = after.last().cloned().unwrap_or_else(start);
            contender.join(&mut rest, *admitted);
            after.push(rest);
        }
        let mut before = start();
        let mut shares = Vec::with_capacity(entries.len());
        for ((contender, admitted), after) in entries.iter().zip(after.iter().rev()) {
            let share: f64 = contender
                .mass
                .iter()
                .zip(before.iter().zip(after))
                .map(|(mass, (before, after))| mass * (before.0 * after.0 + before.1 * after.0 + before.0 * after.1))
                .sum();
            shares.push((admitted * share).clamp(0.0, 1.0));
            contender.join(&mut before, *admitted);
        }
        shares
    }
}

impl Contender {
    fn new(table: Table, preferred: Preferred) -> Self {
        let Table { mut mass, below, above, before, after } = table;
        mass.extend([before, after]);
        let (mut worse, beyond) = match preferred {
            Preferred::Higher => (below, [before, 1.0 - after]),
            Preferred::Lower => (above, [1.0 - before, after]),
        };
        worse.extend(beyond);
        Self { mass, worse }
    }

    /// Per node, (P(none is better), P(one is better)) with this one joined.
    fn join(&self, counts: &mut [(f64, f64)], admitted: f64) {
        for (count, worse) in counts.iter_mut().zip(&self.worse) {
            let worse = 1.0 - admitted + admitted * worse;
            *count = (count.0 * worse, count.1 * worse + count.0 * (1.0 - worse));
        }
    }
}

/// One value of a shared baseline, as a scenario: its probability, and each quantity's probability of its limit there.
#[derive(Debug, Clone)]
pub(crate) struct Scenario {
    pub(crate) weight: f64,
    pub(crate) within: Vec<f64>,
}

/// The scenarios of "X_k is not worse than `factor` Y" for all k at once, Y the shared one; in each the quantities are
/// independent. Last in each stands the shared one: 1 where it is not worse than `own`, else 0; 1 without `own`.
///
/// The weights sum to 1 to 1e-12. `factor` is above 0.
pub(crate) fn scenarios<D: Compare>(
    quantities: &[D],
    shared: D,
    factor: f64,
    preferred: Preferred,
    own: Option<f64>,
) -> Vec<Scenario> {
    let (mut bells, last, unit) = D::along(quantities, shared, factor);
    bells.push(last);
    scenarios_of(D::AXIS, &bells, preferred, own.map(|own| [own * unit, own * unit / factor]))
}

/// The same along an axis, the shared one last. Of `cuts` the first is where the shared one's own limit lies: who is within
/// it jumps there. Where others have that limit too, the second is where what they may be bends.
fn scenarios_of(axis: Axis, bells: &[Bell], preferred: Preferred, cuts: Option<[f64; 2]>) -> Vec<Scenario> {
    let breaks = cuts.unwrap_or_default().map(|cut| axis.place(cut));
    let grid = Grid::broken(axis, bells, if cuts.is_some() { &breaks } else { &[] });
    let mut tables: Vec<Table> = bells.iter().map(|bell| grid.tabulate(bell)).collect();
    let Some(shared) = tables.pop() else { return Vec::new() };
    let scenario = |weight: f64, at: f64, below: &dyn Fn(&Table) -> f64| {
        let is_lower = preferred == Preferred::Lower;
        let side = |below: f64| if is_lower { below } else { 1.0 - below };
        let own = cuts.is_none() || if is_lower { at <= breaks[0] } else { at >= breaks[0] };
        let others = tables.iter().map(|table| side(below(table)));
        Scenario { weight, within: others.chain([f64::from(u8::from(own))]).collect() }
    };
    let (start, end) = grid.ends();
    let inside = grid.points().iter().zip(&shared.mass).enumerate();
    let inside = inside.filter(|(_, (_, mass))| **mass > NEGLIGIBLE);
    let mut all: Vec<Scenario> =
        inside.map(|(node, (point, mass))| scenario(*mass, point.at, &|table| table.below[node])).collect();
    if shared.before > NEGLIGIBLE {
        all.push(scenario(shared.before, start, &|table| table.before));
    }
    if shared.after > NEGLIGIBLE {
        all.push(scenario(shared.after, end, &|table| 1.0 - table.after));
    }
    all
}

/// A few hundred nodes below this change nothing that is kept.
const NEGLIGIBLE: f64 = 1e-15;

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
            let (best, best_two) = (race.best(&vec![1.0; k]), race.best_two(&vec![1.0; k]));
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
        let shares = Race::new(&pair, Preferred::Lower).best(&[1.0, 1.0]);
        close(shares[0], pair[0].at_most(pair[1], 1.0), 0.0, 1e-11, "the lower one");
        // Exponentials: the lower of two with rates 3 and 2 is the first in 3 of 5 cases, and in 3 of 6 beside a third.
        let rates = [3.0, 2.0, 1.0].map(|rate| Gamma { shape: 1.0, rate });
        close(Race::new(&rates[..2], Preferred::Lower).best(&[1.0, 1.0])[0], 0.6, 0.0, 1e-11, "of two");
        close(Race::new(&rates, Preferred::Lower).best(&[1.0; 3])[0], 0.5, 0.0, 1e-11, "of three");
    }

    #[test]
    fn who_does_not_take_part_never_wins_and_hinders_nobody() {
        let three = betas(&[20.5, 80.5, 30.5, 70.5, 90.5, 10.5]);
        let race = Race::new(&three, Preferred::Higher);
        let shares = race.best(&[0.9, 0.5, 0.0]);
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
        race.best(&[1.0; 2]).iter().for_each(|&share| close(share, 0.375, 0.0, 1e-11, "half of three quarters"));
        // At most 1/2, the lower the better: the same by symmetry. With a second that takes part half of the time 1/2 (1/2 + 3/4)/2.
        let race = Race::within(&[uniform; 2], Preferred::Lower, 0.5);
        close(race.best(&[1.0, 0.5])[0], 0.4375, 0.0, 1e-11, "against one that takes part half of the time");
        // A limit that all keep, and one that none does.
        let free = Race::within(&[uniform; 2], Preferred::Higher, 0.0).best(&[1.0; 2]);
        close(free[0], 0.5, 0.0, 1e-11, "all keep it");
        assert!(Race::within(&[uniform; 2], Preferred::Higher, 1.0).best(&[1.0; 2])[0] < 1e-9);
    }

    #[test]
    fn equals_share_equally_whatever_their_width() {
        for quantity in [Beta { a: 0.5, b: 1e9 }, Beta { a: 5e8, b: 5e8 }, Beta { a: 0.5, b: 0.5 }] {
            let race = Race::new(&[quantity; 4], Preferred::Lower);
            race.best(&[1.0; 4]).iter().for_each(|&share| close(share, 0.25, 0.0, 1e-12, &format!("{quantity:?}")));
            race.best_two(&[1.0; 4]).iter().for_each(|&share| close(share, 0.5, 0.0, 1e-12, &format!("{quantity:?}")));
        }
        for mean in [0.0, 5.0] {
            let race = Race::new(&[Student { mean, scale: 0.0, degrees: 2.0 }; 3], Preferred::Higher);
            race.best(&[1.0; 3]).iter().for_each(|&share| close(share, 1.0 / 3.0, 0.0, 1e-7, "points"));
        }
    }

    #[test]
    fn fifty_sum_to_one() {
        let fifty: Vec<Beta> = (0..50)
            .map(|i| Beta { a: 20.5 + 3.0 * f64::from(i), b: [1.0, 1e2, 1e4, 1e6][i as usize % 4] + 900.0 })
            .collect();
        let race = Race::new(&fifty, Preferred::Higher);
        close(race.best(&[1.0; 50]).iter().sum(), 1.0, 0.0, 1e-10, "best");
        close(race.best_two(&[1.0; 50]).iter().sum(), 2.0, 0.0, 1e-10, "best two");
    }

    #[test]
    fn scenarios_mix_to_the_probability_of_the_limit() {
        let baseline = Beta { a: 10.5, b: 990.5 };
        let candidates = betas(&[12.5, 988.5, 900.5, 100.5]);
        for factor in [0.5, 1.0, 1.2, 200.0] {
            let all = scenarios(&candidates, baseline, factor, Preferred::Lower, None);
            close(all.iter().map(|one| one.weight).sum(), 1.0, 0.0, 1e-11, "weights");
            for (index, candidate) in candidates.iter().enumerate() {
                let mixed = all.iter().map(|one| one.weight * one.within[index]).sum();
                close(mixed, candidate.at_most(baseline, factor), 0.0, 1e-11, &format!("{index} at {factor}"));
            }
        }
    }

    #[test]
    fn the_shared_one_keeps_a_limit_of_its_own() {
        // For each kind and either side: how often it does, and how often both do (for X = Y, factor 1: a half of that squared
        // side, and the rest of it once).
        fn check<D: Compare>(one: D, limit: f64, below: f64) {
            for (preferred, keeps) in [(Preferred::Lower, below), (Preferred::Higher, 1.0 - below)] {
                for factor in [0.7, 1.0, 1.6] {
                    let all = scenarios(&[one], one, factor, preferred, Some(limit));
                    let own: f64 = all.iter().map(|scenario| scenario.weight * scenario.within[1]).sum();
                    close(own, keeps, 0.0, 1e-10, "its own");
                }
                let all = scenarios(&[one], one, 1.0, preferred, Some(limit));
                let both: f64 =
                    all.iter().map(|scenario| scenario.weight * scenario.within[0] * scenario.within[1]).sum();
                close(both, keeps * keeps / 2.0, 0.0, 1e-10, "the other is the better one, and it keeps its limit");
            }
        }
        let beta = Beta { a: 3.5, b: 20.5 };
        check(beta, 0.12, beta.tails(0.12, 0.88).0);
        let gamma = Gamma { shape: 4.5, rate: 10.0 };
        check(gamma, 0.4, gamma.tails(0.4).0);
        let student = Student { mean: 10.0, scale: 2.0, degrees: 3.0 };
        check(student, 11.0, student.tails(11.0).0);
        // A limit that it always keeps, and one that it never does.
        check(beta, 1.0, 1.0);
        check(student, -1e9, 0.0);
    }
}
