//! Integrals of smooth functions: Gauss-Legendre with 32 nodes (exact for polynomials up to degree 63).
//!
//! Nodes and weights computed with 40 digits from the Legendre polynomial. The caller splits where its function bends.

/// The integral of `function` from `lower` to `upper`.
pub(crate) fn integrate(lower: f64, upper: f64, mut function: impl FnMut(f64) -> f64) -> f64 {
    let middle = (lower + upper) / 2.0;
    let half = (upper - lower) / 2.0;
    let mut sum = 0.0;
    for (node, weight) in HALF_RULE {
        sum += weight * (function(middle - half * node) + function(middle + half * node));
    }
    sum * half
}

/// The same with a `function` that takes all places at once and puts its values there.
pub(crate) fn integrate_all(lower: f64, upper: f64, function: impl FnOnce(&mut [f64])) -> f64 {
    let middle = (lower + upper) / 2.0;
    let half = (upper - lower) / 2.0;
    let mut places = [0.0; 32];
    for (pair, (node, _)) in places.chunks_exact_mut(2).zip(HALF_RULE) {
        pair.copy_from_slice(&[middle - half * node, middle + half * node]);
    }
    function(&mut places);
    let values = places.chunks_exact(2).zip(HALF_RULE);
    half * values.map(|(pair, (_, weight))| weight * pair.iter().sum::<f64>()).sum::<f64>()
}

/// Positive nodes and their weights; the negative ones mirror them.
const HALF_RULE: [(f64, f64); 16] = [
    (0.048307665687738316, 0.096540088514727801),
    (0.14447196158279649, 0.095638720079274859),
    (0.23928736225213707, 0.093844399080804566),
    (0.33186860228212765, 0.091173878695763885),
    (0.42135127613063535, 0.087652093004403811),
    (0.50689990893222939, 0.083311924226946755),
    (0.58771575724076233, 0.078193895787070306),
    (0.6630442669302152, 0.072345794108848506),
    (0.73218211874028968, 0.065822222776361847),
    (0.79448379596794241, 0.058684093478535547),
    (0.84936761373256997, 0.050998059262376176),
    (0.89632115576605212, 0.042835898022226681),
    (0.93490607593773969, 0.034273862913021433),
    (0.96476225558750643, 0.025392065309262059),
    (0.98561151154526834, 0.016274394730905671),
    (0.99726386184948156, 0.0070186100094700966),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polynomials_are_exact_and_smooth_functions_nearly() {
        assert!((integrate(-1.0, 2.0, |x| x * x * x - 2.0 * x + 1.0) - 3.75).abs() < 1e-14);
        let full_bell = integrate(-9.0, 0.0, |x| libm::exp(-x * x / 2.0)) * 2.0;
        assert!((full_bell / libm::sqrt(2.0 * std::f64::consts::PI) - 1.0).abs() < 1e-12, "{full_bell}");
    }
}
