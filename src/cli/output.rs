//! A command's words become bytes on standard output or standard error.
//!
//! Styles pass through `anstream`: they are stripped where the stream is no terminal or NO_COLOR is set. A reader
//! that went away (`| head`) is no fault: the command ends quietly.
//!
//! Not here: what is said.

use std::io::{self, ErrorKind, Write};

use super::Failure;

/// What goes to standard output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Output {
    /// These bytes and no others.
    Plain(String),
    /// Lines with ANSI styles, for those who can show them.
    Styled(String),
}

impl Output {
    /// Writes to standard output; adds no newline.
    pub(super) fn write(&self) -> Result<(), Failure> {
        let written = match self {
            Self::Plain(text) => write_all(io::stdout().lock(), text),
            Self::Styled(text) => write_all(anstream::stdout().lock(), text),
        };
        match written {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(Failure::Cannot(format!("cannot write to standard output: {error}")))
            }
            _ => Ok(()),
        }
    }
}

/// Writes `message` and a newline to standard error.
pub(super) fn write_error(message: &str) {
    // Where standard error is gone too there is nobody left to tell.
    let _ = writeln!(anstream::stderr().lock(), "{message}");
}

fn write_all(mut out: impl Write, text: &str) -> io::Result<()> {
    out.write_all(text.as_bytes())?;
    out.flush()
}
