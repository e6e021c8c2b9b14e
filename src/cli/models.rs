//! `enface models`: which encoders there are.

use std::io::{self, Write};

use indicatif::HumanBytes;

use super::encoder;
use crate::embed::hub::{CachedModel, Hub};
use crate::embed::models::KNOWN;

/// Lists the known models and what else lies in the hub's cache.
pub(super) fn list() -> anyhow::Result<()> {
    Ok(write(&encoder::hub(), &mut io::stdout().lock())?)
}

fn write(hub: &Hub, out: &mut dyn Write) -> io::Result<()> {
    let here = hub.models();
    let found = |repository: &str| here.iter().find(|model| model.repository == repository);
    for model in KNOWN {
        let place = match model.repository {
            None => "in the program".to_owned(),
            Some(repository) => found(repository).map_or("not on this machine".to_owned(), size),
        };
        writeln!(out, "{:<18}{place}", model.name)?;
        writeln!(out, "    {}", model.about)?;
        if let Some(repository) = model.repository {
            writeln!(out, "    hub: {repository}")?;
        }
        writeln!(out, "    licence: {}", model.licence)?;
        let languages = model.languages;
        writeln!(out, "    {} languages: {}", languages.len(), languages.join(" "))?;
    }
    let others = here.iter().filter(|model| {
        let mut repositories = KNOWN.iter().filter_map(|known| known.repository);
        repositories.all(|repository| repository != model.repository)
    });
    for model in others {
        // Names of folders may hold anything.
        writeln!(out, "{}    {}", model.repository.escape_debug(), size(model))?;
    }
    Ok(())
}

fn size(model: &CachedModel) -> String {
    format!("{} on this machine", HumanBytes(model.bytes))
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
        let mut listing = Vec::new();
        write(&Hub::new(root.path()), &mut listing).unwrap();
        let listing = String::from_utf8(listing).unwrap();
        let line = |start: &str| listing.lines().find(|line| line.starts_with(start)).unwrap();
        assert!(line("use-multilingual").contains("in the program"));
        assert!(line("labse").contains("5 B on this machine"), "{listing}");
        assert!(line("e5-small").contains("not on this machine"));
        assert!(line("someone/other").contains("5 B") && !listing.contains('\u{1b}'));
        assert!(listing.contains("109 languages: af am"));
    }
}
