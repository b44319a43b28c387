//! A value -> its JSON text, with the host's digits.
//!
//! serde_json's own serializer carries the state of a text that may break off at every byte, and a printer of floats with a
//! table of 10 kB that no compression makes smaller. Here a text only grows, and floats have the host's digits (`digits`),
//! which are the same shortest ones: a third of the code. Texts and whole numbers are still serde_json's. In a module that
//! browsers load that counts.
//!
//! Not here: replies over HTTP and on the terminal, which serde_json writes as it does.

use std::fmt;

use serde::Serialize;
use serde::ser::{
    self, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple, SerializeTupleStruct,
    SerializeTupleVariant, Serializer,
};

use super::digits;

/// The compact JSON text of `value`; empty where its `Serialize` fails, which none of ours does.
pub(crate) fn to_text(value: &impl Serialize) -> String {
    let mut text = Vec::with_capacity(LENGTH_START);
    match value.serialize(Json(&mut text)) {
        Ok(()) => String::from_utf8(text).unwrap_or_default(),
        Err(Failed) => String::new(),
    }
}

/// Writes one value behind the text so far.
struct Json<'a>(&'a mut Vec<u8>);

impl<'a> Json<'a> {
    fn word(self, word: &str) -> Result<(), Failed> {
        self.0.extend_from_slice(word.as_bytes());
        Ok(())
    }

    fn text(self, text: &str) -> Result<(), Failed> {
        // INVARIANT: a text that grows in memory takes every byte.
        let _ = serde_json::Serializer::new(self.0).serialize_str(text);
        Ok(())
    }

    fn signed(self, number: i64) -> Result<(), Failed> {
        let _ = serde_json::Serializer::new(self.0).serialize_i64(number);
        Ok(())
    }

    fn unsigned(self, number: u64) -> Result<(), Failed> {
        let _ = serde_json::Serializer::new(self.0).serialize_u64(number);
        Ok(())
    }

    fn float(self, number: f64) -> Result<(), Failed> {
        if number.is_finite() { self.word(&digits::json(number)) } else { self.word("null") }
    }

    /// What stands between `start` and `end`.
    fn parts(self, start: &str, end: &'static str) -> Parts<'a> {
        self.0.extend_from_slice(start.as_bytes());
        Parts { text: self.0, end }
    }

    /// What stands between `start` and `end` as the only member of an object, `variant`.
    fn variant(self, variant: &str, start: &str, end: &'static str) -> Parts<'a> {
        let mut object = self.parts("{", end);
        object.key(variant);
        Json(object.text).parts(start, end)
    }
}

/// Writes the members of an object or the items of an array.
struct Parts<'a> {
    text: &'a mut Vec<u8>,
    end: &'static str,
}

impl Parts<'_> {
    /// Begins a part: with a comma, unless it is the first. No value ends with an opening bracket.
    fn next(&mut self) {
        if !matches!(self.text.last(), Some(b'[' | b'{')) {
            self.text.push(b',');
        }
    }

    fn key(&mut self, key: &str) {
        self.next();
        let _ = Json(self.text).text(key);
        self.text.push(b':');
    }

    /// Makes a text of what was written from `start` on, which is to be a key: JSON has no other keys.
    fn quote(&mut self, start: usize) {
        if self.text.get(start) != Some(&b'"') {
            self.text.insert(start, b'"');
            self.text.push(b'"');
        }
    }

    fn item<T: ?Sized + Serialize>(&mut self, item: &T) -> Result<(), Failed> {
        self.next();
        item.serialize(Json(self.text))
    }

    fn member<T: ?Sized + Serialize>(&mut self, key: &str, member: &T) -> Result<(), Failed> {
        self.key(key);
        member.serialize(Json(self.text))
    }

    fn close(self) -> Result<(), Failed> {
        Json(self.text).word(self.end)
    }
}

impl<'a> Serializer for Json<'a> {
    type Ok = ();
    type Error = Failed;
    type SerializeSeq = Parts<'a>;
    type SerializeTuple = Parts<'a>;
    type SerializeTupleStruct = Parts<'a>;
    type SerializeTupleVariant = Parts<'a>;
    type SerializeMap = Parts<'a>;
    type SerializeStruct = Parts<'a>;
    type SerializeStructVariant = Parts<'a>;

    fn serialize_bool(self, value: bool) -> Result<(), Failed> {
        self.word(if value { "true" } else { "false" })
    }

