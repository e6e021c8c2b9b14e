//! Matrix products in blocks that fill the registers, one thread each: callers share out the rows.
//!
//! A matrix lies in panels of [`LANES`] columns. A step takes a few neighbouring inputs of a row (one float, or two
//! integers) and their weights in every column of a panel. The code is safe: `pulp` hands out a token for an
//! instruction set only where the processor has it.

#![allow(
    clippy::inline_always,
    reason = "only what is inlined is compiled for the wider instruction set"
)]

pub(crate) mod float;
pub(crate) mod integer;

use pulp::NullaryFnOnce;

/// Columns of a panel: the 32-bit lanes of the widest registers.
const LANES: usize = 16;

/// The instructions that a product needs.
trait Dot: Copy {
    /// What a step takes from a row.
    type Activation: Copy;
    /// The weights that a step meets in a panel, as they are stored.
    type Stored;
    /// The same in registers.
    type Loaded: Copy;
    /// One sum for each column of a panel.
    type Sums: Copy;
    type Number: Copy + Default;

    fn zero(self) -> Self::Sums;
    fn load(self, stored: &Self::Stored) -> Self::Loaded;
    /// Adds, to each column's sum, the product of its weights with the activations.
    fn add(self, sums: Self::Sums, activation: Self::Activation, weights: Self::Loaded) -> Self::Sums;
    fn store(self, sums: Self::Sums) -> [Self::Number; LANES];
}

/// A product computed in blocks of `ROWS` rows and `PANELS` panels.
struct Product<'a, D: Dot, const ROWS: usize, const PANELS: usize> {
    dot: D,
    /// Panel by panel, step by step.
    panels: &'a [D::Stored],
    rows: &'a [&'a [D::Activation]],
    /// Rows of `outputs` sums.
    output: &'a mut [D::Number],
    outputs: usize,
}

impl<D: Dot, const ROWS: usize, const PANELS: usize> NullaryFnOnce for Product<'_, D, ROWS, PANELS> {
    type Output = ();

    #[inline(always)]
    fn call(mut self) {
        let Some(steps) = self.rows.first().map(|row| row.len()) else {
            return;
        };
        for (index, panels) in self.panels.chunks(PANELS * steps).enumerate() {
            let column = index * PANELS * LANES;
            let mut panels = panels.chunks_exact(steps);
            if panels.len() == PANELS {
                self.stripe::<PANELS>(std::array::from_fn(|_| panels.next().unwrap_or_default()), column);
            } else {
                for (index, panel) in panels.enumerate() {
                    self.stripe::<1>([panel], column + index * LANES);
                }
            }
        }
    }
}

impl<D: Dot, const ROWS: usize, const PANELS: usize> Product<'_, D, ROWS, PANELS> {
    /// Some columns of the output, all rows.
    #[inline(always)]
    fn stripe<const P: usize>(&mut self, panels: [&[D::Stored]; P], column: usize) {
        let mut row = 0;
        while row + ROWS <= self.rows.len() {
            self.block::<ROWS, P>(row, panels, column);
            row += ROWS;
        }
        while row + 2 <= self.rows.len() {
            self.block::<2, P>(row, panels, column);
            row += 2;
        }
        if row < self.rows.len() {
            self.block::<1, P>(row, panels, column);
        }
    }

    #[inline(always)]
    fn block<const R: usize, const P: usize>(&mut self, row: usize, panels: [&[D::Stored]; P], column: usize) {
        let steps = panels[0].len();
        let rows: [&[D::Activation]; R] = std::array::from_fn(|index| &self.rows[row + index][..steps]);
        let panels: [&[D::Stored]; P] = panels.map(|panel| &panel[..steps]);
        let mut sums = [[self.dot.zero(); P]; R];
        for step in 0..steps {
            // A plain loop: what `map` and longer chains call would be compiled for the narrow instruction set.
            let mut weights = [self.dot.load(&panels[0][step]); P];
            for (weights, panel) in weights.iter_mut().zip(&panels) {
                *weights = self.dot.load(&panel[step]);
            }
            for (sums, row) in sums.iter_mut().zip(&rows) {
                for (sum, &weights) in sums.iter_mut().zip(&weights) {
                    *sum = self.dot.add(*sum, row[step], weights);
                }
            }
        }
        for (index, sums) in sums.iter().enumerate() {
            let output = &mut self.output[(row + index) * self.outputs..(row + index + 1) * self.outputs];
            for (sums, output) in sums.iter().zip(output[column..].chunks_mut(LANES)) {
                output.copy_from_slice(&self.dot.store(*sums)[..output.len()]);
            }
        }
    }
}
