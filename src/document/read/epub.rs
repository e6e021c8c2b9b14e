//! EPUB books (EPUB 2 and 3): the texts of the spine, in reading order.
//!
//! Cover and table of contents are left out: what the package calls so, and what it sets apart as not linear.

use std::collections::{HashMap, HashSet};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::archive::Archive;
use super::html;
use crate::document::xml::attribute;

pub(super) fn paragraphs(bytes: &[u8]) -> Result<Vec<String>, String> {
    let mut archive = Archive::open(bytes)?;
    let container = Package::parse(&archive.text("META-INF/container.xml")?)?;
    let root = container.root.ok_or("its container names no package")?;
    let package = Package::parse(&archive.text(&root)?)?;
    let folder = root.rfind('/').map_or("", |slash| &root[..=slash]);
    let mut paragraphs = Vec::new();
    for chapter in package.chapters() {
        let name = format!("{folder}{}", unescape(chapter));
        // A chapter that the package lists and the book lacks is no reason to refuse the rest.
        if archive.holds(&name) {
            paragraphs.extend(html::paragraphs(&archive.text(&name)?));
        }
    }
    Ok(paragraphs)
}

/// What is known from the container and the package files, which use different elements.
#[derive(Default)]
struct Package {
    root: Option<String>,
    /// Name of a text by its id.
    texts: HashMap<String, String>,
    /// Ids in reading order.
    spine: Vec<String>,
    /// Names of texts that are no reading matter.
    apart: HashSet<String>,
}

impl Package {
    fn parse(xml: &str) -> Result<Self, String> {
        let mut package = Self::default();
        let mut reader = Reader::from_str(xml);
        loop {
            match reader.read_event().map_err(|error| error.to_string())? {
                Event::Start(tag) | Event::Empty(tag) => package.note(&tag),
                Event::Eof => return Ok(package),
                _ => {}
            }
        }
    }

    fn note(&mut self, tag: &BytesStart<'_>) {
        let value = |name| attribute(tag, name).unwrap_or_default();
        match tag.local_name().as_ref() {
            "rootfile" => self.root = self.root.take().or(attribute(tag, "full-path")),
            "item" if value("media-type").contains("html") => {
                if value("properties").split_whitespace().any(|property| property == "nav") {
                    self.apart.insert(value("href"));
                }
                self.texts.insert(value("id"), value("href"));
            }
            "itemref" if value("linear") != "no" => self.spine.push(value("idref")),
            "reference" if matches!(value("type").as_str(), "toc" | "cover") => {
                let href = value("href");
                self.apart.insert(href.split('#').next().unwrap_or_default().to_owned());
            }
            _ => {}
        }
    }

    fn chapters(&self) -> impl Iterator<Item = &str> {
        let names = self.spine.iter().filter_map(|id| self.texts.get(id));
        names.filter(|&name| !self.apart.contains(name)).map(String::as_str)
    }
}

/// A relative reference with its percent escapes resolved.
fn unescape(reference: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = reference.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let escaped = tail
            .get(..2)
            .filter(|_| byte == b'%')
            .and_then(|digits| std::str::from_utf8(digits).ok());
        if let Some(value) = escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            bytes.push(value);
            rest = &tail[2..];
        } else {
            bytes.push(byte);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
