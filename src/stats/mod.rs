//! Mathematics that has never heard of versions: special functions, distributions, quadrature, random numbers.
//!
//! Transcendental functions go through `math` alone, so that every host computes the same bits.

pub(crate) mod apportion;
pub(crate) mod batch_means;
pub(crate) mod bell;
pub(crate) mod best;
pub(crate) mod beta;
pub(crate) mod evidence;
pub(crate) mod gamma;
pub(crate) mod gamma_draws;
pub(crate) mod grid;
pub(crate) mod growth;
pub(crate) mod histogram;
pub(crate) mod lanes;
pub(crate) mod lattice;
pub(crate) mod lift;
pub(crate) mod loss;
pub(crate) mod math;
#[cfg_attr(not(test), expect(dead_code, reason = "for hosts that report many tests; decisions take the mean alone"))]
pub(crate) mod multiplicity;
pub(crate) mod normal;
pub(crate) mod order;
pub(crate) mod peak;
pub(crate) mod quadrature;
#[cfg(test)]
pub(crate) mod reference;
pub(crate) mod rng;
pub(crate) mod scenarios;
pub(crate) mod student;
pub(crate) mod superiority;
pub(crate) mod tables;
pub(crate) mod together;
