//! Four numbers at once, for the loops by which tables are made and gone through.
//!
//! WebAssembly is compiled for size, and the compiler then does nothing several at once of itself: there the four are two of
//! its values of 128 bits. Elsewhere they are an array, of which compilers make vector instructions. Each lane is rounded as a
//! number by itself is: the same bits on every host.
//!
//! Not here: what is computed (`math`, `grid`, `best`).

use std::ops::{Add, Div, Mul, Sub};

/// How many at once.
pub(crate) const LANES: usize = 4;

/// Four numbers, each in its lane.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lanes(here::Four);

impl Lanes {
    /// `value` in each lane.
    #[inline(always)]
    pub(crate) fn splat(value: f64) -> Self {
        Self(here::splat(value))
    }

    /// The first four of `values`, and 0 for those that are not there.
    #[inline(always)]
    pub(crate) fn first_of(values: &[f64]) -> Self {
        match values.first_chunk() {
            Some(four) => (*four).into(),
            None => std::array::from_fn(|lane| values.get(lane).copied().unwrap_or(0.0)).into(),
        }
    }

    #[inline(always)]
    pub(crate) fn to_array(self) -> [f64; LANES] {
        here::to_array(self.0)
    }

    /// The sum of all, from the first lane on.
    pub(crate) fn total(self) -> f64 {
        self.to_array().iter().sum()
    }

    /// `least` where it is less; what is not a number stays, and takes no other's place.
    #[inline(always)]
    pub(crate) fn at_least(self, least: Self) -> Self {
        Self(here::at_least(self.0, least.0))
    }

    /// `most` where it is more; what is not a number stays, and takes no other's place.
    #[inline(always)]
    pub(crate) fn at_most(self, most: Self) -> Self {
        Self(here::at_most(self.0, most.0))
    }

    /// 1 where it is more than the `other`, and 0 elsewhere.
    #[inline(always)]
    pub(crate) fn is_above(self, other: Self) -> Self {
        Self(here::is_above(self.0, other.0))
    }

    #[inline(always)]
    pub(crate) fn sqrt(self) -> Self {
        Self(here::sqrt(self.0))
    }

    /// 2^k of each, where the lowest bits of the number are those of the whole number k.
    #[inline(always)]
    pub(crate) fn powers_of_two(self) -> Self {
        Self(here::powers_of_two(self.0))
    }

    /// The k and m of each positive one that is 2^k m, m from sqrt(1/2) to sqrt(2).
    #[inline(always)]
    pub(crate) fn exponents_and_mantissas(self) -> (Self, Self) {
        let (raised, mantissas) = here::split(self.0);
        (Self(raised) - Self::splat(TWO_TO_52 + EXPONENT_OF_ONE), Self(mantissas))
    }
}

impl Default for Lanes {
    fn default() -> Self {
        Self::splat(0.0)
    }
}

impl From<[f64; LANES]> for Lanes {
    #[inline(always)]
    fn from(values: [f64; LANES]) -> Self {
        Self(here::from_array(values))
    }
}

/// Lane by lane.
macro_rules! operators {
    ($($operator:ident $name:ident)*) => {$(
        impl $operator for Lanes {
            type Output = Self;

            #[inline(always)]
            fn $name(self, other: Self) -> Self {
                Self(here::$name(self.0, other.0))
            }
        }
    )*};
}

operators! { Add add Sub sub Mul mul Div div }

/// Each of `values` becomes what `of` makes of it.
#[inline(always)]
pub(crate) fn map_all(mut values: &mut [f64], of: impl Fn(Lanes) -> Lanes) {
    while !values.is_empty() {
        let made = of(Lanes::first_of(values)).to_array();
        match values.first_chunk_mut() {
            Some(four) => *four = made,
            None => return values.iter_mut().zip(made).for_each(|(value, made)| *value = made),
        }
        values = &mut values[LANES..];
    }
}

