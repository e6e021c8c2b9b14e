//! Embeds the lines of a file with the bundled model, several times over, and says how long each time took.
//!
//! ```text
//! cargo run --release --example encode -- SENTENCES.txt VECTORS.f32 [THREADS] [REPEATS]
//! ```
//!
//! Vectors are written as 32-bit floats without a header. `benches/compare_numpy.py` runs this beside the original.

use std::time::Instant;

use anyhow::{Context, Result};
use enface::embed::{Embedder, UseMultilingual};

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
    let model = pool.install(UseMultilingual::load)?;
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
