//! `swarmscope demo`: a store filled with a simulated swarm, to look around in.
//!
//! A demo store that has grown old is made anew, so that "the last 24 hours" has something to show.
//! A store with anything else in it is left alone.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::{CliError, Setup, now, terminal};
use crate::model::Micros;
use crate::model::time::HOUR;
use crate::service::demo;

/// Where the demo lives unless told otherwise: never in the store of real records.
pub const DEFAULT_DB: &str = ".swarm/demo.db";

/// A demo that ended longer ago is made anew.
const STALE_AFTER: i64 = 6 * HOUR;

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// What the simulation starts from: the same seed gives the same swarm
    #[arg(long, default_value_t = demo::SEED, value_name = "N")]
    seed: u64,
}

/// What is in the file already.
enum Found {
    /// Nothing.
    Empty,
    /// A demo of this seed that ends now, more or less.
    Fresh,
    /// Another demo.
    Stale,
    /// Records of somebody.
    Real,
}

/// Fills the store, unless it holds a fresh demo of the same seed.
pub async fn run(args: DemoArgs, setup: &Setup) -> Result<ExitCode, CliError> {
    let path = &setup.config.store.path;
    match look(setup, args.seed, now()).await? {
        Found::Fresh => {
            terminal::out(&format!("{} holds the demo of seed {} already", path.display(), args.seed));
            return Ok(ExitCode::SUCCESS);
        }
        Found::Real => {
            return Err(CliError::Failed(format!(
                "{} holds records that are no demo; name another file with --db",
                path.display()
            )));
        }
        Found::Stale => remove(path)?,
        Found::Empty => {}
    }
    let service = setup.open().await?;
    let count = service.fill_demo(args.seed, now()).await?;
    service.store().close().await;
    terminal::out(&format!(
        "{} holds {count} simulated records of {} days, made from seed {}",
        path.display(),
        demo::DAYS,
        args.seed
    ));
    Ok(ExitCode::SUCCESS)
}

async fn look(setup: &Setup, seed: u64, now: Micros) -> Result<Found, CliError> {
    if !setup.config.store.path.exists() {
        return Ok(Found::Empty);
    }
    let service = setup.open_existing().await?;
    let store = service.store();
    let (mark, bounds) = (store.info(demo::SEED_KEY).await?, store.bounds().await?);
    store.close().await;
    Ok(match (mark, bounds) {
        (None, None) => Found::Empty,
        (None, Some(_)) => Found::Real,
        (Some(of), Some(bounds)) if of == seed.to_string() && bounds.until.0 > now.0 - STALE_AFTER => Found::Fresh,
        (Some(_), _) => Found::Stale,
    })
}

/// Removes a store with SQLite's files beside it: a new file must not meet the old one's log.
fn remove(path: &Path) -> Result<(), CliError> {
    for end in ["-wal", "-shm", ""] {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        let file = PathBuf::from(name);
        match std::fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(CliError::Failed(format!("could not remove the old demo {}: {error}", file.display())));
            }
            _ => {}
        }
    }
    Ok(())
}
