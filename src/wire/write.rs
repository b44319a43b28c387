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
    let mut text = Vec::with_capacity(LENGTH_START);
    let mut serializer = Serializer::with_formatter(&mut text, HostDigits);
    if value.serialize(&mut serializer).is_err() {
        text.clear();
    }
    String::from_utf8(text).unwrap_or_default()
}

struct HostDigits;

impl Formatter for HostDigits {
    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        if value == 0.0 {
            writer.write_all(if value.is_sign_negative() { b"-0.0" } else { b"0.0" })
        } else {
            writer.write_all(digits::json(value).as_bytes())
        }
    }

    fn write_f32<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f32) -> io::Result<()> {
        self.write_f64(writer, f64::from(value))
    }
}

/// Room for a label, and a start for a list of them.
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
}
