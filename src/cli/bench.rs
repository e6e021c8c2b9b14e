//! `enface bench`: how good an encoder is.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::ensure;
use clap::{Args, Subcommand};

use super::encoder::ModelArg;
use crate::eval::tatoeba::{self, Accuracy, GROUPS, Score};

#[derive(Debug, Args)]
pub(super) struct BenchArgs {
    #[command(subcommand)]
    test: Test,
}

#[derive(Debug, Subcommand)]
enum Test {
    /// How often the nearest neighbour of a sentence is its translation, on LASER's Tatoeba test set
    Tatoeba(TatoebaArgs),
}

#[derive(Debug, Args)]
struct TatoebaArgs {
    /// Folder of the files tatoeba.xxx-eng.xxx and tatoeba.xxx-eng.eng
    folder: PathBuf,
    /// Languages by their codes in the file names, such as deu,fra; all when left out
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    langs: Vec<String>,
    #[command(flatten)]
    model: ModelArg,
}

impl BenchArgs {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Test::Tatoeba(args) = self.test;
        args.run(&mut io::stdout().lock())
    }
}

impl TatoebaArgs {
    fn run(self, out: &mut dyn Write) -> anyhow::Result<()> {
        let mut languages = tatoeba::languages(&self.folder)?;
        for wanted in &self.langs {
            let there = languages.join(" ");
            ensure!(
                languages.contains(wanted),
                "there is no language {wanted:?} in {}, only {there}",
                self.folder.display()
            );
        }
        languages.retain(|language| self.langs.is_empty() || self.langs.contains(language));
        let model = self.model.load()?;
        writeln!(out, "{:18}{:>6}{:^24}{:^24}", model.name(), "", "cosine", "margin")?;
        let directions = format!("{:>8}{:>8}{:>8}", "to en", "from en", "mean");
        writeln!(out, "{:18}{:>6}{directions}{directions}", "language", "pairs")?;
        let mut scores = Vec::new();
        for language in &languages {
            let score = tatoeba::score(&self.folder, language, model.as_ref())?;
            row(out, language, score.pairs, score.cosine, score.margin)?;
            out.flush()?;
            scores.push(score);
        }
        Ok(averages(&scores, out)?)
    }
}

/// Averages over those languages of each group that were scored, and over all.
fn averages(scores: &[Score], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out)?;
    for group in GROUPS {
        let members: Vec<&Score> = scores.iter().filter(|score| group.contains(&score.language)).collect();
        average(
            out,
            &format!("{} {}/{}", group.name, members.len(), group.size),
            &members,
        )?;
    }
    average(
        out,
        &format!("all {}", scores.len()),
        &scores.iter().collect::<Vec<_>>(),
    )
}

fn average(out: &mut dyn Write, name: &str, scores: &[&Score]) -> io::Result<()> {
    if scores.is_empty() {
        return Ok(());
    }
    let pairs = scores.iter().map(|score| score.pairs).sum();
    let mean = |of: fn(&Score) -> Accuracy| {
        let share =
            |way: fn(Accuracy) -> f64| scores.iter().map(|score| way(of(score))).sum::<f64>() / scores.len() as f64;
        Accuracy {
            to_english: share(|accuracy| accuracy.to_english),
            from_english: share(|accuracy| accuracy.from_english),
        }
    };
    row(out, name, pairs, mean(|score| score.cosine), mean(|score| score.margin))
}

fn row(out: &mut dyn Write, name: &str, pairs: usize, cosine: Accuracy, margin: Accuracy) -> io::Result<()> {
    write!(out, "{name:18}{pairs:>6}")?;
    for accuracy in [cosine, margin] {
        let (to, from, mean) = (accuracy.to_english, accuracy.from_english, accuracy.mean());
        write!(out, "{to:8.4}{from:8.4}{mean:8.4}")?;
    }
    writeln!(out)
}
