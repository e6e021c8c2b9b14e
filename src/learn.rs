//! Learning the pair: translation ranking with an additive margin on the two open documents.
//!
//! An encoder is fixed; what is learned is how to compare two runs of segments of *this* pair. Three steps, none of which
//! needs a person:
//!
//! 1. Each side's vectors are evened out ([`whiten`](crate::space::whiten)).
//! 2. From beads that are believed, the words of each side learn vectors of the other side's space
//!    ([`WordVectors`](crate::align::WordVectors), closed form).
//! 3. How much the encoder and the words of either side count, three strengths `t`, is what makes the believed beads
//!    win the translation ranking ([`objective`], [`strengths`]).
//!
//! With the evidence `f(i, j)` of a pair of runs and `s(i, j) = t . f(i, j)`, margin `m`, the loss over the believed beads, each with
//! its weight `p_i`, is (Guo et al. 2018, eq. 3; Yang et al. 2019, eq. 5 and 6; Feng et al. 2020, eq. 1 and 2)
//!
//! ```text
//! L  = - sum over i of p_i ln  exp(s(i,i) - m) / ( exp(s(i,i) - m) + sum over j != i of exp s(i,j) )
//! L' = the same with source and target exchanged
//! loss = (L + L') / sum of p_i
//! ```
//!
//! The margin is taken off the true pair's score only, so a pair must win clearly. Negatives are all other beads of
//! the document up to a budget, as the cross-accelerator negative sampling of Feng et al. (§3.2) uses all sentences of the
//! global batch; sentences that repeat are no negatives of each other, and beads that a person rejected are. The scale that the papers multiply
//! unit vectors by is learned too: it is the length of `t`.
//!
//! Maps of whole vectors, trained by the same loss, were tried and left out: on beads kept out they rank hardly better than
//! evened-out vectors, where words rank three times better in languages that the encoder never saw.
//!
//! [`rounds`] alternates aligning and learning. A part of the beads is kept out of step 3 and decides whether its result
//! is used, scaled back, or dropped.
//!
//! What of the aligner itself depends on the pair: ratio and spread of lengths, and which endings go together, are read off the
//! first path; the temperature of the ranking is the length of `t`; rates of nulls and shapes, and the temperature of
//! the posteriors, are learned from a person's decisions ([`Habits`](crate::align::Habits)).

pub mod objective;
pub mod rounds;
pub mod strengths;
