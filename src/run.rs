//! The interactive program: input, background and ticks go into one loop, which updates the state and draws it.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};
use crossbeam_channel::{Receiver, Sender, after, never, select, tick, unbounded};
use crossterm::event::{self, Event as Input, KeyEventKind, MouseButton, MouseEventKind};
use ratatui::layout::Position;

use crate::app::encoder::Encoder;
use crate::app::{App, Effect, Message};
use crate::keymap::{Key, Keyboard, Keymap, Press};
use crate::review::Decisions;
use crate::terminal::{Screen, Signals, die_of};
use crate::theme::{Depth, Theme};
use crate::ui::text::Bidi;
use crate::ui::{self, Look};
use crate::worker::keeper::Keeper;
use crate::worker::lens::Inquiry;
use crate::worker::{Export, Report, Survey, Work, Worker};

/// Shortest time from one frame to the next.
const FRAME: Duration = Duration::from_millis(16);

/// Time between two steps of the progress sign.
const TICK: Duration = Duration::from_millis(120);

/// What to show and how.
pub struct Session {
    /// The job that runs in the background.
    pub work: Arc<Work>,
    /// Writes the pairs to a file.
    pub export: Arc<Export>,
    /// Looks up the models to choose from.
    pub survey: Arc<Survey>,
    /// The model to begin with, and the host that others come from.
    pub encoder: Encoder,
    /// The path that an export suggests.
    pub suggestion: String,
    /// The file that decisions are kept in; without one they are forgotten.
    pub pins: Option<PathBuf>,
    /// What was decided earlier.
    pub decisions: Decisions,
    /// How many colours to use.
    pub depth: Depth,
    /// Who reorders right-to-left text.
    pub bidi: Bidi,
    /// The keys.
    pub keymap: Keymap,
}

/// Runs the program on the terminal until the person leaves it. The terminal is given back in every case. When a signal
/// asks for the end, the process ends by it.
///
/// # Errors
/// When there is no terminal, when it stops obeying, or when the job failed before there was anything to look at.
pub fn interactive(session: Session) -> anyhow::Result<()> {
    // First, lest a signal in between leave the terminal taken.
    let signals = Signals::watch().context("signals cannot be watched")?;
    let screen = Screen::enter()?;
    let (sender, reports) = unbounded();
    let mut app = App::new(session.suggestion).with_decisions(session.decisions);
    app.encoder = session.encoder;
    let mut shell = Shell {
        app,
        look: Look {
            theme: Theme::new(session.depth),
            bidi: session.bidi,
            keymap: session.keymap.clone(),
        },
        keyboard: Keyboard::new(session.keymap),
        keeper: session
            .pins
            .map(|path| Keeper::start(path, sender.clone()))
            .transpose()?,
        worker: Worker::new(session.work, session.export, session.survey, sender.clone()),
        inquiry: Inquiry::start(sender)?,
        screen,
        ending: None,
    };
    let ending = shell.run(&read_input()?, &reports, &signals);
    drop(shell);
    match ending? {
        Ending::Quit => Ok(()),
        Ending::GiveUp(message) => Err(anyhow!(message)),
        Ending::Signal(signal) => {
            die_of(signal);
            Ok(())
        }
    }
}

/// Why the loop ended.
#[derive(Debug, Clone)]
enum Ending {
    Quit,
    GiveUp(String),
    Signal(i32),
}

/// Everything that the loop moves.
struct Shell {
    app: App,
    look: Look,
    keyboard: Keyboard,
    worker: Worker,
    keeper: Option<Keeper>,
    inquiry: Inquiry,
    screen: Screen,
    ending: Option<Ending>,
}

impl Shell {
    fn run(
        &mut self,
        input: &Receiver<Input>,
        reports: &Receiver<Report>,
        signals: &Receiver<Signals>,
    ) -> anyhow::Result<Ending> {
        let (ticks, no_ticks) = (tick(TICK), never());
        let effects = self.app.start();
        self.carry_out(effects)?;
        self.draw()?;
        let mut drawn = Instant::now();
        let mut dirty = false;
        loop {
            let frame = if dirty {
                after(FRAME.saturating_sub(drawn.elapsed()))
            } else {
                never()
            };
            select! {
                recv(input) -> event => match event {
                    Ok(event) => dirty |= self.take_input(event)?,
                    // The terminal is gone.
                    Err(_) => return Ok(Ending::Quit),
                },
                recv(reports) -> report => if let Ok(report) = report {
                    self.update(Message::Report(report))?;
                    dirty = true;
                },
                recv(signals) -> signal => if let Ok(signal) = signal {
                    self.obey(signal)?;
                    dirty = true;
                },
                recv(if self.app.is_busy() { &ticks } else { &no_ticks }) -> _ => {
                    self.update(Message::Tick)?;
                    dirty = true;
                },
                recv(frame) -> _ => {}
            }
            for event in input.try_iter() {
                dirty |= self.take_input(event)?;
            }
            for report in reports.try_iter() {
                self.update(Message::Report(report))?;
                dirty = true;
            }
            if let Some(ending) = self.ending.take() {
                return Ok(ending);
            }
            if dirty && drawn.elapsed() >= FRAME {
                self.draw()?;
                drawn = Instant::now();
                dirty = false;
            }
        }
    }

