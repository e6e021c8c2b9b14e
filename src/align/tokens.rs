//! What the aligner reads off a segment's characters: words, numbers, names in any script, marks, length.

mod script;

use std::borrow::Cow;
use std::collections::HashMap;

use any_ascii::any_ascii_char;
use foldhash::fast::RandomState;
use rayon::prelude::*;
use script::{Class, Words};

/// Letters of a word that its stem keeps.
const STEM: usize = 6;
/// Letters of a word that the learned lexicon keeps: short, since it has little text to learn from.
const LEXICON_STEM: usize = 5;
/// Consonants that a name's skeleton has at least and at most.
const SKELETON: (usize, usize) = (3, 4);

/// How a segment ends, closing quotation marks and brackets aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum Ending {
    /// A letter or digit: a heading, a list item, a segment cut in mid-sentence.
    Open,
    /// A full stop of any script.
    Stop,
    /// A question mark.
    Question,
    /// An exclamation mark.
    Exclamation,
    /// A colon.
    Colon,
    /// A semicolon or comma.
    Clause,
    /// An ellipsis or dash.
    Trailing,
}

impl Ending {
    /// Number of endings.
    pub(crate) const COUNT: usize = 7;

    fn of(text: &str) -> Self {
        let closing = |c: char| c.is_whitespace() || "\"'”’»)]}」』）】›*_".contains(c);
        match text.trim_end_matches(closing).chars().next_back() {
            Some('.' | '。' | '।' | '։' | '።' | '။' | '．' | '۔' | '·')
                if text.trim_end_matches(closing).ends_with("...") =>
            {
                Self::Trailing
            }
            Some('.' | '。' | '।' | '։' | '።' | '။' | '．' | '۔') => Self::Stop,
            Some('?' | '？' | '؟' | '՞' | '፧') => Self::Question,
            Some('!' | '！' | '՜') => Self::Exclamation,
            Some(':' | '：' | '፡' | '፦') => Self::Colon,
            Some(';' | '；' | ',' | '，' | '、' | '،' | '·' | '؛' | '፣' | '፤') => Self::Clause,
            Some('…' | '—' | '–' | '-') => Self::Trailing,
            _ => Self::Open,
        }
    }
}

/// Kinds of marks that translators tend to keep, counted.
pub(crate) const MARKS: usize = 5;

/// One segment as the aligner sees it.
#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    /// Bytes of text, at least 1.
    pub(crate) length: f32,
    /// Digit strings without separators, sorted.
    pub(crate) numbers: Vec<u32>,
    /// Keys that mean the same on both sides, sorted: stems and consonant skeletons of words.
    pub(crate) shared: Vec<u32>,
    /// Words for the learned lexicon, each once.
    pub(crate) words: Vec<u32>,
    /// How the segment ends.
    pub(crate) ending: Ending,
    /// Counts of question marks, exclamation marks, quotation marks, brackets, colons.
    pub(crate) marks: [u8; MARKS],
    /// Whether it starts like dialogue: with a dash or a quotation mark.
    pub(crate) dialogue: bool,
    /// Whether it starts with a lower-case letter.
    pub(crate) lowercase: bool,
}

/// Numbers for keys, common to both sides.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary {
    keys: [HashMap<Box<str>, u32, RandomState>; KINDS.len()],
    size: usize,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Number,
    Stem,
    Skeleton,
    Word,
}

const KINDS: [Kind; 4] = [Kind::Number, Kind::Stem, Kind::Skeleton, Kind::Word];

/// Kinds that mean something without their pair, and what stands before them when they are written down.
const WRITTEN: [(char, Kind); 2] = [('w', Kind::Word), ('n', Kind::Number)];

/// Segments that one thread reads with a vocabulary of its own, before all are made one.
const CHUNK: usize = 8192;

/// The keys of a word.
#[derive(Debug, Clone, Copy)]
struct Known {
    word: u32,
    stem: Option<u32>,
    skeleton: Option<u32>,
}

/// One thread's part of a document: a vocabulary of its own, and the words that it has met as they are written.
#[derive(Default)]
struct Reader<'a> {
    vocabulary: Vocabulary,
    known: HashMap<&'a str, Known, RandomState>,
}

impl Vocabulary {
    /// Number of keys.
    pub(crate) fn len(&self) -> usize {
        self.size
    }

    /// How a word or number is written down, by key.
    pub(crate) fn spellings(&self) -> HashMap<u32, String> {
        let written = |(sign, kind): (char, Kind)| {
            let keys = self.keys[kind as usize].iter();
            keys.map(move |(text, &key)| (key, format!("{sign}{text}")))
        };
        WRITTEN.into_iter().flat_map(written).collect()
    }

