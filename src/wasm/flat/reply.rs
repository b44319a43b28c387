//! A value of the engine -> JavaScript's own objects.
//!
//! `Writer` is a serializer of serde: what JSON text would have of the value, it has. What occurs again, as the names of
//! members do, is said once.
//!
//! Not here: how JavaScript builds the objects (`unflatten` in flat.js).

use std::fmt;

use serde::ser::{self, Serialize, Serializer};
use wasm_bindgen::prelude::*;

use super::{FALSE, LIST, NULL, OBJECT, TEXT, TRUE, units};

#[wasm_bindgen(raw_module = "./flat.js")]
extern "C" {
    #[wasm_bindgen(catch)]
    fn unflatten(numbers: &[f64], words_from: usize, text: &str) -> Result<JsValue, JsValue>;
}

/// `value` in JavaScript, as `JSON.parse` would give it.
///
/// # Errors
/// What JavaScript throws where its stack or its memory is at an end; a name of a member that is no text.
pub(in crate::wasm) fn to_js(value: &impl Serialize) -> Result<JsValue, JsValue> {
    let mut writer = Writer { numbers: Vec::new(), text: String::new(), words: Vec::new(), slots: [0; SLOTS] };
    value.serialize(&mut writer).map_err(JsError::from)?;
    let words_from = writer.numbers.len();
    writer.numbers.extend(writer.words.iter().map(|word| word.units as f64));
    unflatten(&writer.numbers, words_from, &writer.text)
}

struct Writer {
    numbers: Vec<f64>,
    text: String,
    words: Vec<Word>,
    /// By a word's hash, 1 more than the place of the last such word.
    slots: [usize; SLOTS],
}

/// Where a word ends in the text, and its length as JavaScript counts it.
struct Word {
    end: usize,
    units: usize,
}

impl Writer {
    fn mark(&mut self, mark: f64) {
        self.numbers.push(f64::INFINITY);
        self.numbers.push(mark);
    }

    /// Opens an array or an object.
    fn open(&mut self, mark: f64) -> Open<'_> {
        self.mark(mark);
        let place = self.numbers.len();
        self.numbers.push(0.0);
        Open { writer: self, place }
    }

    /// Opens an object whose one member is called `name`: what serde makes of an enum's variant that has values.
    fn open_variant(&mut self, name: &str) {
        self.mark(OBJECT);
        self.numbers.push(1.0);
        self.word(name);
    }

    fn word(&mut self, word: &str) {
        let slot = &mut self.slots[slot(word.as_bytes())];
        let known = slot.wrapping_sub(1);
        if self.words.get(known).is_some_and(|found| {
            let start = known.checked_sub(1).and_then(|before| self.words.get(before)).map_or(0, |before| before.end);
            self.text.as_bytes().get(start..found.end) == Some(word.as_bytes())
        }) {
            self.numbers.push(known as f64);
            return;
        }
        self.numbers.push(self.words.len() as f64);
        self.text.push_str(word);
        self.words.push(Word { end: self.text.len(), units: word.bytes().map(units).sum() });
        *slot = self.words.len();
    }
}

/// Where to look for a word: by its length, its ends and its middle, in which few words of a reply are alike.
fn slot(word: &[u8]) -> usize {
    let places = [0, 1, word.len() / 2, word.len().wrapping_sub(2), word.len().wrapping_sub(1)];
    let some = places.map(|place| usize::from(word.get(place).copied().unwrap_or(0)));
    some.iter().fold(word.len(), |hash, byte| hash.wrapping_mul(31).wrapping_add(*byte)) % SLOTS
}

type Written = Result<(), Unwritable>;

impl<'a> Serializer for &'a mut Writer {
    type Ok = ();
    type Error = Unwritable;
    type SerializeSeq = Open<'a>;
    type SerializeTuple = Open<'a>;
    type SerializeTupleStruct = Open<'a>;
    type SerializeTupleVariant = Open<'a>;
    type SerializeMap = Open<'a>;
    type SerializeStruct = Open<'a>;
    type SerializeStructVariant = Open<'a>;

