//! Alerts reach their channels: over real sockets, to receivers made here and to a real Alertmanager.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

mod alertmanager;
#[path = "../common/authority.rs"]
mod authority;
#[path = "../common/mod.rs"]
mod common;
mod delivery;
mod mail_tls;
mod receivers;
mod sending;
mod side_by_side;
mod tls;

use std::path::Path;

use swarmscope::config::Config;

/// A configuration with these channels.
fn config(text: &str) -> Config {
    Config::parse(text, Path::new("test.toml")).expect(text)
}

/// A file with a secret, as channels read it.
fn secret_file(folder: &tempfile::TempDir, name: &str, text: &str) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, text).expect("a file");
    format!("{{ file = {:?} }}", path.display().to_string())
}
