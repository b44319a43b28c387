//! A shape -> gamma variates of that shape and scale 1.
//!
//! Marsaglia and Tsang (2000), on the normal and uniform variates of rand_distr: draw for draw what its `Gamma` gives, which
//! a test holds. That one is called through three functions that no compiler joins, with the generator's state in memory
//! between them; as one loop it takes half the time, and a module for browsers spares the tables for shape 1.
//!
//! A variate is taken if ln u < h, h = x^2/2 + d (1 - v + ln v). Marsaglia and Tsang spare the logarithms where u is below
//! 1 - 0.0331 x^4, which holds for every shape. With t = c x and 9 d c^2 = 1, h = d (-3/4 t^4 + 3/5 t^5 - 1/2 t^6 + ...): for
//! |t| < 0.2 it is above -0.9 d t^4, since what is left out is at most 3/5 |t|^5 / (1 - |t|) d, so that u < 1 - 0.9 d t^4 is
//! enough: true far more often for shapes beyond a few.
//!
//! Not here: the distribution's probabilities (`gamma`).

use rand_distr::{Distribution, Open01, StandardNormal};

use super::math::{abs, exp, ln, sqrt};
use super::rng::Stream;

/// `count` draws of a gamma variate with `shape`, which is above 0 and finite.
pub(crate) fn gammas(shape: f64, count: usize, stream: &mut Stream) -> Vec<f64> {
    // The method needs a shape of at least 1.
    if shape < 1.0 {
        let mut draws = gammas(shape + 1.0, count, stream);
        for draw in &mut draws {
            let uniform: f64 = Open01.sample(stream);
            *draw *= exp(ln(uniform) / shape);
        }
        return draws;
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / sqrt(9.0 * d);
    // d c^4 = 1 / (81 d).
    let near_share = NEAR_SHARE / (81.0 * d);
    // A copy that nobody else sees can live in registers.
    let mut own = stream.clone();
    let mut draw = || {
        loop {
            // Asked through a reference as nobody else asks it: what is called from one place the compiler puts there, also
            // where it compiles for size, which takes a third off.
            let x: f64 = StandardNormal.sample(&mut &mut own);
            let root = 1.0 + c * x;
            if root <= 0.0 {
                continue;
            }
            let v = root * root * root;
            let uniform: f64 = Open01.sample(&mut own);
            let square = x * x;
            // What is below this is below the second bound too, and spares its logarithms.
            let share = if abs(c * x) < NEAR { near_share } else { FAR_SHARE };
            if uniform < 1.0 - share * square * square || ln(uniform) < 0.5 * square + d * (1.0 - v + ln(v)) {
                return v * d;
            }
        }
    };
    let draws = (0..count).map(|_| draw()).collect();
    *stream = own;
    draws
}

/// Below this |t| is near; there 3/4 + 3/5 |t| / (1 - |t|) is at most the share.
const NEAR: f64 = 0.2;
const NEAR_SHARE: f64 = 0.9;
const FAR_SHARE: f64 = 0.0331;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::rng;
    use rand_distr::Gamma;

    #[test]
    fn the_draws_are_those_of_rand_distr() {
        for shape in [1.1, 2.5, 8.0, 20.0, 50.1, 1e6, 1e15] {
            let theirs: Vec<f64> =
                Gamma::new(shape, 1.0).unwrap().sample_iter(&mut rng::stream(5)).take(10_000).collect();
            assert_eq!(gammas(shape, 10_000, &mut rng::stream(5)), theirs, "{shape}");
        }
    }

    #[test]
    fn small_shapes_have_their_moments() {
        for shape in [0.1, 0.5, 0.9, 1.0] {
            let draws = gammas(shape, 200_000, &mut rng::stream(11));
            let mean = draws.iter().sum::<f64>() / 200_000.0;
            let variance = draws.iter().map(|draw| (draw - mean) * (draw - mean)).sum::<f64>() / 200_000.0;
            // Mean and variance are the shape; five standard errors, the fourth moment being 3 shape^2 + 6 shape.
            assert!((mean - shape).abs() < 5.0 * sqrt(shape / 200_000.0), "{shape}: {mean}");
            let error = sqrt((2.0 * shape * shape + 6.0 * shape) / 200_000.0);
            assert!((variance - shape).abs() < 5.0 * error, "{shape}: {variance}");
        }
    }
}
