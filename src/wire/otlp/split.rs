//! JSON objects in a stream of lines: one a line, or broken over many lines, with or without anything
//! between them.
//!
//! A line that begins with `{` in its first column begins an object: what was open then was cut off, and
//! costs only itself.

/// One object, or what is left of one.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece {
    /// The bytes of an object or array, and the line it began in.
    Whole(u64, Vec<u8>),
    /// It began in this line and never ended, or is no object at all.
    Broken(u64),
}

/// Largest object, in bytes; a longer one is skipped.
pub const OBJECT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Puts objects together.
#[derive(Debug, Default)]
pub struct Splitter {
    open: Vec<u8>,
    began: u64,
    line: u64,
    depth: usize,
    in_text: bool,
    escaped: bool,
    /// A word that is no object was met in this line already.
    strayed: bool,
}

impl Splitter {
    /// Takes the next line, without its end; `each` gets what is complete.
    pub fn line(&mut self, line: &[u8], each: &mut dyn FnMut(Piece)) {
        self.line += 1;
        self.strayed = false;
        if line.first() == Some(&b'{') && self.depth > 0 {
            each(Piece::Broken(self.began));
            self.reset();
        }
        if self.depth > 0 {
            self.open.push(b'\n');
        }
        for &byte in line {
            self.byte(byte, each);
        }
        if self.open.len() > OBJECT_BYTES_MAX {
            each(Piece::Broken(self.began));
            self.reset();
        }
    }

    /// The end of the stream.
    pub fn end(&mut self, each: &mut dyn FnMut(Piece)) {
        if self.depth > 0 {
            each(Piece::Broken(self.began));
            self.reset();
        }
    }

    fn byte(&mut self, byte: u8, each: &mut dyn FnMut(Piece)) {
        if self.depth == 0 {
            match byte {
                b'{' | b'[' => self.began = self.line,
                b' ' | b'\t' | b'\r' | b',' | 0xef | 0xbb | 0xbf => return,
                _ if self.strayed => return,
                _ => {
                    self.strayed = true;
                    return each(Piece::Broken(self.line));
                }
            }
        }
        self.open.push(byte);
        match (self.in_text, byte) {
            (true, _) if self.escaped => self.escaped = false,
            (true, b'\\') => self.escaped = true,
            (_, b'"') => self.in_text = !self.in_text,
            (false, b'{' | b'[') => self.depth += 1,
            (false, b'}' | b']') => {
                self.depth -= 1;
                if self.depth == 0 {
                    each(Piece::Whole(self.began, std::mem::take(&mut self.open)));
                }
            }
            _ => {}
        }
    }

    fn reset(&mut self) {
        let line = self.line;
        *self = Self { line, ..Self::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut each = |piece: Piece| {
            found.push(match piece {
                Piece::Whole(line, bytes) => {
                    format!("{line} {}", String::from_utf8(bytes).expect("UTF-8").replace('\n', "/"))
                }
                Piece::Broken(line) => format!("{line} broken"),
            });
        };
        let mut splitter = Splitter::default();
        text.lines().for_each(|line| splitter.line(line.as_bytes(), &mut each));
        splitter.end(&mut each);
        found
    }

    #[test]
    fn objects_are_found_however_they_are_laid_out() {
        assert_eq!(pieces("{\"a\":1}\n{\"b\":\"}{\\\"\"}\n"), ["1 {\"a\":1}", "2 {\"b\":\"}{\\\"\"}"]);
        assert_eq!(pieces("{\n  \"a\": {\n  }\n}{\n}\n\n{}"), ["1 {/  \"a\": {/  }/}", "4 {/}", "7 {}"]);
        assert_eq!(pieces("[{\"a\":1},\n {\"a\":2}]"), ["1 [{\"a\":1},/ {\"a\":2}]"]);
    }

    #[test]
    fn what_is_cut_off_costs_only_itself() {
        assert_eq!(pieces("{\"a\": [1,\n{\"b\":2}\n{\"c\""), ["1 broken", "2 {\"b\":2}", "3 broken"]);
        assert_eq!(pieces("hello there\n{\"a\":1}"), ["1 broken", "2 {\"a\":1}"]);
    }
}