    /// The key of a word or number that was written down, if the documents hold it.
    pub(crate) fn find(&self, spelling: &str) -> Option<u32> {
        let (_, kind) = WRITTEN.into_iter().find(|(sign, _)| spelling.starts_with(*sign))?;
        self.keys[kind as usize].get(&spelling[1..]).copied()
    }

    fn key(&mut self, kind: Kind, text: &str) -> u32 {
        let keys = &mut self.keys[kind as usize];
        if let Some(&key) = keys.get(text) {
            return key;
        }
        let key = self.size as u32;
        keys.insert(text.into(), key);
        self.size += 1;
        key
    }

    /// Reads the segments of two documents.
    pub(crate) fn read(&mut self, documents: [&[&str]; 2]) -> [Vec<Tokens>; 2] {
        let chunks: Vec<&[&str]> = documents.iter().flat_map(|segments| segments.chunks(CHUNK)).collect();
        let parts: Vec<(Self, Vec<Tokens>)> = chunks
            .into_par_iter()
            .map(|chunk| {
                let mut reader = Reader::default();
                let tokens = chunk.iter().map(|segment| reader.tokenise(segment)).collect();
                (reader.vocabulary, tokens)
            })
            .collect();
        let parts: Vec<(Vec<u32>, Vec<Tokens>)> = parts
            .into_iter()
            .map(|(own, tokens)| (self.adopt(own), tokens))
            .collect();
        let renamed = parts.into_par_iter().flat_map_iter(|(names, tokens)| {
            tokens.into_iter().map(move |mut tokens| {
                tokens.rename(&names);
                tokens
            })
        });
        let mut first: Vec<Tokens> = renamed.collect();
        let second = first.split_off(documents[0].len());
        [first, second]
    }

    /// Takes in all keys of another vocabulary, and says what each of them is called here.
    fn adopt(&mut self, other: Self) -> Vec<u32> {
        if self.size == 0 {
            *self = other;
            return (0..self.size as u32).collect();
        }
        let mut names = vec![0; other.size];
        for (kind, keys) in KINDS.into_iter().zip(&other.keys) {
            self.keys[kind as usize].reserve(keys.len());
            let mut keys: Vec<(&str, u32)> = keys.iter().map(|(text, &key)| (&**text, key)).collect();
            keys.sort_unstable_by_key(|&(_, key)| key);
            for (text, key) in keys {
                names[key as usize] = self.key(kind, text);
            }
        }
        names
    }
}

impl<'a> Reader<'a> {
    /// Reads a segment.
    fn tokenise(&mut self, text: &'a str) -> Tokens {
        let mut tokens = Tokens {
            length: text.len().max(1) as f32,
            numbers: Vec::new(),
            shared: Vec::new(),
            words: Vec::new(),
            ending: Ending::of(text),
            marks: marks(text),
            dialogue: text.starts_with(|c: char| "—–-\"“„«»‘「『".contains(c)),
            lowercase: text.starts_with(char::is_lowercase),
        };
        for (class, word) in Words::new(text) {
            match class {
                Class::Digit => tokens
                    .numbers
                    .push(self.vocabulary.key(Kind::Number, &ascii_digits(word))),
                Class::Dense => self.dense(word, &mut tokens),
                _ => {
                    let known = self.word(word);
                    tokens.words.push(known.word);
                    tokens.shared.extend(known.stem.into_iter().chain(known.skeleton));
                }
            }
        }
        tokens
    }

    fn word(&mut self, word: &'a str) -> Known {
        if let Some(&known) = self.known.get(word) {
            return known;
        }
        // ASCII is quicker, and most of many texts.
        let lower = if word.is_ascii() {
            word.to_ascii_lowercase()
        } else {
            word.to_lowercase()
        };
        let ascii = romanised(&lower);
        let known = Known {
            word: self.vocabulary.key(Kind::Word, first(&lower, LEXICON_STEM)),
            stem: (ascii.len() >= 4).then(|| self.vocabulary.key(Kind::Stem, first(&ascii, STEM))),
            skeleton: skeleton(&ascii).map(|skeleton| self.vocabulary.key(Kind::Skeleton, &skeleton)),
        };
        self.known.insert(word, known);
        known
    }

    /// Scripts without spaces give the lexicon their pairs of characters.
    fn dense(&mut self, run: &str, tokens: &mut Tokens) {
        let starts = run.char_indices().map(|(at, _)| at);
        for (start, end) in starts.clone().zip(starts.skip(2).chain([run.len()])) {
            if run[start..end].chars().nth(1).is_none() {
                continue;
            }
            tokens.words.push(self.vocabulary.key(Kind::Word, &run[start..end]));
            tokens.shared.push(self.vocabulary.key(Kind::Stem, &run[start..end]));
        }
    }
}

