//! `swarmscope ingest`: NDJSON from a file or standard input into the store, streamed.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

use super::{CliError, Setup, now, terminal};
use crate::model::time;
use crate::service::record::decode::{Compression, sniff};
use crate::service::record::{Intake, IntakeOptions, PumpError, Report};

/// Bytes read at once.
const BUFFER_BYTES: usize = 256 * 1024;
/// How often the progress line changes.
const PROGRESS_EVERY: Duration = Duration::from_millis(200);

/// Arguments of `ingest`.
#[derive(Debug, Args)]
pub struct IngestArgs {
    /// NDJSON, plain or compressed with gzip or zstd; - reads standard input
    #[arg(value_name = "FILE|-")]
    file: PathBuf,
    /// Offset of times that bring none, such as +09:00
    #[arg(long, value_name = "OFFSET", allow_hyphen_values = true)]
    assume_offset: Option<String>,
    /// Store all records or, when one is refused, none; the file is held in memory
    #[arg(long)]
    atomic: bool,
    /// Print the account as JSON
    #[arg(long)]
    json: bool,
}

/// Exit code 0 when every record was taken, 1 when one was refused or something failed.
pub async fn run(args: IngestArgs, setup: &Setup) -> Result<ExitCode, CliError> {
    let assume_offset = args
        .assume_offset
        .as_deref()
        .map(|text| {
            time::parse_offset(text)
                .map_err(|_| CliError::Usage(format!("--assume-offset {text} is no offset from UTC; write +09:00")))
        })
        .transpose()?;
    let name = if is_stdin(&args.file) { "standard input".into() } else { args.file.display().to_string() };
    let unreadable = |error: std::io::Error| CliError::Failed(format!("could not read {name}: {error}"));
    let (input, length) = open(&args.file).await.map_err(unreadable)?;
    let (compression, mut reader) = sniff(BufReader::with_capacity(BUFFER_BYTES, input)).await.map_err(unreadable)?;
    refuse_foreign(reader.fill_buf().await.map_err(unreadable)?, &name)?;

    let service = setup.open().await?;
    let mut intake = service.intake(IntakeOptions {
        now: now(),
        assume_offset,
        key: None,
        line_bytes_max: setup.config.ingest.line_bytes_max,
        atomic: args.atomic,
    });
    let mut progress = Progress::new(length.filter(|_| compression == Compression::None));
    let stopped = intake.pump(reader, u64::MAX, |bytes, intake| progress.show(bytes, intake)).await.err();
    let report = intake.finish().await;
    terminal::progress_done();
    service.store().close().await;
    tell(&report, &name, &args)?;
    match (&report.failure, stopped) {
        (Some(_), _) => Err(ended(report, &name)),
        (None, Some(PumpError::Read(error))) => Err(CliError::Failed(format!(
            "{name} could not be read to its end ({error}); it may be cut off. The {} records before that are stored",
            report.valid()
        ))),
        (None, _) if report.receipt.rejected_count > 0 => Ok(ExitCode::FAILURE),
        (None, _) => Ok(ExitCode::SUCCESS),
    }
}

fn ended(report: Report, name: &str) -> CliError {
    let stored = report.valid();
    match report.failure {
        Some(failure) => CliError::Failed(format!(
            "{name} was not taken to its end: {}; {stored} records are stored. Remove the cause and run it again: \
             what is stored counts once",
            super::line(&failure)
        )),
        None => CliError::Failed(format!("{name} was not taken to its end")),
    }
}

fn is_stdin(file: &Path) -> bool {
    file.as_os_str() == "-"
}

type Input = Box<dyn AsyncRead + Send + Unpin>;

async fn open(file: &Path) -> std::io::Result<(Input, Option<u64>)> {
    if is_stdin(file) {
        return Ok((Box::new(tokio::io::stdin()), None));
    }
    let opened = tokio::fs::File::open(file).await?;
    let metadata = opened.metadata().await?;
    if metadata.is_dir() {
        return Err(std::io::Error::other("it is a folder; name a file"));
    }
    Ok((Box::new(opened), metadata.is_file().then_some(metadata.len())))
}

/// Says what a file is that was named by mistake, instead of refusing each of its lines.
fn refuse_foreign(start: &[u8], name: &str) -> Result<(), CliError> {
    if let Some(at) = start.iter().position(|byte| *byte == 0) {
        return Err(CliError::Failed(format!(
            "{name} is no NDJSON: byte {at} is NUL; name a text file with one JSON object a line"
        )));
    }
    if start.trim_ascii_start().starts_with(b"[") {
        return Err(CliError::Failed(format!(
            "{name} is a JSON array, not NDJSON; turn it into lines: jq -c '.[]' {name} | swarmscope ingest -"
        )));
    }
    Ok(())
}

/// Prints the account, and a reason for every refused line that is listed.
fn tell(report: &Report, name: &str, args: &IngestArgs) -> Result<(), CliError> {
    let receipt = &report.receipt;
    for (refused, line) in receipt.rejected.iter().zip(&report.rejected_lines) {
        terminal::err(&format!("{name}:{line}: {}", refused.error));
    }
    let unlisted = receipt.rejected_count - receipt.rejected.len() as u64;
    if unlisted > 0 {
        terminal::err(&format!("{name}: {unlisted} more lines were refused"));
    }
    for (differing, line) in receipt.differing.iter().zip(&report.differing_lines) {
        terminal::err(&format!("{name}:{line}: {}", differing.error));
    }
    if args.json {
        let text = serde_json::to_string(receipt).map_err(|error| CliError::Failed(error.to_string()))?;
        terminal::out(&text);
        return Ok(());
    }
    let none_stored = args.atomic && receipt.rejected_count > 0;
    terminal::out(&format!(
        "{} read: {} new, {} known, {} known with other values, {} refused{}",
        report.read,
        receipt.accepted,
        receipt.duplicates,
        receipt.differing_count,
        receipt.rejected_count,
        if none_stored { ", so none was stored (--atomic)" } else { "" }
    ));
    if !receipt.ignored_fields.is_empty() {
        let fields: Vec<String> =
            receipt.ignored_fields.iter().map(|(field, count)| format!("{field} ({count})")).collect();
        terminal::err(&format!("fields that nothing reads: {}", fields.join(", ")));
    }
    Ok(())
}

/// The progress line.
struct Progress {
    started: Instant,
    shown: Instant,
    length: Option<u64>,
}

impl Progress {
    fn new(length: Option<u64>) -> Self {
        let now = Instant::now();
        Self { started: now, shown: now, length }
    }

    fn show(&mut self, bytes: u64, intake: &Intake) {
        if !terminal::watched() || self.shown.elapsed() < PROGRESS_EVERY {
            return;
        }
        self.shown = Instant::now();
        let receipt = intake.so_far();
        let stored = receipt.accepted + receipt.duplicates + receipt.differing_count;
        #[expect(clippy::cast_precision_loss, reason = "shown to one digit")]
        let (megabytes, rate) = (bytes as f64 / 1e6, stored as f64 / self.started.elapsed().as_secs_f64());
        let share = self.length.filter(|length| *length > 0).map(|length| format!(" ({} %)", bytes * 100 / length));
        terminal::progress(&format!(
            "{megabytes:.1} MB{} · {stored} records stored · {} refused · {rate:.0}/s",
            share.unwrap_or_default(),
            receipt.rejected_count
        ));
    }
}
