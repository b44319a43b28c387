//! Mathematics that has never heard of versions: special functions, distributions, quadrature, random numbers.
//!
//! Transcendental functions go through `math` alone, so that every host computes the same bits.

pub(crate) mod beta;
pub(crate) mod math;
pub(crate) mod normal;
pub(crate) mod quadrature;
pub(crate) mod rng;
