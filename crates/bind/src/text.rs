//! Lines of source code.

/// Source code while it is written.
#[derive(Debug, Default)]
pub(crate) struct Text(String);

/// Blanks of one level of indentation.
const INDENT: &str = "    ";

impl Text {
    /// A line, indented by so many levels.
    pub(crate) fn line(&mut self, level: usize, line: impl AsRef<str>) {
        let line = line.as_ref();
        if !line.is_empty() {
            (0..level).for_each(|_| self.0.push_str(INDENT));
            self.0.push_str(line);
        }
        self.0.push('\n');
    }

    /// An empty line.
    pub(crate) fn gap(&mut self) {
        self.0.push('\n');
    }

    /// Lines, each behind a mark such as `///`.
    pub(crate) fn comments(&mut self, level: usize, mark: &str, lines: &[String]) {
        lines.iter().for_each(|line| self.line(level, format!("{mark} {line}").trim_end()));
    }

    /// Text that is written already.
    pub(crate) fn push(&mut self, text: &str) {
        self.0.push_str(text);
    }

    /// All of it.
    pub(crate) fn finish(self) -> String {
        self.0
    }
}
