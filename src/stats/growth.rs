//! How quickly evidence can grow: the Kullback-Leibler divergence per request, and the requests that are needed at least.
//!
//! The logarithm of the best e-value grows by the divergence of the truth from the null per request (Wald 1945; Grunwald,
//! de Heide and Koolen 2024), so (ln(K/alpha) - ln E)/divergence requests are a lower bound on what is still missing.
//!
//! Not here: whether the truth is known well enough to say so.

use super::math::ln_1p;

/// The divergence of one trial with success probability `truth` from one with `null`, in nats; infinite where `null` rules it out.
pub(crate) fn bernoulli(truth: f64, null: f64) -> f64 {
    // p ln(p/q) as -p ln(1 + (q - p)/p): near probabilities keep their digits.
    let part = |p: f64, q: f64| if p > 0.0 { -p * ln_1p((q - p) / p) } else { 0.0 };
    (part(truth, null) + part(1.0 - truth, 1.0 - null)).max(0.0)
}

/// The divergence per request of a ratio of two event rates from the ratio `null`, seen through which version an event falls to.
///
/// `rate` is the baseline's events per request, `ratio` the true ratio of the candidate's to it, `share` the candidate's share
/// of the requests.
pub(crate) fn rate_ratio(rate: f64, ratio: f64, null: f64, share: f64) -> f64 {
    let falls_to_candidate = |ratio: f64| share * ratio / (share * ratio + 1.0 - share);
    let events = rate * (share * ratio + 1.0 - share);
    events * bernoulli(falls_to_candidate(ratio), falls_to_candidate(null))
}

/// The least number of requests from ln E = `log_e_now` to `log_e_needed`; None where no number will do.
pub(crate) fn requests(log_e_now: f64, log_e_needed: f64, divergence: f64) -> Option<f64> {
    let requests = (log_e_needed - log_e_now).max(0.0) / divergence;
    (divergence > 0.0 && requests.is_finite()).then_some(requests)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::math::ln;
    use crate::stats::reference::close;

    #[test]
    fn divergences_are_those_of_the_definition() {
        close(bernoulli(0.0, 0.5), ln(2.0), 1e-15, 0.0, "no success against a coin");
        close(bernoulli(0.25, 0.5), 0.25 * ln(0.5) + 0.75 * ln(1.5), 1e-14, 0.0, "a quarter against a coin");
        // Close by it is (p - q)^2/(2 q (1 - q)).
        close(bernoulli(0.5 + 1e-6, 0.5), 2e-12, 1e-5, 0.0, "next to a coin");
        assert_eq!((bernoulli(0.5, 0.5), bernoulli(0.5, 0.0)), (0.0, f64::INFINITY));
    }

    #[test]
    fn a_ratio_is_seen_in_the_share_of_the_events() {
        // Ratio 3 at even shares: 3/4 of the events against 1/2, 0.02 events per request.
        let expected = 0.02 * (0.75 * ln(1.5) + 0.25 * ln(0.5));
        close(rate_ratio(0.01, 3.0, 1.0, 0.5), expected, 1e-14, 0.0, "ratio 3");
    }

    #[test]
    fn no_effect_needs_no_finite_number() {
        assert_eq!(requests(1.0, 3.0, 0.5), Some(4.0));
        assert_eq!(
            (requests(3.0, 1.0, 0.5), requests(1.0, 3.0, 0.0), requests(1.0, 3.0, f64::INFINITY)),
            (Some(0.0), None, Some(0.0))
        );
    }
}
