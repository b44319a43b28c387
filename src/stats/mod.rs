//! Mathematics that has never heard of versions: special functions, distributions, quadrature, random numbers.
//!
//! Transcendental functions go through `math` alone, so that every host computes the same bits.

#[cfg_attr(not(test), expect(dead_code, reason = "the sequential method's beliefs are built on it"))]
pub(crate) mod apportion;
#[cfg_attr(not(test), expect(dead_code, reason = "the sequential method's beliefs are built on it"))]
pub(crate) mod batch_means;
pub(crate) mod bell;
#[cfg_attr(not(test), expect(dead_code, reason = "the sequential method's beliefs are built on it"))]
pub(crate) mod best;
pub(crate) mod beta;
#[cfg_attr(not(test), expect(dead_code, reason = "the sequential method's beliefs are built on it"))]
pub(crate) mod gamma;
pub(crate) mod gamma_draws;
pub(crate) mod grid;
#[cfg_attr(not(test), expect(dead_code, reason = "the sequential method's beliefs are built on it"))]
pub(crate) mod growth;
#[cfg_attr(not(test), expect(dead_code, reason = "the sequential method's beliefs are built on it"))]
pub(crate) mod histogram;
#[cfg_attr(not(test), expect(dead_code, reason = "the sequential method's beliefs are built on it"))]
pub(crate) mod lift;
pub(crate) mod math;
#[cfg_attr(not(test), expect(dead_code, reason = "the sequential method's beliefs are built on it"))]
pub(crate) mod multiplicity;
pub(crate) mod normal;
pub(crate) mod quadrature;
#[cfg(test)]
pub(crate) mod reference;
pub(crate) mod rng;
#[cfg_attr(not(test), expect(dead_code, reason = "the sequential method's beliefs are built on it"))]
pub(crate) mod student;
#[cfg_attr(not(test), expect(dead_code, reason = "the sequential method's beliefs are built on it"))]
pub(crate) mod superiority;
