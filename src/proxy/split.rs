//! A split of traffic, and which version a request gets by it.
//!
//! Without a key by a random number; with one (a user) by weighted rendezvous hashing (Schindelhauer and Schomaker, 2005):
//! each version draws -ln(u)/weight with u from the hash of key and version, and the smallest has the request. So a
//! version whose share grows loses none of its users, users move only to versions that gain on theirs, and every proxy
//! and every restart decides alike, since nothing has to be remembered.
//!
//! Not here: where the split comes from, what a key is.

use crate::stats::{math, rng};

/// Percents for each version, as routers receive them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Split(Vec<f64>);

impl Split {
    /// Of percents; `None` unless there are `versions` of them, none below 0, with a positive sum.
    pub(super) fn of(percents: Vec<f64>, versions: usize) -> Option<Self> {
        let are_shares = percents.iter().all(|percent| (0.0..=100.0).contains(percent));
        (percents.len() == versions && are_shares && percents.iter().sum::<f64>() > 0.0).then_some(Self(percents))
    }

    /// One by which nobody gets anything but the first.
    pub(super) fn nobody() -> Self {
        Self(Vec::new())
    }

    pub(super) fn percents(&self) -> &[f64] {
        &self.0
    }

    /// The version at `uniform`, from 0 up to but not including 1, of the way through all shares.
    pub(super) fn at(&self, uniform: f64) -> usize {
        let mut rest = uniform * self.0.iter().sum::<f64>();
        let mut last = 0;
        for (version, percent) in self.0.iter().enumerate().filter(|(_, percent)| **percent > 0.0) {
            if rest < *percent {
                return version;
            }
            rest -= percent;
            last = version;
        }
        last
    }

    /// The version of whoever has this hash; `salts` are the versions' own hashes.
    pub(super) fn of_key(&self, key: u64, salts: &[u64]) -> usize {
        let mut best = (f64::INFINITY, 0);
        for (version, (percent, salt)) in self.0.iter().zip(salts).enumerate().filter(|(_, (p, _))| **p > 0.0) {
            // Above 0 and at most 1.
            let uniform = ((mix(key ^ salt) >> 11) + 1) as f64 / TWO_TO_53;
            let draw = -math::ln(uniform) / percent;
            if draw < best.0 {
                best = (draw, version);
            }
        }
        best.1
    }
}

/// A hash of `text` whose bits all depend on all of it: FNV-1a, then the finisher of SplitMix64.
pub(super) fn hash(text: &[u8], salt: u64) -> u64 {
    mix(rng::fnv_1a(rng::FNV_OFFSET ^ mix(salt), text))
}

/// SplitMix64's finisher (Steele, Lea and Flood, 2014).
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

const TWO_TO_53: f64 = 9_007_199_254_740_992.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn salts() -> [u64; 3] {
        [hash(b"v1", 7), hash(b"v2", 7), hash(b"v3", 7)]
    }

    fn split(percents: [f64; 3]) -> Split {
        Split::of(percents.to_vec(), 3).unwrap()
    }

    #[test]
    fn users_are_spread_as_the_split_says() {
        let split = split([50.0, 30.0, 20.0]);
        let mut counts = [0.0; 3];
        for user in 0_u32..100_000 {
            counts[split.of_key(hash(format!("user-{user}").as_bytes(), 0), &salts())] += 1.0;
        }
        for (count, share) in counts.iter().zip([0.5, 0.3, 0.2]) {
            // Five standard deviations.
            let error: f64 = count - 1e5 * share;
            assert!(error.abs() < 5.0 * math::sqrt(1e5 * share * (1.0 - share)), "{counts:?}");
        }
    }

    #[test]
    fn a_version_that_gains_keeps_its_users_and_users_move_only_to_versions_that_gain_on_theirs() {
        let (before, after) = (split([50.0, 30.0, 20.0]), split([40.0, 30.0, 30.0]));
        let mut moved = 0;
        for user in 0_u32..20_000 {
            let key = hash(format!("user-{user}").as_bytes(), 3);
            let (from, to) = (before.of_key(key, &salts()), after.of_key(key, &salts()));
            assert!(to >= from, "user {user} moved from {from} to {to}, which gained nothing on it");
            moved += u32::from(from != to);
        }
        // A tenth of all has to move; rendezvous moves little more.
        assert!((1_800..3_000).contains(&moved), "{moved}");
    }

    #[test]
    fn a_version_without_a_share_gets_nobody() {
        let split = split([70.0, 0.0, 30.0]);
        for step in 0..1_000 {
            assert_ne!(split.at(f64::from(step) / 1000.0), 1);
            assert_ne!(split.of_key(mix(step as u64), &salts()), 1);
        }
        assert_eq!((split.at(0.0), split.at(0.699), split.at(0.701), split.at(0.999_999)), (0, 0, 2, 2));
    }

    #[test]
    fn what_is_no_split_is_none() {
        for percents in [vec![], vec![100.0], vec![0.0, 0.0], vec![f64::NAN, 1.0], vec![-1.0, 101.0]] {
            assert_eq!(Split::of(percents, 2), None);
        }
    }
}
