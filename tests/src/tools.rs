//! Where things are: the program under test, the browser, the second client.

use std::path::PathBuf;

/// The top folder of the project.
pub fn project() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the project's folder exists")
}

/// The program, built in the same profile as the test that asks.
pub fn program() -> PathBuf {
    binary("giaoban")
}

/// A binary of the workspace by its name.
pub fn binary(name: &str) -> PathBuf {
    let this = std::env::current_exe().expect("a test knows its own path");
    let profile = this
        .ancestors()
        .find(|folder| folder.file_name().is_some_and(|name| name == "debug" || name == "release"))
        .expect("tests are built under target/debug or target/release");
    let program = profile.join(name);
    assert!(program.exists(), "{} is not built: `make test` builds it first", program.display());
    program
}

/// Python with LiveKit's own client.
pub fn python() -> PathBuf {
    let python = project().join(".tools/venv/bin/python");
    assert!(python.exists(), "no {}: run tests/scripts/need.sh python", python.display());
    python
}

/// A script of `tests/browser`, whose packages must be installed.
pub fn browser_script(name: &str) -> PathBuf {
    let folder = project().join("tests/browser");
    assert!(folder.join("node_modules").exists(), "no Playwright: run tests/scripts/need.sh playwright");
    folder.join(name)
}
