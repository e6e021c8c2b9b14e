//! The thread that keeps what a person decided: the newest text wins, and the last one is written before the program ends.

use std::path::PathBuf;
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::{Event, Report};
use crate::export::file::{self, Existing};

/// The keeping end.
#[derive(Debug)]
pub struct Keeper {
    texts: Option<Sender<(u64, String)>>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Starts the thread, which writes to `path` and reports what fails.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub fn start(path: PathBuf, reports: Sender<Report>) -> std::io::Result<Self> {
        let (texts, waiting) = unbounded();
        let thread = thread::Builder::new()
            .name("keeper".into())
            .spawn(move || keep(&path, &waiting, &reports))?;
        Ok(Self {
            texts: Some(texts),
            thread: Some(thread),
        })
    }

    /// Has `text` written in place of all before; a failure is reported in the name of job `generation`.
    pub fn keep(&self, generation: u64, text: String) {
        if let Some(texts) = &self.texts {
            let _ = texts.send((generation, text));
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.texts = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn keep(path: &std::path::Path, waiting: &Receiver<(u64, String)>, reports: &Sender<Report>) {
    while let Ok(first) = waiting.recv() {
        let (generation, text) = waiting.try_iter().last().unwrap_or(first);
        let written = file::write(path, Existing::Replace, |out| out.write_all(text.as_bytes()));
        if let Err(error) = written {
            let event = Event::NotSaved(format!(
                "what was decided is not saved: {:#}",
                anyhow::Error::new(error)
            ));
            let _ = reports.send(Report { generation, event });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_decision_is_on_disk_when_the_program_ends() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.b.pins");
        let (sender, reports) = unbounded();
        let keeper = Keeper::start(path.clone(), sender).unwrap();
        for number in 0..50 {
            keeper.keep(1, format!("[{number}]:[{number}]:1\n"));
        }
        drop(keeper);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "[49]:[49]:1\n");
        assert!(reports.try_recv().is_err());
    }

    #[test]
    fn what_cannot_be_saved_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let (sender, reports) = unbounded();
        let keeper = Keeper::start(folder.path().join("no/where.pins"), sender).unwrap();
        keeper.keep(3, "[0]:[0]:1\n".into());
        drop(keeper);
        let report = reports.recv().unwrap();
        assert!(
            report.generation == 3 && matches!(report.event, Event::NotSaved(message) if message.contains("not saved"))
        );
    }
}
