//! A name that is none becomes the one that was probably meant.
//!
//! The fewest letters to put in, take out or change decide; a name that is too different is no guess.
//!
//! Not here: which names there are.

/// The nearest of `names` to `given`, if it is a slip of the pen away: up to two letters, and no more than a third of it.
pub(crate) fn nearest<'n>(given: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let allowed = LETTERS_MAX.min(given.chars().count().div_ceil(3));
    let near = names.into_iter().map(|name| (distance(given, name), name)).filter(|(far, _)| *far <= allowed);
    near.min_by_key(|(far, _)| *far).map(|(_, name)| name)
}

/// Letters to put in, take out or change (Levenshtein's distance), upper and lower case alike.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.chars().enumerate() {
        let mut diagonal = index;
        let mut left = index + 1;
        for (above, found) in row.iter_mut().skip(1).zip(&other) {
            let change = diagonal + usize::from(!letter.eq_ignore_ascii_case(found));
            diagonal = *above;
            left = change.min(left + 1).min(diagonal + 1);
            *above = left;
        }
        if let Some(first) = row.first_mut() {
            *first = index + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

const LETTERS_MAX: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_near_and_another_word_is_not() {
        let names = ["threshold", "metric_id", "id"];
        assert_eq!(nearest("treshold", names), Some("threshold"));
        assert_eq!(nearest("metricId", names), Some("metric_id"));
        assert_eq!(nearest("ID", names), Some("id"));
        assert_eq!(nearest("units", names), None);
        assert_eq!(nearest("x", names), None);
    }

    #[test]
    fn a_distance_counts_letters() {
        assert_eq!((distance("kitten", "sitting"), distance("", "abc"), distance("abc", "")), (3, 3, 3));
    }
}
