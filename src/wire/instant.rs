//! Instants: text or number -> microseconds since 1970 and back.
//!
//! Read as v1.0.0 read them (pydantic 1.6): `YYYY-M-D[T ]H:MM[:SS[.f]][Z|+hh[[:]mm]]`, or seconds since 1970, which
//! are divided by 1000 until they lie below 2e10 (so that milliseconds work); numbers may be texts. Written as
//! Python's `isoformat` writes them.
//!
//! What v1.0.0 hung on (infinity, NaN) is no instant here. Not here: a clock.

use std::cmp::Ordering;

use serde_json::{Number, Value};
use time::{Date, Month, OffsetDateTime};

use super::number;

/// A point in time, to the microsecond, and the zone it was written in.
#[derive(Debug, Clone, Copy)]
pub struct Instant {
    /// Microseconds since 1970-01-01T00:00Z.
    micros: i64,
    /// Minutes east of Greenwich; `None`: the text named no zone, UTC is assumed.
    zone_minutes: Option<i16>,
}

impl Instant {
    /// The instant `micros` microseconds after 1970-01-01T00:00Z, in UTC; cut to the years 1 to 9999.
    pub fn from_unix_micros(micros: i64) -> Self {
        Self { micros: micros.clamp(MICROS_MIN, MICROS_MAX), zone_minutes: Some(0) }
    }

    /// Seconds since 1970-01-01T00:00Z.
    pub fn unix_seconds(self) -> f64 {
        self.micros as f64 / MICROS_PER_SECOND as f64
    }

    /// The instant that `text` names: a date and time, or seconds since 1970; `None` if neither.
    pub fn parse(text: &str) -> Option<Self> {
        match number::parse_float(text) {
            Some(seconds) => Self::from_epoch(seconds),
            None => parse_date_time(text),
        }
    }

    /// The instant of an epoch number in seconds, or any thousandth of seconds that is beyond 2e10.
    pub fn from_epoch(number: f64) -> Option<Self> {
        if !number.is_finite() {
            return None;
        }
        let mut seconds = number;
        // At most 103 rounds: a finite f64 is below 1.8e308.
        while seconds.abs() > EPOCH_SECONDS_MAX {
            seconds /= 1000.0;
        }
        let micros = (seconds * MICROS_PER_SECOND as f64).round_ties_even();
        (micros >= MICROS_MIN as f64 && micros <= MICROS_MAX as f64)
            .then_some(Self { micros: micros as i64, zone_minutes: Some(0) })
    }

    /// Whole seconds from `earlier` to this instant, cut towards 0; negative if this one is the earlier.
    pub fn seconds_since(self, earlier: Self) -> i64 {
        (self.micros - earlier.micros) / MICROS_PER_SECOND
    }

    /// The same instant, to be written with UTC's zone.
    pub fn in_utc(self) -> Self {
        Self { zone_minutes: Some(0), ..self }
    }

    /// Whether the text that it came from named a zone.
    pub fn has_zone(self) -> bool {
        self.zone_minutes.is_some()
    }

    /// The same instant, written in UTC without a zone: `2026-03-01T10:00:00.250000`.
    pub fn to_utc_text(self) -> String {
        date_time_text(self.micros)
    }

    /// As it was written: with its zone (`+00:00`), or without one.
    pub fn to_text(self) -> String {
        let Some(minutes) = self.zone_minutes else { return date_time_text(self.micros) };
        let local = date_time_text(self.micros + i64::from(minutes) * 60 * MICROS_PER_SECOND);
        let sign = if minutes < 0 { '-' } else { '+' };
        format!("{local}{sign}{:02}:{:02}", minutes.unsigned_abs() / 60, minutes.unsigned_abs() % 60)
    }

    /// Unix time in seconds as a JSON number, exact to the microsecond and an integer where it is one.
    pub fn to_unix_number(self) -> Number {
        match self.micros % MICROS_PER_SECOND {
            0 => Number::from(self.micros / MICROS_PER_SECOND),
            _ => Number::from_f64(self.unix_seconds()).unwrap_or_else(|| Number::from(0)),
        }
    }

    /// Microseconds since 1970-01-01T00:00Z.
    pub fn unix_micros(self) -> i64 {
        self.micros
    }

