//! Subtitles: `SubRip` (SRT) and `WebVTT`.
//!
//! Cue numbers, times, notes and markup are left out. A sentence often runs over several cues: in a file whose cues mostly
//! end with a stop, a cue that does not is joined with the next one, unless more than [`PAUSE`] lies between.

use super::html::resolve_entities;
use super::plain::ends_sentence;
use crate::document::spacing::push_joined;

/// Silence, in milliseconds, after which a sentence is not expected to go on.
const PAUSE: u64 = 3_000;

/// Cues that one paragraph holds at most: songs and lists have no stops.
const MOST_CUES: usize = 12;

/// Bytes within which a tag has to end, to be one.
const LONGEST_TAG: usize = 512;

struct Cue {
    start: u64,
    end: u64,
    /// The lines that belong together: two speakers of one cue stand apart.
    texts: Vec<String>,
}

/// Sentences, or parts of them, as the cues tell; one text a cue where they are to stay `apart`.
pub(super) fn paragraphs(text: &str, apart: bool) -> Vec<String> {
    let cues = cues(text);
    let texts = || cues.iter().flat_map(|cue| &cue.texts);
    let stops = texts().filter(|text| ends_sentence(text)).count();
    if apart {
        return cues.iter().map(|cue| joined(&cue.texts)).collect();
    }
    if stops * 2 < texts().count() {
        return texts().cloned().collect();
    }
    let mut paragraphs: Vec<String> = Vec::new();
    let mut before: Option<(u64, usize)> = None;
    for cue in &cues {
        for text in &cue.texts {
            let open = paragraphs
                .last_mut()
                .filter(|last| !ends_sentence(last) && !begins_turn(text));
            match (before, open) {
                (Some((end, count)), Some(last)) if cue.start < end + PAUSE && count < MOST_CUES => {
                    push_joined(last, text);
                    before = Some((cue.end, count + 1));
                }
                _ => {
                    paragraphs.push(text.clone());
                    before = Some((cue.end, 1));
                }
            }
        }
    }
    paragraphs
}

fn cues(text: &str) -> Vec<Cue> {
    let mut cues: Vec<Cue> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if let Some((start, end)) = line.split_once("-->") {
            cues.push(Cue {
                start: milliseconds(start),
                end: milliseconds(end),
                texts: Vec::new(),
            });
            inside = true;
            continue;
        }
        let shown = without_markup(line);
        let shown = shown.trim();
        inside &= !line.trim().is_empty();
        let Some(cue) = cues.last_mut().filter(|_| inside && !shown.is_empty()) else {
            continue;
        };
        match cue.texts.last_mut().filter(|_| !begins_turn(shown)) {
            Some(last) => push_joined(last, shown),
            None => cue.texts.push(shown.to_owned()),
        }
    }
    cues.retain(|cue| !cue.texts.is_empty());
    cues
}

/// `[HH:]MM:SS,mmm`, with a comma or a point, and settings behind; 0 for anything else.
fn milliseconds(time: &str) -> u64 {
    let clock = time.split_whitespace().next().unwrap_or_default().replace(',', ".");
    let (clock, fraction) = clock.split_once('.').unwrap_or((&clock, "0"));
    let seconds = clock
        .split(':')
        .map(|part| part.parse::<u64>().unwrap_or(0))
        .fold(0, |sum, part| sum * 60 + part);
    seconds * 1000 + fraction.parse::<u64>().unwrap_or(0)
}

/// Without tags (`<i>`, `<v Name>`), positions (`{\an8}`) and character references.
fn without_markup(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(['<', '{']) {
        let close = if rest[at..].starts_with('<') { b'>' } else { b'}' };
        let length = rest.as_bytes()[at..]
            .iter()
            .take(LONGEST_TAG)
            .position(|&byte| byte == close);
        let Some(length) = length.filter(|_| is_markup(&rest[at..])) else {
            text.push_str(&rest[..=at]);
            rest = &rest[at + 1..];
            continue;
        };
        text.push_str(&rest[..at]);
        rest = &rest[at + length + 1..];
    }
    resolve_entities(&(text + rest))
}

fn is_markup(text: &str) -> bool {
    text.starts_with("{\\") || text[1..].starts_with(|next: char| next.is_ascii_alphanumeric() || next == '/')
}

/// Whether a line begins with the dash of a new speaker.
fn begins_turn(line: &str) -> bool {
    line.starts_with(['-', '–', '—', '‐'])
}

fn joined(texts: &[String]) -> String {
    let mut all = String::new();
    for text in texts {
        push_joined(&mut all, text);
    }
    all
}
