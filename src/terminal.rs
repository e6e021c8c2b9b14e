//! The terminal: taken over on entering, given back whatever happens.

mod signals;

use std::io::{self, BufWriter, IsTerminal as _, Stdout, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::{panic, thread};

use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::style::Print;
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use crossterm::{cursor, execute, queue};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::{Position, Rect};
use ratatui::{Frame, Terminal};

pub use signals::{Signals, die_of, stop};

/// Buttons and wheel in the SGR encoding, but not every motion, which would flood the input.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";

/// Whether the terminal is ours at the moment.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Why the screen cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TerminalError {
    /// The output goes to a file or a pipe.
    #[error("the standard output is not a terminal; `enface align SOURCE TARGET -o FILE` works without one")]
    NotATerminal,
    /// The terminal did not obey.
    #[error("the terminal cannot be used: {0}")]
    Io(#[from] io::Error),
}

/// The screen, taken over until it is dropped.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
}

impl Screen {
    /// Takes the terminal over. From here on, a panic of this thread gives it back first, and a panic of any other
    /// thread prints nothing: whoever started that thread tells of it on the screen.
    ///
    /// # Errors
    /// [`TerminalError::NotATerminal`] when there is nothing to draw on.
    pub fn enter() -> Result<Self, TerminalError> {
        if !io::stdout().is_terminal() {
            return Err(TerminalError::NotATerminal);
        }
        let terminal = Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(1 << 16, io::stdout())))?;
        let screen = Self { terminal };
        guard_panics();
        take()?;
        Ok(screen)
    }

    /// Draws one frame, which the terminal shows as a whole where it can.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn draw(&mut self, render: impl FnOnce(&mut Frame)) -> Result<(), TerminalError> {
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        self.terminal.draw(render)?;
        execute!(self.terminal.backend_mut(), EndSynchronizedUpdate)?;
        Ok(())
    }

    /// Gives the terminal back, stops the process as the shell's job control does, and takes the terminal over again
    /// when the process goes on.
    ///
    /// # Errors
    /// When the terminal does not obey.
    pub fn suspend(&mut self) -> Result<(), TerminalError> {
        give_back();
        stop()?;
        self.resume()
    }

    /// Takes the terminal over again after somebody else had it.
    ///
    /// # Errors
    /// When the terminal does not obey.
    pub fn resume(&mut self) -> Result<(), TerminalError> {
        give_back();
        take()?;
        // `Terminal::clear` would ask for the cursor's position, whose answer the input thread takes away.
        let size = self.terminal.size()?;
        self.terminal.resize(Rect::from((Position::ORIGIN, size)))?;
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

fn take() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    execute!(
        io::stdout(),
        EnterAlternateScreen,
        EnableBracketedPaste,
        Print(MOUSE_ON),
        cursor::Hide
    )
}

/// Undoes [`take`]; does nothing when the terminal is not ours. There is nobody to tell if that fails.
fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let _ = execute!(
        io::stdout(),
        EndSynchronizedUpdate,
        Print(MOUSE_OFF),
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    );
    let _ = disable_raw_mode();
    let _ = io::stdout().flush();
}

fn guard_panics() {
    let screen_thread = thread::current().id();
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if thread::current().id() == screen_thread {
            give_back();
        }
        if !TAKEN.load(Ordering::SeqCst) {
            previous(info);
        }
    }));
}