/// Adds `factor` times each of `others` to the one of `sums` at its place, as far as both go.
#[inline]
pub(crate) fn add_times(sums: &mut [f64], others: &[f64], factor: f64) {
    let size = sums.len().min(others.len());
    let (fours, rest) = sums[..size].as_chunks_mut::<LANES>();
    let (other_fours, other_rest) = others[..size].as_chunks::<LANES>();
    for (four, other) in fours.iter_mut().zip(other_fours) {
        *four = (Lanes::from(*four) + Lanes::splat(factor) * Lanes::from(*other)).to_array();
    }
    rest.iter_mut().zip(other_rest).for_each(|(sum, other)| *sum += factor * other);
}

#[cfg(target_feature = "simd128")]
mod here {
    use super::{EXPONENT_OF_2_52, EXPONENT_OF_ONE, LANES, MANTISSA, ONE, ROOT_OF_HALF};
    use std::arch::wasm32::*;

    /// The first two and the others.
    pub(super) type Four = (v128, v128);

    #[inline(always)]
    pub(super) fn splat(value: f64) -> Four {
        (f64x2_splat(value), f64x2_splat(value))
    }

    #[inline(always)]
    pub(super) fn from_array([a, b, c, d]: [f64; LANES]) -> Four {
        (f64x2(a, b), f64x2(c, d))
    }

    #[inline(always)]
    pub(super) fn to_array((low, high): Four) -> [f64; LANES] {
        let first = f64x2_extract_lane::<0>;
        let second = f64x2_extract_lane::<1>;
        [first(low), second(low), first(high), second(high)]
    }

    #[inline(always)]
    pub(super) fn sqrt((low, high): Four) -> Four {
        (f64x2_sqrt(low), f64x2_sqrt(high))
    }

    macro_rules! both {
        ($($name:ident $instruction:ident)*) => {$(
            #[inline(always)]
            pub(super) fn $name(one: Four, other: Four) -> Four {
                ($instruction(one.0, other.0), $instruction(one.1, other.1))
            }
        )*};
    }

    both! { add f64x2_add sub f64x2_sub mul f64x2_mul div f64x2_div at_least f64x2_pmax at_most f64x2_pmin }

    #[inline(always)]
    pub(super) fn is_above(one: Four, other: Four) -> Four {
        let ones = |mask| v128_and(mask, f64x2_splat(1.0));
        (ones(f64x2_gt(one.0, other.0)), ones(f64x2_gt(one.1, other.1)))
    }

    #[inline(always)]
    pub(super) fn powers_of_two((low, high): Four) -> Four {
        let powers = |two| u64x2_shl(u64x2_add(two, u64x2_splat(EXPONENT_OF_ONE as u64)), 52);
        (powers(low), powers(high))
    }

    #[inline(always)]
    pub(super) fn split((low, high): Four) -> (Four, Four) {
        let bits = |two| u64x2_add(two, u64x2_splat(ONE - ROOT_OF_HALF));
        let raised = |bits| v128_or(u64x2_shr(bits, 52), u64x2_splat(EXPONENT_OF_2_52));
        let mantissas = |bits| u64x2_add(v128_and(bits, u64x2_splat(MANTISSA)), u64x2_splat(ROOT_OF_HALF));
        let (low, high) = (bits(low), bits(high));
        ((raised(low), raised(high)), (mantissas(low), mantissas(high)))
    }
}

#[cfg(not(target_feature = "simd128"))]
mod here {
    use super::{EXPONENT_OF_2_52, EXPONENT_OF_ONE, LANES, MANTISSA, ONE, ROOT_OF_HALF};
    use crate::stats::math;

    pub(super) type Four = [f64; LANES];

    #[inline(always)]
    pub(super) fn splat(value: f64) -> Four {
        [value; LANES]
    }

    #[inline(always)]
    pub(super) fn from_array(values: [f64; LANES]) -> Four {
        values
    }

    #[inline(always)]
    pub(super) fn to_array(four: Four) -> [f64; LANES] {
        four
    }

    #[inline(always)]
    pub(super) fn sqrt(four: Four) -> Four {
        four.map(math::sqrt)
    }

