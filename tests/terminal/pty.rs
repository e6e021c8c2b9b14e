//! The real program in a pseudo-terminal, behind a terminal emulator.

use std::ffi::OsStr;
use std::io::{Read as _, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use vt100::{MouseProtocolMode, Parser};

/// Longest wait for anything; a slow machine with other work needs some of it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Size of the emulator behind a terminal of `size`: it breaks on a single row, so a small terminal is its upper left
/// corner.
fn roomy((columns, rows): (u16, u16)) -> (u16, u16) {
    (columns.max(80), rows.max(24))
}

/// A program and its terminal.
pub(crate) struct Terminal {
    parser: Arc<Mutex<Parser>>,
    writer: Box<dyn Write + Send>,
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
}

impl Terminal {
    /// Starts `program` on a terminal of true colours, so many columns wide and rows high.
    pub(crate) fn open<A: AsRef<OsStr>>(program: &str, arguments: &[A], size: (u16, u16)) -> Self {
        Self::open_with(program, arguments, size, &[])
    }

    /// The same, with other environment variables.
    pub(crate) fn open_with<A: AsRef<OsStr>>(
        program: &str,
        arguments: &[A],
        (columns, rows): (u16, u16),
        variables: &[(&str, &str)],
    ) -> Self {
        let size = PtySize {
            rows,
            cols: columns,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env("TERM", "xterm-256color");
        command.env("COLORTERM", "truecolor");
        command.env("RUST_BACKTRACE", "0");
        command.env_remove("NO_COLOR");
        command.env_remove("VTE_VERSION");
        command.cwd(Path::new(env!("CARGO_MANIFEST_DIR")));
        for (name, value) in variables {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        let (width, height) = roomy((columns, rows));
        let parser = Arc::new(Mutex::new(Parser::new(height, width, 0)));
        let (screen, mut reader) = (Arc::clone(&parser), pair.master.try_clone_reader().unwrap());
        thread::spawn(move || {
            let mut bytes = vec![0; 1 << 16];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                screen.lock().unwrap().process(&bytes[..count]);
            }
        });
        let writer = pair.master.take_writer().unwrap();
        Self {
            parser,
            writer,
            master: pair.master,
            child,
        }
    }

    /// The emulator, for a closer look.
    pub(crate) fn emulator(&self) -> MutexGuard<'_, Parser> {
        self.parser.lock().unwrap()
    }

    /// What is on screen, without the space at the ends of lines.
    pub(crate) fn text(&self) -> String {
        let contents = self.emulator().screen().contents();
        contents.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
    }

    /// Types `keys`, escape sequences included.
    pub(crate) fn send(&mut self, keys: &str) -> &mut Self {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
        self
    }

    /// Waits until `words` are on screen.
    pub(crate) fn wait_for(&mut self, words: &str) -> &mut Self {
        self.wait_until(words, |screen| screen.contents().contains(words))
    }

    /// Waits until `condition` holds, which `what` describes.
    pub(crate) fn wait_until(&mut self, what: &str, condition: impl Fn(&vt100::Screen) -> bool) -> &mut Self {
        let start = Instant::now();
        while !condition(self.emulator().screen()) {
            assert!(
                start.elapsed() < PATIENCE,
                "waited in vain for: {what}\n{}",
                self.text()
            );
            thread::sleep(Duration::from_millis(1));
        }
        self
    }

    /// Waits until the screen has not changed for a while.
    pub(crate) fn settle(&mut self) -> &mut Self {
        let mut last = String::new();
        loop {
            thread::sleep(Duration::from_millis(150));
            let now = self.text();
            if now == last {
                return self;
            }
            last = now;
        }
    }

    /// Gives the terminal another size.
    pub(crate) fn resize(&mut self, (columns, rows): (u16, u16)) -> &mut Self {
        let (width, height) = roomy((columns, rows));
        self.emulator().screen_mut().set_size(height, width);
        self.master
            .resize(PtySize {
                rows,
                cols: columns,
                pixel_width: 0,
                pixel_height: 0,
            })
            .unwrap();
        self
    }

    /// Sends a signal, such as `TERM`, to the program.
    pub(crate) fn signal(&mut self, name: &str) -> &mut Self {
        let process = self.child.process_id().unwrap();
        let kill = format!("kill -{name} {process}");
        assert!(
            std::process::Command::new("sh")
                .args(["-c", &kill])
                .status()
                .unwrap()
                .success()
        );
        self
    }

    /// Waits for the program to end.
    pub(crate) fn end(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "the program does not end\n{}", self.text());
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Asserts that the terminal is as a shell wants it: its own screen, a visible cursor, no mouse, no paste brackets,
    /// lines that are echoed.
    pub(crate) fn assert_restored(&mut self) {
        let restored = |screen: &vt100::Screen| {
            !screen.alternate_screen()
                && !screen.hide_cursor()
                && !screen.bracketed_paste()
                && screen.mouse_protocol_mode() == MouseProtocolMode::None
        };
        self.wait_until("the terminal restored", restored);
        let start = Instant::now();
        loop {
            // Debug output names the flags without another dependency for them.
            let modes = format!("{:?}", self.master.get_termios().unwrap().local_flags);
            if ["ICANON", "ECHO |", "ISIG"].iter().all(|flag| modes.contains(flag)) {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "{modes}");
            thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
