//! `enface embed`: the encoder alone, for other programs.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::bar::Bar;
use super::encoder::ModelArg;
use crate::embed::Embedder;
use crate::embed::cut::Cut;
use crate::export::file::{self, Existing, WriteError};
use crate::export::numpy;
use crate::pipeline::{Observer as _, Progress, Stage};

/// Lines embedded at once: enough for the model to sort by length, few enough to hold their vectors.
const CHUNK: usize = 2048;

#[derive(Debug, Args)]
pub(super) struct EmbedArgs {
    /// UTF-8 text, one sentence a line, or `-` for standard input
    input: PathBuf,
    #[command(flatten)]
    model: ModelArg,
    /// File to write, or `-` for standard output: a matrix in NumPy's format, one row a line of the input, each of
    /// length 1
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Write 32-bit little-endian floats without a header
    #[arg(long)]
    raw: bool,
    /// Threads to compute with; all cores when left out
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    threads: usize,
    /// Replace the output file if it exists
    #[arg(long)]
    force: bool,
}

impl EmbedArgs {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let existing = if self.force { Existing::Replace } else { Existing::Keep };
        let to_standard_output = self.output == Path::new("-");
        // Better told now than after the work.
        if existing == Existing::Keep && !to_standard_output && self.output.is_file() {
            return Err(WriteError::Exists(self.output).into());
        }
        let text = read(&self.input)?;
        let lines: Vec<&str> = text.lines().collect();
        let pool = ThreadPoolBuilder::new().num_threads(self.threads).build()?;
        let model = pool.install(|| self.model.load())?;
        let mut bar = Bar::new();
        let engine = Engine { model, pool };
        let mut content = |out: &mut dyn Write| engine.write(&lines, self.raw, &mut bar, out);
        let outcome = if to_standard_output {
            let mut out = BufWriter::new(io::stdout());
            content(&mut out).and_then(|()| out.flush()).map_err(Into::into)
        } else {
            file::write(&self.output, existing, content).map_err(Into::into)
        };
        bar.clear();
        outcome
    }
}

/// All of a file; a mark of UTF-8 at its start is no part of the first sentence.
fn read(path: &Path) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        io::stdin()
            .read_to_end(&mut bytes)
            .context("standard input cannot be read")?;
    } else {
        File::open(path)
            .and_then(|mut file| file.read_to_end(&mut bytes))
            .with_context(|| format!("{} cannot be read", path.display()))?;
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)),
        Err(error) => {
            let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = valid.split(|byte| *byte == b'\n').count();
            bail!(
                "{} is not UTF-8 in line {line}: convert it, with iconv for instance",
                path.display()
            )
        }
    }
}

/// A model and the threads that it may use.
struct Engine {
    model: Box<dyn Embedder>,
    pool: ThreadPool,
}

impl Engine {
    /// Writes the vectors of `lines` as they are computed.
    fn write(&self, lines: &[&str], raw: bool, bar: &mut Bar, out: &mut dyn Write) -> io::Result<()> {
        if !raw {
            numpy::write_header(out, lines.len(), self.model.dimension())?;
        }
        let (mut done, mut cut) = (0, 0);
        for chunk in lines.chunks(CHUNK) {
            bar.progress(Progress {
                stage: Stage::Embedding,
                done,
                total: lines.len(),
            });
            let vectors = self.pool.install(|| self.model.encode(chunk));
            numpy::write_numbers(out, vectors.map_err(io::Error::other)?.as_slice())?;
            cut += self.model.count_cut(chunk).map_err(io::Error::other)?;
            done += chunk.len();
        }
        if let (1.., Some(limit)) = (cut, self.model.max_tokens()) {
            bar.cut(&Cut {
                segments: cut,
                model: self.model.name().to_owned(),
                limit,
            });
        }
        Ok(())
    }
}
