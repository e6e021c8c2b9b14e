//! What the aligner reads off a segment's characters: words, numbers, names in any script, marks, length.

use std::collections::HashMap;

use any_ascii::any_ascii_char;

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
    keys: HashMap<(Kind, String), u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Number,
    Stem,
    Skeleton,
    Word,
}

impl Vocabulary {
    /// Number of keys.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// How a word or number is written down, by key.
    pub(crate) fn spellings(&self) -> HashMap<u32, String> {
        let written = |((kind, text), &key): (&(Kind, String), &u32)| Some((key, format!("{}{text}", sign(*kind)?)));
        self.keys.iter().filter_map(written).collect()
    }

    /// The key of a word or number that was written down, if the documents hold it.
    pub(crate) fn find(&self, spelling: &str) -> Option<u32> {
        let kind = [Kind::Word, Kind::Number]
            .into_iter()
            .find(|&kind| sign(kind).is_some_and(|sign| spelling.starts_with(sign)))?;
        self.keys.get(&(kind, spelling[1..].to_owned())).copied()
    }

    fn key(&mut self, kind: Kind, text: String) -> u32 {
        let next = self.keys.len() as u32;
        *self.keys.entry((kind, text)).or_insert(next)
    }

    /// Reads a segment.
    pub(crate) fn tokenise(&mut self, text: &str) -> Tokens {
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
                Class::Digit => tokens.numbers.push(self.key(Kind::Number, ascii_digits(word))),
                Class::Dense => self.dense(word, &mut tokens),
                _ => self.word(word, &mut tokens),
            }
        }
        for list in [&mut tokens.numbers, &mut tokens.shared, &mut tokens.words] {
            list.sort_unstable();
        }
        tokens.words.dedup();
        tokens.shared.dedup();
        tokens
    }

    fn word(&mut self, word: &str, tokens: &mut Tokens) {
        let lower = word.to_lowercase();
        tokens
            .words
            .push(self.key(Kind::Word, lower.chars().take(LEXICON_STEM).collect()));
        let ascii: String = lower.chars().map(any_ascii_char).collect::<String>().to_lowercase();
        if ascii.len() >= 4 {
            tokens
                .shared
                .push(self.key(Kind::Stem, ascii.chars().take(STEM).collect()));
        }
        if let Some(skeleton) = skeleton(&ascii) {
            tokens.shared.push(self.key(Kind::Skeleton, skeleton));
        }
    }

    /// Scripts without spaces give the lexicon their pairs of characters.
    fn dense(&mut self, run: &str, tokens: &mut Tokens) {
        let characters: Vec<char> = run.chars().collect();
        for pair in characters.windows(2) {
            tokens.words.push(self.key(Kind::Word, pair.iter().collect()));
            tokens.shared.push(self.key(Kind::Stem, pair.iter().collect()));
        }
    }
}

/// What a key of a kind is written down with, if it is.
fn sign(kind: Kind) -> Option<char> {
    match kind {
        Kind::Word => Some('w'),
        Kind::Number => Some('n'),
        Kind::Stem | Kind::Skeleton => None,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Digit,
    /// Written without spaces between words.
    Dense,
    Katakana,
    Letter,
    Other,
}

fn class(character: char) -> Class {
    match character {
        '\u{30a0}'..='\u{30ff}' => Class::Katakana,
        '\u{0e01}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' => Class::Dense,
        '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{309f}' | '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}' => {
            Class::Dense
        }
        _ if character.is_numeric() => Class::Digit,
        '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{65f}' | '\u{900}'..='\u{dff}' => Class::Letter,
        _ if character.is_alphabetic() => Class::Letter,
        _ => Class::Other,
    }
}

/// Words of a text with their class; numbers take separators between digits in.
struct Words<'a> {
    rest: &'a str,
}

impl<'a> Words<'a> {
    fn new(rest: &'a str) -> Self {
        Self { rest }
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = (Class, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.rest.find(|c| class(c) != Class::Other)?;
        let text = &self.rest[start..];
        let kind = class(text.chars().next()?);
        let mut characters = text.char_indices().peekable();
        let mut end = text.len();
        while let Some((at, character)) = characters.next() {
            let separator = kind == Class::Digit
                && matches!(character, '.' | ',' | '\'' | '’' | '٬' | '٫')
                && characters.peek().is_some_and(|&(_, next)| class(next) == Class::Digit);
            if class(character) != kind && !separator {
                end = at;
                break;
            }
        }
        let (word, rest) = text.split_at(end);
        self.rest = rest;
        Some((kind, word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(left: &str, right: &str) -> bool {
        let mut vocabulary = Vocabulary::default();
        let (left, right) = (vocabulary.tokenise(left), vocabulary.tokenise(right));
        left.shared.iter().any(|key| right.shared.contains(key))
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
        let mut vocabulary = Vocabulary::default();
        let plain = vocabulary.tokenise("8848 m").numbers;
        assert_eq!(plain, vocabulary.tokenise("8,848 m").numbers);
        assert_eq!(plain, vocabulary.tokenise("८८४८").numbers);
        assert_ne!(plain, vocabulary.tokenise("8849").numbers);
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
