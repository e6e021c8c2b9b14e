//! Signals as messages: whoever owns the screen decides when to give it back.

use std::io;
use std::thread;

use crossbeam_channel::{Receiver, unbounded};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::low_level::emulate_default_handler;

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signals {
    /// End, by this signal.
    End(i32),
    /// Stop until further notice.
    Stop,
    /// Go on after a stop.
    Continue,
}

impl Signals {
    /// Watches the signals that end, stop and continue the process. When a second one asks for the end, the process
    /// ends without waiting: the screen's owner may be stuck.
    ///
    /// # Errors
    /// When the system refuses to hand signals over.
    pub fn watch() -> io::Result<Receiver<Self>> {
        let (sender, receiver) = unbounded();
        let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT])?;
        let watch = move || {
            let mut ending = false;
            for signal in signals.forever() {
                let message = match signal {
                    SIGTSTP => Self::Stop,
                    SIGCONT => Self::Continue,
                    _ if ending => return die_of(signal),
                    _ => Self::End(signal),
                };
                ending |= matches!(message, Self::End(_));
                let _ = sender.send(message);
            }
        };
        thread::Builder::new().name("signals".into()).spawn(watch)?;
        Ok(receiver)
    }
}

/// Stops the process as if nobody had caught the stop signal, and returns when it goes on.
///
/// # Errors
/// When the system refuses.
pub fn stop() -> io::Result<()> {
    emulate_default_handler(SIGTSTP)
}

/// Ends the process as if nobody had caught `signal`, so that the parent sees what it died of.
pub fn die_of(signal: i32) {
    let _ = emulate_default_handler(signal);
}
