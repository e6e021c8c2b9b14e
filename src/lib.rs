//! **enface** — explore and align bitext in the terminal.
//!
//! ```text
//! files --read--> Document --segment--> [Segment] source / target
//!    --tokenize, plan batches--> encoder --> unit vectors
//!    --translation ranking--> cosine, softmax both ways
//!    --align--> [Bead]
//!    --export--> TSV, ...
//! ```
//!
//! Two halves. The **core** ([`document`], [`embed`], [`space`], [`rank`], [`align`], [`learn`], [`eval`],
//! [`export`]) is data in, data out: no
//! terminal, no threads of its own, no clock, no globals. The **shell** (command line, worker, application state,
//! screen) is everything that touches the world. Core modules import only core modules that stand before them in
//! that list.

pub mod align;
pub mod document;
pub mod embed;
pub mod eval;
pub mod export;
pub mod learn;
pub mod monitor;
pub mod pipeline;
pub mod rank;
pub mod space;

pub mod action;
pub mod app;
pub mod cli;
pub mod keymap;
pub mod run;
pub mod terminal;
pub mod theme;
pub mod ui;
pub mod worker;
