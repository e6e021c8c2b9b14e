//! What colours mean. The terminal's own foreground and background are inherited; only the heatmap paints cells.

use ratatui::style::{Color, Modifier, Style};

/// How many colours the terminal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// None, or none are wanted (`NO_COLOR`): shades and attributes only.
    Mono,
    /// The sixteen named colours.
    Named,
    /// The 256-colour palette of xterm.
    Indexed,
    /// 24-bit colours.
    True,
}

impl Depth {
    /// What the environment says: `NO_COLOR` (<https://no-color.org>), `COLORTERM`, `TERM`.
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Self {
        let read = |name: &str| variable(name).unwrap_or_default();
        let (colours, term) = (read("COLORTERM"), read("TERM"));
        if !read("NO_COLOR").is_empty() || term == "dumb" {
            Self::Mono
        } else if colours.contains("truecolor") || colours.contains("24bit") || term.ends_with("-direct") {
            Self::True
        } else if term.contains("256color") {
            Self::Indexed
        } else {
            Self::Named
        }
    }
}

/// Ten steps of *viridis* (S. van der Walt and N. Smith, CC0): equal steps look equal, lightness only rises, and it keeps
/// its order for colour-blind eyes.
const RAMP: [(u8, u8, u8); 10] = [
    (68, 1, 84),
    (72, 40, 120),
    (62, 74, 137),
    (49, 104, 142),
    (38, 130, 142),
    (31, 158, 137),
    (53, 183, 121),
    (110, 206, 88),
    (181, 222, 43),
    (253, 231, 37),
];

/// Steps of the heatmap where it is drawn with characters.
pub const SHADES: [char; 5] = [' ', '░', '▒', '▓', '█'];

/// How one cell of the heatmap looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Heat {
    /// What fills the cell: a space where the background carries the value, a shade elsewhere.
    pub fill: char,
    /// Style of the fill.
    pub style: Style,
    /// Style of a sign or number written over it.
    pub over: Style,
}

/// Meanings, resolved to styles.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    depth: Depth,
    /// Names of documents, the mode.
    pub title: Style,
    /// Ordinary text.
    pub text: Style,
    /// Indexes, labels, rules: what should step back.
    pub quiet: Style,
    /// The row or column of the cursor.
    pub current: Style,
    /// The cell of the cursor.
    pub cursor: Style,
    /// A sentence that has no translation.
    pub unaligned: Style,
    /// A figure that speaks well of a pair.
    pub sure: Style,
    /// A figure that should be looked at.
    pub unsure: Style,
    /// A job that goes on.
    pub progress: Style,
    /// A message that something went wrong.
    pub error: Style,
    /// A key in the footer or the help.
    pub key: Style,
}

impl Theme {
    /// The theme for a terminal of that many colours.
    pub fn new(depth: Depth) -> Self {
        let plain = Style::new();
        let paint = |colour: Color| if depth == Depth::Mono { plain } else { plain.fg(colour) };
        let quiet = if depth == Depth::Mono {
            plain
        } else {
            plain.add_modifier(Modifier::DIM)
        };
        Self {
            depth,
            title: plain.add_modifier(Modifier::BOLD),
            text: plain,
            quiet,
            current: paint(Color::Cyan).add_modifier(Modifier::BOLD),
            cursor: match depth {
                Depth::Mono | Depth::Named => plain.add_modifier(Modifier::REVERSED | Modifier::BOLD),
                Depth::Indexed | Depth::True => plain.fg(Color::Black).bg(Color::White).add_modifier(Modifier::BOLD),
            },
            unaligned: paint(Color::Magenta),
            sure: paint(Color::Green),
            unsure: paint(Color::Yellow).add_modifier(Modifier::BOLD),
            progress: paint(Color::Cyan),
            error: paint(Color::Red).add_modifier(Modifier::BOLD),
            key: plain.add_modifier(Modifier::BOLD),
        }
    }

    /// How a cell of intensity `value`, 0 to 1, looks.
    pub fn heat(&self, value: f32) -> Heat {
        let value = if value.is_finite() { value.clamp(0.0, 1.0) } else { 0.0 };
        match self.depth {
            Depth::True => painted(value, |(r, g, b)| Color::Rgb(r, g, b)),
            Depth::Indexed => painted(value, |colour| Color::Indexed(nearest_indexed(colour))),
            Depth::Named => {
                let colours = [Color::Blue, Color::Blue, Color::Cyan, Color::Green, Color::Yellow];
                shaded(value, Style::new().fg(colours[step(value)]))
            }
            Depth::Mono => shaded(value, Style::new()),
        }
    }

    /// How a cell looks whose score is not known yet.
    pub fn pending(&self) -> Heat {
        Heat {
            fill: '·',
            style: self.quiet,
            over: self.quiet,
        }
    }

    /// Style of `score`, a probability: good, or worth a look.
    pub fn certainty(&self, probability: f32) -> Style {
        if probability >= 0.9 {
            self.sure
        } else if probability >= 0.5 {
            self.text
        } else {
            self.unsure
        }
    }
}