/// A word in lower case, in ASCII.
fn romanised(lower: &str) -> Cow<'_, str> {
    if lower.is_ascii() {
        return Cow::Borrowed(lower);
    }
    Cow::Owned(lower.chars().map(any_ascii_char).collect::<String>().to_lowercase())
}

/// The first characters of a text, `count` at most.
fn first(text: &str, count: usize) -> &str {
    let end = text.char_indices().nth(count).map_or(text.len(), |(at, _)| at);
    &text[..end]
}

impl Tokens {
    /// Gives all keys their final names, and puts them in order.
    fn rename(&mut self, names: &[u32]) {
        for list in [&mut self.numbers, &mut self.shared, &mut self.words] {
            list.iter_mut().for_each(|key| *key = names[*key as usize]);
            list.sort_unstable();
        }
        self.words.dedup();
        self.shared.dedup();
    }
}

/// Digits of any script as ASCII.
fn ascii_digits(number: &str) -> String {
    number
        .chars()
        .map(any_ascii_char)
        .collect::<String>()
        .chars()
        .filter(char::is_ascii_digit)
        .collect()
}

/// The consonants of a romanised word, sounds that scripts mix up taken together; names survive transliteration so.
fn skeleton(ascii: &str) -> Option<String> {
    let mut skeleton = String::new();
    let mut letters = ascii.chars().peekable();
    while let Some(letter) = letters.next() {
        let next = letters.peek().copied();
        let sound = match letter {
            'p' if next == Some('h') => 'p',
            's' | 'c' if next == Some('h') => 's',
            'c' if matches!(next, Some('e' | 'i' | 'y')) => 's',
            'b' | 'p' | 'f' | 'v' => 'p',
            'd' | 't' => 't',
            'g' | 'k' | 'c' | 'q' | 'x' => 'k',
            's' | 'z' | 'j' => 's',
            'l' | 'r' => 'l',
            'm' | 'n' => letter,
            _ => continue,
        };
        if !skeleton.ends_with(sound) {
            skeleton.push(sound);
        }
        if skeleton.len() == SKELETON.1 {
            break;
        }
    }
    (skeleton.len() >= SKELETON.0).then_some(skeleton)
}

fn marks(text: &str) -> [u8; MARKS] {
    let mut counts = [0_u8; MARKS];
    for character in text.chars() {
        let kind = match character {
            '?' | '？' | '؟' | '՞' | '፧' => 0,
            '!' | '！' | '՜' => 1,
            '"' | '“' | '”' | '„' | '«' | '»' | '「' | '」' | '『' | '』' => 2,
            '(' | ')' | '[' | ']' | '（' | '）' => 3,
            ':' | '：' => 4,
            _ => continue,
        };
        counts[kind] = counts[kind].saturating_add(1);
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(left: &str, right: &str) -> bool {
        let tokens = Vocabulary::default().read([&[left], &[right]]);
        tokens[0][0].shared.iter().any(|key| tokens[1][0].shared.contains(key))
    }

    #[test]
    fn names_meet_across_scripts() {
        assert!(shares("Достоевский", "Dostoevsky"));
        assert!(shares("Κωνσταντῖνος", "Constantine"));
        assert!(shares("ロンドン", "London"));
        assert!(!shares("Gebirge", "ocean"));
    }

    #[test]
    fn numbers_meet_whatever_their_separators_and_digits() {
        let [tokens, _] = Vocabulary::default().read([&["8848 m", "8,848 m", "८८४८", "8849"], &[]]);
        assert_eq!(tokens[0].numbers, tokens[1].numbers);
        assert_eq!(tokens[0].numbers, tokens[2].numbers);
        assert_ne!(tokens[0].numbers, tokens[3].numbers);
    }

    #[test]
    fn words_keep_their_names_however_long_the_document() {
        let segments: Vec<String> = (0..2 * CHUNK).map(|k| format!("Wort{} 漢字{}", k % 7, k % 5)).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let [source, target] = Vocabulary::default().read([&segments, &segments[7..]]);
        for (k, far) in source
            .iter()
            .enumerate()
            .skip(CHUNK)
            .chain(target.iter().enumerate().map(|(k, far)| (k + 7, far)))
        {
            assert_eq!(far.words, source[k % 35].words);
            assert_eq!(far.numbers, source[k % 35].numbers);
        }
    }

    #[test]
    fn endings_look_behind_closing_quotes() {
        assert_eq!(Ending::of("« Où vas-tu ? »"), Ending::Question);
        assert_eq!(Ending::of("そうだ。」"), Ending::Stop);
        assert_eq!(Ending::of("Kapitel 3"), Ending::Open);
        assert_eq!(Ending::of("Well..."), Ending::Trailing);
        assert_eq!(Ending::of(""), Ending::Open);
    }
}
