//! Finds where rules break a text.
//!
//! The naive way runs each rule over the whole text. Here all first halves of the rules are one automaton that reads
//! backwards from a position, and all second halves another that reads forwards: a position costs a few bytes each way,
//! and a table of the bytes a breaking rule can end with leaves few positions to look at.

use regex_automata::hybrid::dfa::{Cache, DFA, OverlappingState};
use regex_automata::nfa::thompson::{self, NFA, State, WhichCaptures};
use regex_automata::util::primitives::StateID;
use regex_automata::{Anchored, Input, MatchKind, PatternSet};

use super::srx::{Rule, SrxError, explain};

/// How far a rule may look each way, in bytes: keeps time linear whatever the rules and the text.
const REACH: usize = 512;

/// The rules of one language, compiled.
pub(super) struct Boundaries {
    breaks: Vec<bool>,
    /// Bytes that the text before a break can end with.
    endings: [bool; 256],
    before: Automaton,
    after: Automaton,
}

struct Automaton {
    dfa: DFA,
    cache: Cache,
    matched: PatternSet,
}

impl Boundaries {
    pub(super) fn new(rules: &[Rule]) -> Result<Self, SrxError> {
        let before: Vec<&str> = rules.iter().map(|rule| rule.before.as_str()).collect();
        let after: Vec<&str> = rules.iter().map(|rule| rule.after.as_str()).collect();
        let (Ok(before), Ok(after)) = (compile(&before, true), compile(&after, false)) else {
            return Err(find_culprit(rules));
        };
        let breaks: Vec<bool> = rules.iter().map(|rule| rule.breaks).collect();
        let endings = first_bytes(before.dfa.get_nfa(), &breaks);
        Ok(Self {
            breaks,
            endings,
            before,
            after,
        })
    }

    /// Byte positions inside `text` where it breaks, rising.
    pub(super) fn find(&mut self, text: &str) -> Vec<usize> {
        let bytes = text.as_bytes();
        let candidates = (1..bytes.len()).filter(|&at| self.endings[usize::from(bytes[at - 1])]);
        let candidates: Vec<usize> = candidates.filter(|&at| text.is_char_boundary(at)).collect();
        candidates.into_iter().filter(|&at| self.breaks_at(text, at)).collect()
    }

    fn breaks_at(&mut self, text: &str, at: usize) -> bool {
        self.before.read_backwards(text, at);
        if !self.before.matched.iter().any(|rule| self.breaks[rule.as_usize()]) {
            return false;
        }
        self.after.read_forwards(text, at);
        let deciding = self
            .before
            .matched
            .iter()
            .find(|&rule| self.after.matched.contains(rule));
        deciding.is_some_and(|rule| self.breaks[rule.as_usize()])
    }
}

impl Automaton {
    fn read_backwards(&mut self, text: &str, at: usize) {
        let input = Input::new(text)
            .range(at.saturating_sub(REACH)..at)
            .anchored(Anchored::Yes);
        let mut state = OverlappingState::start();
        self.matched.clear();
        // The search fails on bytes it was told to quit at, and it was told of none.
        while self
            .dfa
            .try_search_overlapping_rev(&mut self.cache, &input, &mut state)
            .is_ok()
        {
            let Some(found) = state.get_match() else { return };
            self.matched.insert(found.pattern());
        }
    }

    fn read_forwards(&mut self, text: &str, at: usize) {
        let input = Input::new(text)
            .range(at..text.len().min(at + REACH))
            .anchored(Anchored::Yes);
        let mut state = OverlappingState::start();
        self.matched.clear();
        while self
            .dfa
            .try_search_overlapping_fwd(&mut self.cache, &input, &mut state)
            .is_ok()
        {
            let Some(found) = state.get_match() else { return };
            self.matched.insert(found.pattern());
        }
    }
}