fn step(value: f32) -> usize {
    ((value * SHADES.len() as f32) as usize).min(SHADES.len() - 1)
}

fn shaded(value: f32, style: Style) -> Heat {
    let step = step(value);
    let over = if step >= 3 {
        style.add_modifier(Modifier::BOLD)
    } else {
        style
    };
    Heat {
        fill: SHADES[step],
        style,
        over,
    }
}

fn painted(value: f32, colour: impl Fn((u8, u8, u8)) -> Color) -> Heat {
    let rgb = ramp(value);
    let ink = if lightness(rgb) > 0.5 {
        (0, 0, 0)
    } else {
        (255, 255, 255)
    };
    let style = Style::new().bg(colour(rgb)).fg(colour(ink));
    Heat {
        fill: ' ',
        style,
        over: style,
    }
}

/// The colour at `value`, 0 to 1, between two steps of the ramp.
fn ramp(value: f32) -> (u8, u8, u8) {
    let place = value * (RAMP.len() - 1) as f32;
    let low = (place as usize).min(RAMP.len() - 2);
    let share = place - low as f32;
    let (from, to) = (RAMP[low], RAMP[low + 1]);
    let mix = |from: u8, to: u8| (f32::from(from) + share * (f32::from(to) - f32::from(from))).round() as u8;
    (mix(from.0, to.0), mix(from.1, to.1), mix(from.2, to.2))
}

/// Perceived lightness, 0 to 1: CIE L* of the sRGB colour.
fn lightness((red, green, blue): (u8, u8, u8)) -> f32 {
    let linear = |channel: u8| (f32::from(channel) / 255.0).powf(2.2);
    let luminance = 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
    1.16 * luminance.cbrt() - 0.16
}

/// Levels of a channel in xterm's 6 x 6 x 6 colour cube.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// The nearest colour of xterm's colour cube.
fn nearest_indexed((red, green, blue): (u8, u8, u8)) -> u8 {
    let level = |channel: u8| {
        (0..6_u8)
            .min_by_key(|&at| CUBE[usize::from(at)].abs_diff(channel))
            .unwrap_or(0)
    };
    16 + 36 * level(red) + 6 * level(green) + level(blue)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rises(colours: impl Iterator<Item = (u8, u8, u8)>) -> bool {
        let lights: Vec<f32> = colours.map(lightness).collect();
        lights.windows(2).all(|pair| pair[1] >= pair[0] - 1e-4) && lights[lights.len() - 1] - lights[0] > 0.6
    }

    fn values() -> impl Iterator<Item = f32> {
        (0..=40_u8).map(|step| f32::from(step) / 40.0)
    }

    #[test]
    fn a_higher_score_is_always_lighter() {
        assert!(rises(values().map(ramp)));
        let cube = |index: u8| {
            let at = |step: u8| CUBE[usize::from(step % 6)];
            (at((index - 16) / 36), at((index - 16) / 6), at(index - 16))
        };
        assert!(rises(
            (0..10_u8).map(|step| cube(nearest_indexed(ramp(f32::from(step) / 9.0))))
        ));
    }

    #[test]
    fn the_order_survives_red_and_green_blindness() {
        // Dichromat simulation of Viénot, Brettel and Mollon (1999), on linear RGB.
        let simulate = |(red, green, blue): (u8, u8, u8), mix: f32| {
            let linear = |channel: u8| (f32::from(channel) / 255.0).powf(2.2);
            let common = mix * linear(red) + (1.0 - mix) * linear(green);
            let back = |value: f32| (value.powf(1.0 / 2.2) * 255.0).round() as u8;
            (back(common), back(common), blue)
        };
        for mix in [0.112, 0.293] {
            assert!(rises(values().map(|value| simulate(ramp(value), mix))));
        }
    }

    #[test]
    fn without_colour_the_shades_carry_the_score() {
        let mono = Theme::new(Depth::Mono);
        let fills: Vec<char> = [0.0, 0.3, 0.5, 0.7, 1.0].map(|value| mono.heat(value).fill).to_vec();
        assert_eq!(fills, SHADES);
        assert!(values().all(|value| mono.heat(value).style.fg.is_none() && mono.heat(value).style.bg.is_none()));
        assert_eq!(mono.heat(f32::NAN).fill, ' ');
    }

    #[test]
    fn the_environment_decides_the_depth() {
        let detect = |pairs: &'static [(&str, &str)]| {
            Depth::detect(|name| {
                pairs
                    .iter()
                    .find(|(known, _)| *known == name)
                    .map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(
            detect(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")]),
            Depth::True
        );
        assert_eq!(detect(&[("TERM", "xterm-256color")]), Depth::Indexed);
        assert_eq!(detect(&[("TERM", "linux")]), Depth::Named);
        assert_eq!(detect(&[("TERM", "xterm-256color"), ("NO_COLOR", "1")]), Depth::Mono);
        assert_eq!(detect(&[("TERM", "xterm-256color"), ("NO_COLOR", "")]), Depth::Indexed);
    }
}
