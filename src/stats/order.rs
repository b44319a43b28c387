//! Numbers -> their places in rising order.
//!
//! A merge sort from the bottom up. One function for all that is put in order by a number: the standard library's sorts are
//! made anew, and large, for each kind of entry and each comparison.
//!
//! Not here: entries themselves are never moved.

/// The places of `keys` from the least to the largest, of equal ones the earlier first; NaN is beyond infinity.
///
/// [3, 1, 2] gives [1, 2, 0].
pub(crate) fn rising(keys: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..keys.len()).collect();
    let mut merged = order.clone();
    let mut width = 1;
    while width < order.len() {
        for (from, to) in order.chunks(2 * width).zip(merged.chunks_mut(2 * width)) {
            let (mut left, mut right) = from.split_at(width.min(from.len()));
            for place in to {
                let is_right_next = match (left.first(), right.first()) {
                    (Some(left), Some(right)) => keys[*right].total_cmp(&keys[*left]).is_lt(),
                    (left, _) => left.is_none(),
                };
                let side = if is_right_next { &mut right } else { &mut left };
                if let Some((next, rest)) = side.split_first() {
                    (*place, *side) = (*next, rest);
                }
            }
        }
        std::mem::swap(&mut order, &mut merged);
        width *= 2;
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::rng;

    #[test]
    fn order_is_that_of_a_stable_sort() {
        let mut stream = rng::stream(1);
        for size in 0..70_usize {
            let keys: Vec<f64> = (0..size).map(|_| (rng::uniform(&mut stream) * 20.0).floor() - 10.0).collect();
            let mut expected: Vec<usize> = (0..size).collect();
            expected.sort_by(|one, other| keys[*one].total_cmp(&keys[*other]));
            assert_eq!(rising(&keys), expected);
        }
    }

    #[test]
    fn ends_of_the_range_have_their_places() {
        assert_eq!(rising(&[f64::NAN, f64::INFINITY, 0.0, -0.0, f64::NEG_INFINITY]), [4, 3, 2, 1, 0]);
        assert_eq!(rising(&[]), Vec::<usize>::new());
    }
}
