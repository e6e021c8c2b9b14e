//! **enface**: explore and align bitext in the terminal.
//!
//! ```text
//! files --read--> Document --segment--> [Segment] source / target
//!    --tokenize, plan batches--> encoder --> unit vectors
//!    --translation ranking--> cosine, margin, softmax both ways
//!    --align--> [Bead] with a posterior probability each
//!    --export--> TSV, vecalign, TMX, CSV, JSON lines
//!
//! input thread  --Key/Mouse/Resize--+
//! worker thread --progress, Arcs----+--> one select loop --> App::update(message) -> effects --> draw if dirty
//! signals, ticks -------------------+
//! ```
//!
//! Two halves. The **core** is data in, data out: no terminal, no threads of its own, no clock, no globals. A core module
//! imports only those above it in this list.
//!
//! | core | |
//! | --- | --- |
//! | [`monitor`] | progress and cancellation of long computations |
//! | [`document`] | files into paragraphs and sentences: formats, encodings, languages, segmentation rules |
//! | [`embed`] | sentence encoders: text into unit vectors; models from the hub, vectors in a cache |
//! | [`rank`] | translation ranking: cosine, margin, softmax probabilities both ways |
//! | [`space`] | maps of the vector space: whitening, adapters |
//! | [`align`] | m:n beads with posterior probabilities |
//! | [`learn`] | what the open pair teaches: words, and additive-margin translation ranking |
//! | [`export`] | beads into files, one file a format |
//! | [`review`] | what a person decides about beads |
//! | [`eval`] | measuring: retrieval of translations, alignments against gold, calibration |
//! | [`pipeline`] | all of it in a row, on the calling thread, watched by an observer |
//!
//! The **shell** is everything that touches the world.
//!
//! | shell | |
//! | --- | --- |
//! | [`action`], [`keymap`] | what a person can ask for, and the keys that ask for it; help and footer come from them |
//! | [`app`] | the state of the screen: `update(message) -> effects` |
//! | [`worker`] | background threads and what they report |
//! | [`theme`], [`ui`] | meanings into styles, state into cells |
//! | [`terminal`], [`run`] | the terminal taken over and given back; the one loop |
//! | [`cli`] | the command line |

pub mod align;
pub mod document;
pub mod embed;
pub mod eval;
pub mod export;
pub mod learn;
pub mod monitor;
pub mod pipeline;
pub mod rank;
pub mod review;
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
