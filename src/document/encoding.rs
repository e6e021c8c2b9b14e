//! From bytes to text, whatever the encoding.
//!
//! In this order: the encoding that the user names; a byte order mark; UTF-8, if all of the bytes are; UTF-16 without a
//! mark, which gives itself away by its NULs; a legacy encoding, guessed from the statistics of the bytes as a web browser
//! does (chardetng). A text that is UTF-8 but for a few damaged places is refused: a guess would garble all the rest.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// A text and what its bytes were in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// The text, without byte order mark.
    pub text: Cow<'a, str>,
    /// Name of the encoding (WHATWG Encoding Standard).
    pub encoding: &'static str,
    /// Whether the encoding is a guess by statistics, and may be wrong.
    pub guessed: bool,
}

/// What was found instead of text; completes a sentence that begins with the file's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// A known kind of file that is not text.
    #[error("is a {0}, not plain text: export it as text first")]
    Format(&'static str),
    /// Bytes that no text has.
    #[error("holds binary data, not text: export it as UTF-8 text first")]
    Binary,
    /// Bytes that the encoding does not have.
    #[error("is not {encoding} text (byte {offset}, line {line}): name its encoding, or convert it to UTF-8 first")]
    Invalid {
        /// Name of the encoding.
        encoding: &'static str,
        /// 0-based position of the first wrong byte.
        offset: usize,
        /// 1-based line that holds it.
        line: usize,
    },
    /// No encoding has that name.
    #[error("cannot be read as {0:?}, which is no known encoding: name one such as windows-1252, koi8-r or shift_jis")]
    Unknown(String),
}

/// First bytes by which a file is known not to be plain text.
const SIGNATURES: [(&[u8], &str); 9] = [
    (b"%PDF-", "PDF document"),
    (b"PK\x03\x04", "ZIP archive or office document"),
    (b"\xD0\xCF\x11\xE0", "Word or Excel document of the old kind"),
    (b"\x89PNG", "PNG picture"),
    (b"\xFF\xD8\xFF", "JPEG picture"),
    (b"\x1F\x8B", "gzip archive"),
    (b"SQLite format 3\0", "SQLite database"),
    (b"\x7FELF", "program"),
    (b"{\\rtf", "RTF document"),
];

/// Beginning of a file in which control characters are counted, in bytes.
const SAMPLE: usize = 1 << 16;

/// The text of `bytes`, in the encoding `label` where one is given (any label of the WHATWG Encoding Standard).
///
/// NUL, escape and other control characters are kept: they are data, unless there are so many of them (one in ten) that
/// the whole cannot be text.
///
/// # Errors
/// When the bytes are not text, or not in the encoding.
pub fn decode<'a>(bytes: &'a [u8], label: Option<&str>) -> Result<Decoded<'a>, DecodeError> {
    if let Some(label) = label {
        let named =
            Encoding::for_label(label.trim().as_bytes()).ok_or_else(|| DecodeError::Unknown(label.to_owned()))?;
        return decode_as(bytes, named, false);
    }
    if let Some((marked, _)) = Encoding::for_bom(bytes) {
        return decode_as(bytes, marked, false);
    }
    if let Some((_, format)) = SIGNATURES.iter().find(|(signature, _)| bytes.starts_with(signature)) {
        return Err(DecodeError::Format(format));
    }
    if let Some(wide) = unmarked_utf_16(bytes) {
        return decode_as(bytes, wide, true);
    }
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    let controls = sample
        .iter()
        .filter(|&&byte| byte < 0x20 && !matches!(byte, b'\t'..=b'\r' | 0x1B));
    if controls.count() * 10 > sample.len() {
        return Err(DecodeError::Binary);
    }
    if std::str::from_utf8(bytes).is_ok() || is_damaged_utf_8(bytes) {
        return decode_as(bytes, UTF_8, false);
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(bytes, true);
    decode_as(bytes, detector.guess(None, Utf8Detection::Deny), true)
}

/// The encoding that a text in a markup language declares near its beginning, as HTML and XML do.
pub fn declared(bytes: &[u8]) -> Option<&'static str> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]).to_ascii_lowercase();
    let value = ["charset=", "encoding="]
        .iter()
        .find_map(|name| head.split_once(name))?
        .1;
    let label: String = value
        .trim_start_matches(['"', '\'', ' '])
        .chars()
        .take_while(|&character| is_label(character))
        .collect();
    Encoding::for_label(label.as_bytes()).map(Encoding::name)
}

fn is_label(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | ':' | '.')
}

fn decode_as<'a>(bytes: &'a [u8], encoding: &'static Encoding, guessed: bool) -> Result<Decoded<'a>, DecodeError> {
    let (text, malformed) = encoding.decode_with_bom_removal(bytes);
    if malformed {
        let offset = valid_length(bytes, encoding);
        let line = bytes[..offset].split(|&byte| byte == b'\n').count();
        return Err(DecodeError::Invalid {
            encoding: encoding.name(),
            offset,
            line,
        });
    }
    Ok(Decoded {
        text,
        encoding: encoding.name(),
        guessed,
    })
}

