//! Finished requests -> tallies: what happened to a version's requests, as a row of numbers that add up.
//!
//! A row: requests, errors, latency (sum and sum of squares, in microseconds), retries, resets, aborts; requests in each
//! latency bucket; pairs of a response code and its count; sum and sum of squares of each response header that counts.
//! Rows of several workers and times are merged by addition, codes by name.
//!
//! Every request is in `requests` once, whatever became of it: one whose client went away has no code (0), counts as an
//! abort, and its time until then as its latency, so that a version that hangs does not look quick. Whoever went away behind a
//! 5xx has seen the error: that is one too. A response that broke off after its headers, or had no end when its time was over,
//! is a reset and an error, whatever its code.
//!
//! Not here: what a counter of the experiment is called (`config`).

use super::host::Finished;

/// Where in a row what stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layout {
    /// Upper edges of latency buckets in milliseconds, rising; behind them one without an edge.
    pub(super) edges_ms: Vec<f64>,
    /// Response headers whose numbers are added up.
    pub(super) headers: Vec<String>,
    /// Whether somebody asks for retries.
    pub(super) counts_retries: bool,
}

pub(super) const REQUESTS: usize = 0;
pub(super) const ERRORS: usize = 1;
pub(super) const LATENCY_MICROS: usize = 2;
pub(super) const LATENCY_SQUARES: usize = 3;
pub(super) const RETRIES: usize = 4;
pub(super) const RESETS: usize = 5;
pub(super) const ABORTS: usize = 6;
const BUCKETS: usize = 7;

impl Layout {
    /// Numbers in a row.
    pub(super) fn width(&self) -> usize {
        self.header(self.headers.len())
    }

    /// Where the buckets stand.
    pub(super) fn buckets(&self) -> std::ops::Range<usize> {
        BUCKETS..BUCKETS + self.edges_ms.len() + 1
    }

    /// Where the sum of the header's numbers stands; behind it that of their squares.
    pub(super) fn header(&self, header: usize) -> usize {
        self.codes().end + 2 * header
    }

    fn codes(&self) -> std::ops::Range<usize> {
        let start = self.buckets().end;
        start..start + 2 * CODES
    }

    /// Response codes with their counts, in the order in which they came first.
    pub(super) fn code_counts<'r>(&self, row: &'r [f64]) -> impl Iterator<Item = (u16, f64)> + 'r {
        let pairs = row.get(self.codes()).unwrap_or_default().as_chunks::<2>().0;
        pairs.iter().filter(|[_, count]| *count > 0.0).map(|[code, count]| (*code as u16, *count))
    }

    /// Adds `more` to `row`.
    pub(super) fn merge(&self, row: &mut [f64], more: &[f64]) {
        let codes = self.codes();
        for (place, (number, more)) in row.iter_mut().zip(more).enumerate() {
            if !codes.contains(&place) {
                *number += more;
            }
        }
        for (code, count) in self.code_counts(more) {
            self.add_code(row, code, count);
        }
    }

    /// A place that has this code, or else a free one, or else the last, which stands for whatever did not fit.
    fn add_code(&self, row: &mut [f64], code: u16, count: f64) {
        let pairs = row.get_mut(self.codes()).unwrap_or_default().as_chunks_mut::<2>().0;
        let own = pairs.iter().position(|[known, count]| *count == 0.0 || *known == f64::from(code));
        match own {
            Some(place) => pairs[place] = [f64::from(code), pairs[place][1] + count],
            None => pairs.iter_mut().skip(CODES - 1).for_each(|last| last[1] += count),
        }
    }

    /// Adds a request that is over to its version's row.
    pub(super) fn observe(&self, row: &mut [f64], request: &impl Finished) {
        let code = request.code();
        add(row, REQUESTS, 1.0);
        add_fate(row, code, request.flags());
        self.add_latency(row, request.duration_nanos().unwrap_or(0));
        if self.counts_retries {
            add(row, RETRIES, request.attempts().unwrap_or(1).saturating_sub(1) as f64);
        }
        self.add_headers(row, request);
        self.add_code(row, code, 1.0);
    }

    fn add_latency(&self, row: &mut [f64], nanos: u64) {
        // Whole microseconds: their sums are exact, in whatever order workers add them.
        let micros = (nanos / 1_000) as f64;
        add(row, LATENCY_MICROS, micros);
        add(row, LATENCY_SQUARES, micros * micros);
        let ms = micros / 1_000.0;
        let bucket = self.edges_ms.iter().position(|edge| ms <= *edge).unwrap_or(self.edges_ms.len());
        add(row, BUCKETS + bucket, 1.0);
    }

    fn add_headers(&self, row: &mut [f64], request: &impl Finished) {
        for (header, name) in self.headers.iter().enumerate() {
            let number = request.response_header(name).and_then(|text| text.trim().parse::<f64>().ok());
            if let Some(number) = number.filter(|number| number.abs() <= HEADER_MAX) {
                add(row, self.header(header), number);
                add(row, self.header(header) + 1, number * number);
            }
        }
    }
}

