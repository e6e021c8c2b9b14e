//! Learning the pair: translation ranking with an additive margin on the two open documents.
//!
//! Sentence vectors `x` (source) and `y` (target) come from a fixed encoder. One small [`Map`](crate::space::Map) a side moves them; the pair
//! of maps is the [`Adapter`](crate::space::Adapter). It starts where whitening ends, is trained on beads that are believed to be right, and is
//! dropped where it does not help.
//!
//! **Translation ranking** ([`objective`], [`train`]): with unit vectors `u_i`, `v_j` after the maps, `s(i, j) = u_i . v_j`, scale `a` and margin `m`, the loss over the known pairs is
//! (Guo et al. 2018, eq. 3; Yang et al. 2019, eq. 5 and 6; Feng et al. 2020, eq. 1 and 2)
//!
//! ```text
//! L  = - sum over pairs (i, j) of ln  exp(a (s(i,j) - m)) / ( exp(a (s(i,j) - m)) + sum over j' != j of exp(a s(i,j')) )
//! L' = the same with source and target exchanged
//! loss = (L + L') / number of pairs
//! ```
//!
//! The margin is taken off the true pair's score only, so a pair must win clearly. Negatives are all other beads of
//! the document, as the cross-accelerator negative sampling of Feng et al. (§3.2) uses all sentences of the global batch:
//! vectors are computed once, so the similarity matrix can be complete.

pub mod objective;
pub mod rounds;
pub mod train;
