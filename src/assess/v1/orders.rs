//! Draws of utilities -> how many came in each order, so that a race is run once for an order and not for a draw.
//!
//! Who wins and who is second depends on nothing but which utility is larger than which and which is above 0. For a few
//! versions there are so few answers that they are counted: a bit for each pair and each version makes a number, the
//! place in a table.
//!
//! Not here: draws with two utilities as good as equal, where the baseline's advantage decides, and more versions than
//! a table holds; both are the caller's to run one by one.

use crate::stats::lanes::{LANES, Lanes};

/// Counts of orders.
pub(super) struct Orders {
    versions: usize,
    /// By the number of an order.
    counts: Vec<u32>,
    /// The draws that are not counted.
    pub(super) others: Vec<usize>,
}

impl Orders {
    /// Counts the draws in `utilities`, `[version][draw]` and none below 0, but for those where two are less than `apart`
    /// from each other, or one of them from 0; two that are 0 are equal and no matter.
    pub(super) fn count(utilities: &[Vec<f64>], apart: f64) -> Self {
        let versions = utilities.len();
        let draws = utilities.first().map_or(0, Vec::len);
        if versions > VERSIONS_MAX {
            return Self { versions, counts: Vec::new(), others: (0..draws).collect() };
        }
        let mut counts = vec![0; 1 << (versions * (versions + 1) / 2)];
        let mut others = Vec::new();
        for start in (0..draws).step_by(LANES) {
            let (orders, closest) = four(utilities, start);
            let of_draws = (start..draws).zip(orders.to_array().into_iter().zip(closest.to_array()));
            for (draw, (order, closest)) in of_draws {
                if closest < apart {
                    others.push(draw);
                } else {
                    counts[order as usize] += 1;
                }
            }
        }
        Self { versions, counts, others }
    }

    /// Every order that came, as whole utilities that are in it, and how many draws did.
    pub(super) fn counted(&self) -> impl Iterator<Item = (Vec<f64>, f64)> {
        let came = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        came.map(|(order, count)| (self.utilities(order), f64::from(*count)))
    }

    /// For each version that is worth anything one, and one more for each that it is better than.
    fn utilities(&self, mut order: usize) -> Vec<f64> {
        let mut utilities = vec![1.0; self.versions];
        let mut worthless = Vec::new();
        let mut take_bit = || {
            let bit = order & 1;
            order >>= 1;
            bit == 1
        };
        for index in (0..self.versions).rev() {
            if !take_bit() {
                worthless.push(index);
            }
            for other in (0..index).rev() {
                utilities[if take_bit() { index } else { other }] += 1.0;
            }
        }
        // Of two that are worth nothing one passed for the better above.
        for index in worthless {
            utilities[index] = 0.0;
        }
        utilities
    }
}

/// The numbers of the orders of the four draws from `start` on, and how close the closest two utilities of each are.
fn four(utilities: &[Vec<f64>], start: usize) -> (Lanes, Lanes) {
    let mut of_versions = [Lanes::default(); VERSIONS_MAX];
    for (four, draws) in of_versions.iter_mut().zip(utilities) {
        *four = Lanes::first_of(&draws[start..]);
    }
    let of_versions = &of_versions[..utilities.len()];
    let [zero, one, two, far] = [0.0, 1.0, 2.0, FAR].map(Lanes::splat);
    // A distance is none between two that are 0.
    let distance = |larger: Lanes, distance: Lanes| distance + far * (one - larger.is_above(zero));
    let (mut orders, mut closest) = (zero, far);
    for (index, own) in of_versions.iter().copied().enumerate() {
        for other in of_versions[..index].iter().copied() {
            orders = orders * two + own.is_above(other);
            closest = closest.at_most(distance(own.at_least(other), (own - other).at_least(other - own)));
        }
        orders = orders * two + own.is_above(zero);
        closest = closest.at_most(distance(own, own));
    }
    (orders, closest)
}

/// Farther than what is looked for.
const FAR: f64 = 1e300;
/// Five versions have 2^15 numbers of orders, six would have 2^21.
const VERSIONS_MAX: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    /// The count of draws given as `[draw][version]`.
    fn count<const N: usize>(draws: &[[f64; N]]) -> Orders {
        let of_version = |version: usize| draws.iter().map(|draw| draw[version]).collect();
        Orders::count(&(0..N).map(of_version).collect::<Vec<_>>(), 1e-9)
    }

    #[test]
    fn draws_in_one_order_are_counted_together_and_given_back_as_that_order() {
        let orders = count(&[[0.3, 0.1, 0.2], [9.0, 0.5, 7.0], [0.0, 0.4, 0.0], [0.0, 0.6, 0.0]]);
        let counted: Vec<(Vec<f64>, f64)> = orders.counted().collect();
        assert_eq!((counted.len(), orders.others.len()), (2, 0));
        assert!(counted.contains(&(vec![3.0, 1.0, 2.0], 2.0)));
        assert!(counted.iter().any(|(utilities, count)| utilities[0] == 0.0 && utilities[2] == 0.0 && *count == 2.0));
    }

    #[test]
    fn what_is_as_good_as_equal_and_what_is_too_much_is_left_to_the_caller() {
        let orders = count(&[[0.5, 0.5], [0.5, 0.7], [0.5, 0.5 + 1e-10], [0.0, 1e-10], [0.0, 0.0]]);
        assert_eq!(orders.others, [0, 2, 3]);
        assert_eq!(count(&[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]]).others, [0]);
    }
}