/// Whether it was an error, a reset, an abort.
fn add_fate(row: &mut [f64], code: u16, flags: u64) {
    // One that took too long for its headers is an answer of Envoy's own, by a code that says so.
    let has_no_end = flags & UPSTREAM_LATE != 0 && code < 500;
    let is_reset = flags & UPSTREAM_BROKE != 0 || has_no_end;
    let is_abort = flags & CLIENT_GONE != 0 || code == 0 && !is_reset;
    add(row, ERRORS, f64::from(u8::from(code >= 500 || is_reset)));
    add(row, RESETS, f64::from(u8::from(is_reset)));
    add(row, ABORTS, f64::from(u8::from(is_abort)));
}

fn add(row: &mut [f64], place: usize, more: f64) {
    if let Some(number) = row.get_mut(place) {
        *number += more;
    }
}

/// Different response codes that are told apart; the last place also takes what does not fit.
const CODES: usize = 16;
/// A number beyond it is no value of a basket but a mistake, or an attempt to decide the experiment alone.
const HEADER_MAX: f64 = 1e9;
/// DownstreamConnectionTermination, DownstreamProtocolError, DownstreamRemoteReset: what Envoy's core flags call them.
const CLIENT_GONE: u64 = 1 << 14 | 1 << 18 | 1 << 28;
/// UpstreamRemoteReset, UpstreamConnectionTermination, UpstreamProtocolError.
const UPSTREAM_BROKE: u64 = 1 << 4 | 1 << 6 | 1 << 23;
/// UpstreamRequestTimeout, UpstreamMaxStreamDurationReached.
const UPSTREAM_LATE: u64 = 1 << 2 | 1 << 19;

#[cfg(test)]
mod tests {
    use super::*;

    struct Over(u16, u64, u64, Option<&'static str>);

    impl Finished for Over {
        fn code(&self) -> u16 {
            self.0
        }
        fn duration_nanos(&self) -> Option<u64> {
            Some(self.1)
        }
        fn flags(&self) -> u64 {
            self.2
        }
        fn attempts(&self) -> Option<u64> {
            Some(3)
        }
        fn response_header(&self, _: &str) -> Option<String> {
            self.3.map(str::to_owned)
        }
    }

    fn layout() -> Layout {
        Layout { edges_ms: vec![1.0, 10.0], headers: vec!["x-basket".to_owned()], counts_retries: true }
    }

    fn row_of(requests: &[Over]) -> Vec<f64> {
        let mut row = vec![0.0; layout().width()];
        requests.iter().for_each(|request| layout().observe(&mut row, request));
        row
    }

    #[test]
    fn a_request_is_counted_once_with_all_that_happened_to_it() {
        let row = row_of(&[Over(200, 2_000_000, 0, Some("12.5")), Over(503, 20_000_000, 0, Some("much"))]);
        assert_eq!(&row[..BUCKETS], [2.0, 1.0, 22_000.0, 404_000_000.0, 4.0, 0.0, 0.0]);
        assert_eq!(&row[layout().buckets()], [0.0, 1.0, 1.0]);
        assert_eq!(&row[layout().header(0)..], [12.5, 156.25]);
        assert_eq!(layout().code_counts(&row).collect::<Vec<_>>(), [(200, 1.0), (503, 1.0)]);
    }

    #[test]
    fn a_client_that_went_away_is_an_abort_and_a_response_that_broke_off_an_error() {
        let row = row_of(&[Over(0, 5, 0, None), Over(200, 5, 1 << 14, None), Over(200, 5, 1 << 6, None)]);
        assert_eq!((row[REQUESTS], row[ERRORS], row[RESETS], row[ABORTS]), (3.0, 1.0, 1.0, 2.0));
    }

    #[test]
    fn a_response_without_an_end_is_an_error_and_one_that_never_began_is_no_reset() {
        let row = row_of(&[Over(200, 5, 1 << 2, None), Over(504, 5, 1 << 2, None)]);
        assert_eq!((row[REQUESTS], row[ERRORS], row[RESETS], row[ABORTS]), (2.0, 2.0, 1.0, 0.0));
    }

    #[test]
    fn rows_add_up_whatever_the_order_in_which_codes_came() {
        let (mut left, right) =
            (row_of(&[Over(200, 0, 0, None)]), row_of(&[Over(404, 0, 0, None), Over(200, 0, 0, None)]));
        layout().merge(&mut left, &right);
        assert_eq!(layout().code_counts(&left).collect::<Vec<_>>(), [(200, 2.0), (404, 1.0)]);
        assert_eq!(left[REQUESTS], 3.0);
    }

    #[test]
    fn more_codes_than_there_is_room_for_lose_their_names_but_not_their_number() {
        let requests: Vec<Over> = (400..500).map(|code| Over(code, 0, 0, None)).collect();
        let row = row_of(&requests);
        assert_eq!(layout().code_counts(&row).map(|(_, count)| count).sum::<f64>(), 100.0);
        assert_eq!(layout().code_counts(&row).count(), CODES);
    }
}