/// Bytes before the first malformed sequence.
fn valid_length(bytes: &[u8], encoding: &'static Encoding) -> usize {
    let mut decoder = encoding.new_decoder_with_bom_removal();
    let mut sink = vec![0; SAMPLE];
    let mut read = 0;
    loop {
        let (result, consumed, _) = decoder.decode_to_utf8_without_replacement(&bytes[read..], &mut sink, true);
        read += consumed;
        match result {
            encoding_rs::DecoderResult::OutputFull => {}
            encoding_rs::DecoderResult::InputEmpty => return read,
            encoding_rs::DecoderResult::Malformed(length, after) => {
                return read - usize::from(length) - usize::from(after);
            }
        }
    }
}

/// UTF-16 of a mostly ASCII text: NULs in more than a third of the even or of the odd places, and hardly any in the others.
fn unmarked_utf_16(bytes: &[u8]) -> Option<&'static Encoding> {
    let pairs = bytes[..bytes.len().min(SAMPLE)].chunks_exact(2);
    let (all, mut first, mut second) = (pairs.len(), 0, 0);
    for pair in pairs {
        first += usize::from(pair[0] == 0);
        second += usize::from(pair[1] == 0);
    }
    let many = |count: usize| count * 3 > all;
    let few = |count: usize| count * 50 < all;
    match (first, second) {
        (first, second) if few(first) && many(second) => Some(UTF_16LE),
        (first, second) if many(first) && few(second) => Some(UTF_16BE),
        _ => None,
    }
}

/// Whether most of the bytes beyond ASCII form UTF-8 sequences: hardly any text in another encoding has them.
fn is_damaged_utf_8(bytes: &[u8]) -> bool {
    let (mut characters, mut damages) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        characters += chunk.valid().chars().filter(|character| !character.is_ascii()).count();
        damages += usize::from(!chunk.invalid().is_empty());
    }
    characters > 4 * damages
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> String {
        decode(bytes, None).unwrap().text.into_owned()
    }

    #[test]
    fn a_byte_order_mark_tells_the_encoding_and_is_no_text() {
        assert_eq!(text("\u{FEFF}Ça va ?".as_bytes()), "Ça va ?");
        assert_eq!(text(b"\xFF\xFEH\0i\0\xE9\0"), "Hié");
        assert_eq!(text(b"\xFE\xFF\0H\0i\0\xE9"), "Hié");
    }

    #[test]
    fn utf_16_without_a_mark_is_known_by_its_nuls() {
        let wide: Vec<u8> = "Grüße aus Köln".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let decoded = decode(&wide, None).unwrap();
        assert_eq!(
            (decoded.text.as_ref(), decoded.encoding, decoded.guessed),
            ("Grüße aus Köln", "UTF-16LE", true)
        );
    }

    #[test]
    fn legacy_encodings_are_guessed_or_named() {
        let samples = [
            (
                "windows-1252",
                "Déjà vu : le garçon était très fatigué, mais la forêt où il rêvait lui plaisait.",
            ),
            (
                "KOI8-U",
                "Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по-своему.",
            ),
            (
                "windows-1251",
                "Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по-своему.",
            ),
            (
                "Shift_JIS",
                "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。",
            ),
            ("EUC-KR", "나는 어제 학교에 가서 친구를 만났다. 날씨가 아주 좋았다."),
            ("Big5", "這個人說他沒有來過這裡，我們都不認識他。"),
            ("gb18030", "这个人说他没有来过这里，我们都不认识他。"),
        ];
        for (label, expected) in samples {
            let (bytes, _, lossy) = Encoding::for_label(label.as_bytes()).unwrap().encode(expected);
            assert!(!lossy);
            assert_eq!(decode(&bytes, Some(label)).unwrap().text, expected, "{label}");
            assert_eq!(decode(&bytes, None).unwrap().text, expected, "{label}");
        }
        let unknown = decode(b"text", Some("latin-99")).unwrap_err().to_string();
        assert!(unknown.contains("\"latin-99\""), "{unknown}");
    }

    #[test]
    fn damaged_utf_8_is_refused_with_the_place() {
        let damaged = b"sch\xC3\xB6n\n\xC3\xA4\xC3\xB6\xC3\xBC\xC3\x9F\n\xC3\xB6 \xFF";
        assert_eq!(
            decode(damaged, None),
            Err(DecodeError::Invalid {
                encoding: "UTF-8",
                offset: 19,
                line: 3
            })
        );
        assert!(decode(b"\xFF", Some("utf-8")).is_err());
    }

    #[test]
    fn control_characters_are_data_until_they_are_many() {
        assert_eq!(
            text(b"A line\0 with \x1B[31mescapes\x1B[0m\n"),
            "A line\0 with \x1B[31mescapes\x1B[0m\n"
        );
        assert_eq!(decode(&[0; 4096], None), Err(DecodeError::Binary));
        assert_eq!(decode(b"%PDF-1.7\n...", None), Err(DecodeError::Format("PDF document")));
    }

    #[test]
    fn markup_declares_its_encoding() {
        assert_eq!(declared(b"<html><meta charset=\"ISO-8859-2\">"), Some("ISO-8859-2"));
        assert_eq!(declared(b"<?xml version='1.0' encoding='koi8-r'?>"), Some("KOI8-R"));
        assert_eq!(declared(b"<p>charset</p>"), None);
    }
}
