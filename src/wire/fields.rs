//! The members of an object, the items of a list -> typed fields: one call for each field, whose faults stand under its key.
//!
//! What is faulty reads as if it were absent, and is recorded: a decoder that has faults yields nothing in the end.
//!
//! Not here: what a value may be (`decode`).

use serde_json::{Map, Value};

use super::decode::{Decoder, Path};
use super::request::present;

/// How a decoder reads one kind of value; `None` after it has recorded why.
type Read<T> = fn(&mut Decoder, &Value, Path) -> Option<T>;

/// The members of an object, and the way to it.
pub(crate) struct Fields<'a> {
    pub(crate) members: &'a Map<String, Value>,
    pub(crate) path: Path<'a>,
}

impl<'a> Fields<'a> {
    /// The way to the member `key`.
    pub(crate) fn at(&'a self, key: &'a str) -> Path<'a> {
        self.path.key(key)
    }

    /// The member `key`, unless it is null.
    pub(crate) fn present(&self, key: &str) -> Option<&'a Value> {
        present(self.members, key)
    }

    /// The member `key`, which must be there and not null.
    pub(crate) fn needed(&self, decoder: &mut Decoder, key: &str) -> Option<&'a Value> {
        decoder.required(self.members, key, self.path)
    }

    /// A field that must be there. A call, as the next: they stand at a hundred places.
    #[inline(never)]
    pub(crate) fn required<T>(&self, decoder: &mut Decoder, key: &str, read: Read<T>) -> Option<T> {
        let value = self.needed(decoder, key)?;
        read(decoder, value, self.at(key))
    }

    /// A field that may be absent or null.
    #[inline(never)]
    pub(crate) fn optional<T>(&self, decoder: &mut Decoder, key: &str, read: Read<T>) -> Option<T> {
        read(decoder, self.present(key)?, self.at(key))
    }

    /// A number within `lower..=upper` that may be absent or null.
    pub(crate) fn within(&self, decoder: &mut Decoder, key: &str, lower: f64, upper: f64) -> Option<f64> {
        decoder.float_within(self.present(key)?, self.at(key), lower, upper)
    }

    /// The meaning of one of `names`, which may be absent or null.
    pub(crate) fn choice<T: Copy>(&self, decoder: &mut Decoder, key: &str, names: &[(&str, T)]) -> Option<T> {
        decoder.choice(self.present(key)?, self.at(key), names)
    }

    /// A text that must be there.
    pub(crate) fn text(&self, decoder: &mut Decoder, key: &str) -> String {
        self.required(decoder, key, Decoder::text).unwrap_or_default()
    }

    /// An id that must be there.
    pub(crate) fn id(&self, decoder: &mut Decoder, key: &str) -> String {
        self.required(decoder, key, Decoder::id).unwrap_or_default()
    }

    /// A flag that is false where it is absent; null is an error.
    pub(crate) fn flag(&self, decoder: &mut Decoder, key: &str) -> bool {
        let value = decoder.defaulted(self.members, key, self.path);
        value.and_then(|value| decoder.boolean(value, self.at(key))).unwrap_or(false)
    }

    /// What `read` makes of an object that must be there.
    pub(crate) fn object<T>(
        &self,
        decoder: &mut Decoder,
        key: &str,
        read: fn(&mut Decoder, &Fields) -> T,
    ) -> Option<T> {
        let value = self.needed(decoder, key)?;
        decoder.opened(value, self.at(key), read)
    }

    /// What `read` makes of each item of a list of objects that must be there.
    pub(crate) fn objects<T>(&self, decoder: &mut Decoder, key: &str, read: fn(&mut Decoder, &Fields) -> T) -> Vec<T> {
        let mut all = Vec::new();
        if let Some(value) = self.needed(decoder, key) {
            decoder.visit(value, self.at(key), &mut |decoder, value, path| {
                decoder.open(value, path, &mut |decoder, fields| all.push(read(decoder, fields)));
            });
        }
        all
    }
}

impl Decoder {
    /// A fault for each member that is not one of `known`.
    #[inline(never)]
    pub(crate) fn only(&mut self, members: &Map<String, Value>, known: &[&str], path: Path) {
        for key in members.keys().filter(|key| !known.contains(&key.as_str())) {
            self.fail(path.key(key), "value_error.extra", ["no such field; there are ", &known.join(", ")].concat());
        }
    }

    /// Hands the members of an object, or of a list of pairs, to `read`.
    pub(crate) fn open(&mut self, value: &Value, path: Path, read: &mut dyn FnMut(&mut Self, &Fields)) {
        if let Some(members) = self.object(value, path) {
            read(self, &Fields { members: &members, path });
        }
    }

    /// What `read` makes of the members of an object, or of a list of pairs.
    pub(crate) fn opened<T>(&mut self, value: &Value, path: Path, read: fn(&mut Self, &Fields) -> T) -> Option<T> {
        let mut opened = None;
        self.open(value, path, &mut |decoder, fields| opened = Some(read(decoder, fields)));
        opened
    }

    /// Hands each item of a list, none of which may be null, to `item`.
    pub(crate) fn visit(&mut self, value: &Value, path: Path, item: &mut dyn FnMut(&mut Self, &Value, Path)) {
        for (index, value) in self.list(value, path).unwrap_or_default().iter().enumerate() {
            let path = path.index(index);
            if let Some(value) = self.not_null(value, path) {
                item(self, value, path);
            }
        }
    }

    /// Every item of a list; `None` if one of them is faulty.
    pub(crate) fn each<T>(
        &mut self,
        value: &Value,
        path: Path,
        read: fn(&mut Self, &Value, Path) -> Option<T>,
    ) -> Option<Vec<T>> {
        let mut all = Vec::new();
        self.visit(value, path, &mut |decoder, value, path| all.extend(read(decoder, value, path)));
        (value.as_array()?.len() == all.len()).then_some(all)
    }
}
