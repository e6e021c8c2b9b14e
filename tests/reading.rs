//! Reading documents: what becomes a segment, and what a user is told when a file is no text.

// clippy.toml allows these in test functions, not in the helpers beside them.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use enface::document::{Newlines, ReadOptions, parse, read};
use proptest::prelude::*;

fn texts(text: &str, options: &ReadOptions) -> Vec<(usize, String)> {
    let document = parse("text", text.as_bytes(), options).unwrap();
    document
        .segments
        .into_iter()
        .map(|segment| (segment.paragraph, segment.text))
        .collect()
}

fn paragraphs(text: &str) -> Vec<String> {
    let mut paragraphs: Vec<String> = Vec::new();
    for (paragraph, text) in texts(text, &ReadOptions::default()) {
        match paragraphs.get_mut(paragraph) {
            Some(last) => last.extend(["|", &text]),
            None => paragraphs.push(text),
        }
    }
    paragraphs
}

const WRAPPED: &str = "\u{FEFF}CHAPTER I.\r\n\r\n\
    It was late in the afternoon when the travellers reached the inn, and\r\n\
    nobody was waiting for them at the door. The landlord, a stout man of\r\n\
    fifty, had gone to bed. \"Hello!\" cried the elder of the two, knocking\r\n\
    with his stick.\r\n\r\n\
    Nobody answered. They sat down upon the bench that stood under the\r\n\
    well-known lime tree, tired and hungry as they were, and waited for the\r\n\
    morning:\r\n\
    \u{20}\u{20}The moon was high,\r\n\
    \u{20}\u{20}The night was long.\r\n\
    \u{20}\u{20}Sleep well.\r\n";

#[test]
fn wrapped_lines_are_joined_and_short_ones_are_not() {
    let expected = [
        "CHAPTER I.",
        "It was late in the afternoon when the travellers reached the inn, and nobody was waiting for them at the door.|\
         The landlord, a stout man of fifty, had gone to bed.|\
         \"Hello!\" cried the elder of the two, knocking with his stick.",
        "Nobody answered.|They sat down upon the bench that stood under the well-known lime tree, tired and hungry as they \
         were, and waited for the morning:",
        "The moon was high,",
        "The night was long.",
        "Sleep well.",
    ];
    assert_eq!(paragraphs(WRAPPED), expected);
}

#[test]
fn a_line_may_be_a_paragraph() {
    let text = "It was late in the afternoon when the travellers reached the inn.\nNobody was waiting.\n\
                The landlord, a stout man of fifty, had gone to bed, and had locked the door behind him. So they sat down.\n";
    assert_eq!(paragraphs(text).len(), 3);
    let verse =
        "Shall I compare thee to a summer's day\nThou art more lovely and more temperate\n\nRough winds do shake";
    assert_eq!(paragraphs(verse).len(), 3);
}

#[test]
fn the_guess_can_be_overruled() {
    let text = "One line\nand one more.\n\nThe end.";
    let read = |newlines| {
        texts(
            text,
            &ReadOptions {
                newlines,
                ..ReadOptions::default()
            },
        )
        .len()
    };
    assert_eq!((read(Newlines::Wrap), read(Newlines::Paragraph)), (2, 3));
}

#[test]
fn wrapped_chinese_is_joined_without_spaces_and_hyphens_stay() {
    let line = "這是一個很長的句子它在四十個字以後被編輯器折斷成兩行";
    let text = format!("{line}\n{line}\n{line}。\n");
    let wrap = ReadOptions {
        newlines: Newlines::Wrap,
        ..ReadOptions::default()
    };
    assert_eq!(texts(&text, &wrap), [(0, format!("{line}{line}{line}。"))]);
    assert_eq!(
        texts("a well-\nknown Haupt-\nund Nebensatz", &wrap),
        [(0, "a well-known Haupt- und Nebensatz".to_owned())]
    );
}

#[test]
fn with_sentences_a_segment_is_a_line() {
    let options = ReadOptions {
        sentences: true,
        ..ReadOptions::default()
    };
    let expected = |lines: &[(usize, &str)]| {
        lines
            .iter()
            .map(|&(at, text)| (at, text.to_owned()))
            .collect::<Vec<_>>()
    };
    let lines = expected(&[
        (0, "One. Two."),
        (0, "Three."),
        (1, ""),
        (1, "Four\u{2028}and five"),
        (2, ""),
    ]);
    assert_eq!(
        texts("One. Two.\n  Three.\r\n\nFour\u{2028}and five\n\n", &options),
        lines
    );
    // The last line may or may not be ended.
    assert_eq!(texts("One.\nTwo.", &options), texts("One.\nTwo.\n", &options));
    assert_eq!(texts("One.\rTwo.\r", &options), expected(&[(0, "One."), (0, "Two.")]));
}

