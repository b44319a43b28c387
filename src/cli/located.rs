//! A file of YAML or JSON becomes its documents, and a place in one of them the line where it stands.
//!
//! Lines are looked for only once something is wrong: the text is read once more, now with the place of each value. Inside
//! a text that is YAML itself (the lists of a ConfigMap) the line is that of the file, where the text is a block.
//!
//! Not here: what the documents mean.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_saphyr::Spanned;

use super::{Failure, read};
use crate::Segment;
use crate::server::yaml::{self, DuplicateKeyPolicy};

/// A file and the documents in it.
pub(super) struct File {
    pub(super) path: PathBuf,
    bytes: Vec<u8>,
    pub(super) documents: Vec<Value>,
}

impl File {
    /// What stands in the file at `path`; `-` is standard input.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let (bytes, documents) = read::read_all(path)?;
        Ok(Self { path: path.to_owned(), bytes, documents })
    }

    /// `file.yaml:12`, the line of the value at `location` in a document, or of what it would stand in.
    pub(super) fn line(&self, document: usize, location: &[Segment]) -> String {
        let name = self.path.display();
        match self.find(document, location) {
            Some(line) => format!("{name}:{line}"),
            None => name.to_string(),
        }
    }

    fn find(&self, document: usize, location: &[Segment]) -> Option<u64> {
        let trees: Vec<Spanned<Node>> = yaml::parse_all(&self.bytes, DuplicateKeyPolicy::Error).ok()?;
        let (found, rest) = trees.get(document)?.follow(location);
        let line = found.referenced.line();
        if rest.is_empty() {
            return Some(line);
        }
        Some(self.inside(line, found, rest).unwrap_or(line))
    }

    /// The line in the text that `found` is, whose text starts on the line behind `line` or a few further.
    fn inside(&self, line: u64, found: &Spanned<Node>, rest: &[Segment]) -> Option<u64> {
        let Node::Text(text) = &found.value else { return None };
        let tree: Spanned<Node> = yaml::parse(text.as_bytes(), DuplicateKeyPolicy::Error).ok()?;
        let (inner, _) = tree.follow(rest);
        let wanted = text.lines().nth(usize::try_from(inner.referenced.line()).ok()?.checked_sub(1)?)?.trim();
        let whole = String::from_utf8_lossy(&self.bytes);
        let behind = usize::try_from(line).ok()?.checked_sub(1)?;
        let start = text.lines().map(str::trim).find(|line| !line.is_empty())?;
        let start = whole.lines().skip(behind).position(|line| line.trim() == start)? + behind;
        let line = whole.lines().skip(start).position(|line| line.trim() == wanted)? + start;
        u64::try_from(line).ok().map(|line| line + 1)
    }
}

/// A value of YAML as far as places go.
enum Node {
    Text(String),
    Other,
    List(Vec<Spanned<Node>>),
    Map(Vec<(String, Spanned<Node>)>),
}

trait Follow {
    fn follow<'n, 'l>(&'n self, location: &'l [Segment]) -> (&'n Self, &'l [Segment]);
}

impl Follow for Spanned<Node> {
    /// The last value on the way to `location` that is there, and the steps that are left.
    fn follow<'n, 'l>(&'n self, location: &'l [Segment]) -> (&'n Self, &'l [Segment]) {
        let mut found = self;
        for (index, step) in location.iter().enumerate() {
            let next = match (&found.value, step) {
                (Node::List(items), Segment::Index(index)) => items.get(*index),
                (Node::Map(members), Segment::Key(key)) => {
                    members.iter().find(|(name, _)| name == key).map(|(_, value)| value)
                }
                _ => None,
            };
            match next {
                Some(next) => found = next,
                None => return (found, location.get(index..).unwrap_or_default()),
            }
        }
        (found, &[])
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Node::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Node, A::Error> {
        let mut map = Vec::new();
        while let Some(member) = members.next_entry()? {
            map.push(member);
        }
        Ok(Node::Map(map))
    }
}
