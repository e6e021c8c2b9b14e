//! Someone in front of the screen: presses keys, and looks after every one.

use std::fmt::Write as _;

use enface::app::{App, Effect, Layer, Message, Mode};
use enface::keymap::{Key, Keyboard, Keymap, Press};
use enface::theme::Depth;
use enface::ui::{self, Look};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use crate::pair;

pub(crate) struct Person {
    pub(crate) app: App,
    pub(crate) look: Look,
    pub(crate) size: (u16, u16),
    pub(crate) effects: Vec<Effect>,
    keyboard: Keyboard,
}

impl Person {
    /// Sits down before `app` on a terminal of 80 x 24 without colours.
    pub(crate) fn at(app: App) -> Self {
        let keyboard = Keyboard::new(Keymap::shipped().unwrap());
        let mut person = Self {
            app,
            look: pair::look(Depth::Mono),
            size: (80, 24),
            effects: Vec::new(),
            keyboard,
        };
        person.look_at_screen();
        person
    }

    /// Presses keys, written as in the keymap and separated by spaces.
    pub(crate) fn press(&mut self, keys: &str) -> &mut Self {
        for key in keys.split_whitespace() {
            let key: Key = key.parse().unwrap();
            match self.keyboard.press(self.app.context(), key) {
                Press::Action(action) => self.send(Message::Action(action)),
                Press::Text(character) => self.send(Message::Text(character.into())),
                Press::Nothing => {}
            }
        }
        self
    }

    pub(crate) fn send(&mut self, message: Message) {
        let effects = self.app.update(message);
        self.effects.extend(effects);
        self.look_at_screen();
    }

    /// Draws until nothing is left to be computed in the background.
    pub(crate) fn look_at_screen(&mut self) -> Buffer {
        loop {
            let area = Rect::new(0, 0, self.size.0, self.size.1);
            let mut buffer = Buffer::empty(area);
            ui::draw(&mut self.app, &self.look, area, &mut buffer);
            let questions = self.app.lens.questions().to_vec();
            let answers: Vec<_> = questions
                .iter()
                .filter_map(|question| question.answer(&self.app.findings))
                .collect();
            if answers.is_empty() {
                return buffer;
            }
            for answer in answers {
                self.app.lens.learn(answer);
            }
        }
    }

    /// The state in a line: `grid 3:4 cosine x2` is the third source and fourth target sentence, two columns a cell.
    pub(crate) fn state(&self) -> String {
        let App {
            mode,
            place,
            grid,
            layer,
            ..
        } = &self.app;
        let place = format!("{}:{}", place.source + 1, place.target + 1);
        let mode = match mode {
            Mode::Grid if grid.step() > 1 => format!("grid {place} {} /{}", grid.score.name(), grid.step()),
            Mode::Grid => format!("grid {place} {} x{}", grid.score.name(), grid.cell_width()),
            Mode::Pairs => format!("pairs {place}"),
        };
        match layer {
            Layer::None => mode,
            Layer::Help(line) => format!("{mode}, help from {line}"),
            Layer::Export(prompt) => format!("{mode}, export to {}|{}", prompt.parts().0, prompt.parts().1),
            Layer::Lessons => format!("{mode}, lessons"),
            Layer::Overwrite(path) => format!("{mode}, overwrite {}?", path.display()),
            Layer::Models(picker) => {
                let shown = picker.shown();
                let chosen = shown
                    .get(picker.row())
                    .map_or(String::new(), |model| model.spec.to_string());
                format!("{mode}, {chosen} of {} models", shown.len())
            }
            Layer::Download(spec) => format!("{mode}, download {spec}?"),
        }
    }
}

/// The symbols on screen, without the space behind them.
pub(crate) fn symbols(buffer: &Buffer) -> String {
    let rows = (0..buffer.area.height).map(|y| {
        let mut row = String::new();
        let mut x = 0;
        while x < buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            row.push_str(symbol);
            x += ui::text::width(symbol).max(1) as u16;
        }
        row.trim_end().to_owned()
    });
    rows.collect::<Vec<_>>().join("\n")
}

/// The symbols, then every run of styled cells: `row: columns style`.
pub(crate) fn styled(buffer: &Buffer) -> String {
    let mut text = symbols(buffer) + "\n\n";
    for y in 0..buffer.area.height {
        let mut runs: Vec<(u16, u16, String)> = Vec::new();
        for x in 0..buffer.area.width {
            let style = describe(buffer[(x, y)].style());
            match runs.last_mut() {
                Some((_, end, last)) if *last == style && *end == x => *end += 1,
                _ => runs.push((x, x + 1, style)),
            }
        }
        let runs = runs.into_iter().filter(|(_, _, style)| !style.is_empty());
        let runs: Vec<String> = runs
            .map(|(start, end, style)| format!("{start}..{end} {style}"))
            .collect();
        if !runs.is_empty() {
            _ = writeln!(text, "{y}: {}", runs.join(", "));
        }
    }
    text
}

fn describe(style: Style) -> String {
    let colour = |name: &str, colour: Option<Color>| match colour {
        None | Some(Color::Reset) => None,
        Some(colour) => Some(format!("{name}{colour}")),
    };
    let attributes = [
        (Modifier::BOLD, "bold"),
        (Modifier::DIM, "dim"),
        (Modifier::UNDERLINED, "underlined"),
        (Modifier::REVERSED, "reversed"),
    ];
    let attributes = attributes
        .into_iter()
        .filter(|(attribute, _)| style.add_modifier.contains(*attribute));
    let colours = [colour("", style.fg), colour("on ", style.bg)].into_iter().flatten();
    colours
        .chain(attributes.map(|(_, name)| name.to_owned()))
        .collect::<Vec<_>>()
        .join(" ")
}
