//! What the background is doing.

use crate::pipeline::Progress;

/// Where the background job stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Phase {
    /// Going on; nothing was heard from it yet when `None`.
    Running(Option<Progress>),
    /// All done.
    Finished,
    /// Stopped by the person.
    Cancelled,
    /// Ended with this message.
    Failed(String),
    /// Not started.
    #[default]
    Idle,
}

/// The job and its number: messages of earlier jobs are not for us.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Job {
    /// Counts the jobs of this run of the program.
    pub generation: u64,
    /// How it is going.
    pub phase: Phase,
}

impl Job {
    /// Whether it still works.
    pub fn is_running(&self) -> bool {
        matches!(self.phase, Phase::Running(_))
    }
}
