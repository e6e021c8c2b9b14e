//! Paragraphs of the XML dialects of office programs, which differ in little but the names of their elements.

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::document::xml;

/// Local names of the elements that matter.
pub(super) struct Vocabulary {
    /// Paragraphs and headings. One inside another (a text box, a note) becomes a paragraph of its own.
    pub(super) paragraphs: &'static [&'static str],
    /// The element whose text is shown; every text of a paragraph where there is none.
    pub(super) text: Option<&'static str>,
    /// Tabs and line breaks, which stand for a space.
    pub(super) spaces: &'static [&'static str],
    /// Elements that are passed over with all they hold.
    pub(super) skipped: &'static [&'static str],
}

/// The paragraphs of `xml` that hold text, in the order in which they end, white space collapsed.
pub(super) fn paragraphs(xml: &str, vocabulary: &Vocabulary) -> Result<Vec<String>, String> {
    let mut reader = Reader::from_str(xml);
    let mut collector = Collector {
        vocabulary,
        shown: vocabulary.text.is_none(),
        open: Vec::new(),
        done: Vec::new(),
    };
    loop {
        let event = reader.read_event();
        match event.map_err(|error| format!("{error} (byte {} of its text)", reader.error_position()))? {
            Event::Start(tag) if vocabulary.skipped.contains(&tag.local_name().as_ref()) => {
                reader.read_to_end(tag.name()).map_err(|error| error.to_string())?;
            }
            Event::Start(tag) => collector.start(tag.local_name().as_ref()),
            Event::Empty(tag) => {
                collector.start(tag.local_name().as_ref());
                collector.end(tag.local_name().as_ref());
            }
            Event::End(tag) => collector.end(tag.local_name().as_ref()),
            Event::Text(text) => collector.text(&text),
            Event::CData(text) => collector.text(&text),
            Event::GeneralRef(reference) => collector.text(&xml::resolve(&reference)),
            Event::Eof => return Ok(collector.done),
            _ => {}
        }
    }
}

struct Collector<'v> {
    vocabulary: &'v Vocabulary,
    /// Whether text that comes now is shown.
    shown: bool,
    /// Paragraphs that have begun and not ended, the innermost last.
    open: Vec<String>,
    done: Vec<String>,
}

impl Collector<'_> {
    fn start(&mut self, name: &str) {
        if self.vocabulary.paragraphs.contains(&name) {
            self.open.push(String::new());
        } else if self.vocabulary.text == Some(name) {
            self.shown = true;
        } else if self.vocabulary.spaces.contains(&name)
            && let Some(paragraph) = self.open.last_mut()
        {
            paragraph.push(' ');
        }
    }

    fn end(&mut self, name: &str) {
        if self.vocabulary.text == Some(name) {
            self.shown = false;
        } else if self.vocabulary.paragraphs.contains(&name) {
            let paragraph = self.open.pop().unwrap_or_default();
            let words: Vec<&str> = paragraph.split_ascii_whitespace().collect();
            if !words.is_empty() {
                self.done.push(words.join(" "));
            }
        }
    }

    fn text(&mut self, text: &str) {
        if self.shown
            && let Some(paragraph) = self.open.last_mut()
        {
            paragraph.push_str(text);
        }
    }
}
