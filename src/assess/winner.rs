//! Race -> which version leads, and why no winner is named.
//!
//! The version with the largest probability of winning leads; of equal ones the baseline.
//!
//! Not here: evidence that stays true at every look, without which no winner is declared.

use super::findings::Winner;
use super::race::Race;
use crate::experiment::Experiment;

pub(crate) fn find(experiment: &Experiment, race: &Race, backend_failed: bool) -> Winner {
    let best = leader(experiment, race);
    let (id, probability) = (&experiment.versions[best].id, race.wins[best]);
    let reason = if backend_failed {
        "No winner: the metrics backend failed, so nothing is decided and traffic stays as it was.".to_owned()
    } else if probability > 0.0 {
        format!("No winner yet: {id} leads with win probability {probability:.4}.")
    } else {
        "No winner yet: nothing is known of any version.".to_owned()
    };
    Winner { best, is_found: false, reason, nobody: race.nobody }
}

fn leader(experiment: &Experiment, race: &Race) -> usize {
    let mut best = experiment.baseline;
    for (version, probability) in race.wins.iter().enumerate() {
        if *probability > race.wins[best] {
            best = version;
        }
    }
    best
}
