//! What choosing one of several independent quantities is expected to lose against the best of the others.
//!
//! E[(max of the others - X)+] is the integral over t of P(X <= t) (1 - product of P(other <= t)): no difference of large
//! numbers. Products over all but one come from both ends, as in `best`. Beyond the grid, where only the slow tails of
//! Student's t hold anything, the first moments of the tails are added.
//!
//! Not here: two quantities only (`superiority`), how often each is the best (`best`).

use super::bell::{Bell, Distribution};
use super::best::Preferred;
use super::beta::Beta;
use super::gamma::Gamma;
use super::grid::Grid;
use super::student::Student;

/// Distributions whose tails beyond a grid have a first moment.
pub(crate) trait Tailed: Distribution {
    /// E[(low - X)+] and E[(X - high)+], along the axis; infinite where there is none.
    fn beyond(self, low: f64, high: f64) -> (f64, f64);
}

impl Tailed for Beta {
    fn beyond(self, _: f64, _: f64) -> (f64, f64) {
        (0.0, 0.0)
    }
}

impl Tailed for Gamma {
    fn beyond(self, _: f64, _: f64) -> (f64, f64) {
        (0.0, 0.0)
    }
}

impl Tailed for Student {
    fn beyond(self, low: f64, high: f64) -> (f64, f64) {
        // Without a first moment there is no expected loss.
        if self.degrees > 1.0 {
            (self.shortfall_below(low), self.excess_above(high))
        } else {
            (f64::INFINITY, f64::INFINITY)
        }
    }
}

/// For each, the expected loss of choosing it, in the quantities' unit; `None` where it is infinite.
pub(crate) fn expected_losses<D: Tailed>(quantities: &[D], preferred: Preferred) -> Vec<Option<f64>> {
    let softened = D::softened(quantities);
    let bells: Vec<Bell> = softened.iter().map(|quantity| quantity.bell()).collect();
    let grid = Grid::covering(D::AXIS, &bells);
    let (low, high) = grid.ends();
    let worse: Vec<Vec<f64>> = bells
        .iter()
        .map(|bell| {
            let table = grid.tabulate(bell);
            match preferred {
                Preferred::Higher => table.below,
                Preferred::Lower => table.above,
            }
        })
        .collect();
    let beyond: Vec<(f64, f64)> = softened
        .iter()
        .map(|quantity| {
            let (below, above) = quantity.beyond(low, high);
            // What is worse than the grid, and what is better.
            if preferred == Preferred::Higher { (below, above) } else { (above, below) }
        })
        .collect();
    let mut after = vec![vec![1.0; grid.points().len()]];
    for worse in worse.iter().skip(1).rev() {
        let rest = after.last().into_iter().flatten().zip(worse).map(|(rest, worse)| rest * worse).collect();
        after.push(rest);
    }
    let better_beyond: f64 = beyond.iter().map(|(_, better)| better).sum();
    let mut before = vec![1.0; grid.points().len()];
    let mut losses = Vec::with_capacity(quantities.len());
    for ((own, (worse_beyond, own_better)), after) in worse.iter().zip(&beyond).zip(after.iter().rev()) {
        let others = before.iter().zip(after).map(|(before, after)| before * after);
        let inside: f64 = grid
            .points()
            .iter()
            .zip(own)
            .zip(others)
            .map(|((point, own), others)| point.weight * own * (1.0 - others))
            .sum();
        let has_others = quantities.len() > 1;
        let loss = inside + if has_others { worse_beyond + better_beyond - own_better } else { 0.0 };
        losses.push(loss.is_finite().then_some(loss.max(0.0)));
        before.iter_mut().zip(own).for_each(|(before, own)| *before *= own);
    }
    losses
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::reference::close;
    use crate::stats::superiority::Compare;

    #[test]
    fn of_two_it_is_what_the_other_is_better_by() {
        let (x, y) = (Beta { a: 3.5, b: 1.25 }, Beta { a: 2.75, b: 1.75 });
        let losses = expected_losses(&[x, y], Preferred::Higher);
        close(losses[0].unwrap(), y.loss(x).unwrap(), 1e-9, 0.0, "first");
        close(losses[1].unwrap(), x.loss(y).unwrap(), 1e-9, 0.0, "second");
        let (x, y) =
            (Student { mean: 10.0, scale: 0.4, degrees: 2.0 }, Student { mean: 11.0, scale: 0.7, degrees: 2.0 });
        let losses = expected_losses(&[x, y], Preferred::Lower);
        close(losses[0].unwrap(), x.loss(y).unwrap(), 1e-8, 0.0, "first");
        close(losses[1].unwrap(), y.loss(x).unwrap(), 1e-8, 0.0, "second");
    }

    #[test]
    fn of_three_equal_ones_it_is_the_mean_of_the_largest_above_their_own() {
        // Uniform: the largest of three has mean 3/4, each has 1/2.
        let uniform = Beta { a: 1.0, b: 1.0 };
        for loss in expected_losses(&[uniform; 3], Preferred::Higher) {
            close(loss.unwrap(), 0.25, 1e-10, 0.0, "uniform");
        }
    }

    #[test]
    fn alone_nothing_is_lost() {
        assert_eq!(expected_losses(&[Student { mean: 1.0, scale: 1.0, degrees: 2.0 }], Preferred::Lower), [Some(0.0)]);
    }
}
