//! Scenarios of several metrics, each with a shared quantity of its own -> scenarios of all of them together.
//!
//! A quantity is within its limits where it is within those of every metric; metrics are independent. With few quantities
//! each set of them that is within is a scenario, by inclusion and exclusion over who is: exact. With more the metrics'
//! scenarios are thinned to a lattice: about 1e-3.
//!
//! Not here: the scenarios of one metric (`scenarios`).

use super::lanes::{LANES, Lanes};
use super::scenarios::Scenarios;

/// All of `metrics` together, each of `size` quantities.
pub(crate) fn together(mut metrics: Vec<Scenarios>, size: usize) -> Scenarios {
    if metrics.len() < 2 {
        return metrics.pop().unwrap_or_else(|| Scenarios::one(&vec![1.0; size]));
    }
    // The shared one itself is mostly within for sure.
    let is_certain =
        |quantity: &usize| metrics.iter().all(|scenarios| scenarios.iter().all(|(_, within)| within[*quantity] == 1.0));
    let open: Vec<usize> = (0..size).filter(|quantity| !is_certain(quantity)).collect();
    if open.len() <= BY_SETS_MAX { by_sets(&metrics, size, &open) } else { by_lattice(&metrics, size) }
}

/// Each set of the `open` quantities that are within, as a scenario, with its probability; the others always are.
fn by_sets(metrics: &[Scenarios], size: usize, open: &[usize]) -> Scenarios {
    let sets = 1_usize << open.len();
    // P(all of a set are within, whatever the others are).
    let mut all = vec![1.0; sets];
    for scenarios in metrics {
        let mut of_metric = vec![Lanes::default(); sets];
        let mut products = vec![Lanes::default(); sets];
        // A few scenarios at once.
        for start in (0..scenarios.len()).step_by(LANES) {
            let few: [usize; LANES] = std::array::from_fn(|lane| start + lane);
            let has = |index: usize| index < scenarios.len();
            products[0] = few.map(|index| if has(index) { scenarios.weight(index) } else { 0.0 }).into();
            for (place, quantity) in open.iter().enumerate() {
                let within = few.map(|index| if has(index) { scenarios.within(index)[*quantity] } else { 0.0 });
                let within = Lanes::from(within);
                let (known, next) = products.split_at_mut(1 << place);
                next.iter_mut().zip(known).for_each(|(next, known)| *next = *known * within);
            }
            of_metric.iter_mut().zip(&products).for_each(|(sums, products)| *sums = *sums + *products);
        }
        all.iter_mut().zip(of_metric).for_each(|(all, of_metric)| *all *= of_metric.total());
    }
    // From "at least these" to "just these" by inclusion and exclusion, one quantity after the other.
    for place in 0..open.len() {
        for set in (0..sets).filter(|set| set & (1 << place) == 0) {
            all[set] -= all[set | (1 << place)];
        }
    }
    let mut scenarios = Scenarios::new(size);
    for (set, weight) in all.iter().enumerate().filter(|(_, weight)| **weight > NEGLIGIBLE) {
        let row = scenarios.push(*weight);
        row.fill(1.0);
        for (_, quantity) in open.iter().enumerate().filter(|(place, _)| set & (1 << place) == 0) {
            row[*quantity] = 0.0;
        }
    }
    scenarios
}

/// The shared quantities of all metrics on a lattice of equal weights (Korobov).
fn by_lattice(metrics: &[Scenarios], size: usize) -> Scenarios {
    let mut generator = KOROBOV;
    let mut columns = Vec::with_capacity(metrics.len());
    for scenarios in metrics {
        let total: f64 = scenarios.iter().map(|(weight, _)| weight).sum();
        let mut order: Vec<usize> = Vec::with_capacity(LATTICE);
        let (mut index, mut reached) = (0, 0.0);
        for point in 0..LATTICE {
            let target = (point as f64 + 0.5) / LATTICE as f64 * total;
            while index + 1 < scenarios.len() && reached + scenarios.weight(index) < target {
                reached += scenarios.weight(index);
                index += 1;
            }
            order.push(index);
        }
        columns.push((generator, order));
        generator = generator * KOROBOV % LATTICE;
    }
    let mut all = Scenarios::new(size);
    for point in 0..LATTICE {
        let row = all.push(1.0 / LATTICE as f64);
        row.fill(1.0);
        for (scenarios, (generator, order)) in metrics.iter().zip(&columns) {
            let own = scenarios.within(order[point * generator % LATTICE]);
            row.iter_mut().zip(own).for_each(|(within, own)| *within *= own);
        }
    }
    all
}

/// Open quantities up to which all sets of them are gone through.
const BY_SETS_MAX: usize = 10;
/// Points of the lattice, a prime, and its generator.
const LATTICE: usize = 1021;
const KOROBOV: usize = 331;
/// A few thousand sets below this change nothing that is kept.
const NEGLIGIBLE: f64 = 1e-14;

#[cfg(test)]
mod tests {
    use super::*;

    fn scenarios(rows: &[(f64, &[f64])]) -> Scenarios {
        let mut all = Scenarios::new(rows[0].1.len());
        rows.iter().for_each(|(weight, within)| all.push(*weight).copy_from_slice(within));
        all
    }

    #[test]
    fn sets_are_what_multiplying_out_gives() {
        let metrics = [
            scenarios(&[(0.3, &[0.2, 0.9, 1.0]), (0.7, &[0.5, 0.4, 1.0])]),
            scenarios(&[(0.6, &[0.8, 0.1, 1.0]), (0.4, &[0.3, 0.6, 1.0])]),
        ];
        let sets = by_sets(&metrics, 3, &[0, 1, 2]);
        // The first alone: the sum over both metrics' scenarios of the product of weights, a (1 - b).
        let mut expected = 0.0;
        for (weight, one) in metrics[0].iter() {
            for (other_weight, other) in metrics[1].iter() {
                let keep = |version: usize| one[version] * other[version];
                expected += weight * other_weight * keep(0) * (1.0 - keep(1)) * keep(2);
            }
        }
        let (found, _) = sets.iter().find(|(_, within)| *within == [1.0, 0.0, 1.0]).unwrap();
        assert!((found - expected).abs() < 1e-15, "{found} {expected}");
        assert!((sets.iter().map(|(weight, _)| weight).sum::<f64>() - 1.0).abs() < 1e-14);
    }

    #[test]
    fn a_lattice_comes_close_to_the_sets() {
        let shifted = |shift: f64| {
            let mut all = Scenarios::new(3);
            for x in (0..200).map(|k| (f64::from(k) + 0.5) / 200.0) {
                all.push(0.005).copy_from_slice(&[x * x, (x + shift) / 2.0, 1.0]);
            }
            all
        };
        let metrics = [shifted(0.1), shifted(0.4), shifted(0.7)];
        let share =
            |all: &Scenarios| -> f64 { all.iter().map(|(weight, within)| weight * within[0] * within[1]).sum() };
        let (exact, thinned) = (share(&by_sets(&metrics, 3, &[0, 1, 2])), share(&by_lattice(&metrics, 3)));
        assert!((exact - thinned).abs() < 1e-3, "{exact} {thinned}");
    }
}
