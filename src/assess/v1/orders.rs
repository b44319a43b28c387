//! Draws of utilities -> how many came in each order, so that a race is run once for an order and not for a draw.
//!
//! Who wins and who is second depends on nothing but which utility is larger than which and which is above 0. For a few
//! versions there are so few answers that they are counted: a bit for each pair and each version makes a number, the
//! place in a table.
//!
//! Not here: draws with two utilities as good as equal, where the baseline's advantage decides, and more versions than
//! a table holds; both are the caller's to run one by one.

/// Counts of orders.
pub(super) struct Orders {
    versions: usize,
    /// By the number of an order; empty where there are too many versions.
    counts: Vec<u32>,
}

impl Orders {
    pub(super) fn new(versions: usize) -> Self {
        let is_few = versions <= VERSIONS_MAX;
        Self { versions, counts: if is_few { vec![0; 1 << (versions * (versions + 1) / 2)] } else { Vec::new() } }
    }

    /// Counts a draw, unless two of its `utilities`, none of which is below 0, are less than `apart` from each other, or
    /// one of them from 0; two that are 0 are equal and no matter.
    pub(super) fn count(&mut self, utilities: &[f64], apart: f64) -> bool {
        if self.counts.is_empty() {
            return false;
        }
        let mut order = 0;
        let mut is_close = false;
        for (index, utility) in utilities.iter().enumerate() {
            for other in &utilities[..index] {
                order = order << 1 | usize::from(utility > other);
                is_close |= (utility - other).abs() < apart && utility + other > 0.0;
            }
            order = order << 1 | usize::from(*utility > 0.0);
            is_close |= *utility > 0.0 && *utility < apart;
        }
        if is_close {
            return false;
        }
        self.counts[order] += 1;
        true
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

/// Five versions have 2^15 numbers of orders, six would have 2^21.
const VERSIONS_MAX: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_in_one_order_are_counted_together_and_given_back_as_that_order() {
        let mut orders = Orders::new(3);
        for utilities in [[0.3, 0.1, 0.2], [9.0, 0.5, 7.0], [0.0, 0.4, 0.0], [0.0, 0.6, 0.0]] {
            assert!(orders.count(&utilities, 1e-9));
        }
        let counted: Vec<(Vec<f64>, f64)> = orders.counted().collect();
        assert_eq!(counted.len(), 2);
        assert!(counted.contains(&(vec![3.0, 1.0, 2.0], 2.0)));
        assert!(counted.iter().any(|(utilities, count)| utilities[0] == 0.0 && utilities[2] == 0.0 && *count == 2.0));
    }

    #[test]
    fn what_is_as_good_as_equal_and_what_is_too_much_is_left_to_the_caller() {
        let mut orders = Orders::new(2);
        assert!(!orders.count(&[0.5, 0.5], 1e-9) && !orders.count(&[0.5, 0.5 + 1e-10], 1e-9));
        assert!(!orders.count(&[0.0, 1e-10], 1e-9) && orders.count(&[0.0, 0.0], 1e-9));
        assert!(!Orders::new(6).count(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 1e-9));
    }
}
