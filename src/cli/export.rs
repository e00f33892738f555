//! `swarmscope export`: the same files as the export routes give, without a server.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use futures::StreamExt;

use super::{CliError, Setup, now};
use crate::model::{Dataset, Format, Problem, Selection};
use crate::service::export::{ExportRequest, ExportStream, filter_for};
use crate::service::query::range_from;
use crate::wire::Layout;

/// Arguments of `export`.
#[derive(Debug, Args)]
#[command(after_help = "Formats: csv, json, ndjson, prom (one current value a series), om (OpenMetrics, all \
    samples), grafana.json.\n`all` is json (nested: tasks in agents in swarms) or ndjson (what ingest reads).\n\n\
    Example: swarmscope export tasks --format csv --from now-7d --filter result=failure -o failures.csv")]
pub struct ExportArgs {
    /// tasks, agent-metrics, swarm-metrics, events, healings, agents, memory or all
    #[arg(value_parser = selection)]
    dataset: Selection,
    /// csv, json, ndjson, prom, om or grafana.json
    #[arg(long, value_parser = format)]
    format: Format,
    /// First instant: RFC 3339, epoch milliseconds, or relative (now-6h) [default: everything]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    from: Option<String>,
    /// First instant after the range [default: everything]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    to: Option<String>,
    /// Only records whose field has this value; may be given several times
    #[arg(long, value_name = "FIELD=VALUE", value_parser = pair)]
    filter: Vec<(String, String)>,
    /// Write to FILE, which appears only when it is whole [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Compress with gzip
    #[arg(long)]
    gzip: bool,
    /// Indent JSON
    #[arg(long)]
    pretty: bool,
    /// Leave metadata out
    #[arg(long)]
    no_metadata: bool,
    /// Do not disarm formulas in CSV text
    #[arg(long)]
    no_guard: bool,
}

fn selection(name: &str) -> Result<Selection, String> {
    let known = || format!("known: {}, all", Dataset::ALL.map(Dataset::as_str).join(", "));
    Selection::parse(name).ok_or_else(known)
}

fn format(name: &str) -> Result<Format, String> {
    Format::parse(name).ok_or_else(|| format!("known: {}", Format::ALL.map(Format::extension).join(", ")))
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (field, value) = text.split_once('=').ok_or("write FIELD=VALUE")?;
    Ok((field.to_owned(), value.to_owned()))
}

impl ExportArgs {
    fn request(&self) -> Result<ExportRequest, Problem> {
        let pairs = self.filter.iter().map(|(field, value)| (field.as_str(), value.as_str()));
        Ok(ExportRequest {
            selection: self.dataset,
            format: self.format,
            range: range_from(self.from.as_deref(), self.to.as_deref(), now())?,
            filter: filter_for(self.dataset, pairs)?,
            layout: Layout { metadata: !self.no_metadata, pretty: self.pretty, guard: !self.no_guard },
            gzip: self.gzip,
        })
    }
}

/// Writes the export.
pub async fn run(args: ExportArgs, setup: &Setup) -> Result<ExitCode, CliError> {
    let request = args.request().map_err(|problem| CliError::Usage(problem.detail))?;
    let service = setup.open_existing().await?;
    let chunks = service.export(request).map_err(|error| CliError::Usage(error.problem().detail))?;
    let written = match &args.output {
        Some(file) => to_file(chunks, file).await,
        None => to_stdout(chunks).await,
    };
    service.store().close().await;
    written.map(|()| ExitCode::SUCCESS)
}

async fn to_stdout(chunks: ExportStream) -> Result<(), CliError> {
    match write(chunks, &mut io::stdout().lock()).await? {
        // The reader has seen enough (`… | head`).
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(CliError::Failed(format!("could not write to standard output: {error}"))),
        Ok(()) => Ok(()),
    }
}

/// Writes beside `file` first and renames, so that `file` is never half an export.
async fn to_file(chunks: ExportStream, file: &Path) -> Result<(), CliError> {
    let failed = |error: io::Error| CliError::Failed(format!("could not write {}: {error}", file.display()));
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut half = tempfile::Builder::new();
    #[cfg(unix)]
    half.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666)); // less what the umask takes away
    let mut half = half.prefix(".swarmscope-export-").tempfile_in(folder).map_err(failed)?;
    write(chunks, &mut half).await?.map_err(failed)?;
    half.as_file().sync_all().map_err(failed)?;
    half.persist(file).map_err(|error| failed(error.error))?;
    Ok(())
}

/// The outer error is the export's, the inner one the file's.
async fn write(mut chunks: ExportStream, out: &mut impl Write) -> Result<io::Result<()>, CliError> {
    while let Some(chunk) = chunks.next().await {
        if let Err(error) = out.write_all(&chunk?) {
            return Ok(Err(error));
        }
    }
    Ok(out.flush())
}