    fn draw(&mut self) -> anyhow::Result<()> {
        let Self { app, look, screen, .. } = self;
        screen.draw(|frame| {
            let area = frame.area();
            if let Some(caret) = ui::draw(app, look, area, frame.buffer_mut()) {
                frame.set_cursor_position(caret);
            }
        })?;
        self.worker.look_at([self.app.place.source, self.app.place.target]);
        self.inquiry
            .ask(self.app.job.generation, &self.app.findings, self.app.lens.questions());
        Ok(())
    }

    /// Takes a terminal event in and says whether the screen must be drawn again.
    fn take_input(&mut self, input: Input) -> anyhow::Result<bool> {
        if matches!(input, Input::Resize(..)) {
            return Ok(true);
        }
        let Some(message) = message(&mut self.keyboard, &self.app, input) else {
            return Ok(false);
        };
        self.update(message)?;
        Ok(true)
    }

    fn update(&mut self, message: Message) -> anyhow::Result<()> {
        let effects = self.app.update(message);
        self.carry_out(effects)
    }

    fn carry_out(&mut self, effects: Vec<Effect>) -> anyhow::Result<()> {
        for effect in effects {
            match effect {
                Effect::Start(generation) => self.worker.start(generation, self.app.encoder.spec.clone()),
                Effect::Fetch(number, model) => self.worker.fetch(number, model),
                Effect::CancelFetch => self.worker.cancel_fetch(),
                Effect::Survey => self.worker.survey(self.app.job.generation),
                Effect::Cancel => self.worker.cancel(),
                Effect::Export { path, overwrite } => {
                    if let (Some(bitext), Some(alignment)) = (self.app.findings.bitext(), self.app.with_taken()) {
                        let bitext = Arc::clone(bitext);
                        self.worker
                            .export(self.app.job.generation, bitext, alignment, (path, overwrite));
                    }
                }
                Effect::Decide(decided) => {
                    // A job that was stopped, or failed, answers nothing; the next one begins with all decisions.
                    if !self.worker.decide(decided) {
                        let effects = self.app.start();
                        self.carry_out(effects)?;
                    }
                }
                Effect::Keep(text) => {
                    if let Some(keeper) = &self.keeper {
                        keeper.keep(self.app.job.generation, text);
                    }
                }
                Effect::Suspend => self.screen.suspend()?,
                Effect::Quit => self.ending = Some(Ending::Quit),
                Effect::GiveUp(message) => self.ending = Some(Ending::GiveUp(message)),
            }
        }
        Ok(())
    }

    fn obey(&mut self, signal: Signals) -> anyhow::Result<()> {
        match signal {
            Signals::End(signal) => self.ending = Some(Ending::Signal(signal)),
            Signals::Stop => self.screen.suspend()?,
            Signals::Continue => self.screen.resume()?,
        }
        Ok(())
    }
}

/// Starts the thread that reads the terminal. Its channel closes when the terminal is gone.
fn read_input() -> std::io::Result<Receiver<Input>> {
    let (sender, receiver): (Sender<Input>, _) = unbounded();
    let read = move || {
        while let Ok(input) = event::read() {
            if sender.send(input).is_err() {
                return;
            }
        }
    };
    thread::Builder::new().name("input".into()).spawn(read)?;
    Ok(receiver)
}

/// The message that a terminal event comes to, if any.
fn message(keyboard: &mut Keyboard, app: &App, input: Input) -> Option<Message> {
    match input {
        Input::Key(key) if key.kind != KeyEventKind::Release => match keyboard.press(app.context(), Key::new(&key)) {
            Press::Action(action) => Some(Message::Action(action)),
            Press::Text(character) => Some(Message::Text(character.into())),
            Press::Nothing => None,
        },
        Input::Paste(text) => Some(Message::Text(text)),
        Input::Mouse(mouse) => match mouse.kind {
            MouseEventKind::Down(MouseButton::Left) => Some(Message::Click(Position::new(mouse.column, mouse.row))),
            MouseEventKind::ScrollUp => Some(Message::Wheel(-1, 0)),
            MouseEventKind::ScrollDown => Some(Message::Wheel(1, 0)),
            MouseEventKind::ScrollLeft => Some(Message::Wheel(0, -1)),
            MouseEventKind::ScrollRight => Some(Message::Wheel(0, 1)),
            _ => None,
        },
        _ => None,
    }
}
