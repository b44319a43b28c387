//! Who assesses where several could: whoever has the lease, one at a time.
//!
//! The bootstrap's assessor takes it from whoever has it. Where a bootstrap cannot be changed there is none; then the
//! filter's own contexts, which tick in every virtual machine, stand in. Whoever has watched the lease be nobody's for a
//! while takes it, and keeps it by renewing it at each tick; one that dies leaves it to expire. A machine that serves requests
//! watches longer than one that serves none: so the one on the main thread has it as long as it lives, and requests wait for no
//! assessment.
//!
//! A holder that was stopped for longer than its lease may go on beside its successor. What keeps the two from assessing
//! one interval twice is no lease but the interval's claim (`running`).
//!
//! Not here: what a holder does.

use super::host::Host;
use super::shared;

/// One that would hold the lease.
#[derive(Debug)]
pub(super) struct Bidder {
    /// Whom no other bidder is numbered as; above 0.
    number: f64,
    /// Unix seconds since which it has seen the lease to be nobody's.
    vacant_since: Option<f64>,
}

impl Bidder {
    pub(super) fn new(number: u64) -> Self {
        Self { number: number as f64, vacant_since: None }
    }

    /// Takes the lease, whoever has it.
    pub(super) fn insists(&mut self, host: &impl Host) -> bool {
        self.writes(host, INSISTING_SECONDS, |_| true)
    }

    /// Renews the lease if it is its own, takes it if nobody had it for long enough; whether it has the lease until its next
    /// tick, in `tick_seconds`.
    pub(super) fn stands_in(&mut self, host: &impl Host, serves: bool, tick_seconds: f64) -> bool {
        shared::create(host, LEASE, &shared::encode(&NOBODY));
        let now = seconds(host);
        let [holder, expires] = of(shared::numbers(host, LEASE));
        // One that ends later than any lease was given by a clock that has been set back since.
        let is_vacant = holder == 0.0 || !(now < expires && expires <= now + LEASE_SECONDS_MAX);
        let is_own = holder == self.number;
        if is_own || is_vacant && self.has_watched(now, serves) {
            let length = (TICKS * tick_seconds).max(INTERREGNUM_SECONDS);
            // Whoever was quicker has it.
            return self.writes(host, length, |found| found == [holder, expires]);
        }
        if !is_vacant {
            self.vacant_since = None;
        }
        false
    }

    fn has_watched(&mut self, now: f64, serves: bool) -> bool {
        let since = *self.vacant_since.get_or_insert(now);
        let patience = if serves { 3.0 * INTERREGNUM_SECONDS } else { INTERREGNUM_SECONDS };
        !(now - since < patience)
    }

    fn writes(&mut self, host: &impl Host, length: f64, holds: impl Fn([f64; 2]) -> bool) -> bool {
        shared::create(host, LEASE, &shared::encode(&NOBODY));
        self.vacant_since = None;
        let own = shared::encode(&[self.number, seconds(host) + length]);
        shared::update(host, LEASE, |found| holds(of(shared::decode(found))).then(|| own.clone()))
    }
}

fn of(numbers: Option<Vec<f64>>) -> [f64; 2] {
    numbers.and_then(|numbers| numbers.try_into().ok()).unwrap_or(NOBODY)
}

fn seconds(host: &impl Host) -> f64 {
    host.unix_nanos() as f64 / 1e9
}

/// The holder's number, and the Unix seconds at which its lease ends.
const LEASE: &str = "iter8/lease";
const NOBODY: [f64; 2] = [0.0; 2];
/// The bootstrap's assessor ticks four times a second; what stops it for so long has stopped the main thread.
const INSISTING_SECONDS: f64 = 30.0;
/// Ticks that a holder may miss.
const TICKS: f64 = 3.0;
/// The least length of a lease, and how long nobody has it before another takes it: long enough that at the start the
/// bootstrap's assessor comes first.
const INTERREGNUM_SECONDS: f64 = 3.0;
/// No lease is longer: ticks are ten seconds apart at most.
const LEASE_SECONDS_MAX: f64 = 31.0;