/// The first rule that cannot be compiled on its own, or else the whole as one that is too large.
fn find_culprit(rules: &[Rule]) -> SrxError {
    for rule in rules {
        let error = compile(&[&rule.before], true).and(compile(&[&rule.after], false)).err();
        if let Some(error) = error {
            let (before, after) = (rule.before.clone(), rule.after.clone());
            return SrxError::Expression {
                before,
                after,
                reason: explain(error.as_ref()),
            };
        }
    }
    SrxError::TooLarge(rules.len())
}

fn compile(patterns: &[&str], reverse: bool) -> Result<Automaton, Box<dyn std::error::Error>> {
    // Not `utf8`: with an empty pattern among others, regex-automata 0.4 would drop matches of the others that a reverse
    // search finds at one position. Patterns over characters match whole characters all the same.
    let thompson = thompson::Config::new()
        .reverse(reverse)
        .utf8(false)
        .which_captures(WhichCaptures::None);
    let nfa = NFA::compiler().configure(thompson).build_many(patterns)?;
    let config = DFA::config().match_kind(MatchKind::All).skip_cache_capacity_check(true);
    let dfa = DFA::builder().configure(config).build_from_nfa(nfa)?;
    let cache = dfa.create_cache();
    Ok(Automaton {
        matched: PatternSet::new(patterns.len()),
        dfa,
        cache,
    })
}

/// The bytes that the first step of the chosen patterns can read; all of them where a pattern may match nothing.
fn first_bytes(nfa: &NFA, chosen: &[bool]) -> [bool; 256] {
    let mut bytes = [false; 256];
    let mut seen = vec![false; nfa.states().len()];
    let starts = nfa
        .patterns()
        .filter(|id| chosen[id.as_usize()])
        .filter_map(|id| nfa.start_pattern(id));
    let mut open: Vec<StateID> = starts.collect();
    while let Some(id) = open.pop() {
        if std::mem::replace(&mut seen[id.as_usize()], true) {
            continue;
        }
        match nfa.state(id) {
            State::ByteRange { trans } => bytes[usize::from(trans.start)..=usize::from(trans.end)].fill(true),
            State::Sparse(sparse) => {
                for trans in &sparse.transitions {
                    bytes[usize::from(trans.start)..=usize::from(trans.end)].fill(true);
                }
            }
            State::Look { next, .. } | State::Capture { next, .. } => open.push(*next),
            State::Union { alternates } => open.extend(alternates.iter()),
            State::BinaryUnion { alt1, alt2 } => open.extend([*alt1, *alt2]),
            State::Dense(_) | State::Match { .. } => return [true; 256],
            State::Fail => {}
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex_automata::meta::Regex;

    use super::*;
    use crate::document::segment::{BUNDLED, Srx};

    /// The format's definition, taken word for word: every rule tried at every position.
    fn by_definition(rules: &[Rule], text: &str) -> Vec<usize> {
        let compile = |pattern: String| Regex::new(&pattern).unwrap();
        let halves: Vec<(Regex, Regex)> = rules
            .iter()
            .map(|rule| {
                (
                    compile(format!(r"(?:{})\z", rule.before)),
                    compile(format!(r"\A(?:{})", rule.after)),
                )
            })
            .collect();
        let decides = |at: usize| {
            let fits = |(before, after): &(Regex, Regex)| before.is_match(&text[..at]) && after.is_match(&text[at..]);
            halves.iter().position(fits).is_some_and(|rule| rules[rule].breaks)
        };
        (1..text.len())
            .filter(|&at| text.is_char_boundary(at) && decides(at))
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn finds_the_positions_that_the_definition_gives(
            text in prop::collection::vec(
                prop::sample::select(" .?!。…」”\"«»—,:1AaI.Mr\u{e9}Яягกๆะ漢かとم".chars().collect::<Vec<_>>()), 0..40,
            ).prop_map(String::from_iter),
            language in prop::sample::select(vec!["en", "ru", "th", "ja", "ar", "und"]),
        ) {
            let rules = Srx::parse(BUNDLED).unwrap().rules(language).unwrap();
            let found = Boundaries::new(&rules).unwrap().find(&text);
            prop_assert_eq!(found, by_definition(&rules, &text));
        }
    }
}
