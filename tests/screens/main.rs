//! The screen without a terminal: keys in, state and cells out.

// What clippy.toml allows inside tests is meant for their helpers as well.
#![allow(clippy::unwrap_used, clippy::panic)]

mod chaos;
mod drawing;
mod keys;
mod models;
mod moves;
mod pair;
mod person;
mod review;