    /// The instant in a JSON text or number; `None` for anything else.
    pub(crate) fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Self::parse(text),
            Value::Number(number) => Self::from_epoch(number.as_f64()?),
            _ => None,
        }
    }
}

impl PartialEq for Instant {
    fn eq(&self, other: &Self) -> bool {
        self.micros == other.micros
    }
}

impl Eq for Instant {}

impl PartialOrd for Instant {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Instant {
    fn cmp(&self, other: &Self) -> Ordering {
        self.micros.cmp(&other.micros)
    }
}

/// `YYYY-M-D[T ]H:MM[:SS[.f]][Z|+hh[[:]mm]]`.
fn parse_date_time(text: &str) -> Option<Instant> {
    let mut rest = Scanner(text);
    let year = rest.digits(4, 4)?;
    rest.one_of(&['-'])?;
    let month = rest.digits(1, 2)?;
    rest.one_of(&['-'])?;
    let day = rest.digits(1, 2)?;
    rest.one_of(&['T', ' '])?;
    let hour = rest.digits(1, 2)?;
    rest.one_of(&[':'])?;
    let minute = rest.digits(1, 2)?;
    let mut second = 0;
    let mut micros = 0;
    if rest.one_of(&[':']).is_some() {
        second = rest.digits(1, 2)?;
        if rest.one_of(&['.']).is_some() {
            micros = rest.fraction()?;
        }
    }
    let zone_minutes = rest.zone()?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let date = Date::from_calendar_date(i32::try_from(year).ok()?, month, u8::try_from(day).ok()?).ok()?;
    let midnight = date.midnight().assume_utc().unix_timestamp();
    let seconds = midnight + hour * 3600 + minute * 60 + second - i64::from(zone_minutes.unwrap_or(0)) * 60;
    let micros = seconds * MICROS_PER_SECOND + micros;
    (year >= 1 && (MICROS_MIN..=MICROS_MAX).contains(&micros)).then_some(Instant { micros, zone_minutes })
}

/// What is left of a text.
struct Scanner<'a>(&'a str);

impl Scanner<'_> {
    /// The number of the next digits, as many as there are up to `count_max`.
    fn digits(&mut self, count_min: usize, count_max: usize) -> Option<i64> {
        let count = self.0.bytes().take(count_max).take_while(u8::is_ascii_digit).count();
        if count < count_min {
            return None;
        }
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        digits.parse().ok()
    }

    fn one_of(&mut self, wanted: &[char]) -> Option<char> {
        let next = self.0.chars().next().filter(|next| wanted.contains(next))?;
        self.0 = self.0.get(next.len_utf8()..)?;
        Some(next)
    }

    /// Microseconds from one to twelve decimals; those behind the sixth are cut off.
    fn fraction(&mut self) -> Option<i64> {
        let before = self.0;
        let value = self.digits(1, 6)?;
        let count = before.len() - self.0.len();
        self.digits(0, 6);
        Some((count..6).fold(value, |value, _| value * 10))
    }

    /// The zone at the end of the text: `None` where there is something else.
    fn zone(&mut self) -> Option<Option<i16>> {
        let zone = if self.0.is_empty() {
            None
        } else if self.one_of(&['Z']).is_some() {
            Some(0)
        } else {
            let sign = if self.one_of(&['+', '-'])? == '-' { -1 } else { 1 };
            let hours = self.digits(2, 2)?;
            let colon = self.one_of(&[':']).is_some();
            let minutes = if colon || !self.0.is_empty() { self.digits(2, 2)? } else { 0 };
            let total = sign * i16::try_from(hours * 60 + minutes).ok()?;
            if total.abs() >= 24 * 60 {
                return None;
            }
            Some(total)
        };
        self.0.is_empty().then_some(zone)
    }
}

