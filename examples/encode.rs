//! Embeds the lines of a file, several times over, and says how long each time took.
//!
//! ```text
//! cargo run --release --example encode -- SENTENCES.txt VECTORS.f32 [THREADS] [REPEATS] [FOLDER[:8]]
//! ```
//!
//! FOLDER holds a model in the format of sentence-transformers, in 8 bits where `:8` is put behind it; the bundled one
//! is taken without. Vectors are written as 32-bit floats without a header. The scripts in `benches` run this beside the
//! original implementations.

use std::time::Instant;

use anyhow::{Context, Result};
use enface::embed::{Embedder, Precision, Transformer, TransformerOptions, UseMultilingual};

fn load(folder: Option<String>) -> Result<Box<dyn Embedder>> {
    let Some(folder) = folder else {
        return Ok(Box::new(UseMultilingual::load()?));
    };
    let (folder, precision) = match folder.strip_suffix(":8") {
        Some(folder) => (folder, Precision::EightBit),
        None => (folder.as_str(), Precision::Full),
    };
    let options = TransformerOptions {
        precision,
        ..TransformerOptions::default()
    };
    Ok(Box::new(Transformer::load(folder, folder.as_ref(), options)?))
}

#[allow(clippy::print_stdout, reason = "the times are what this program is for")]
fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let sentences = arguments.next().context("which file holds the sentences?")?;
    let vectors = arguments.next().context("where should the vectors go?")?;
    let threads: usize = arguments.next().map_or(Ok(1), |threads| threads.parse())?;
    let repeats: usize = arguments.next().map_or(Ok(1), |repeats| repeats.parse())?;

    let text = std::fs::read_to_string(&sentences).with_context(|| sentences.clone())?;
    let lines: Vec<&str> = text.lines().collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let start = Instant::now();
    let folder = arguments.next();
    let model = pool.install(|| load(folder))?;
    println!("load {:.3}", start.elapsed().as_secs_f64());
    for _ in 0..repeats {
        let start = Instant::now();
        let encoded = pool.install(|| model.encode(&lines))?;
        println!("encode {:.4}", start.elapsed().as_secs_f64());
        let bytes: Vec<u8> = encoded
            .as_slice()
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        std::fs::write(&vectors, bytes).with_context(|| vectors.clone())?;
    }
    Ok(())
}
