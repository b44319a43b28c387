//! A value -> its JSON text, with the host's digits.
//!
//! serde_json has a printer of floats of its own, with a table of 10 kB that no compression makes smaller; the host's
//! (`digits`) gives the same shortest digits. In a module that browsers load that counts.
//!
//! Not here: replies over HTTP and on the terminal, which serde_json writes as it does.

use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use super::digits;

/// The compact JSON text of `value`; empty where its `Serialize` fails, which none of ours does.
pub(crate) fn to_text(value: &impl Serialize) -> String {
    String::from_utf8(written(value, None)).unwrap_or_default()
}

/// The same with `MARK` in place of each float other than 0, and those floats: whoever prints many at once is quicker.
#[cfg(any(test, all(feature = "javascript", target_family = "wasm", target_os = "unknown")))]
pub(crate) fn to_marked_text(value: &impl Serialize) -> (Vec<u8>, Vec<f64>) {
    let mut floats = Vec::new();
    let text = written(value, Some(&mut floats));
    (text, floats)
}

fn written(value: &impl Serialize, floats: Option<&mut Vec<f64>>) -> Vec<u8> {
    let mut text = Vec::with_capacity(LENGTH_START);
    let mut serializer = Serializer::with_formatter(&mut text, HostDigits { floats });
    if value.serialize(&mut serializer).is_err() {
        text.clear();
    }
    text
}

struct HostDigits<'a> {
    /// Where floats go that are printed later.
    floats: Option<&'a mut Vec<f64>>,
}

impl Formatter for HostDigits<'_> {
    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        match &mut self.floats {
            Some(floats) if value != 0.0 => {
                floats.push(value);
                writer.write_all(&[MARK])
            }
            _ if value == 0.0 => writer.write_all(if value.is_sign_negative() { b"-0.0" } else { b"0.0" }),
            _ => writer.write_all(digits::json(value).as_bytes()),
        }
    }

    fn write_f32<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f32) -> io::Result<()> {
        self.write_f64(writer, f64::from(value))
    }
}

/// JSON has no such byte: in texts it is escaped.
pub(crate) const MARK: u8 = 1;
/// Room for a label, and a start for a reply.
const LENGTH_START: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_text_is_read_back_as_the_value_that_it_came_from() {
        let value =
            json!({"a\n\"": [1, -2.5, 1e300, 1e-300, 0.1, 123456789.125, 1e21, -0.0], "b": null, "c": {"ü": true}});
        let text = to_text(&value);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
        assert!(text.starts_with(r#"{"a\n\"":[1,-2.5,1e300,1e-300,0.1,"#), "{text}");
    }

    #[test]
    fn floats_that_are_printed_later_leave_a_mark_each() {
        let (text, floats) = to_marked_text(&json!({"\u{1}": [1, 2.5, 0.0, -0.0, f64::NAN, 1e-9]}));
        assert_eq!(String::from_utf8_lossy(&text), "{\"\\u0001\":[1,\u{1},0.0,-0.0,null,\u{1}]}");
        assert_eq!(floats, [2.5, 1e-9]);
    }
}
