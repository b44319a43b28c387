//! Which experiments there are, and by which configuration: what filters tell and the assessor reads.
//!
//! `iter8/directory` lists the experiments; each has a record of its configuration: generation, the hashes of the
//! configurations so far, the text. A new text is a new generation. One exception: a worker's virtual machine that is
//! started again, while an old listener drains, brings an old text; it is the first of its machine and known, so it is none.
//!
//! Not here: what a configuration means.

use super::config::Config;
use super::host::Host;
use super::shared::{self, LAYOUT};

/// An experiment's configuration, as the assessor finds it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Record {
    pub(super) generation: u64,
    hashes: Vec<u64>,
    pub(super) text: Vec<u8>,
}

/// Makes the experiment known; gives how often anything registered, which no two callers have in common.
pub(super) fn register(host: &impl Host, config: &Config, text: &[u8], is_first: bool) -> u64 {
    let key = shared::key(&config.name, config.shape, CONFIG);
    let first = Record { generation: 1, hashes: vec![config.hash], text: text.to_vec() };
    shared::create(host, &key, &first.encode());
    shared::update(host, &key, |old| {
        let mut record = Record::decode(old)?;
        let is_current = record.hashes.last() == Some(&config.hash);
        let comes_back = is_first && record.hashes.contains(&config.hash);
        if is_current || comes_back {
            return None;
        }
        record.generation += 1;
        record.hashes.retain(|hash| *hash != config.hash);
        record.hashes.push(config.hash);
        record.hashes.drain(..record.hashes.len().saturating_sub(HASHES_MAX));
        record.text = text.to_vec();
        Some(record.encode())
    });
    shared::create(host, DIRECTORY, &[LAYOUT]);
    let line = format!("{key}\n");
    shared::update(host, DIRECTORY, |old| {
        let is_listed = keys(old).any(|known| known == key);
        // The newest experiments are those that have traffic.
        (!is_listed).then(|| {
            let kept: Vec<&str> = keys(old).collect();
            let kept = kept.get(kept.len().saturating_sub(EXPERIMENTS_MAX - 1)..).unwrap_or_default();
            let lines: String = kept.iter().map(|key| format!("{key}\n")).collect();
            [&[LAYOUT], lines.as_bytes(), line.as_bytes()].concat()
        })
    });
    number(host)
}

/// The keys of the records of all experiments.
pub(super) fn listed(host: &impl Host) -> Vec<String> {
    let directory = host.read(DIRECTORY).map(|(bytes, _)| bytes).unwrap_or_default();
    keys(&directory).map(str::to_owned).collect()
}

/// The record at `key`.
pub(super) fn record(host: &impl Host, key: &str) -> Option<Record> {
    Record::decode(&host.read(key)?.0)
}

fn keys(directory: &[u8]) -> impl Iterator<Item = &str> {
    let text = directory.strip_prefix(&[LAYOUT]).unwrap_or_default();
    std::str::from_utf8(text).unwrap_or_default().lines()
}

/// How often anything asked for a number: one that nobody else has.
pub(super) fn number(host: &impl Host) -> u64 {
    shared::create(host, NUMBER, &shared::encode(&[0.0]));
    let mut number = 0.0;
    shared::update(host, NUMBER, |old| {
        number = shared::decode(old)?.first()? + 1.0;
        Some(shared::encode(&[number]))
    });
    number as u64
}

impl Record {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![LAYOUT, self.hashes.len() as u8];
        bytes.extend_from_slice(&self.generation.to_le_bytes());
        self.hashes.iter().for_each(|hash| bytes.extend_from_slice(&hash.to_le_bytes()));
        bytes.extend_from_slice(&self.text);
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (head, rest) = bytes.split_at_checked(2)?;
        let (numbers, text) = rest.split_at_checked(8 * (1 + usize::from(*head.last()?)))?;
        let mut numbers = numbers.as_chunks::<8>().0.iter().map(|bytes| u64::from_le_bytes(*bytes));
        let generation = numbers.next()?;
        (head.first() == Some(&LAYOUT)).then(|| Self { generation, hashes: numbers.collect(), text: text.to_vec() })
    }
}

/// An experiment's configuration.
pub(super) const CONFIG: &str = "config";
const DIRECTORY: &str = "iter8/directory";
const NUMBER: &str = "iter8/number";
/// Configurations that are remembered as old ones.
const HASHES_MAX: usize = 16;
/// Experiments that one assessor looks after.
const EXPERIMENTS_MAX: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_comes_back_and_a_broken_one_is_none() {
        let record = Record { generation: 3, hashes: vec![5, 7], text: b"{}".to_vec() };
        let bytes = record.encode();
        assert_eq!(Record::decode(&bytes), Some(record));
        for length in 0..2 + 3 * 8 {
            assert_eq!(Record::decode(&bytes[..length]), None, "{length}");
        }
    }
}
