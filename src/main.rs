//! The command `iter8-analytics`.
fn main() {}
