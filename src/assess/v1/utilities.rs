//! What is believed of the reward -> 10,000 draws of what each version is worth.
//!
//! A version is worth its reward, or, where lower is better, its distance from the worst of the draw; what is unknown is
//! worth nothing, and where lower is better nothing is worth anything then.
//!
//! Not here: limits, by which a version may still lose what it is worth (`race`).

use super::belief::Beliefs;
use crate::experiment::{Criterion, Experiment, Metric};
use crate::stats::rng::Stream;
use crate::wire::request::Direction;

/// `[version][draw]`, none below 0.
pub(super) fn draw(
    experiment: &Experiment,
    reward: &Criterion,
    beliefs: &Beliefs,
    stream: &mut Stream,
) -> Vec<Vec<f64>> {
    let Metric::Ratio(ratio) = reward.metric else {
        return worthless(experiment.versions.len());
    };
    let believed = |version: usize| beliefs.get(version).and_then(|beliefs| *beliefs.get(ratio)?);
    let draws = (0..experiment.versions.len()).map(|version| Some(believed(version)?.sample(DRAWS, stream)));
    utilities(draws.collect(), experiment.direction_of_ratio(ratio))
}

/// Draws of the reward, `None` where it is unknown -> utilities.
fn utilities(rewards: Vec<Option<Vec<f64>>>, direction: Option<Direction>) -> Vec<Vec<f64>> {
    let is_known = rewards.iter().all(Option::is_some);
    if direction != Some(Direction::Lower) {
        return rewards.into_iter().map(|draws| draws.unwrap_or_else(|| vec![0.0; DRAWS])).collect();
    }
    if !is_known {
        return worthless(rewards.len());
    }
    let mut utilities: Vec<Vec<f64>> = rewards.into_iter().flatten().collect();
    let mut worst = vec![f64::NEG_INFINITY; DRAWS];
    for draws in &utilities {
        for (worst, draw) in worst.iter_mut().zip(draws) {
            *worst = if *draw > *worst { *draw } else { *worst };
        }
    }
    for draw_and_worst in utilities.iter_mut().flat_map(|draws| draws.iter_mut().zip(&worst)) {
        let (draw, worst) = draw_and_worst;
        // Infinities have no distance.
        let distance = worst - *draw;
        *draw = if distance > 0.0 { distance } else { 0.0 };
    }
    utilities
}

fn worthless(versions: usize) -> Vec<Vec<f64>> {
    vec![vec![0.0; DRAWS]; versions]
}

/// v1.0.0's sample size.
pub(super) const DRAWS: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    /// The first draw's utilities.
    fn first(rewards: &[Option<f64>], direction: Option<Direction>) -> Vec<f64> {
        let draws = rewards.iter().map(|reward| reward.map(|reward| vec![reward; DRAWS])).collect();
        utilities(draws, direction).iter().map(|draws| draws[0]).collect()
    }

    #[test]
    fn where_lower_is_better_the_worst_is_worth_nothing_and_one_unknown_blanks_all() {
        let lower = Some(Direction::Lower);
        assert_eq!(first(&[Some(3.0), Some(1.0), Some(2.0)], lower), [0.0, 2.0, 1.0]);
        assert_eq!(first(&[Some(3.0), None, Some(2.0)], lower), [0.0, 0.0, 0.0]);
        assert_eq!(first(&[Some(3.0), None], None), [3.0, 0.0]);
    }
}
