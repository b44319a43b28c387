//! The README's commands are run as they stand, and print what it shows.
//!
//! A block of `console` holds lines that start with `$ ` and, behind each, what it prints. The commands run in the
//! repository's root, where the paths that they name are. With README_UPDATE set (`make readme`) the README gets what
//! is printed now, for a person to look at. Not here: commands that build or start something, which stand in blocks
//! of `sh`.

use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn what_the_readme_shows_is_what_is_printed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let shown = fs::read_to_string(&path).unwrap();
    assert!(shown.matches("\n$ ").count() >= 3, "the README shows examples");
    let printed = with_what_is_printed(&shown);
    if std::env::var_os("README_UPDATE").is_some() {
        fs::write(path, printed).unwrap();
    } else {
        assert!(shown == printed, "the README shows something else; `make readme` would make it:\n{printed}");
    }
}

/// `readme` with the output of its commands in the place of what it shows.
fn with_what_is_printed(readme: &str) -> String {
    let mut parts = readme.split(OPEN);
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        let (block, rest) = part.split_once("```").unwrap();
        text.push_str(OPEN);
        for command in block.lines().filter_map(|line| line.strip_prefix("$ ")) {
            text.push_str(&format!("$ {command}\n{}\n", run(command).trim_end()));
        }
        text.push_str("```");
        text.push_str(rest);
    }
    text
}

fn run(command: &str) -> String {
    let folder = Path::new(env!("CARGO_BIN_EXE_iter8-analytics")).parent().unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
    let root = env!("CARGO_MANIFEST_DIR");
    let output = Command::new("bash").args(["-c", command]).current_dir(root).env("PATH", path).output().unwrap();
    String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
}

const OPEN: &str = "```console\n";
