//! Values in the memory that all threads of a proxy share: names, layout, and changes that lose nothing.
//!
//! A value is a byte that names the layout, then numbers as little-endian f64: counts are exact up to 2^53, and another
//! layout (after an update of the module) is not misread but begun anew. A change reads, computes and writes only if
//! nobody wrote in between, else it begins again, a bounded number of times.
//!
//! A first write cannot be guarded (a stamp of 0 is no condition in Envoy), so keys are created where contexts are
//! configured: the first of them on the main thread, before any worker has one.
//!
//! Not here: what the numbers mean.

use super::host::Host;

/// The name of a shared value of an experiment. `shape` tells experiments with the same name apart whose numbers mean
/// different things.
pub(super) fn key(name: &str, shape: u64, what: &str) -> String {
    format!("iter8/{name}/{shape:016x}/{what}")
}

/// The bytes of `numbers`.
pub(super) fn encode(numbers: &[f64]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1 + 8 * numbers.len());
    bytes.push(LAYOUT);
    numbers.iter().for_each(|number| bytes.extend_from_slice(&number.to_le_bytes()));
    bytes
}

/// The numbers in `bytes`; `None` in another layout.
pub(super) fn decode(bytes: &[u8]) -> Option<Vec<f64>> {
    let (layout, rest) = bytes.split_first()?;
    let (numbers, odd) = rest.as_chunks::<8>();
    (*layout == LAYOUT && odd.is_empty()).then(|| numbers.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect())
}

/// The numbers of `key`; `None` where there are none in our layout.
pub(super) fn numbers(host: &impl Host, key: &str) -> Option<Vec<f64>> {
    decode(&host.read(key)?.0)
}

/// Creates `key`, unless it is there.
pub(super) fn create(host: &impl Host, key: &str, value: &[u8]) {
    let is_there = host.read(key).is_some_and(|(bytes, _)| bytes.first() == Some(&LAYOUT));
    if !is_there {
        host.write(key, value, None);
    }
}

/// Changes the value of `key` to what `change` makes of it; false where that is nothing, where nobody created the key, and
/// after `TRIES` writes of others in between.
pub(super) fn update(host: &impl Host, key: &str, mut change: impl FnMut(&[u8]) -> Option<Vec<u8>>) -> bool {
    for _ in 0..TRIES {
        let Some((old, stamp)) = host.read(key) else { return false };
        let Some(new) = change(&old) else { return false };
        if host.write(key, &new, Some(stamp)) {
            return true;
        }
    }
    false
}

/// The version of what this file writes.
pub(super) const LAYOUT: u8 = 1;
/// Workers write once a flush: two writes in between are rare, and the delta that is not written waits for the next flush.
const TRIES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_and_another_layout_is_not_misread() {
        let numbers = [0.0, 1.5, -3.0, 9_007_199_254_740_992.0];
        let mut bytes = encode(&numbers);
        assert_eq!(decode(&bytes), Some(numbers.to_vec()));
        assert_eq!(decode(&bytes[..9 + 3]), None);
        bytes[0] = LAYOUT + 1;
        assert_eq!(decode(&bytes), None);
        assert_eq!(decode(&[]), None);
    }
}
