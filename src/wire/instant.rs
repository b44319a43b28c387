//! stub
/// stub
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant {
    micros: i64,
}
impl Instant {
    /// From Unix time, in microseconds.
    pub fn from_unix_micros(micros: i64) -> Self {
        Self { micros }
    }
    /// Unix time, in seconds.
    pub fn unix_seconds(self) -> f64 {
        self.micros as f64 / 1e6
    }
    /// stub
    pub fn parse(text: &str) -> Option<Self> {
        let _ = text;
        Some(Self { micros: 0 })
    }
}
