//! How often each version wins -> who wins, and why or why not in a sentence.
//!
//! v1.0.0's rule: the first version with the largest probability, if that exceeds the threshold. While the backend fails
//! nothing is decided.
//!
//! Not here: any correction for looking more than once; v1.0.0 had none.

use super::evidence::Evidence;
use super::race::Race;
use crate::assess::findings::{Judgement, Winner};
use crate::experiment::Experiment;
use crate::wire::digits;

pub(crate) fn find(experiment: &Experiment, evidence: &Evidence, judgements: &[Vec<Judgement>], race: &Race) -> Winner {
    let probabilities = &race.win_probabilities;
    let mut best = 0;
    for (version, probability) in probabilities.iter().enumerate() {
        if *probability > probabilities[best] {
            best = version;
        }
    }
    let probability = probabilities[best];
    let is_found = probability > experiment.winner_threshold && !evidence.backend_failed;
    let id = &experiment.versions[best].id;
    let needed = digits::plain(experiment.winner_threshold);
    let shown = digits::probability(probability);
    let reason = if is_found {
        format!("{id} wins with probability {shown}, more than the {needed} that is needed.")
    } else if evidence.backend_failed {
        "No winner: the metrics backend failed, so nothing is decided and traffic stays as it was.".to_owned()
    } else if probability > 0.0 {
        format!("No winner yet: {id} leads with win probability {shown}, more than {needed} is needed.")
    } else if judgements.iter().flatten().any(|judgement| judgement.value.is_some()) {
        let reward = if experiment.reward().is_some() { " and earn a reward" } else { "" };
        format!("No winner: no version is likely to keep every limit{reward}.")
    } else {
        "No winner yet: no criterion has data for any version.".to_owned()
    };
    Winner { best, is_found, reason, nobody: race.nobody }
}
