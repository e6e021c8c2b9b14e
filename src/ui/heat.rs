//! One cell of the grid: a colour or a shade, a sign, and figures where there is room for them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use crate::app::score::Score;
use crate::theme::Theme;

/// What is to be seen in a cell.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cell {
    /// Its score, when known.
    pub value: Option<f32>,
    /// The chosen path runs through it.
    pub on_path: bool,
    /// It is in the cursor's row.
    pub in_row: bool,
    /// It is in the cursor's column.
    pub in_column: bool,
}

/// Sign of the chosen path.
const PATH: char = '•';

/// Paints `cell` over `area`, which is one row high.
pub(super) fn paint(buffer: &mut Buffer, area: Rect, cell: Cell, score: Score, theme: &Theme) {
    let heat = cell
        .value
        .map_or_else(|| theme.pending(), |value| theme.heat(score.intensity(value)));
    let figures = match cell.value {
        // Next to nothing is not worth a figure: the others are found faster.
        Some(value) if area.width >= 3 && value.abs() >= 0.005 => figures(value, usize::from(area.width) - 1),
        _ => String::new(),
    };
    let at_cursor = cell.in_row && cell.in_column;
    let blank = heat.fill == ' ' && figures.is_empty();
    for (offset, x) in (area.left()..area.right()).enumerate() {
        let sign = match offset {
            0 if cell.on_path => Some(PATH),
            0 if at_cursor => Some('◆'),
            _ if at_cursor => Some(' '),
            _ if blank && cell.in_row => Some('─'),
            0 if blank && cell.in_column => Some('│'),
            _ => None,
        };
        let figure = offset.checked_sub(1).and_then(|place| figures.as_bytes().get(place));
        let (symbol, mut style) = match (figure, sign) {
            (Some(&figure), _) => (char::from(figure), heat.over),
            (None, Some(sign)) => (sign, heat.over),
            (None, None) if figures.is_empty() && (offset == 0 || cell.value.is_some()) => (heat.fill, heat.style),
            (None, None) => (' ', heat.style),
        };
        if cell.on_path {
            style = style.add_modifier(Modifier::BOLD);
        }
        if at_cursor {
            style = style.patch(theme.cursor);
        } else if !blank && (cell.in_row || cell.in_column) {
            style = style.add_modifier(Modifier::UNDERLINED);
        }
        buffer[(x, area.y)].set_char(symbol).set_style(style);
    }
}

/// `value` in `room` characters, 2 or more: hundredths in two, then a decimal point and as many decimals as fit.
fn figures(value: f32, room: usize) -> String {
    if room == 2 {
        let hundredths = (value * 100.0).round();
        return if hundredths >= 100.0 {
            "1.".into()
        } else {
            format!("{:>2}", hundredths.max(0.0))
        };
    }
    let decimals = (0..room)
        .rev()
        .find(|&decimals| short(value, decimals).len() <= room)
        .unwrap_or(0);
    let text = short(value, decimals.min(3));
    format!("{text:>room$.room$}")
}

/// Without the zero before the decimal point when there is little room.
fn short(value: f32, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    match decimals {
        1..=2 => text.replacen(
            "0.",
            ".",
            usize::from(text.starts_with("0.") || text.starts_with("-0.")),
        ),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::figures;

    #[test]
    fn figures_fill_the_room_they_have() {
        assert_eq!(
            [0.832, 1.0, 0.04, -0.2].map(|value| figures(value, 2)),
            ["83", "1.", " 4", " 0"]
        );
        assert_eq!(
            [0.832, 1.0, -0.05, 1.25].map(|value| figures(value, 3)),
            [".83", "1.0", "-.1", "1.2"]
        );
        assert_eq!(
            [0.832, 1.0, -0.05].map(|value| figures(value, 4)),
            [" .83", "1.00", "-.05"]
        );
        assert_eq!(
            [0.832, 1.0, -0.052].map(|value| figures(value, 5)),
            ["0.832", "1.000", " -.05"]
        );
    }
}