#[test]
fn the_language_is_guessed_or_given() {
    let guess = |text: &str| {
        parse("text", text.as_bytes(), &ReadOptions::default())
            .unwrap()
            .language
    };
    let samples = [
        (
            "en",
            "It was the best of times, it was the worst of times, and we had everything before us.",
        ),
        (
            "de",
            "Es war einmal ein König, der hatte eine Tochter, und die war so schön wie der Tag.",
        ),
        (
            "fr",
            "Longtemps, je me suis couché de bonne heure, et mes yeux se fermaient avec la bougie.",
        ),
        (
            "es",
            "En un lugar de la Mancha, de cuyo nombre no quiero acordarme, vivía un hidalgo de los de lanza.",
        ),
        (
            "it",
            "Nel mezzo del cammin di nostra vita mi ritrovai per una selva oscura, che la diritta via era smarrita.",
        ),
        (
            "pt",
            "Não é que ele não soubesse, mas as coisas do mundo não lhe eram mais do que uma lembrança.",
        ),
        (
            "nl",
            "Het was een koude dag in april en de klokken sloegen, toen hij naar het huis van zijn vader ging.",
        ),
        (
            "pl",
            "Nie wiem, czy to jest prawda, ale tak mówią o nim ci, którzy go znali, i nie ma w tym nic złego.",
        ),
        (
            "tr",
            "Bu çok güzel bir gün ve ben de onun için buraya geldim, ama ne yazık ki kimse yok.",
        ),
        (
            "ru",
            "Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по-своему.",
        ),
        (
            "ar",
            "كان يا ما كان في قديم الزمان ملك من الملوك له ثلاثة أولاد على ما قيل.",
        ),
        (
            "ja",
            "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。",
        ),
        ("zh", "这个人说他没有来过这里，我们都不认识他。"),
        ("zh-TW", "這個人說他沒有來過這裡，我們都不認識他。"),
        ("ko", "나는 어제 학교에 가서 친구를 만났다."),
        ("th", "วันนี้อากาศดีมาก"),
        ("el", "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι."),
    ];
    for (language, text) in samples {
        assert_eq!(guess(text).as_deref(), Some(language), "{text}");
    }
    assert_eq!(guess("Lorem ipsum"), None);
    let given = ReadOptions {
        language: Some("eo".into()),
        ..ReadOptions::default()
    };
    assert_eq!(
        parse("text", b"Estas bone.", &given).unwrap().language.as_deref(),
        Some("eo")
    );
}

#[test]
fn control_characters_inside_a_text_are_kept() {
    assert_eq!(
        texts("A\0b \u{1b}[31mred\u{1b}[0m.", &ReadOptions::default()),
        [(0, "A\0b \u{1b}[31mred\u{1b}[0m.".to_owned())]
    );
}

#[test]
fn a_line_of_a_million_characters_is_read() {
    let document = parse(
        "text",
        "lorem ipsum ".repeat(90_000).as_bytes(),
        &ReadOptions::default(),
    )
    .unwrap();
    assert!(document.segments.len() > 500);
}

fn failure(path: &Path) -> String {
    read(path, &ReadOptions::default()).unwrap_err().to_string()
}

#[test]
fn what_is_no_text_file_is_told_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let messages = [
        (folder.path().join("nowhere.txt"), "does not exist"),
        (folder.path().to_owned(), "is a folder"),
        (file("empty.txt", b""), "is empty"),
        (file("blank.txt", b" \n\t\n\xC2\xA0"), "holds no text"),
        (file("book.pdf", b"%PDF-1.5\n%\xE2"), "is a PDF document"),
        (file("zeros", &[0; 100]), "holds binary data"),
        (file("escape\u{1b}[2J.txt", b""), "escape\\u{1b}[2J.txt"),
    ];
    for (path, words) in messages {
        let message = failure(&path);
        assert!(message.contains(words), "{message}");
        assert!(!message.contains(char::is_control), "{message:?}");
        assert!(message.contains(folder.path().to_str().unwrap()), "{message}");
    }
}

#[test]
fn a_file_beyond_the_limit_is_refused_before_it_is_read() {
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().set_len(200 << 20).unwrap();
    assert!(failure(file.path()).contains("is too large (200 MB, at most 64 MB are read): split it into parts"));
}

#[cfg(unix)]
#[test]
fn a_pipe_without_a_writer_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    assert!(failure(&socket).contains("is a pipe or a device"));
    assert!(failure(Path::new("/dev/null")).contains("is a pipe or a device"));
}

/// Pieces of the formats that are read, so that random texts look like them.
fn scraps() -> impl Strategy<Value = Vec<u8>> {
    let scrap = prop::sample::select(vec![
        "<p>",
        "</p>",
        "<nav>",
        "</nav>",
        "<a href='",
        "\">",
        "<!--",
        "-->",
        "<![CDATA[",
        "<script>",
        "</script",
        "&amp;",
        "&#x41;",
        "&",
        ";",
        "<",
        ">",
        "<pre>",
        "\n\n",
        "1\n00:00:01,000 --> 00:00:02,000\n",
        "{\\an8}",
        "WEBVTT",
        "Text.",
        " ",
        "\r",
        "é",
        "。",
        "\u{301}",
        "\0",
        "PK\u{3}\u{4}",
    ]);
    let scrap = scrap.prop_map(|text| text.as_bytes().to_vec());
    prop::collection::vec(prop_oneof![4 => scrap, 1 => any::<Vec<u8>>()], 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(
        bytes in scraps(),
        ending in prop::sample::select(vec!["txt", "html", "srt", "vtt", "epub", "docx", "odt"]),
        sentences in any::<bool>(),
    ) {
        let options = ReadOptions { sentences, ..ReadOptions::default() };
        if let Ok(document) = parse(&format!("file.{ending}"), &bytes, &options) {
            prop_assert!(document.segments.iter().any(|segment| !segment.text.is_empty()));
            prop_assert!(document.segments.is_sorted_by_key(|segment| segment.paragraph));
            prop_assert!(sentences || document.segments.iter().all(|segment| segment.text.trim() == segment.text));
        }
    }
}
