//! Web pages: the text blocks of HTML or XHTML.
//!
//! Only where one block ends and the next begins is of interest, so that tags are read one after another and no tree is
//! built; nothing is an error. Scripts, styles, navigation (`nav`, `role="navigation"`, classes that begin with `nav`),
//! hidden elements and the glosses of ruby text are left out. Every line of a `pre` is a block.

use std::collections::HashSet;

use encoding_rs::WINDOWS_1252;
use quick_xml::escape::resolve_html5_entity;

/// Elements that neither begin nor end a block.
const INLINE: &[&str] = &[
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "img",
    "ins", "kbd", "label", "mark", "q", "rb", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup",
    "time", "tt", "u", "var", "wbr",
];

/// Elements whose content is no text of the page.
const SKIPPED: &[&str] = &[
    "nav", "noscript", "rp", "rt", "script", "select", "style", "svg", "template", "title",
];

/// How many kinds of elements may lack an end before none is looked for: each search goes through the rest of the page.
const MOST_UNCLOSED: usize = 16;

/// The blocks that hold text, white space collapsed.
pub(super) fn paragraphs(html: &str) -> Vec<String> {
    let mut page = Page::default();
    // Behind the last `>` no markup can be complete.
    let (mut rest, last) = html.split_at(html.rfind('>').map_or(0, |at| at + 1));
    while let Some(at) = rest.find('<') {
        page.text(&rest[..at]);
        rest = page.markup(&rest[at..]);
    }
    page.text(rest);
    page.text(last);
    page.end_block();
    page.blocks
}

#[derive(Default)]
struct Page {
    blocks: Vec<String>,
    block: String,
    /// How many `pre` elements are open.
    preformatted: usize,
    /// Names of elements that are never closed further on: their ends are not looked for again.
    unclosed: HashSet<String>,
}

impl Page {
    /// Reads the markup at the beginning of `html` (a `<`) and returns what follows it.
    fn markup<'h>(&mut self, html: &'h str) -> &'h str {
        if let Some(rest) = html.strip_prefix("<!--") {
            return after(rest, "-->");
        }
        if let Some(rest) = html.strip_prefix("<![CDATA[") {
            let end = rest.find("]]>").unwrap_or(rest.len());
            self.block.push_str(&rest[..end]);
            return after(rest, "]]>");
        }
        if html.starts_with("<!") || html.starts_with("<?") {
            return after(html, ">");
        }
        let Some(tag) = Tag::parse(html) else {
            self.block.push('<');
            return &html[1..];
        };
        let rest = &html[tag.length..];
        if tag.is_skipped() && !self.unclosed.contains(&tag.name) && self.unclosed.len() < MOST_UNCLOSED {
            if let Some(end) = end_of_element(rest, &tag.name) {
                return &rest[end..];
            }
            self.unclosed.insert(tag.name.clone());
        }
        self.tag(&tag);
        rest
    }

    fn tag(&mut self, tag: &Tag<'_>) {
        match tag.name.as_str() {
            "br" => self.block.push('\n'),
            name if INLINE.contains(&name) => {}
            name => {
                self.end_block();
                if name == "pre" && !tag.closes {
                    self.preformatted += 1;
                } else if name == "pre" {
                    self.preformatted = self.preformatted.saturating_sub(1);
                }
            }
        }
    }

    fn text(&mut self, text: &str) {
        let text = resolve_entities(text);
        if self.preformatted == 0 {
            self.block.push_str(&text);
            return;
        }
        for (at, line) in text.split('\n').enumerate() {
            if at > 0 {
                self.end_block();
            }
            self.block.push_str(line);
        }
    }

    fn end_block(&mut self) {
        let block = std::mem::take(&mut self.block);
        let words: Vec<&str> = block.split_ascii_whitespace().collect();
        let text = words.join(" ");
        if !text.trim().is_empty() {
            self.blocks.push(text);
        }
    }
}

struct Tag<'h> {
    /// In small letters.
    name: String,
    /// What follows the name.
    attributes: &'h str,
    closes: bool,
    /// Bytes up to and including the `>`.
    length: usize,
}

