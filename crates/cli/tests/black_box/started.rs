//! A call of the program that waits for a person: its lines on standard error come one by one, and it ends when they
//! have acted, or with this value.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::thread::{JoinHandle, spawn};

use rustix::process::Signal;
use stage::{PATIENCE, Running};

use crate::session::Said;

/// A program that runs.
pub(crate) struct Started {
    running: Running,
    lines: Receiver<String>,
    err: String,
    out: Option<JoinHandle<String>>,
}

impl Started {
    /// Starts it with `input` on its standard input.
    pub(crate) fn new(command: Command, input: &[u8]) -> Self {
        let mut running = Running::start("lablink", command).unwrap();
        let child = running.child();
        let mut stdin = child.stdin.take().unwrap();
        // A program that does not want its input closes it.
        let _ = stdin.write_all(input);
        drop(stdin);
        let (tell, lines) = channel();
        let err = BufReader::new(child.stderr.take().unwrap());
        spawn(move || {
            for line in err.lines() {
                // Nobody listens once the test is over.
                let _ = tell.send(line.unwrap());
            }
        });
        let mut stdout = child.stdout.take().unwrap();
        let out = spawn(move || {
            let mut text = String::new();
            stdout.read_to_string(&mut text).unwrap();
            text
        });
        Self {
            running,
            lines,
            err: String::new(),
            out: Some(out),
        }
    }

    /// What stands behind `start` on the next line that begins so.
    pub(crate) fn told(&mut self, start: &str) -> String {
        loop {
            let Ok(line) = self.lines.recv_timeout(PATIENCE) else {
                self.running.end();
                let out = self.out.take().unwrap().join().unwrap();
                panic!("never said “{start}”: {}{out}", self.err);
            };
            self.err.push_str(&line);
            self.err.push('\n');
            if let Some(rest) = line.strip_prefix(start) {
                return rest.to_owned();
            }
        }
    }

    /// The address to sign in at.
    pub(crate) fn address(&mut self) -> String {
        self.told("open: ")
    }

    /// The code to type, and where.
    pub(crate) fn code(&mut self) -> (String, String) {
        let line = self.told("code: ");
        let (code, at) = line.split_once(" at: ").unwrap();
        (code.to_owned(), at.to_owned())
    }

    /// Presses Ctrl-C.
    pub(crate) fn interrupt(&self) {
        self.running.signal(Signal::INT).unwrap();
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Said {
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            self.err.push_str(&line);
            self.err.push('\n');
        }
        let status = self.running.child().wait().unwrap();
        Said {
            status: status.code().unwrap_or(-1),
            out: self.out.take().unwrap().join().unwrap(),
            err: std::mem::take(&mut self.err),
        }
    }
}
