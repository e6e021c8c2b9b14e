//! How long work tells how far it is, and learns that nobody waits for it any more.

/// The work was given up on request; what it had done so far is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cancelled")]
pub struct Cancelled;

/// Listens to a long computation. `()` listens to nothing and never cancels.
pub trait Monitor {
    /// Called every now and then with the units done out of `total`, from the thread that computes.
    ///
    /// # Errors
    /// [`Cancelled`] makes the computation stop and hand the error up.
    fn report(&mut self, done: usize, total: usize) -> Result<(), Cancelled>;
}

impl Monitor for () {
    fn report(&mut self, _done: usize, _total: usize) -> Result<(), Cancelled> {
        Ok(())
    }
}

impl<F: FnMut(usize, usize) -> Result<(), Cancelled>> Monitor for F {
    fn report(&mut self, done: usize, total: usize) -> Result<(), Cancelled> {
        self(done, total)
    }
}