    fn serialize_i8(self, value: i8) -> Result<(), Failed> {
        self.signed(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result<(), Failed> {
        self.signed(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result<(), Failed> {
        self.signed(value.into())
    }

    fn serialize_i64(self, value: i64) -> Result<(), Failed> {
        self.signed(value)
    }

    fn serialize_u8(self, value: u8) -> Result<(), Failed> {
        self.unsigned(value.into())
    }

    fn serialize_u16(self, value: u16) -> Result<(), Failed> {
        self.unsigned(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result<(), Failed> {
        self.unsigned(value.into())
    }

    fn serialize_u64(self, value: u64) -> Result<(), Failed> {
        self.unsigned(value)
    }

    fn serialize_f32(self, value: f32) -> Result<(), Failed> {
        self.float(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<(), Failed> {
        self.float(value)
    }

    fn serialize_char(self, value: char) -> Result<(), Failed> {
        self.text(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Failed> {
        self.text(value)
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Failed> {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Result<(), Failed> {
        self.word("null")
    }

    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<(), Failed> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Failed> {
        self.word("null")
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Failed> {
        self.word("null")
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Failed> {
        self.text(variant)
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, _: &'static str, value: &T) -> Result<(), Failed> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Failed> {
        let mut object = self.parts("{", "}");
        object.member(variant, value)?;
        object.close()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Parts<'a>, Failed> {
        Ok(self.parts("[", "]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Parts<'a>, Failed> {
        Ok(self.parts("[", "]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Parts<'a>, Failed> {
        Ok(self.parts("[", "]"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts<'a>, Failed> {
        Ok(self.variant(variant, "[", "]}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Parts<'a>, Failed> {
        Ok(self.parts("{", "}"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Parts<'a>, Failed> {
        Ok(self.parts("{", "}"))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts<'a>, Failed> {
        Ok(self.variant(variant, "{", "}}"))
    }
}

/// serde's names for the items of an array.
macro_rules! items {
    ($($kind:ident $item:ident)*) => {$(
        impl $kind for Parts<'_> {
            type Ok = ();
            type Error = Failed;

            fn $item<T: ?Sized + Serialize>(&mut self, item: &T) -> Result<(), Failed> {
                self.item(item)
            }

            fn end(self) -> Result<(), Failed> {
                self.close()
            }
        }
    )*};
}

items! {
    SerializeSeq serialize_element
    SerializeTuple serialize_element
    SerializeTupleStruct serialize_field
    SerializeTupleVariant serialize_field
}

/// serde's names for the members of an object.
macro_rules! members {
    ($($kind:ident)*) => {$(
        impl $kind for Parts<'_> {
            type Ok = ();
            type Error = Failed;

            fn serialize_field<T: ?Sized + Serialize>(&mut self, key: &'static str, member: &T) -> Result<(), Failed> {
                self.member(key, member)
            }

            fn end(self) -> Result<(), Failed> {
                self.close()
            }
        }
    )*};
}

members! { SerializeStruct SerializeStructVariant }

impl SerializeMap for Parts<'_> {
    type Ok = ();
    type Error = Failed;

    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> Result<(), Failed> {
        self.next();
        let start = self.text.len();
        key.serialize(Json(self.text))?;
        self.quote(start);
        Ok(())
    }

    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Failed> {
        self.text.push(b':');
        value.serialize(Json(self.text))
    }

    fn end(self) -> Result<(), Failed> {
        self.close()
    }
}

/// That a `Serialize` gave up.
#[derive(Debug)]
struct Failed;

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value cannot be written")
    }
}

impl std::error::Error for Failed {}

impl ser::Error for Failed {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

/// Room for a label, and a start for a reply.
const LENGTH_START: usize = 128;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

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
    fn every_shape_is_written_as_serde_json_writes_it() {
        #[derive(Serialize)]
        enum Shape {
            Unit,
            Newtype(u8),
            Tuple(i16, char),
            Struct { no: (), part: Option<f32> },
        }
        #[derive(Serialize)]
        struct Pair([bool; 2], (u64, i64));
        let shapes =
            [Shape::Unit, Shape::Newtype(7), Shape::Tuple(-3, '\u{1}'), Shape::Struct { no: (), part: Some(0.5) }];
        let keys = BTreeMap::from([(-1, "["), (2, "{")]);
        let whole = (shapes, Pair([true, false], (u64::MAX, i64::MIN)), keys, [f64::NAN, 1.0], [(); 0], json!({}));
        assert_eq!(to_text(&whole), serde_json::to_string(&whole).unwrap());
    }
}
