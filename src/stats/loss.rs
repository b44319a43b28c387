//! What choosing one of several independent quantities is expected to lose against the best of the others.
//!
//! E[(max of the others - X)+] is the integral over t of P(X <= t) (1 - product of P(other <= t)): no difference of large
//! numbers. That some of all but one is better comes from both ends, as in `best`. Beyond the grid, where only the slow tails of
//! Student's t hold anything, the first moments of the tails are added.
//!
//! Two Betas of which neither is much better than the other have a quicker way (`lattice`).
//!
//! Not here: how often each is the best (`best`).

use super::bell::Bell;
use super::best::Preferred;
use super::grid::{Grid, Table};
use super::superiority::Compare;
use super::tables::Tables;

/// For each, the expected loss of choosing it, in the quantities' unit; `None` where it is infinite.
pub(crate) fn expected_losses<D: Compare>(quantities: &[D], preferred: Preferred) -> Vec<Option<f64>> {
    if let [x, y] = quantities
        && let Some((above, under)) = D::excesses(*x, *y)
    {
        // Choosing X loses what Y is better by.
        let losses = if preferred == Preferred::Higher { [above, under] } else { [under, above] };
        return losses.map(Some).to_vec();
    }
    Tables::of(quantities, None).losses(preferred)
}

/// The same of `bells` that are tabulated on one grid.
pub(super) fn losses(grid: &Grid, bells: &[Bell], tables: &[Table], preferred: Preferred) -> Vec<Option<f64>> {
    let (low, high) = grid.ends();
    // For each node, whether a quantity is worse than it, and whether it is better: both, so that neither is a difference.
    let sides: Vec<(&[f64], &[f64])> = tables
        .iter()
        .map(|table| match preferred {
            Preferred::Higher => (table.below.as_slice(), table.above()),
            Preferred::Lower => (table.above(), table.below.as_slice()),
        })
        .collect();
    let beyond: Vec<(f64, f64)> = bells
        .iter()
        .map(|bell| {
            let (below, above) = bell.moments_beyond(low, high);
            // What is worse than the grid, and what is better.
            if preferred == Preferred::Higher { (below, above) } else { (above, below) }
        })
        .collect();
    // That some of all that come after is better, from the last to the first.
    let either = |one: f64, other: f64| one + (1.0 - one) * other;
    let mut after = vec![vec![0.0; grid.points().len()]];
    for (_, better) in sides.iter().skip(1).rev() {
        let some =
            after.last().into_iter().flatten().zip(*better).map(|(some, better)| either(*some, *better)).collect();
        after.push(some);
    }
    let better_beyond: f64 = beyond.iter().map(|(_, better)| better).sum();
    let mut before = vec![0.0; grid.points().len()];
    let mut losses = Vec::with_capacity(bells.len());
    for (((worse, better), (worse_beyond, own_beyond)), after) in sides.iter().zip(&beyond).zip(after.iter().rev()) {
        let others = before.iter().zip(after).map(|(before, after)| either(*before, *after));
        let nodes = grid.points().iter().zip(*worse).zip(others);
        let inside: f64 = nodes.map(|((point, worse), others)| point.weight * worse * others).sum();
        let outside = if bells.len() > 1 { worse_beyond + better_beyond - own_beyond } else { 0.0 };
        let loss = inside + outside;
        losses.push(loss.is_finite().then_some(loss.max(0.0)));
        before.iter_mut().zip(*better).for_each(|(before, better)| *before = either(*before, *better));
    }
    losses
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::beta::Beta;
    use crate::stats::gamma::Gamma;
    use crate::stats::reference::{close, rows};
    use crate::stats::student::Student;

    const REFERENCE: &str = include_str!("reference/superiority.json");

    #[test]
    fn of_two_it_is_what_the_other_is_better_by() {
        for [a, b, c, d, expected] in rows(REFERENCE, "beta_loss") {
            // The row has E[(X - Y)+]: what choosing Y loses.
            let losses = expected_losses(&[Beta { a, b }, Beta { a: c, b: d }], Preferred::Higher);
            close(losses[1].unwrap(), expected, 1e-9, 1e-16, &format!("Beta({a}, {b}) over Beta({c}, {d})"));
        }
        for [mean, scale, degrees, other_mean, other_scale, other_degrees, expected] in rows(REFERENCE, "student_loss")
        {
            let x = Student { mean, scale, degrees };
            let y = Student { mean: other_mean, scale: other_scale, degrees: other_degrees };
            let what = format!("{x:?} over {y:?}");
            close(expected_losses(&[x, y], Preferred::Higher)[1].unwrap(), expected, 1e-9, 1e-12, &what);
            // Mirrored: what is above by so much is below by so much.
            let mirrored = expected_losses(&[x.times(-1.0), y.times(-1.0)], Preferred::Lower);
            close(mirrored[1].unwrap(), expected, 1e-9, 1e-12, &what);
        }
    }

    #[test]
    fn exponentials_have_a_closed_form() {
        // E[(X - Y)+] = m/(l (l + m)) with rates l and m.
        let (x, y) = (Gamma { shape: 1.0, rate: 3.0 }, Gamma { shape: 1.0, rate: 2.0 });
        close(expected_losses(&[x, y], Preferred::Higher)[1].unwrap(), 2.0 / 15.0, 1e-10, 0.0, "loss");
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
