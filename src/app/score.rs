//! The scores that a cell can show.

use super::findings::Findings;

/// What the cells of the grid show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Score {
    /// Cosine of the two vectors.
    #[default]
    Cosine,
    /// `P(target | source)`.
    TargetGivenSource,
    /// `P(source | target)`.
    SourceGivenTarget,
    /// Geometric mean of both probabilities.
    Both,
    /// Ratio margin against the nearest neighbours of both.
    Margin,
    /// Cosine in the space that was learned from the pair.
    Adapted,
    /// What learning added to the cosine.
    Difference,
}

impl Score {
    const ALL: [Self; 7] = [
        Self::Cosine,
        Self::TargetGivenSource,
        Self::SourceGivenTarget,
        Self::Both,
        Self::Margin,
        Self::Adapted,
        Self::Difference,
    ];

    /// The score `steps` further in the cycle, which holds the last two only where something was `learned`.
    #[must_use]
    pub fn cycled(self, steps: isize, learned: bool) -> Self {
        let all = if learned { &Self::ALL[..] } else { &Self::ALL[..5] };
        let at = all.iter().position(|&score| score == self).unwrap_or(0);
        all[at.wrapping_add_signed(steps + all.len().cast_signed()) % all.len()]
    }

    /// Its name on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cosine => "cosine",
            Self::TargetGivenSource => "P(target|source)",
            Self::SourceGivenTarget => "P(source|target)",
            Self::Both => "P both ways",
            Self::Margin => "margin",
            Self::Adapted => "learned",
            Self::Difference => "learned less cosine",
        }
    }

    /// The scores between which colours are spread.
    pub fn span(self) -> (f32, f32) {
        match self {
            Self::Margin => (0.6, 1.6),
            Self::Difference => (-0.5, 0.5),
            _ => (0.0, 1.0),
        }
    }

    /// The value of a cell, as soon as what it needs has been computed.
    pub fn of(self, findings: &Findings, source: usize, target: usize) -> Option<f32> {
        self.from_cosine(findings, source, target, findings.cosine(source, target)?)
    }

    /// The value of a cell whose cosine is known.
    pub fn from_cosine(self, findings: &Findings, source: usize, target: usize, cosine: f32) -> Option<f32> {
        match self {
            Self::Cosine => return Some(cosine),
            Self::Adapted => return findings.adapted(source, target),
            Self::Difference => return Some(findings.adapted(source, target)? - cosine),
            _ => {}
        }
        let ranking = findings.ranking()?;
        let forward = || ranking.target_given_source(source, cosine);
        let backward = || ranking.source_given_target(target, cosine);
        Some(match self {
            Self::Cosine | Self::Adapted | Self::Difference => cosine,
            Self::TargetGivenSource => forward(),
            Self::SourceGivenTarget => backward(),
            Self::Both => (forward() * backward()).sqrt(),
            Self::Margin => ranking.margin(source, target, cosine),
        })
    }

    /// Where `value` stands in the span of colours, 0 to 1.
    pub fn intensity(self, value: f32) -> f32 {
        let (low, high) = self.span();
        ((value - low) / (high - low)).clamp(0.0, 1.0)
    }
}
