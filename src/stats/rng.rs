//! Reproducible random numbers: the same seed, the same stream, on every host.
//!
//! xoshiro256++ of rand (Blackman and Vigna, 2018): named after its algorithm, so that its stream is one for all time, and
//! made of sums, shifts and rotations of 64 bits, which WebAssembly has too. Not here: where a seed comes from when nobody
//! gave one (`assess`), and entropy (the hosts).

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, SeedableRng};

/// A stream of random numbers.
pub(crate) type Stream = Xoshiro256PlusPlus;

/// The stream of `seed`.
pub(crate) fn stream(seed: u64) -> Stream {
    Xoshiro256PlusPlus::seed_from_u64(seed)
}

/// The next number of the stream in [0, 1), a multiple of 2^-53.
pub(crate) fn uniform(stream: &mut Stream) -> f64 {
    (stream.next_u64() >> 11) as f64 / 9_007_199_254_740_992.0
}

/// A seed of 53 bits from parts of an experiment: FNV-1a over their bytes and lengths, then mixed.
///
/// Not for secrets: only for giving the same experiment the same stream.
pub(crate) fn seed_from(parts: &[&[u8]]) -> u64 {
    let more = |hash, part: &&[u8]| fnv_1a(fnv_1a(hash, part), &(part.len() as u64).to_le_bytes());
    // The upper bits of FNV are the better mixed ones.
    parts.iter().fold(FNV_OFFSET, more) >> 11
}

/// FNV-1a (Fowler, Noll and Vo) of `bytes` behind what has the `hash`; nothing has [`FNV_OFFSET`].
pub(crate) fn fnv_1a(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

pub(crate) const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_always_gives_the_same_stream() {
        let mut one = stream(7);
        let mut other = stream(7);
        assert_eq!((one.next_u64(), one.next_u64()), (other.next_u64(), other.next_u64()));
        assert_ne!(stream(7).next_u64(), stream(8).next_u64());
    }

    #[test]
    fn every_part_and_its_place_counts() {
        let seeds =
            [seed_from(&[b"a", b"bc"]), seed_from(&[b"ab", b"c"]), seed_from(&[b"bc", b"a"]), seed_from(&[b"abc"])];
        for (index, seed) in seeds.iter().enumerate() {
            assert!(*seed < 1 << 53);
            assert!(seeds.iter().skip(index + 1).all(|other| other != seed));
        }
    }
}
