//! Several distributions, tabulated once at nodes that all share -> whatever is asked of them together.
//!
//! How often each is the best (`best`), what choosing it is expected to lose (`loss`), and who is within a multiple of one of
//! them (`scenarios`): the tables cost more than any of these. Of a multiple the grid has to know beforehand.
//!
//! Not here: limits that cut the grid (`best`, `scenarios`).

use super::bell::{Axis, Bell};
use super::best::{Preferred, Race};
use super::grid::{Grid, Table};
use super::loss;
use super::scenarios::{self, Scenarios, Seats};
use super::superiority::Compare;

/// Some distributions at the nodes of a grid.
#[derive(Debug)]
pub(crate) struct Tables {
    grid: Grid,
    bells: Vec<Bell>,
    each: Vec<Table>,
    /// Where the table of the multiple is: its quantity's own, or one after all the others'.
    multiple: Option<usize>,
    quantities: usize,
}

impl Tables {
    /// The tables of `quantities`; of the one at `multiple`'s place also that times `multiple`'s factor, if it lies on their axis
    /// and not far away.
    pub(crate) fn of<D: Compare>(quantities: &[D], multiple: Option<(usize, f64)>) -> Self {
        let multiple = multiple.and_then(|(place, factor)| match factor {
            1.0 => Some((place, None)),
            // The grid would reach where the race has nothing but tails, which many nodes share: each keeps fewer digits.
            _ if !(factor > 1.0 / FACTOR_MAX && factor < FACTOR_MAX) => None,
            _ => Some((place, Some(quantities.get(place)?.multiple(factor)?))),
        });
        Self::along(D::AXIS, D::bells(quantities), multiple)
    }

    fn along(axis: Axis, mut bells: Vec<Bell>, multiple: Option<(usize, Option<Bell>)>) -> Self {
        let quantities = bells.len();
        bells.extend(multiple.and_then(|(_, bell)| bell));
        let multiple = multiple.map(|(place, bell)| if bell.is_some() { quantities } else { place });
        let grid = Grid::covering(axis, &bells);
        let each = grid.tables(&bells);
        Self { grid, bells, each, multiple, quantities }
    }

    /// The race of all quantities.
    pub(crate) fn race(&self, preferred: Preferred) -> Race {
        Race::on(&self.each[..self.quantities], preferred, false)
    }

    /// For each, the expected loss of choosing it; `None` where it is infinite.
    pub(crate) fn losses(&self, preferred: Preferred) -> Vec<Option<f64>> {
        loss::losses(&self.grid, &self.bells[..self.quantities], &self.each[..self.quantities], preferred)
    }

    /// The scenarios of "not worse than the multiple", as `scenarios::relative` has them, with a seat for every quantity; `None`
    /// without a multiple.
    pub(crate) fn scenarios(&self, preferred: Preferred, seats: &Seats) -> Option<Scenarios> {
        let multiple = &self.each[self.multiple?];
        Some(scenarios::on(&self.grid, &self.each[..self.quantities], multiple, preferred, None, seats))
    }
}

/// A multiple by more, or by less than its inverse, is far away: with 3 or 50 the race's errors grow from 1e-13 to 4e-12.
const FACTOR_MAX: f64 = 2.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::beta::Beta;
    use crate::stats::gamma::Gamma;
    use crate::stats::reference::close;
    use crate::stats::student::Student;

    /// What the shared tables of three say, the second of them with a multiple, is what each question's own tables say.
    fn check<D: Compare + std::fmt::Debug>(three: [D; 3], factor: f64) {
        let seats = Seats { size: 4, others: &[(0, 1.0), (1, 1.0), (3, 0.8)], shared: 1 };
        let own_seats = Seats { others: &[(0, 1.0), (3, 0.8)], ..seats };
        for preferred in [Preferred::Lower, Preferred::Higher] {
            let what = format!("{three:?}, {factor} times the second, {preferred:?}");
            let tables = Tables::of(&three, Some((1, factor)));
            let (shared, own) = (tables.race(preferred), Tables::of(&three, None).race(preferred));
            for (shared, own) in shared.better_than(0).into_iter().zip(own.better_than(0)) {
                close(shared, own, 0.0, 1e-11, &what);
            }
            let losses = loss::expected_losses(&three, preferred);
            for (shared, own) in tables.losses(preferred).into_iter().zip(losses) {
                close(shared.unwrap(), own.unwrap(), 1e-9, 1e-13, &what);
            }
            let shared = tables.scenarios(preferred, &seats).unwrap();
            let own = scenarios::relative(&[three[0], three[2]], three[1], factor, preferred, None, &own_seats);
            for (shared, own) in shared.marginal().into_iter().zip(own.marginal()) {
                close(shared, own, 0.0, 1e-11, &what);
            }
            // Who is within together, not only each alone.
            let both = |all: &Scenarios| all.iter().map(|(weight, within)| weight * within[0] * within[3]).sum();
            close(both(&shared), both(&own), 0.0, 1e-11, &what);
        }
    }

    #[test]
    fn whatever_is_asked_of_shared_tables_is_what_own_tables_say() {
        for factor in [1.0, 1.1, 1.9] {
            check([(50.5, 950.5), (60.5, 1000.5), (0.5, 900.5)].map(|(a, b)| Beta { a, b }), factor);
        }
        for factor in [0.6, 1.0, 1.1] {
            check([(50.5, 1e3), (60.5, 1.1e3), (0.5, 1e2)].map(|(shape, rate)| Gamma { shape, rate }), factor);
            check(
                [(150.0, 6.0, 2.0), (152.0, 5.0, 2.0), (149.0, 0.3, 30.0)].map(|(mean, scale, degrees)| Student {
                    mean,
                    scale,
                    degrees,
                }),
                factor,
            );
        }
    }

    #[test]
    fn a_multiple_that_is_far_away_or_not_on_the_axis_is_left_to_others() {
        let seats = Seats { size: 2, others: &[(0, 1.0)], shared: 1 };
        let beta = Beta { a: 3.5, b: 20.5 };
        assert!(Tables::of(&[beta; 2], Some((1, 0.9))).scenarios(Preferred::Lower, &seats).is_none());
        assert!(Tables::of(&[beta; 2], Some((1, 3.0))).scenarios(Preferred::Lower, &seats).is_none());
        let point = Student { mean: 1.0, scale: 0.0, degrees: 2.0 };
        assert!(Tables::of(&[point; 2], Some((1, 1.1))).scenarios(Preferred::Lower, &seats).is_none());
        assert!(Tables::of(&[beta; 2], None).scenarios(Preferred::Lower, &seats).is_none());
    }
}
