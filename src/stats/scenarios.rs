//! Who is within limits that depend on one shared quantity, as scenarios in each of which the others are independent.
//!
//! Given the shared one's value, whether X_k is not worse than `factor` times it is settled for each k by its own tail; so the
//! shared one's nodes on a grid are the scenarios, their masses the weights. Limits on several metrics: `together`.
//!
//! Not here: what the limits are (`assess::feasibility`), who is best (`best`).

use super::bell::{Axis, Bell};
use super::best::Preferred;
use super::grid::{Grid, Table};
use super::math::clamp;
use super::superiority::Compare;

/// Several cases with a probability each, and for each of some quantities the probability that it is within its limits there.
#[derive(Debug, Clone)]
pub(crate) struct Scenarios {
    size: usize,
    weights: Vec<f64>,
    /// `[scenario][quantity]`, one row behind the other.
    within: Vec<f64>,
}

impl Scenarios {
    /// No scenario yet, of `size` quantities.
    pub(crate) fn new(size: usize) -> Self {
        Self { size, weights: Vec::new(), within: Vec::new() }
    }

    /// A single one: the quantities are independent.
    pub(crate) fn one(within: &[f64]) -> Self {
        Self { size: within.len(), weights: vec![1.0], within: within.to_vec() }
    }

    /// One more, its row to be filled: zeros.
    pub(crate) fn push(&mut self, weight: f64) -> &mut [f64] {
        self.weights.push(weight);
        let start = self.within.len();
        self.within.resize(start + self.size, 0.0);
        &mut self.within[start..]
    }

    /// The same among the quantities at `places`, and no others.
    pub(crate) fn only(&self, places: &[usize]) -> Self {
        let rows = self.within.chunks_exact(self.size.max(1));
        let within = rows.flat_map(|row| places.iter().map(|place| row[*place])).collect();
        Self { size: places.len(), weights: self.weights.clone(), within }
    }

    pub(crate) fn len(&self) -> usize {
        self.weights.len()
    }

    pub(crate) fn weight(&self, index: usize) -> f64 {
        self.weights[index]
    }

    pub(crate) fn within(&self, index: usize) -> &[f64] {
        &self.within[index * self.size..(index + 1) * self.size]
    }

    /// Weights and rows.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (f64, &[f64])> {
        self.weights.iter().copied().zip(self.within.chunks_exact(self.size.max(1)))
    }

    /// The probability that each quantity is within its limits.
    pub(crate) fn marginal(&self) -> Vec<f64> {
        let mut marginal = vec![0.0; self.size];
        for (weight, within) in self.iter() {
            marginal.iter_mut().zip(within).for_each(|(sum, within)| *sum += weight * within);
        }
        marginal.iter_mut().for_each(|probability| *probability = clamp(*probability, 0.0, 1.0));
        marginal
    }

    /// The same with each quantity's probability times its factor, in all scenarios.
    pub(crate) fn times(mut self, factors: &[f64]) -> Self {
        for row in self.within.chunks_exact_mut(self.size.max(1)) {
            row.iter_mut().zip(factors).for_each(|(within, factor)| *within *= factor);
        }
        self
    }
}

/// Where the quantities of some scenarios stand among `size`, of which the rest are never within.
pub(crate) struct Seats<'a> {
    pub(crate) size: usize,
    /// Of each but the shared one its place, and the most that it is ever within; what stands for the shared one does not count.
    pub(crate) others: &'a [(usize, f64)],
    pub(crate) shared: usize,
}

/// The scenarios of "X_k is not worse than `factor` Y" for all k at once, Y the shared one, which itself is within: 1 where it is
/// not worse than `own`, else 0; 1 without `own`.
///
/// The weights sum to 1 to 1e-12. `factor` is above 0.
pub(crate) fn relative<D: Compare>(
    quantities: &[D],
    shared: D,
    factor: f64,
    preferred: Preferred,
    own: Option<f64>,
    seats: &Seats,
) -> Scenarios {
    let (mut bells, last, unit) = D::along(quantities, shared, factor);
    bells.push(last);
    along(D::AXIS, &bells, preferred, own.map(|own| [own * unit, own * unit / factor]), seats)
}

