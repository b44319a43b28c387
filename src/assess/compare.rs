//! Beliefs about one metric, held against a limit and against each other.
//!
//! All beliefs about a metric are of one kind; each question goes to that kind's mathematics. `lower` and `higher` are
//! told apart here and nowhere below.
//!
//! Not here: which belief is the baseline's, and what an answer means for an experiment.

use super::belief::Belief;
use super::feasibility::Limits;
use crate::stats::best::{Preferred, Race};
use crate::stats::beta::Beta;
use crate::stats::gamma::Gamma;
use crate::stats::scenarios::{self, Scenarios, Seats};
use crate::stats::student::Student;
use crate::stats::superiority::Compare;
use crate::stats::tables::Tables;
use crate::stats::{lift, loss, normal};
use crate::wire::request::Direction;

impl Belief {
    /// P(X <= x) and P(X > x), each accurate where it is small.
    pub(crate) fn tails(self, x: f64) -> (f64, f64) {
        match self {
            Self::Proportion(beta) if x > 0.0 && x < 1.0 => beta.tails(x, 1.0 - x),
            Self::Rate(gamma) if x > 0.0 => gamma.tails(x),
            Self::Proportion(_) if x >= 1.0 => (1.0, 0.0),
            Self::Proportion(_) | Self::Rate(_) => (0.0, 1.0),
            Self::Mean(student) => student.tails(x),
        }
    }

    /// The central interval that leaves out `TAIL` at each end.
    pub(crate) fn interval(self) -> (f64, f64) {
        match self {
            Self::Proportion(beta) => (beta.quantile(TAIL), 1.0 - Beta { a: beta.b, b: beta.a }.quantile(TAIL)),
            Self::Rate(gamma) => (gamma.quantile(TAIL), gamma.quantile(1.0 - TAIL)),
            Self::Mean(student) => student.interval(TAIL),
        }
    }

    /// P(X keeps `limit`).
    pub(crate) fn keeps(self, limit: f64, direction: Direction) -> f64 {
        let (below, above) = self.tails(limit);
        match direction {
            Direction::Lower => below,
            Direction::Higher => above,
        }
    }

    /// P(X is better than `other`).
    pub(crate) fn beats(self, other: Self, direction: Direction) -> f64 {
        let at_most = match (self, other) {
            (Self::Proportion(x), Self::Proportion(y)) => x.at_most(y, 1.0),
            (Self::Rate(x), Self::Rate(y)) => x.at_most(y, 1.0),
            (Self::Mean(x), Self::Mean(y)) => x.at_most(y, 1.0),
            // INVARIANT: beliefs about one metric are of one kind.
            _ => 0.5,
        };
        match direction {
            Direction::Lower => at_most,
            Direction::Higher => 1.0 - at_most,
        }
    }

    /// The 95 % interval of the improvement over `baseline` in percent; `None` where the baseline may be 0.
    pub(crate) fn improvement(self, baseline: Self, direction: Direction) -> Option<(f64, f64)> {
        let (low, high) = match (self, baseline) {
            (Self::Proportion(x), Self::Proportion(y)) => lift::beta_interval(y, x, TAIL),
            (Self::Rate(x), Self::Rate(y)) => {
                (lift::gamma_quantile(y, x, TAIL), lift::gamma_quantile(y, x, 1.0 - TAIL))
            }
            (Self::Mean(x), Self::Mean(y)) => lift::fieller(y, x, -normal::quantile(TAIL))?,
            _ => return None,
        };
        let (low, high) = (100.0 * low, 100.0 * high);
        let is_known = low.is_finite() && high.is_finite();
        is_known.then_some(match direction {
            Direction::Lower => (-high, -low),
            Direction::Higher => (low, high),
        })
    }
}

/// Beliefs of one kind.
pub(crate) enum Kinds {
    Proportions(Vec<Beta>),
    Rates(Vec<Gamma>),
    Means(Vec<Student>),
}

impl Kinds {
    /// `None` without any belief.
    pub(crate) fn of(beliefs: &[Belief]) -> Option<Self> {
        let mut kinds = match beliefs.first()? {
            Belief::Proportion(_) => Self::Proportions(Vec::with_capacity(beliefs.len())),
            Belief::Rate(_) => Self::Rates(Vec::with_capacity(beliefs.len())),
            Belief::Mean(_) => Self::Means(Vec::with_capacity(beliefs.len())),
        };
        for belief in beliefs {
            match (&mut kinds, belief) {
                (Self::Proportions(betas), Belief::Proportion(beta)) => betas.push(*beta),
                (Self::Rates(gammas), Belief::Rate(gamma)) => gammas.push(*gamma),
                (Self::Means(students), Belief::Mean(student)) => students.push(*student),
                // INVARIANT: all versions have the same kind for one metric.
                _ => {}
            }
        }
        Some(kinds)
    }

    /// The values of the last one as scenarios: in each, the probability that each is not worse than `factor` times it, its
    /// own being whether it keeps its own absolute limit.
    pub(crate) fn scenarios(&self, factor: f64, limits: Limits, seats: &Seats) -> Scenarios {
        fn all<D: Compare>(all: &[D], factor: f64, limits: Limits, seats: &Seats) -> Scenarios {
            all.split_last().map_or_else(
                || Scenarios::new(seats.size),
                |(baseline, others)| {
                    let preferred = preferred(limits.direction);
                    scenarios::relative(others, *baseline, factor, preferred, limits.absolute, seats)
                },
            )
        }
        match self {
            Self::Proportions(betas) => all(betas, factor, limits, seats),
            Self::Rates(gammas) => all(gammas, factor, limits, seats),
            Self::Means(students) => all(students, factor, limits, seats),
        }
    }

    /// For each, what choosing it is expected to lose against the best of the others; `None` where that is infinite.
    pub(crate) fn expected_losses(&self, direction: Direction) -> Vec<Option<f64>> {
        match self {
            Self::Proportions(betas) => loss::expected_losses(betas, preferred(direction)),
            Self::Rates(gammas) => loss::expected_losses(gammas, preferred(direction)),
            Self::Means(students) => loss::expected_losses(students, preferred(direction)),
        }
    }

    /// A race in which only values that keep the limit count.
    pub(crate) fn race_within(&self, direction: Direction, limit: f64) -> Race {
        let preferred = preferred(direction);
        match self {
            Self::Proportions(betas) => Race::within(betas, preferred, limit),
            Self::Rates(gammas) => Race::within(gammas, preferred, limit),
            Self::Means(students) => Race::within(students, preferred, limit),
        }
    }

    /// The tables of all, and of the one at `multiple`'s place times `multiple`'s factor, where they can have it.
    pub(crate) fn tables(&self, multiple: Option<(usize, f64)>) -> Tables {
        match self {
            Self::Proportions(betas) => Tables::of(betas, multiple),
            Self::Rates(gammas) => Tables::of(gammas, multiple),
            Self::Means(students) => Tables::of(students, multiple),
        }
    }
}

pub(crate) fn preferred(direction: Direction) -> Preferred {
    match direction {
        Direction::Lower => Preferred::Lower,
        Direction::Higher => Preferred::Higher,
    }
}

/// Each tail of a central 95 % interval.
pub(crate) const TAIL: f64 = 0.025;
