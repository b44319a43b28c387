//! Race + verdict evidence -> who wins, or which link is still the weakest.
//!
//! A candidate wins that leads with a win probability above the threshold, is shown to satisfy every criterion and, with a
//! reward, to earn more than the baseline: what harms is guarded at every look, the choice among good candidates is
//! Bayesian. The baseline wins when every candidate is shown to violate or to earn less, and itself to satisfy its
//! absolute criteria. A single version (none beside the baseline, or the baseline once more) wins by keeping its limits.
//!
//! Not here: sentences (`reason`), rollback (`rollback`).

use super::findings::Winner;
use super::monitor::{Monitor, Verdict};
use super::notes::{NOTHING_TO_DECIDE, Notes, OTHERS_OPEN, names};
use super::race::Race;
use super::reason;
use super::rollback::{self, Harm};
use crate::experiment::Experiment;
use crate::stats::evidence::BothWays;

/// What decides.
pub(crate) struct Court<'a> {
    pub(crate) experiment: &'a Experiment,
    pub(crate) race: &'a Race,
    pub(crate) monitor: &'a Monitor,
    pub(crate) harms: &'a [Harm],
    /// `[version]`: that it is not rolled back.
    pub(crate) runs: &'a [bool],
    pub(crate) backend_failed: bool,
}

impl Court<'_> {
    /// Who wins, or why nobody does.
    pub(crate) fn decide(&self, notes: &mut Notes) -> Winner {
        let experiment = self.experiment;
        let is_decidable = experiment.reward().is_some() || experiment.criteria.iter().any(|one| one.limit.is_some());
        if !is_decidable {
            let message = "No criterion has a threshold and none is a reward, so there is nothing to win by.";
            notes.add(NOTHING_TO_DECIDE, "criteria", message, &[]);
        }
        let leader = self.leader();
        let candidates = || (0..experiment.versions.len()).filter(|version| *version != experiment.baseline);
        let winner = if self.backend_failed || !is_decidable {
            None
        } else if self.is_candidate_shown(leader) {
            Some(leader)
        } else if self.is_baseline_shown() && candidates().all(|version| self.is_out(version)) {
            Some(experiment.baseline)
        } else {
            None
        };
        if let Some(winner) = winner.filter(|winner| *winner != experiment.baseline) {
            self.about_others(winner, notes);
        }
        let best = winner.unwrap_or(leader);
        let reason = reason::sentence(self, winner, best, is_decidable);
        Winner { best, is_found: winner.is_some(), reason, nobody: self.race.nobody }
    }

    /// The version most likely to win, of equal ones the baseline; none that is rolled back, and none that is shown to violate
    /// while another is not.
    fn leader(&self) -> usize {
        let is_violated = |version: usize| self.shown(version).any(|(_, verdict)| verdict == Verdict::Violated);
        let rank = |version: usize| (u8::from(!is_violated(version)), self.race.wins[version]);
        let mut best = self.experiment.baseline;
        for version in (0..self.experiment.versions.len()).filter(|version| self.runs[*version]) {
            let ((kept, wins), (best_kept, best_wins)) = (rank(version), rank(best));
            if kept > best_kept || kept == best_kept && wins > best_wins {
                best = version;
            }
        }
        best
    }

    /// Criteria that are thresholded for a version, and their verdicts.
    pub(crate) fn shown(&self, version: usize) -> impl Iterator<Item = (usize, Verdict)> + '_ {
        let criteria = self.monitor.criteria[version].iter().enumerate();
        criteria.filter_map(|(index, shown)| Some((index, (*shown)?.verdict)))
    }

    /// Whether nothing of the baseline's own is in doubt; where it is alone, something has to be shown.
    fn is_baseline_shown(&self) -> bool {
        let is_alone = (0..self.experiment.versions.len())
            .all(|version| version == self.experiment.baseline || self.is_baseline_again(version));
        self.keeps_its_limits(self.experiment.baseline)
            && (!is_alone || self.shown(self.experiment.baseline).next().is_some())
    }

    fn keeps_its_limits(&self, version: usize) -> bool {
        self.shown(version).all(|(_, verdict)| verdict == Verdict::Satisfied)
    }

    /// Whether a version is the baseline under another name: a performance test lists it as candidate too.
    pub(crate) fn is_baseline_again(&self, version: usize) -> bool {
        let labels = |version: usize| &self.experiment.versions[version].labels;
        let (own, base) = (labels(version), labels(self.experiment.baseline));
        version != self.experiment.baseline
            && !own.is_empty()
            && own.len() == base.len()
            && own.iter().all(|label| base.contains(label))
    }

    /// Whether a candidate is shown to be good, and leads.
    fn is_candidate_shown(&self, version: usize) -> bool {
        let leads = self.race.wins[version] > self.experiment.winner_threshold;
        version != self.experiment.baseline
            && leads
            && self.keeps_its_limits(version)
            && (self.is_baseline_again(version) || self.earns_more(version))
    }

    /// Whether, with a reward, a candidate is shown to earn more than the baseline.
    pub(crate) fn earns_more(&self, version: usize) -> bool {
        self.monitor.rewards[version].is_none_or(|reward| reward.within >= self.monitor.needed)
    }

    /// Whether a candidate is shown to violate its limits or to earn less.
    fn is_out(&self, version: usize) -> bool {
        self.is_baseline_again(version) || self.harm_or_loss(version).is_shown
    }

    fn harm_or_loss(&self, version: usize) -> Harm {
        let earns_less = self.monitor.rewards[version].map(|reward| reward.beyond);
        rollback::harm(self.experiment, self.monitor, version, earns_less)
    }

    /// The candidate that is farthest from being out, and ln of the evidence that it is worse; `None` where all are out.
    pub(crate) fn candidate_in_doubt(&self) -> Option<(usize, Option<f64>)> {
        let in_doubt = |version: usize| {
            let harm = self.harm_or_loss(version);
            let is_seen = self.monitor.criteria[version].iter().flatten().any(|shown| shown.intervals > 0)
                || self.monitor.rewards[version].is_some_and(|reward| reward != BothWays::NONE);
            (!harm.is_shown).then(|| (version, harm.log_e.filter(|_| is_seen)))
        };
        let candidates = (0..self.experiment.versions.len())
            .filter(|version| *version != self.experiment.baseline && !self.is_baseline_again(*version));
        let log_e = |one: &(usize, Option<f64>)| one.1.unwrap_or(f64::NEG_INFINITY);
        candidates.filter_map(in_doubt).min_by(|one, other| log_e(one).total_cmp(&log_e(other)))
    }

    /// Names the candidates that might still be better than the winner.
    fn about_others(&self, winner: usize, notes: &mut Notes) {
        let others = (0..self.experiment.versions.len()).filter(|version| {
            *version != winner && *version != self.experiment.baseline && !self.harms[*version].is_shown
        });
        let others: Vec<&str> = others.map(|version| self.experiment.versions[version].id.as_str()).collect();
        if !others.is_empty() {
            let message = format!(
                "{} wins over the baseline for sure; that it is the best of the candidates (still open: {}) is its win probability.",
                self.experiment.versions[winner].id,
                names(&others)
            );
            notes.add(OTHERS_OPEN, "", message, &[("versions", others.as_slice().into())]);
        }
    }
}
