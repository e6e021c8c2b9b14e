//! How texts are joined: by a space, but not in scripts that write none.

/// Appends `next` to `text`: by a space, but by nothing where a script that writes no spaces goes on, or where either is
/// empty.
pub fn push_joined(text: &mut String, next: &str) {
    let last = text.chars().next_back();
    let unspaced = last.is_some_and(is_unspaced) && next.chars().next().is_some_and(is_unspaced);
    if last.is_some() && !next.is_empty() && !unspaced {
        text.push(' ');
    }
    text.push_str(next);
}

/// Whether a character belongs to a script that writes no spaces between words (Chinese, Japanese, Thai, Lao, Khmer,
/// Burmese), or to its punctuation.
pub fn is_unspaced(character: char) -> bool {
    matches!(character,
        '\u{E00}'..='\u{EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' | '\u{2E80}'..='\u{312F}'
        | '\u{31A0}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{FE30}'..='\u{FE4F}'
        | '\u{FF01}'..='\u{FF9F}' | '\u{20000}'..='\u{3FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_space_stands_only_where_the_script_writes_one() {
        let join = |first: &str, second: &str| {
            let mut text = first.to_owned();
            push_joined(&mut text, second);
            text
        };
        assert_eq!(join("Yes.", "No."), "Yes. No.");
        assert_eq!(join("はい。", "いいえ。"), "はい。いいえ。");
        assert_eq!(join("네.", "아니요."), "네. 아니요.");
        assert_eq!(join("他说", "OK"), "他说 OK");
        assert_eq!(join("", "No."), "No.");
        assert_eq!(join("Yes.", ""), "Yes.");
    }
}
