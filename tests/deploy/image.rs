//! The Dockerfile, built for real: what it copies compiles, and its last stage is an image that serves.
//!
//! No registry is needed: this machine's Rust does the work of the first stage, from no more files than that copies, and buildah
//! the last stage, which begins with nothing. `make tools-image` installs both.
//!
//! Not here: the base image of the first stage.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::text;

const TARGET: &str = "x86_64-unknown-linux-musl";
const NAME: &str = "localhost/iter8-analytics:test";

#[test]
#[ignore = "compiles a release"]
fn the_image_is_one_static_binary_that_serves_without_rights() {
    let dockerfile = text("Dockerfile");
    let (first, last) = dockerfile.split_once("\nFROM scratch\n").expect("two stages");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("image-{}", std::process::id()));
    let (source, stage) = (folder.join("source"), folder.join("build"));
    copy_as_told(first, &source);
    assert!(first.contains("cargo build --release --locked --bin iter8-analytics"), "{first}");
    let targets = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/image");
    let arguments = ["build", "--quiet", "--release", "--locked", "--bin", "iter8-analytics", "--target", TARGET];
    run(Command::new("cargo").current_dir(&source).args(arguments).env("CARGO_TARGET_DIR", &targets));

    // What the first stage leaves, where the last one looks for it.
    let binary = stage.join("source/target/release/iter8-analytics");
    fs::create_dir_all(binary.parent().expect("a folder")).expect("a folder");
    fs::copy(targets.join(TARGET).join("release/iter8-analytics"), &binary).expect("the binary");
    run(Command::new("strip").arg(&binary));
    let certificates = stage.join("etc/ssl/certs");
    fs::create_dir_all(&certificates).expect("a folder");
    fs::write(certificates.join("ca-certificates.crt"), "").expect("a file");
    fs::create_dir_all(stage.join("empty")).expect("a folder");
    fs::write(folder.join("Dockerfile"), format!("FROM scratch\n{last}")).expect("a file");
    let context = format!("build={}", stage.display());
    run(buildah(&folder, "build")
        .args(["--isolation", "chroot", "--build-context", &context, "--tag", NAME])
        .arg(&folder));

    let inspected = run(buildah(&folder, "inspect").args(["--type", "image", NAME]));
    let image: Value = serde_json::from_str(&inspected).expect("JSON");
    let config = &image["OCIv1"]["config"];
    assert_eq!(config["User"], "65532:65532", "{config}");
    assert_eq!(config["Entrypoint"], serde_json::json!(["/iter8-analytics"]), "{config}");
    assert!(config["ExposedPorts"]["8080/tcp"].is_object(), "{config}");
    let mebibytes = fs::metadata(&binary).expect("the binary").len() >> 20;
    assert!(mebibytes < 40, "{mebibytes} MiB");

    let container = run(buildah(&folder, "from").arg(NAME)).trim().to_owned();
    let inside = |arguments: &[&str]| {
        let mut command = buildah(&folder, "run");
        command.args(["--isolation", "chroot", &container, "--", "/iter8-analytics"]).args(arguments);
        command
    };
    assert_eq!(run(&mut inside(&["--version"])), format!("iter8-analytics {}\n", env!("CARGO_PKG_VERSION")));
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
    let mut serve = inside(&["serve", "--host", "127.0.0.1", "--port", &port.to_string()]);
    let _server = Server(serve.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a container"));
    let until = Instant::now() + Duration::from_secs(30);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < until, "the container does not listen");
        std::thread::sleep(Duration::from_millis(50));
    }
    drop(_server);
    let _ = fs::remove_dir_all(&folder);
}

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Copies what the `COPY` lines of `stage` say, from the repository to `target`.
fn copy_as_told(stage: &str, target: &Path) {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    for line in stage.lines().filter_map(|line| line.strip_prefix("COPY ")) {
        let mut words: Vec<&str> = line.split_whitespace().collect();
        let to = words.pop().expect("a target");
        for from in words {
            let name = Path::new(from).file_name().expect("a name");
            let to = if to.ends_with('/') { target.join(to).join(name) } else { target.join(to) };
            copy(&root.join(from), &to);
        }
    }
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        for entry in fs::read_dir(from).expect("a folder") {
            let entry = entry.expect("an entry");
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
        fs::copy(from, to).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    }
}

/// buildah with a store of this test's own, on any machine: neither an overlay nor namespaces are needed.
fn buildah(folder: &Path, command: &str) -> Command {
    let mut buildah = Command::new("buildah");
    buildah.args(["--storage-driver", "vfs"]).arg("--root").arg(folder.join("store")).arg("--runroot");
    buildah.arg(folder.join("run")).arg(command);
    buildah
}

/// What `command` prints; it must succeed.
fn run(command: &mut Command) -> String {
    let done = command.stdin(Stdio::null()).output();
    let done = done.unwrap_or_else(|error| panic!("{command:?} ({error}): `make tools-image` installs it"));
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).into_owned()
}