impl<'h> Tag<'h> {
    /// The tag that `html` begins with; nothing if the `<` does not open one.
    fn parse(html: &'h str) -> Option<Self> {
        let closes = html.starts_with("</");
        let start = 1 + usize::from(closes);
        let name: String = html[start..]
            .chars()
            .take_while(|&c| c.is_ascii_alphanumeric() || matches!(c, '-' | ':'))
            .collect();
        if !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
            return None;
        }
        let inside = start + name.len();
        let end = inside + end_of_tag(&html[inside..])?;
        let attributes = &html[inside..end];
        Some(Self {
            name: name.to_ascii_lowercase(),
            attributes,
            closes,
            length: end + 1,
        })
    }

    fn is_skipped(&self) -> bool {
        if self.closes || self.attributes.trim_end().ends_with('/') {
            return false;
        }
        let classes = self.attribute("class").unwrap_or_default();
        SKIPPED.contains(&self.name.as_str())
            || classes.split_ascii_whitespace().any(|class| class.starts_with("nav"))
            || self.attribute("role") == Some("navigation")
            || self
                .attributes
                .split_ascii_whitespace()
                .any(|attribute| attribute == "hidden")
    }

    /// The quoted value of an attribute.
    fn attribute(&self, name: &str) -> Option<&'h str> {
        let (_, value) = self.attributes.split_once(name)?;
        let value = value.trim_start().strip_prefix('=')?.trim_start();
        let quote = value.chars().next().filter(|&quote| quote == '"' || quote == '\'')?;
        value[1..].split(quote).next()
    }
}

/// Where the `>` of a tag stands, from behind its name on: the first one outside of quotes. A quote that runs into the next
/// tag is none.
fn end_of_tag(html: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in html.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(at),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(_), b'<') => break,
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    html.find('>')
}

/// Where the element `name`, whose start tag stands before `html`, ends; elements of that name inside it are counted.
fn end_of_element(html: &str, name: &str) -> Option<usize> {
    let mut depth = 1;
    let mut at = 0;
    while let Some(found) = html[at..].find('<') {
        at += found + 1;
        // What stands in a script is no tag, whatever it looks like.
        let start = at + usize::from(html[at..].starts_with('/'));
        let named = html
            .get(start..start + name.len())
            .is_some_and(|found| found.eq_ignore_ascii_case(name));
        if !named {
            continue;
        }
        let Some(tag) = Tag::parse(&html[at - 1..]).filter(|tag| tag.name == name) else {
            continue;
        };
        at += tag.length - 1;
        if tag.closes {
            depth -= 1;
        } else if !tag.attributes.trim_end().ends_with('/') {
            depth += 1;
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

fn after<'h>(html: &'h str, mark: &str) -> &'h str {
    html.find(mark).map_or("", |at| &html[at + mark.len()..])
}

/// `text` with its character references resolved; what is none stays as it is.
pub(super) fn resolve_entities(text: &str) -> String {
    let mut resolved = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        resolved.push_str(&rest[..at]);
        rest = &rest[at..];
        // The longest name of the standard has 31 letters.
        let end = rest.bytes().take(34).position(|byte| byte == b';');
        if let Some(character) = end.and_then(|end| resolve(&rest[1..end])) {
            resolved.push_str(&character);
            rest = &rest[end.unwrap_or_default() + 1..];
        } else {
            resolved.push('&');
            rest = &rest[1..];
        }
    }
    resolved + rest
}

fn resolve(name: &str) -> Option<String> {
    let Some(number) = name.strip_prefix('#') else {
        return resolve_html5_entity(name).map(str::to_owned);
    };
    let code = match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16).ok()?,
        None => number.parse().ok()?,
    };
    // The standard reads the numbers of C1 controls, which no page means, as windows-1252.
    match u8::try_from(code) {
        Ok(byte @ 0x80..=0x9F) => Some(WINDOWS_1252.decode_without_bom_handling(&[byte]).0.into_owned()),
        _ => char::from_u32(code).map(String::from),
    }
}
