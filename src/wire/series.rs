//! What was fetched of one metric in one version: a total, successive intervals, or both; of numbers or of histograms.
//!
//! JSON shapes: a number or a histogram is a total since the start, an array is the intervals, `{"total", "intervals"}` is
//! both, null is unknown. A histogram is `{"buckets": {"<upper edge>": <values up to it>, ..., "+Inf": n}, "sum"}`.
//!
//! Not here: reading them (`observations`), and whether a number makes sense.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::digits;
use crate::stats::order;

/// What was fetched of one metric in one version.
#[derive(Debug, Clone, PartialEq)]
pub enum Series {
    /// Nothing.
    Unknown,
    /// A counter.
    Counter(Course<f64>),
    /// A histogram.
    Histogram(Course<Buckets>),
}

/// A quantity since the start, as a whole and in its parts.
#[derive(Debug, Clone, PartialEq)]
pub struct Course<T> {
    /// Since the start; `None` where it was not given.
    pub total: Option<T>,
    /// In successive intervals, oldest first, each `None` where unknown; `None` where they were not given.
    pub intervals: Option<Vec<Option<T>>>,
}

/// A histogram's counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Buckets {
    /// Rising; the last is infinite.
    pub edges: Vec<f64>,
    /// Values at or below each edge.
    pub counts: Vec<f64>,
    /// Of all values; `None` where unknown.
    pub sum: Option<f64>,
}

impl Series {
    /// A counter's total.
    pub fn from_total(total: Option<f64>) -> Self {
        total.map_or(Self::Unknown, |total| Self::Counter(Course { total: Some(total), intervals: None }))
    }

    /// A counter's total since the start: as given, else the sum of the intervals if each of them is known.
    pub fn total(&self) -> Option<f64> {
        let Self::Counter(course) = self else { return None };
        course.total.or_else(|| course.intervals.as_ref()?.iter().copied().sum::<Option<f64>>())
    }

    /// How many intervals there are; `None` where none were given.
    pub fn interval_count(&self) -> Option<usize> {
        match self {
            Self::Unknown => None,
            Self::Counter(course) => course.intervals.as_ref().map(Vec::len),
            Self::Histogram(course) => course.intervals.as_ref().map(Vec::len),
        }
    }
}

impl Buckets {
    /// Of upper edges in whatever order and as many counts of the values up to each; of equal edges the earlier stays the first.
    pub(crate) fn sorted(edges: &[f64], counts: &[f64]) -> Self {
        let order = order::rising(edges);
        let sorted = |values: &[f64]| order.iter().map(|place| values[*place]).collect();
        Self { edges: sorted(edges), counts: sorted(counts), sum: None }
    }
}

impl Serialize for Series {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unknown => serializer.serialize_none(),
            Self::Counter(course) => course.serialize(serializer),
            Self::Histogram(course) => course.serialize(serializer),
        }
    }
}

impl<T: Serialize> Serialize for Course<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (&self.total, &self.intervals) {
            (None, None) => serializer.serialize_none(),
            (Some(total), None) => total.serialize(serializer),
            (None, Some(intervals)) => intervals.serialize(serializer),
            (Some(total), Some(intervals)) => {
                let mut map = serializer.serialize_map(Some(2))?;
                map.serialize_entry("total", total)?;
                map.serialize_entry("intervals", intervals)?;
                map.end()
            }
        }
    }
}

impl Serialize for Buckets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("buckets", &BucketMap(self))?;
        if let Some(sum) = self.sum {
            map.serialize_entry("sum", &sum)?;
        }
        map.end()
    }
}

/// The object of buckets: upper edge -> count.
struct BucketMap<'a>(&'a Buckets);

impl Serialize for BucketMap<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.edges.len()))?;
        for (edge, count) in self.0.edges.iter().zip(&self.0.counts) {
            let key = if edge.is_finite() { digits::plain(*edge) } else { "+Inf".to_owned() };
            map.serialize_entry(&key, count)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_is_as_given_or_else_the_sum_of_known_intervals() {
        let series = |total, intervals| Series::Counter(Course { total, intervals });
        assert_eq!(series(Some(9.0), Some(vec![Some(1.0), None])).total(), Some(9.0));
        assert_eq!(series(None, Some(vec![Some(1.0), Some(2.5)])).total(), Some(3.5));
        for unknown in [series(None, Some(vec![Some(1.0), None])), series(None, None), Series::Unknown] {
            assert_eq!(unknown.total(), None);
        }
    }

    #[test]
    fn each_shape_is_written_as_it_is_read() {
        let buckets = Buckets { edges: vec![0.5, 5.0, f64::INFINITY], counts: vec![1.0, 2.0, 4.0], sum: Some(9.5) };
        let histogram = |total, intervals| Series::Histogram(Course { total, intervals });
        for (series, text) in [
            (Series::Unknown, "null"),
            (Series::from_total(Some(2.0)), "2.0"),
            (Series::Counter(Course { total: None, intervals: Some(vec![Some(1.0), None]) }), "[1.0,null]"),
            (
                Series::Counter(Course { total: Some(3.0), intervals: Some(vec![Some(1.0)]) }),
                r#"{"total":3.0,"intervals":[1.0]}"#,
            ),
            (histogram(Some(buckets), None), r#"{"buckets":{"0.5":1.0,"5":2.0,"+Inf":4.0},"sum":9.5}"#),
        ] {
            assert_eq!(serde_json::to_string(&series).unwrap(), text);
        }
    }
}
