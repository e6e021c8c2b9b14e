//! The real program on a real (pseudo-)terminal.

#![cfg(unix)]
// What clippy.toml allows inside tests is meant for their helpers as well.
#![allow(clippy::unwrap_used, clippy::panic)]

mod demo;
mod ending;
mod models;
mod pace;
mod pty;
#[allow(dead_code, reason = "other tests draw vectors")]
#[path = "../made_up/random.rs"]
mod random;
#[path = "../hub/stand_in.rs"]
mod stand_in;