    fn serialize_bool(self, value: bool) -> Written {
        self.mark(if value { TRUE } else { FALSE });
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> Written {
        self.serialize_f64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Written {
        self.serialize_f64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Written {
        self.serialize_f64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Written {
        self.serialize_f64(value as f64)
    }

    fn serialize_u8(self, value: u8) -> Written {
        self.serialize_f64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Written {
        self.serialize_f64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Written {
        self.serialize_f64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Written {
        self.serialize_f64(value as f64)
    }

    fn serialize_f32(self, value: f32) -> Written {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Written {
        if value.is_finite() {
            self.numbers.push(value)
        } else {
            self.mark(NULL)
        }
        Ok(())
    }

    fn serialize_char(self, value: char) -> Written {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Written {
        self.mark(TEXT);
        self.word(value);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Written {
        value.serialize(self)
    }

    fn serialize_none(self) -> Written {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Written {
        self.mark(NULL);
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Written {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Written {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T>(self, _: &'static str, _: u32, variant: &'static str, value: &T) -> Written
    where
        T: Serialize + ?Sized,
    {
        self.open_variant(variant);
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Open<'a>, Unwritable> {
        Ok(self.open(LIST))
    }

    fn serialize_tuple(self, _: usize) -> Result<Open<'a>, Unwritable> {
        Ok(self.open(LIST))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Open<'a>, Unwritable> {
        Ok(self.open(LIST))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Open<'a>, Unwritable> {
        self.open_variant(variant);
        Ok(self.open(LIST))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Open<'a>, Unwritable> {
        Ok(self.open(OBJECT))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Open<'a>, Unwritable> {
        Ok(self.open(OBJECT))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Open<'a>, Unwritable> {
        self.open_variant(variant);
        Ok(self.open(OBJECT))
    }
}

/// An array or an object to which more may come.
struct Open<'a> {
    writer: &'a mut Writer,
    /// Where the number of items or members stands.
    place: usize,
}

impl Open<'_> {
    fn count(&mut self) {
        if let Some(count) = self.writer.numbers.get_mut(self.place) {
            *count += 1.0;
        }
    }

    fn item<T: Serialize + ?Sized>(&mut self, item: &T) -> Written {
        self.count();
        item.serialize(&mut *self.writer)
    }

    fn member<T: Serialize + ?Sized>(&mut self, name: &str, member: &T) -> Written {
        self.count();
        self.writer.word(name);
        member.serialize(&mut *self.writer)
    }
}

/// What serde asks of arrays and objects, all but maps: a kind of them, its method, and which of the two above serves it.
macro_rules! impl_open {
    ($($kind:ident: $method:ident($($key:ident: $type:ty)?) is $put:ident;)+) => {$(
        impl ser::$kind for Open<'_> {
            type Ok = ();
            type Error = Unwritable;

            fn $method<T: Serialize + ?Sized>(&mut self, $($key: $type,)? value: &T) -> Written {
                self.$put($($key,)? value)
            }

            fn end(self) -> Written {
                Ok(())
            }
        }
    )+};
}

impl_open! {
    SerializeSeq: serialize_element() is item;
    SerializeTuple: serialize_element() is item;
    SerializeTupleStruct: serialize_field() is item;
    SerializeTupleVariant: serialize_field() is item;
    SerializeStruct: serialize_field(key: &'static str) is member;
    SerializeStructVariant: serialize_field(key: &'static str) is member;
}

impl ser::SerializeMap for Open<'_> {
    type Ok = ();
    type Error = Unwritable;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Written {
        self.count();
        // A name is a text without its mark.
        let start = self.writer.numbers.len();
        key.serialize(&mut *self.writer)?;
        if self.writer.numbers.get(start + 1) != Some(&TEXT) {
            return Err(Unwritable);
        }
        self.writer.numbers.drain(start..start + 2);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Written {
        Ok(())
    }
}

/// A name of a member is no text: no type of the engine has such.
#[derive(Debug)]
struct Unwritable;

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member is no text")
    }
}

impl std::error::Error for Unwritable {}

impl ser::Error for Unwritable {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

/// More than the names that a reply has.
const SLOTS: usize = 256;
