//! The README's commands are run as they stand, and print what it shows.
//!
//! A block of `console` holds lines that start with `$ ` and, behind each, what it prints. The commands run in the
//! repository's root, where the paths that they name are. Not here: commands that build or start something, which
//! stand in blocks of `sh`.

use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn what_the_readme_shows_is_what_is_printed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let mut runs = 0;
    for block in readme.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap();
        for example in block.split("$ ").skip(1) {
            let (command, expected) = example.split_once('\n').unwrap();
            let binary = Path::new(env!("CARGO_BIN_EXE_iter8-analytics")).parent().unwrap();
            let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap_or_default());
            let output =
                Command::new("bash").args(["-c", command]).current_dir(root).env("PATH", path).output().unwrap();
            let printed = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
            assert_eq!(printed.trim_end(), expected.trim_end(), "$ {command}");
            runs += 1;
        }
    }
    assert!(runs >= 3, "the README shows examples");
}
