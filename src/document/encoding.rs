//! From bytes to text.
//!
//! UTF-8, with or without a byte order mark. Other encodings are told apart only to say so.

/// What was found instead of text; completes a sentence that begins with the file's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// A known kind of file that is not text.
    #[error("is a {0}, not plain text: export it as text first")]
    Format(&'static str),
    /// Bytes that no text has.
    #[error("holds binary data, not text: export it as UTF-8 text first")]
    Binary,
    /// Some other encoding.
    #[error("is not UTF-8 text (byte {offset}, line {line}): convert it first, for example with iconv")]
    NotUtf8 {
        /// 0-based position of the first wrong byte.
        offset: usize,
        /// 1-based line that holds it.
        line: usize,
    },
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

/// The text of `bytes`, without byte order mark.
///
/// NUL, escape and other control characters are kept: they are data, unless there are so many of them (one in ten) that
/// the whole cannot be text.
///
/// # Errors
/// When the bytes are not text, or in another encoding.
pub fn decode(bytes: &[u8]) -> Result<&str, DecodeError> {
    if let Some((_, format)) = SIGNATURES.iter().find(|(signature, _)| bytes.starts_with(signature)) {
        return Err(DecodeError::Format(format));
    }
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    let controls = sample
        .iter()
        .filter(|&&byte| byte < 0x20 && !matches!(byte, b'\t'..=b'\r' | 0x1B));
    if controls.count() * 10 > sample.len() {
        return Err(DecodeError::Binary);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{FEFF}').unwrap_or(text)),
        Err(error) => {
            let offset = error.valid_up_to();
            let line = bytes[..offset].split(|&byte| byte == b'\n').count();
            Err(DecodeError::NotUtf8 { offset, line })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_no_text() {
        assert_eq!(decode("\u{FEFF}Ça va ?".as_bytes()), Ok("Ça va ?"));
    }

    #[test]
    fn the_first_wrong_byte_is_named_with_its_line() {
        let latin1 = b"Erste Zeile\nzweite\nsch\xF6ner Nachmittag";
        assert_eq!(decode(latin1), Err(DecodeError::NotUtf8 { offset: 22, line: 3 }));
    }

    #[test]
    fn control_characters_are_data_until_they_are_many() {
        assert_eq!(
            decode(b"A line\0 with \x1B[31mescapes\x1B[0m\n"),
            Ok("A line\0 with \x1B[31mescapes\x1B[0m\n")
        );
        assert_eq!(decode(&[0; 4096]), Err(DecodeError::Binary));
        assert_eq!(decode(b"%PDF-1.7\n..."), Err(DecodeError::Format("PDF document")));
    }
}
