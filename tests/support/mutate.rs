//! A good request and a seed become one that is wrong somewhere.
//!
//! Two ways: a member of the JSON is replaced, dropped, doubled or renamed; or bytes of its text are.
//!
//! Not here: what should come of it.

use serde_json::{Value, json};

/// A seeded generator (SplitMix64): the same seed, the same mutations, on every machine.
#[derive(Debug, Clone)]
pub struct Dice(pub u64);

impl Dice {
    /// The next number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound.max(1) as u64) as usize
    }
}

/// `request` with one to three members changed, as text.
pub fn changed_members(request: &Value, dice: &mut Dice) -> Vec<u8> {
    let mut request = request.clone();
    for _ in 0..=dice.below(3) {
        let pointers = pointers(&request);
        if pointers.is_empty() {
            break;
        }
        let pointer = pointers[dice.below(pointers.len())].clone();
        change(&mut request, &pointer, dice);
    }
    let text = request.to_string();
    // What JSON's values cannot hold enters as text.
    let raw = RAW[dice.below(RAW.len())];
    text.replace("\"@raw\"", raw).into_bytes()
}

/// `request` as text with some of its bytes changed.
pub fn changed_bytes(request: &Value, dice: &mut Dice) -> Vec<u8> {
    let mut bytes = request.to_string().into_bytes();
    for _ in 0..=dice.below(4) {
        let place = dice.below(bytes.len());
        match dice.below(6) {
            0 => bytes.truncate(place),
            1 => bytes.insert(place, dice.below(256) as u8),
            2 => drop(bytes.remove(place)),
            3 => bytes[place] = ODD_BYTES[dice.below(ODD_BYTES.len())],
            4 => {
                let end = (place + dice.below(60)).min(bytes.len());
                bytes.drain(place..end);
            }
            _ => {
                let end = (place + dice.below(60)).min(bytes.len());
                let copy = bytes[place..end].to_vec();
                bytes.splice(place..place, copy);
            }
        }
        if bytes.is_empty() {
            break;
        }
    }
    bytes
}

/// The way to every member of `value`, as JSON pointers.
pub fn pointers(value: &Value) -> Vec<String> {
    let mut pointers = Vec::new();
    collect(value, String::new(), &mut pointers);
    pointers
}

fn collect(value: &Value, path: String, pointers: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(key, one)| (key.replace('~', "~0").replace('/', "~1"), one)).collect(),
        Value::Array(list) => list.iter().enumerate().map(|(index, one)| (index.to_string(), one)).collect(),
        _ => Vec::new(),
    };
    for (key, child) in children {
        let path = format!("{path}/{key}");
        pointers.push(path.clone());
        collect(child, path, pointers);
    }
}

fn change(request: &mut Value, pointer: &str, dice: &mut Dice) {
    let (parent, key) = pointer.rsplit_once('/').unwrap_or_default();
    let key = key.replace("~1", "/").replace("~0", "~");
    let action = dice.below(8);
    let odd = odd_value(dice);
    match request.pointer_mut(parent) {
        Some(Value::Object(map)) => match action {
            0 => drop(map.remove(&key)),
            1 => {
                let moved = map.remove(&key).unwrap_or_default();
                map.insert(odd_key(dice), moved);
            }
            2 => drop(map.insert(odd_key(dice), odd)),
            _ => drop(map.insert(key, odd)),
        },
        Some(Value::Array(list)) => match (action, key.parse::<usize>()) {
            (0, Ok(index)) if index < list.len() => drop(list.remove(index)),
            (1, Ok(index)) if index < list.len() => list.push(list[index].clone()),
            (2, _) => list.push(odd),
            (_, Ok(index)) if index < list.len() => list[index] = odd,
            _ => list.clear(),
        },
        _ => {}
    }
}

fn odd_key(dice: &mut Dice) -> String {
    let keys =
        ["", "__proto__", "id", "name", "type", "ключ", "\u{0}", "a\"b\\c", "method", "seed", "now", "observations"];
    keys[dice.below(keys.len())].to_owned()
}

fn odd_value(dice: &mut Dice) -> Value {
    let values = [
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(-1),
        json!(1),
        json!(2.5),
        json!(-0.0),
        json!(1e308),
        json!(1e-320),
        json!(9_007_199_254_740_993_u64),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(100.0),
        json!(1e18),
        json!(""),
        json!(" "),
        json!("a"),
        json!("0"),
        json!("1e999"),
        json!("nan"),
        json!("inf"),
        json!("-Infinity"),
        json!("infinity"),
        json!("$"),
        json!("${"),
        json!("$interval$version_labels$$"),
        json!("2026-06-01T09:00:00"),
        json!("9999-12-31T23:59:59Z"),
        json!("0001-01-01T00:00:00+23:59"),
        json!("2026-06-01T09:00:00.123456789Z"),
        json!("9".repeat(500)),
        json!("x".repeat(5000)),
        json!("\u{1F6A2}\u{0}\u{feff}"),
        json!([]),
        json!({}),
        json!([[]]),
        json!([null]),
        json!({"": null}),
        json!([["a", 1]]),
        json!({"value": {}}),
        json!([1, "two", {"three": 3}]),
        json!("v1"),
        json!("sequential"),
        json!("random"),
        json!("iter8_request_count"),
        json!("baseline"),
        json!("@raw"),
        json!("@raw"),
        json!({"versions": {}}),
        json!({"versions": {"baseline": {"iter8_request_count": [1, null, 2]}}}),
        json!({"versions": {"baseline": {"iter8_request_count": {"total": 5, "intervals": []}}}}),
    ];
    values[dice.below(values.len())].clone()
}

const ODD_BYTES: &[u8] = b"{}[],:\"\\0-eE.ntf\x00\x7f\xff\xc0\xed";

const RAW: [&str; 14] = [
    "NaN",
    "Infinity",
    "-Infinity",
    "1e400",
    "-1e400",
    "1E+9999999999",
    "\"\\ud800\"",
    "\"\\udc00\\ud800\"",
    "{\"a\":1,\"a\":2}",
    "0.00000000000000000000000000000000000000000000001e+60",
    "-0",
    "\"\\u0000\"",
    "123456789012345678901234567890123456789012345678901234567890",
    "\"\\ud83d\\ude00\"",
];