/// Python's `isoformat` of a time without zone: no fraction where it is 0, else six digits.
fn date_time_text(micros: i64) -> String {
    let micros = micros.clamp(MICROS_MIN, MICROS_MAX);
    let seconds = micros.div_euclid(MICROS_PER_SECOND);
    let fraction = micros.rem_euclid(MICROS_PER_SECOND);
    // INVARIANT: MICROS_MIN and MICROS_MAX lie inside what `time` can hold, so the fallback is never taken.
    let moment = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let mut text = Vec::with_capacity("2026-03-01T10:00:00.000000".len());
    let parts = [
        (None, moment.year().unsigned_abs(), 4),
        (Some(b'-'), u8::from(moment.month()).into(), 2),
        (Some(b'-'), moment.day().into(), 2),
        (Some(b'T'), moment.hour().into(), 2),
        (Some(b':'), moment.minute().into(), 2),
        (Some(b':'), moment.second().into(), 2),
        (Some(b'.'), fraction as u32, 6),
    ];
    let count = if fraction == 0 { parts.len() - 1 } else { parts.len() };
    // `format!` took a tenth of a small assessment.
    for (before, mut number, width) in parts.into_iter().take(count) {
        text.extend(before);
        let start = text.len();
        text.resize(start + width, b'0');
        for digit in text[start..].iter_mut().rev() {
            *digit += (number % 10) as u8;
            number /= 10;
        }
    }
    // ASCII alone is never refused.
    String::from_utf8(text).unwrap_or_default()
}

const MICROS_PER_SECOND: i64 = 1_000_000;
/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999999Z: what Python's datetime holds.
const MICROS_MIN: i64 = -62_135_596_800 * MICROS_PER_SECOND;
const MICROS_MAX: i64 = 253_402_300_800 * MICROS_PER_SECOND - 1;
/// v1.0.0's watershed between seconds and smaller units (pydantic: the year 2603 in seconds).
const EPOCH_SECONDS_MAX: f64 = 2e10;

#[cfg(test)]
mod tests {
    use super::*;

    fn text(input: &str) -> Option<String> {
        Instant::parse(input).map(Instant::to_text)
    }

    #[test]
    fn dates_are_read_and_written_as_python_does() {
        assert_eq!(text("2026-03-01T10:00:00Z").as_deref(), Some("2026-03-01T10:00:00+00:00"));
        assert_eq!(text("2026-3-1 9:05").as_deref(), Some("2026-03-01T09:05:00"));
        assert_eq!(text("2026-03-01T10:00:00.25+05:30").as_deref(), Some("2026-03-01T10:00:00.250000+05:30"));
        assert_eq!(text("2026-03-01T10:00:00.123456789-08").as_deref(), Some("2026-03-01T10:00:00.123456-08:00"));
        assert_eq!(text("2026-03-01T10:00:00+0530").as_deref(), Some("2026-03-01T10:00:00+05:30"));
    }

    #[test]
    fn numbers_are_seconds_or_thousandths_of_them() {
        let seconds = "2026-03-01T10:00:00+00:00";
        assert_eq!(text("1772359200").as_deref(), Some(seconds));
        assert_eq!(text("1772359200000").as_deref(), Some(seconds));
        assert_eq!(text("1772359200.5").as_deref(), Some("2026-03-01T10:00:00.500000+00:00"));
        assert_eq!(text("-1").as_deref(), Some("1969-12-31T23:59:59+00:00"));
        assert!(Instant::from_epoch(1e300).is_some());
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for monster in [
            "infinity",
            "-inf",
            "nan",
            "",
            "today",
            "2026-13-01T00:00:00Z",
            "2026-02-30T00:00:00Z",
            "2026-01-01",
            "2026-01-01T24:00:00Z",
            "2026-01-01T10:60",
            "2026-01-01T10:00:00 Z",
            "0000-01-01T00:00",
            "2026-01-01T10:00:00+24:00",
            "2026-01-01T10:00:00+1",
            "26-01-01T10:00",
            "2026-01-01T10:00:00.Z",
        ] {
            assert_eq!(text(monster), None, "{monster}");
        }
        assert!(Instant::from_epoch(f64::INFINITY).is_none());
        assert!(Instant::from_epoch(-2e10 * 10.0).is_some());
        assert!(Instant::from_epoch(f64::NAN).is_none());
    }

    #[test]
    fn instants_compare_across_zones() {
        let east = Instant::parse("2026-03-01T12:00:00+02:00");
        let west = Instant::parse("2026-03-01T10:00:00Z");
        assert_eq!(east, west);
        assert_eq!(east.map(Instant::to_utc_text).as_deref(), Some("2026-03-01T10:00:00"));
    }
}
