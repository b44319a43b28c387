//! One attempt becomes several, inside a deadline.
//!
//! A short limit for each try (a lost packet or a hung replica costs little), a pause with jitter between two (so
//! that many requests do not come back at once), and for the last try all that is left of the deadline, so that a
//! backend that is merely slow still answers. The pauses grow threefold: a restarting process needs a second. Each try
//! takes a place among those under way at once and gives it back: pauses keep nobody waiting.
//!
//! Not here: what a failure is, and which is worth another try: the attempt says so.

use std::future::Future;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::config::Patience;

/// Why an attempt gave nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    /// What happened, for a person; without secrets.
    pub message: String,
    /// Whether another try may go better.
    pub may_pass: bool,
    /// How long the other side asks to be left alone before it.
    pub wait: Option<Duration>,
}

/// What `attempt` gives, tried as often as `patience` allows, each time in one of `places`, and never beyond `deadline`.
///
/// # Errors
/// What the last try said, and how many there were.
pub(super) async fn persist<T, Attempt, Outcome>(
    patience: &Patience,
    deadline: Instant,
    places: &Semaphore,
    mut attempt: Attempt,
) -> Result<T, String>
where
    Attempt: FnMut() -> Outcome,
    Outcome: Future<Output = Result<T, Failure>>,
{
    if Instant::now() >= deadline {
        return Err(TIME_SPENT.to_owned());
    }
    let mut begin = None;
    let mut pause_base = PAUSE_FIRST;
    let mut tries = 0;
    let mut last = None;
    loop {
        // A wait for a place is no try, and takes nothing from one.
        let place = timeout_at(deadline, places.acquire()).await;
        if place.is_err() || Instant::now() >= deadline {
            return Err(last.map_or_else(|| NO_TIME_LEFT.to_owned(), |message| told(message, tries)));
        }
        tries += 1;
        let is_last = tries >= patience.tries;
        let start = Instant::now();
        let first = *begin.get_or_insert(start);
        let limit = if is_last { deadline } else { deadline.min(start + patience.try_timeout) };
        let failure = match timeout_at(limit, attempt()).await {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(failure)) => failure,
            Err(_) => {
                // Of all tries: none of them was answered.
                let waited = (limit - first).as_secs_f64();
                Failure { message: format!("no answer within {waited:.1} s"), may_pass: true, wait: None }
            }
        };
        drop(place);
        // Counted from the start of the try: a backend that kept us waiting has had its pause. One that says for how long it
        // wants to be left alone is, or, where the deadline comes first, not asked again.
        let pause = start + pause_base.mul_f64(0.5 + fastrand::f64());
        let next = failure.wait.map_or(pause, |wait| pause.max(Instant::now() + wait.min(WAIT_MAX)));
        if is_last || !failure.may_pass || next.max(Instant::now()) >= deadline {
            return Err(told(failure.message, tries));
        }
        last = Some(failure.message);
        sleep_until(next).await;
        pause_base *= PAUSE_GROWTH;
    }
}

fn told(message: String, tries: u32) -> String {
    format!("{message} ({tries} {})", if tries == 1 { "try" } else { "tries" })
}

