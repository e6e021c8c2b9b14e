//! `enface models`: which encoders there are, and bringing them here.

mod pull;
mod quantize;
mod remove;

use std::io::{self, BufRead as _, Write};

use clap::{Args, Subcommand};
use indicatif::HumanBytes;

use super::{encoder, local};
use crate::embed::Laser;
use crate::embed::hub::Hub;
use crate::embed::models::{LASER2_LANGUAGES, ModelSpec, Place, Shelved, shelf};

#[derive(Debug, Args)]
pub(super) struct ModelsArgs {
    #[command(subcommand)]
    command: Option<ModelsCommand>,
}

#[derive(Debug, Subcommand)]
enum ModelsCommand {
    /// Download an encoder from the Hugging Face hub; tells the size and asks first
    Pull(pull::PullArgs),
    /// Write an encoder that is on this machine in a compact form, for --model NAME:q8 or NAME:q4
    Quantize(quantize::QuantizeArgs),
    /// Delete a downloaded encoder; asks first
    Remove(remove::RemoveArgs),
}

impl ModelsArgs {
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self.command {
            None => Ok(list(&encoder::hub(), &local::shelved(), &mut io::stdout().lock())?),
            Some(ModelsCommand::Pull(args)) => args.run(),
            Some(ModelsCommand::Quantize(args)) => args.run(),
            Some(ModelsCommand::Remove(args)) => args.run(),
        }
    }
}

/// Lists the known models, what else lies in the hub's cache, and what is in folders of the program's own.
fn list(hub: &Hub, own: &[Shelved], out: &mut dyn Write) -> io::Result<()> {
    laser(own, out)?;
    for model in shelf(hub).iter().chain(own) {
        let place = match model.place {
            Place::Program => "in the program".to_owned(),
            Place::Here(bytes) => format!("{} on this machine", HumanBytes(bytes)),
            Place::Part(bytes) => format!(
                "{} on this machine, not all of it; `enface models pull` goes on",
                HumanBytes(bytes)
            ),
            Place::Absent => "not on this machine".to_owned(),
        };
        // Names of folders may hold anything.
        let name = format!("{}  ", model.spec.to_string().escape_debug());
        writeln!(out, "{name:<18}{place}")?;
        let Some(known) = model.spec.known() else { continue };
        writeln!(out, "    {}", known.about)?;
        if let Some(repository) = known.repository {
            let download = HumanBytes(known.download);
            writeln!(out, "    hub: {repository}, about {download}")?;
        }
        writeln!(out, "    licence: {}", known.licence)?;
        let languages = known.languages;
        writeln!(out, "    {} languages: {}", languages.len(), languages.join(" "))?;
    }
    Ok(())
}

/// LASER2 has files of its own kind and is on no hub.
fn laser(own: &[Shelved], out: &mut dyn Write) -> io::Result<()> {
    let is_laser = |model: &&Shelved| matches!(&model.spec, ModelSpec::Folder(folder) if Laser::is_in(folder));
    let place = match own.iter().find(is_laser).map(|model| model.place) {
        Some(Place::Here(bytes)) => format!("{} on this machine", HumanBytes(bytes)),
        _ => "not on this machine; `--model laser2` says where its files go".to_owned(),
    };
    writeln!(out, "{:<18}{place}", "laser2")?;
    writeln!(out, "    LASER2: layers of LSTM, from files of the LASER project")?;
    writeln!(out, "    licence: BSD-3-Clause")?;
    let languages = LASER2_LANGUAGES;
    writeln!(out, "    {} languages: {}", languages.len(), languages.join(" "))
}

/// Asks a question that is answered with yes or no; no answer means no.
fn confirm(question: &str) -> io::Result<bool> {
    let mut out = io::stderr().lock();
    write!(out, "{question} [y/N] ")?;
    out.flush()?;
    let mut answer = String::new();
    if io::stdin().lock().read_line(&mut answer)? == 0 {
        writeln!(out)?;
    }
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_is_here_is_told_from_what_is_not() {
        let root = tempfile::tempdir().unwrap();
        for name in ["sentence-transformers--LaBSE", "someone--other\u{1b}"] {
            let model = root.path().join(format!("models--{name}"));
            fs::create_dir_all(model.join("snapshots/abc")).unwrap();
            fs::create_dir_all(model.join("refs")).unwrap();
            fs::write(model.join("refs/main"), "abc").unwrap();
            fs::write(model.join("snapshots/abc/config.json"), "12345").unwrap();
        }
        let part = root.path().join("models--intfloat--multilingual-e5-base/blobs");
        fs::create_dir_all(&part).unwrap();
        fs::write(part.join("0123.incomplete"), "1234567").unwrap();
        let mut listing = Vec::new();
        let own = Shelved {
            spec: ModelSpec::Folder("models/labse-q8".into()),
            place: Place::Here(7),
        };
        list(&Hub::new(root.path()), &[own], &mut listing).unwrap();
        let listing = String::from_utf8(listing).unwrap();
        let line = |start: &str| listing.lines().find(|line| line.starts_with(start)).unwrap();
        assert!(line("use-multilingual").contains("in the program"));
        assert!(line("labse").contains("5 B on this machine"), "{listing}");
        assert!(line("e5-small").contains("not on this machine"));
        assert!(line("e5-base").contains("7 B on this machine, not all"), "{listing}");
        assert!(line("someone/other").contains("5 B") && !listing.contains('\u{1b}'));
        assert!(line("models/labse-q8").contains("7 B on this machine"));
        assert!(line("laser2").contains("not on this machine"));
        assert!(listing.contains("109 languages: af am"));
    }
}
