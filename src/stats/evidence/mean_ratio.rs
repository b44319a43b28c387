//! Two means over successive intervals -> the ratios of them that are not ruled out, looked at however often.
//!
//! For a ratio r each interval's effect is the one mean less r times the other, with weight h/r^2, 1/h = 1/n + 1/n_base; the t
//! process without a prior of the variance (`t_process`) rules r out where it reaches 1/alpha. Effects are linear in r, so
//! a few weighted moments give the process for every r. The ends are the first ratios ruled out on the way from the
//! observed one.
//!
//! Not here: evidence about one given ratio.

use super::rate_ratio::Stratum;
use super::root::root;
use super::t_process::{self, Effects};

/// The ends of the ratios left at `alpha`; `None` where a side has none within `FARTHEST` of the observed ratio, or a mean is
/// not above 0.
pub(crate) fn confidence_sequence(strata: &[Stratum], kappas: [f64; 3], alpha: f64) -> Option<(f64, f64)> {
    let moments = Moments::of(strata)?;
    let observed = moments.own / moments.base;
    let excess = |factor: f64| t_process::excess(moments.effects(observed * factor), kappas, alpha);
    let at_observed = excess(1.0);
    let end = |step: f64| {
        let (mut left, mut out) = ((1.0, at_observed), (step, excess(step)));
        while !(out.1 >= 0.0) {
            (left, out) = (out, (out.0 * step, excess(out.0 * step)));
            if !(1.0 / FARTHEST..=FARTHEST).contains(&out.0) {
                return None;
            }
        }
        Some(observed * root(left, out, &excess))
    };
    Some((end(1.0 / STEP)?, end(STEP)?))
}

/// The intervals' means weighted with h: their number, total weight, means, squares and product around the means.
#[derive(Debug, Clone, Copy)]
struct Moments {
    count: f64,
    weight: f64,
    own: f64,
    base: f64,
    own_square: f64,
    base_square: f64,
    product: f64,
}

impl Moments {
    /// `None` with fewer than two intervals, or a mean that is not above 0.
    fn of(strata: &[Stratum]) -> Option<Self> {
        let rows = || {
            strata.iter().map(|one| {
                let weight = 1.0 / (1.0 / one.exposure + 1.0 / one.base_exposure);
                (weight, one.events / one.exposure, one.base_events / one.base_exposure)
            })
        };
        let weight: f64 = rows().map(|(weight, ..)| weight).sum();
        let own = rows().map(|(own_weight, own, _)| own_weight / weight * own).sum::<f64>();
        let base = rows().map(|(own_weight, _, base)| own_weight / weight * base).sum::<f64>();
        if strata.len() < 2 || !(weight > 0.0 && weight.is_finite() && own > 0.0 && base > 0.0) {
            return None;
        }
        let mut all =
            Self { count: strata.len() as f64, weight, own, base, own_square: 0.0, base_square: 0.0, product: 0.0 };
        for (weight, one, other) in rows() {
            let (one, other) = (one - own, other - base);
            all.own_square += weight * one * one;
            all.base_square += weight * other * other;
            all.product += weight * one * other;
        }
        Some(all)
    }

    fn effects(&self, ratio: f64) -> Effects {
        let scatter = self.own_square / (ratio * ratio) - 2.0 * self.product / ratio + self.base_square;
        Effects {
            count: self.count,
            weight: self.weight / (ratio * ratio),
            mean: self.own - ratio * self.base,
            scatter: scatter.max(0.0),
        }
    }
}

/// The way out to either side, in steps of this factor.
const STEP: f64 = 1.25;
const FARTHEST: f64 = 1e3;

#[cfg(test)]
mod tests {
    use super::*;

    const KAPPAS: [f64; 3] = [0.1, 0.5, 2.0];

    fn strata() -> Vec<Stratum> {
        let rows = [(200.0, 2.0e4, 180.0, 2.2e4), (190.0, 2.1e4, 210.0, 2.5e4), (205.0, 1.9e4, 200.0, 2.4e4)];
        let rows = rows.iter().cycle().take(12).enumerate();
        let stratum = |(index, &(base_exposure, base_events, exposure, events)): (usize, &(f64, f64, f64, f64))| {
            let drift = 1.0 + 0.01 * index as f64;
            Stratum { base_exposure, base_events: base_events * drift, exposure, events: events * drift }
        };
        rows.map(stratum).collect()
    }

    /// The effects of a ratio, written down interval by interval.
    fn effects(ratio: f64) -> Effects {
        Effects::of(strata().into_iter().map(move |one| {
            let spread = ratio * ratio * (1.0 / one.exposure + 1.0 / one.base_exposure);
            (one.events / one.exposure - ratio * one.base_events / one.base_exposure, 1.0 / spread)
        }))
    }

    #[test]
    fn what_is_just_inside_is_left_and_what_is_just_outside_is_ruled_out() {
        for alpha in [0.01, 0.05] {
            let (lower, upper) = confidence_sequence(&strata(), KAPPAS, alpha).expect("bounded");
            assert!(lower < 1.15 && 1.15 < upper, "{lower} {upper}");
            for (end, outside) in [(lower, 1.0 - 1e-9), (upper, 1.0 + 1e-9)] {
                assert!(t_process::excess(effects(end * outside), KAPPAS, alpha) >= 0.0, "outside of {end}");
                assert!(t_process::excess(effects(end / outside), KAPPAS, alpha) < 0.0, "inside of {end}");
            }
        }
    }

    #[test]
    fn the_unit_does_not_matter() {
        let scaled: Vec<Stratum> = strata()
            .into_iter()
            .map(|one| Stratum { base_events: one.base_events * 1e-6, events: one.events * 1e-6, ..one })
            .collect();
        let (here, there) = (confidence_sequence(&strata(), KAPPAS, 0.05), confidence_sequence(&scaled, KAPPAS, 0.05));
        let ((low, high), (same_low, same_high)) = (here.expect("bounded"), there.expect("bounded"));
        assert!(
            (low - same_low).abs() < 1e-9 && (high - same_high).abs() < 1e-9,
            "{low} {same_low} {high} {same_high}"
        );
    }

    #[test]
    fn little_rules_nothing_out() {
        assert_eq!(confidence_sequence(&strata()[..1], KAPPAS, 0.05), None);
        assert_eq!(confidence_sequence(&[], KAPPAS, 0.05), None);
        let negative: Vec<Stratum> = strata().into_iter().map(|one| Stratum { events: -one.events, ..one }).collect();
        assert_eq!(confidence_sequence(&negative, KAPPAS, 0.05), None);
    }
}
