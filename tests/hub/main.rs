//! Models from the hub, with the real program and a stand-in for the hub.

// What clippy.toml allows inside tests is meant for their helpers as well.
#![allow(clippy::unwrap_used, clippy::panic)]

mod desk;
mod faults;
mod pulling;
mod stand_in;
