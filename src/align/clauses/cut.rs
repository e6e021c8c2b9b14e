//! Where clauses end.

/// Bytes of a clause, at least: two short words, or four Chinese characters.
const SHORTEST: usize = 12;
/// Clauses of a segment, about at most.
const MOST: usize = 12;

/// Cuts a text behind the punctuation inside it, any script's; the pieces joined are the text. What would be too short stays
/// with its neighbour.
pub(super) fn clauses(text: &str) -> Vec<&str> {
    let shortest = SHORTEST.max(text.len() / MOST);
    let mut pieces = Vec::new();
    let (mut start, mut after_mark) = (0, false);
    for (at, c) in text.char_indices() {
        if text.len() - at < shortest {
            break;
        }
        // A mark inside a number or an abbreviation has neither a space nor a wide character behind it.
        let opens = c.is_whitespace() || !c.is_ascii();
        if after_mark && opens && !closes(c) && at - start >= shortest {
            pieces.push(&text[start..at]);
            start = at;
        }
        after_mark = separates(c) || after_mark && closes(c);
    }
    pieces.push(&text[start..]);
    pieces
}

/// Whether a clause may end behind this character.
fn separates(c: char) -> bool {
    ",;:.!?…—–()[]«»“”„\"，、；：。！？（）「」『』،؛؟।።፣፤፥፦։՝՜՞၊။".contains(c)
}

/// Whether this character belongs to the clause that ends before it.
fn closes(c: char) -> bool {
    ",;:.!?…)]»”\"'’，、；：。！？）」』".contains(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_long_sentence_falls_into_its_clauses() {
        let text = "He closed the door, which creaked as ever; then, at last, he sat down.";
        let expected = [
            "He closed the door,",
            " which creaked as ever;",
            " then, at last,",
            " he sat down.",
        ];
        assert_eq!(clauses(text), expected);
        let chinese = "他关上了门，门照旧吱吱作响；然后他终于坐了下来。";
        assert_eq!(clauses(chinese).len(), 3);
    }

    #[test]
    fn numbers_and_short_cries_stay_whole() {
        assert_eq!(clauses("It rose to 8,839.8 m"), ["It rose to 8,839.8 m"]);
        assert_eq!(clauses("Oh, oh!"), ["Oh, oh!"]);
        assert_eq!(clauses(""), [""]);
    }

    proptest! {
        #[test]
        fn the_clauses_of_a_text_make_it_up(text in ".{0,80}|[a-z ,.;!\"，。]{0,400}") {
            let pieces = clauses(&text);
            prop_assert_eq!(pieces.concat(), &text[..]);
            prop_assert!(pieces.len() <= MOST + 1);
            if pieces.len() > 1 {
                prop_assert!(pieces.iter().all(|piece| piece.len() >= SHORTEST));
            }
        }
    }
}
