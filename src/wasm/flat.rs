//! How values cross between JavaScript and the engine: one list of numbers and one text for all of them.
//!
//! A finite number is itself. Behind Infinity stands a mark, and behind that what belongs to it: for an array how many
//! items follow, for an object how many members, each a word and a value, for a text a word. Into the engine a word is its
//! length, and the text holds the words in the order in which they are needed, a line feed behind each. Out of it a word is
//! its place among all words, which stand in the text once each; their lengths follow the value. Lengths are counted as
//! JavaScript does, in units of UTF-16.
//!
//! A call for each member would take longer than most assessments. In a reply's JSON text each float would be printed and
//! read again, and each name stand as often as there are members: building it takes three times as long.
//!
//! Not here: what the values mean.

mod given;
mod reply;

pub(super) use given::Flat;
pub(super) use reply::to_js;

// INVARIANT: flat.js has the same marks.
const NULL: f64 = 0.0;
const FALSE: f64 = 1.0;
const TRUE: f64 = 2.0;
const TEXT: f64 = 3.0;
const LIST: f64 = 4.0;
const OBJECT: f64 = 5.0;
/// Into the engine only: a fault, with its word.
const FAULT: f64 = 6.0;
/// Into the engine only: nested too deep to go on, with the depth, or 0 where nobody knows.
const DEEP: f64 = 7.0;
/// Into the engine only: too large to go on.
const LONG: f64 = 8.0;

/// The units of UTF-16 that a character has of which `byte` is the first of its bytes in UTF-8; 0 for the other bytes.
fn units(byte: u8) -> usize {
    usize::from(byte & 0xC0 != 0x80) + usize::from(byte >= 0xF0)
}