/// The same along an axis, the shared one last. Of `cuts` the first is where the shared one's own limit lies: who is within
/// it jumps there. Where others have that limit too, the second is where what they may be bends.
fn along(axis: Axis, bells: &[Bell], preferred: Preferred, cuts: Option<[f64; 2]>, seats: &Seats) -> Scenarios {
    let breaks = cuts.map(|cuts| cuts.map(|cut| axis.place(cut)));
    let grid = Grid::broken(axis, bells, breaks.as_ref().map_or(&[], |breaks| breaks));
    let tables = grid.tables(bells);
    let Some((shared, others)) = tables.split_last() else { return Scenarios::new(seats.size) };
    on(&grid, others, shared, preferred, breaks.map(|breaks| breaks[0]), seats)
}

/// The same of tables on one grid, with the place of the shared one's own limit.
pub(super) fn on(
    grid: &Grid,
    others: &[Table],
    shared: &Table,
    preferred: Preferred,
    own: Option<f64>,
    seats: &Seats,
) -> Scenarios {
    let (start, end) = grid.ends();
    let size = seats.size;
    let is_lower = preferred == Preferred::Lower;
    // The nodes of the shared one, and beyond either end.
    let places = grid.points().iter().map(|point| point.at).chain([start, end]);
    let masses = shared.mass.iter().chain([&shared.before, &shared.after]);
    let kept: Vec<(usize, (f64, f64))> =
        places.zip(masses.copied()).enumerate().filter(|(_, (_, mass))| *mass > NEGLIGIBLE).collect();
    let mut within = vec![0.0; size * kept.len()];
    for (table, (seat, cap)) in others.iter().zip(seats.others) {
        let beyond = [table.before, 1.0 - table.after];
        for (row, (node, _)) in within.chunks_exact_mut(size).zip(&kept) {
            let below = table.below.get(*node).copied().unwrap_or_else(|| beyond[node - table.below.len()]);
            let probability = if is_lower { below } else { 1.0 - below };
            row[*seat] = if *cap < probability { *cap } else { probability };
        }
    }
    for (row, (_, (at, _))) in within.chunks_exact_mut(size).zip(&kept) {
        let is_within = own.is_none_or(|own| if is_lower { *at <= own } else { *at >= own });
        row[seats.shared] = f64::from(u8::from(is_within));
    }
    Scenarios { size, weights: kept.iter().map(|(_, (_, mass))| *mass).collect(), within }
}

/// A few hundred nodes below this change nothing that is kept.
const NEGLIGIBLE: f64 = 1e-15;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::beta::Beta;
    use crate::stats::gamma::Gamma;
    use crate::stats::reference::close;
    use crate::stats::student::Student;

    #[test]
    fn scenarios_mix_to_the_probability_of_the_limit() {
        let baseline = Beta { a: 10.5, b: 990.5 };
        let candidates = [Beta { a: 12.5, b: 988.5 }, Beta { a: 900.5, b: 100.5 }];
        for factor in [0.5, 1.0, 1.2, 200.0] {
            let seats = Seats { size: 3, others: &[(0, 1.0), (1, 1.0)], shared: 2 };
            let all = relative(&candidates, baseline, factor, Preferred::Lower, None, &seats);
            close(all.iter().map(|(weight, _)| weight).sum(), 1.0, 0.0, 1e-11, "weights");
            for (index, candidate) in candidates.iter().enumerate() {
                let mixed = all.iter().map(|(weight, within)| weight * within[index]).sum();
                close(mixed, candidate.at_most(baseline, factor), 0.0, 1e-11, &format!("{index} at {factor}"));
            }
        }
    }

    #[test]
    fn the_shared_one_keeps_a_limit_of_its_own() {
        // For each kind and either side: how often it does, and how often both do (for X = Y, factor 1: a half of that squared
        // side, and the rest of it once).
        fn check<D: Compare>(one: D, limit: f64, below: f64) {
            let seats = Seats { size: 2, others: &[(0, 1.0)], shared: 1 };
            for (preferred, keeps) in [(Preferred::Lower, below), (Preferred::Higher, 1.0 - below)] {
                for factor in [0.7, 1.0, 1.6] {
                    let all = relative(&[one], one, factor, preferred, Some(limit), &seats);
                    let own: f64 = all.iter().map(|(weight, within)| weight * within[1]).sum();
                    close(own, keeps, 0.0, 1e-10, "its own");
                }
                let all = relative(&[one], one, 1.0, preferred, Some(limit), &seats);
                let both: f64 = all.iter().map(|(weight, within)| weight * within[0] * within[1]).sum();
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