/// What a query meets that is only asked once the deadline is over: of a second round.
const TIME_SPENT: &str = "no time was left to ask: the queries before it took all of it";
/// What a query meets that the deadline overtook while it waited.
const NO_TIME_LEFT: &str = "no time was left to ask: too much is under way already";
/// Mean time from the start of the first try to the next; long enough to outlast a connection reset, too short for a
/// person to notice.
const PAUSE_FIRST: Duration = Duration::from_millis(150);
const PAUSE_GROWTH: u32 = 3;
/// Longer than any deadline, and short enough to be added to any instant.
const WAIT_MAX: Duration = Duration::from_secs(24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    fn patience(try_ms: u64, tries: u32) -> Patience {
        Patience { try_timeout: Duration::from_millis(try_ms), tries, deadline: Duration::from_secs(8) }
    }

    /// Runs `attempt` with `patience` for at most `deadline_ms`; the result, the tries, the time in ms.
    async fn outcome<Attempt, Outcome>(
        patience: Patience,
        deadline_ms: u64,
        mut attempt: Attempt,
    ) -> (Result<u32, String>, u32, u128)
    where
        Attempt: FnMut(u32) -> Outcome,
        Outcome: Future<Output = Result<u32, Failure>>,
    {
        let start = Instant::now();
        let mut tries = 0;
        let result = persist(&patience, start + Duration::from_millis(deadline_ms), &Semaphore::new(1), || {
            tries += 1;
            attempt(tries)
        })
        .await;
        (result, tries, start.elapsed().as_millis())
    }

    fn failure(may_pass: bool) -> Result<u32, Failure> {
        Err(Failure { message: "refused".to_owned(), may_pass, wait: None })
    }

    #[tokio::test]
    async fn two_failures_and_a_success_are_a_success() {
        let (result, tries, _) =
            outcome(patience(1000, 3), 8000, async |n| if n < 3 { failure(true) } else { Ok(n) }).await;
        assert_eq!((result, tries), (Ok(3), 3));
    }

    #[tokio::test]
    async fn what_cannot_pass_is_tried_once() {
        let (result, tries, _) = outcome(patience(1000, 3), 8000, async |_| failure(false)).await;
        assert_eq!((result, tries), (Err("refused (1 try)".to_owned()), 1));
    }

    #[tokio::test]
    async fn who_asks_to_be_left_alone_is_or_is_not_asked_again() {
        let asks_for = |seconds: f64| {
            let wait = Some(Duration::from_secs_f64(seconds));
            Err(Failure { message: "busy".to_owned(), may_pass: true, wait })
        };
        let (result, tries, ms) =
            outcome(patience(1000, 3), 8000, async |n| if n < 2 { asks_for(0.5) } else { Ok(n) }).await;
        assert_eq!((result, tries), (Ok(2), 2));
        assert!((500..2000).contains(&ms), "{ms} ms");
        let (result, tries, ms) = outcome(patience(1000, 3), 8000, async |_| asks_for(1e9)).await;
        assert_eq!((result, tries), (Err("busy (1 try)".to_owned()), 1));
        assert!(ms < 500, "{ms} ms");
    }

    #[tokio::test]
    async fn the_last_try_may_use_what_is_left() {
        let (result, tries, ms) = outcome(patience(20, 2), 2000, async |n| {
            tokio::time::sleep(Duration::from_millis(200)).await;
            Ok(n)
        })
        .await;
        assert_eq!((result, tries), (Ok(2), 2));
        assert!(ms < 1000, "{ms} ms");
    }

    #[tokio::test]
    async fn nothing_goes_on_beyond_the_deadline() {
        let (result, _, ms) = outcome(patience(50, 9), 300, async |_| std::future::pending().await).await;
        assert!(result.is_err_and(|message| message.starts_with("no answer within 0.")));
        assert!((50..450).contains(&ms), "{ms} ms");
    }

    #[tokio::test]
    async fn a_pause_gives_its_place_to_others() {
        let (places, order) = (Semaphore::new(1), std::cell::RefCell::new(Vec::new()));
        let (patience, deadline) = (patience(1000, 2), Instant::now() + Duration::from_secs(8));
        let attempt = |name: &'static str, succeeds_at: usize| {
            let (order, mut tries) = (&order, 0);
            move || {
                tries += 1;
                let is_good = tries >= succeeds_at;
                async move {
                    order.borrow_mut().push(name);
                    if is_good { Ok(1) } else { failure(true) }
                }
            }
        };
        let first = persist(&patience, deadline, &places, attempt("first", 2));
        let second = persist(&patience, deadline, &places, attempt("second", 1));
        assert_eq!(tokio::join!(first, second), (Ok(1), Ok(1)));
        assert_eq!(*order.borrow(), ["first", "second", "first"]);
    }

    #[tokio::test]
    async fn a_deadline_that_is_over_allows_no_try() {
        let (result, tries, _) = outcome(patience(50, 3), 0, async |n| Ok(n)).await;
        assert_eq!((result, tries), (Err(TIME_SPENT.to_owned()), 0));
    }

    #[tokio::test]
    async fn a_wait_for_a_place_is_told_as_one() {
        let deadline = Instant::now() + Duration::from_millis(50);
        let result = persist(&patience(50, 3), deadline, &Semaphore::new(0), async || Ok(1)).await;
        assert_eq!(result, Err(NO_TIME_LEFT.to_owned()));
    }

    #[tokio::test]
    async fn silence_is_told_by_the_time_of_all_tries() {
        let (result, tries, _) = outcome(patience(200, 2), 1000, async |_| std::future::pending().await).await;
        assert_eq!((result, tries), (Err("no answer within 1.0 s (2 tries)".to_owned()), 2));
    }
}