    macro_rules! each {
        ($($name:ident |$one:ident, $other:ident| $made:expr;)*) => {$(
            #[inline(always)]
            pub(super) fn $name(ones: Four, others: Four) -> Four {
                std::array::from_fn(|lane| {
                    let ($one, $other) = (ones[lane], others[lane]);
                    $made
                })
            }
        )*};
    }

    each! {
        add |one, other| one + other;
        sub |one, other| one - other;
        mul |one, other| one * other;
        div |one, other| one / other;
        at_least |one, other| if one < other { other } else { one };
        at_most |one, other| if other < one { other } else { one };
        is_above |one, other| f64::from(u8::from(one > other));
    }

    #[inline(always)]
    pub(super) fn powers_of_two(four: Four) -> Four {
        four.map(|one| f64::from_bits(one.to_bits().wrapping_add(EXPONENT_OF_ONE as u64) << 52))
    }

    #[inline(always)]
    pub(super) fn split(four: Four) -> (Four, Four) {
        let bits = four.map(|one| one.to_bits().wrapping_add(ONE - ROOT_OF_HALF));
        let raised = bits.map(|bits| f64::from_bits((bits >> 52) | EXPONENT_OF_2_52));
        (raised, bits.map(|bits| f64::from_bits((bits & MANTISSA).wrapping_add(ROOT_OF_HALF))))
    }
}

const TWO_TO_52: f64 = 4_503_599_627_370_496.0;
const EXPONENT_OF_ONE: f64 = 1023.0;
/// The bits of numbers.
const ONE: u64 = 0x3ff0_0000_0000_0000;
const ROOT_OF_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
const EXPONENT_OF_2_52: u64 = 0x4330_0000_0000_0000;
const MANTISSA: u64 = 0x000f_ffff_ffff_ffff;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_any_length_are_gone_through() {
        for size in 0..11_u32 {
            let numbers: Vec<f64> = (0..size).map(f64::from).collect();
            let mut mapped = numbers.clone();
            map_all(&mut mapped, |four| four * four + Lanes::splat(1.0));
            let expected: Vec<f64> = numbers.iter().map(|number| number * number + 1.0).collect();
            assert_eq!(mapped, expected);
            // The shorter list ends it.
            let mut sums = numbers.clone();
            add_times(&mut sums, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 10.0);
            let expected =
                numbers.iter().map(|number| number + if *number < 6.0 { 10.0 * (number + 1.0) } else { 0.0 });
            assert_eq!(sums, expected.collect::<Vec<f64>>());
        }
    }

    #[test]
    fn bits_are_taken_apart_and_put_together() {
        let numbers = [1.0, 0.7, 1.5, 3e300];
        let (exponents, mantissas) = Lanes::from(numbers).exponents_and_mantissas();
        assert_eq!(exponents.to_array(), [0.0, -1.0, 1.0, 998.0]);
        assert!(
            mantissas
                .to_array()
                .iter()
                .all(|one| (std::f64::consts::FRAC_1_SQRT_2..=std::f64::consts::SQRT_2).contains(one))
        );
        // 1.5 times 2^52 has no fraction to keep.
        let shifted = exponents + Lanes::splat(1.5 * TWO_TO_52);
        assert_eq!((shifted.powers_of_two() * mantissas).to_array(), numbers);
    }

    #[test]
    fn bounds_leave_what_is_not_a_number() {
        let bounded = Lanes::from([-2.0, 0.5, 7.0, f64::NAN]).at_least(Lanes::splat(-1.0)).at_most(Lanes::splat(1.0));
        let bounded = bounded.to_array();
        assert_eq!(bounded[..3], [-1.0, 0.5, 1.0]);
        assert!(bounded[3].is_nan());
        let of_nothing = Lanes::splat(2.0).at_most(Lanes::splat(f64::NAN)).at_least(Lanes::splat(f64::NAN));
        assert_eq!(of_nothing.to_array(), [2.0; LANES]);
        let is_above = Lanes::from([1.0, 2.0, 3.0, f64::NAN]).is_above(Lanes::splat(2.0));
        assert_eq!(is_above.to_array(), [0.0, 0.0, 1.0, 0.0]);
    }
}
