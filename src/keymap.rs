//! From keys to actions, as data: `assets/keymap.toml` is the whole default.

mod key;

use std::collections::BTreeMap;

use crate::action::Action;

pub use key::Key;

/// The default keymap's text.
const DEFAULT: &str = include_str!("../assets/keymap.toml");

/// Where keys are pressed; each has a table of the same name in the keymap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Context {
    /// Behind the grid, the pairs and the help.
    Global,
    /// The grid of scores.
    Grid,
    /// The beads side by side.
    Pairs,
    /// The list of keys.
    Help,
    /// The list of models, narrowed by typing.
    Models,
    /// A line of text is being typed.
    Prompt,
    /// A question waits for yes or no.
    Question,
}

impl Context {
    /// All contexts, in the order in which the help lists them.
    pub const ALL: [Self; 7] = [
        Self::Global,
        Self::Grid,
        Self::Pairs,
        Self::Models,
        Self::Prompt,
        Self::Question,
        Self::Help,
    ];

    /// The name of its table in the keymap.
    pub fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Grid => "grid",
            Self::Pairs => "pairs",
            Self::Help => "help",
            Self::Models => "models",
            Self::Prompt => "prompt",
            Self::Question => "question",
        }
    }

    fn falls_back(self) -> bool {
        matches!(self, Self::Grid | Self::Pairs | Self::Help)
    }
}

/// Why a keymap was refused.
#[derive(Debug, thiserror::Error)]
pub enum KeymapError {
    /// Not TOML, or not tables of strings; the message names the line.
    #[error("the keymap cannot be read: {0}")]
    Syntax(#[from] toml::de::Error),
    /// A table of another name.
    #[error(
        "the keymap has a table [{0}], but only [global], [grid], [pairs], [help], [models], [prompt] and [question] exist"
    )]
    Context(String),
    /// A key that cannot be understood.
    #[error("the keymap binds `{0}`, which is not a key; write it like `q`, `ctrl-c`, `pageup` or `g g`")]
    Key(String),
    /// An action that does not exist.
    #[error("the keymap binds `{key}` to `{action}`, which is not an action; `?` in the program lists them all")]
    Action {
        /// The key.
        key: String,
        /// The unknown action.
        action: String,
    },
    /// Two bindings that cannot both be reached.
    #[error("the keymap binds `{key}` twice in [{context}], or a longer sequence begins with it")]
    Duplicate {
        /// The key.
        key: String,
        /// The table.
        context: &'static str,
    },
}

/// What a sequence of keys means so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup {
    /// This action.
    Action(Action),
    /// The beginning of a longer sequence.
    Prefix,
    /// Nothing.
    Unbound,
}

type Bindings = Vec<(Vec<Key>, Action)>;

/// Keys and their actions, by context.
#[derive(Debug, Clone, PartialEq)]
pub struct Keymap {
    contexts: BTreeMap<Context, Bindings>,
}

impl Keymap {
    /// The keymap that the program ships.
    ///
    /// # Errors
    /// Never, as long as the tests pass; the caller need not know that.
    pub fn shipped() -> Result<Self, KeymapError> {
        Self::parse(DEFAULT)
    }

    /// Reads a keymap from TOML: a table per [`Context`], keys to names of actions.
    ///
    /// # Errors
    /// A sentence for the first thing that is wrong.
    pub fn parse(text: &str) -> Result<Self, KeymapError> {
        let tables: BTreeMap<String, toml::Table> = toml::from_str(text)?;
        let mut contexts = BTreeMap::new();
        for (name, table) in &tables {
            let context = Context::ALL.into_iter().find(|context| context.name() == name);
            let context = context.ok_or_else(|| KeymapError::Context(name.clone()))?;
            contexts.insert(context, parse_table(context, table)?);
        }
        Ok(Self { contexts })
    }

    /// What `keys`, pressed one after another, mean in `context`.
    pub fn lookup(&self, context: Context, keys: &[Key]) -> Lookup {
        let own = self.lookup_in(context, keys);
        if own == Lookup::Unbound && context.falls_back() {
            return self.lookup_in(Context::Global, keys);
        }
        own
    }

    fn lookup_in(&self, context: Context, keys: &[Key]) -> Lookup {
        let mut matching = self
            .bindings(context)
            .iter()
            .filter(|(sequence, _)| sequence.starts_with(keys));
        match matching.next() {
            Some((sequence, action)) if sequence.len() == keys.len() => Lookup::Action(*action),
            Some(_) => Lookup::Prefix,
            None => Lookup::Unbound,
        }
    }

    /// The actions bound in `context`, each with all its keys, in the order of [`Action::ALL`].
    pub fn listing(&self, context: Context) -> Vec<(Action, Vec<String>)> {
        let keys = |action| -> Vec<String> { self.keys(context, action).collect() };
        Action::ALL
            .iter()
            .map(|&action| (action, keys(action)))
            .filter(|(_, keys)| !keys.is_empty())
            .collect()
    }

    /// The first key of `action` in `context` or behind it, for the footer.
    pub fn hint(&self, context: Context, action: Action) -> Option<String> {
        let global = context.falls_back().then_some(Context::Global);
        std::iter::once(context)
            .chain(global)
            .find_map(|context| self.keys(context, action).next())
    }

    fn keys(&self, context: Context, action: Action) -> impl Iterator<Item = String> {
        let bound = self.bindings(context).iter().filter(move |(_, bound)| *bound == action);
        bound.map(|(sequence, _)| sequence.iter().map(Key::to_string).collect::<Vec<_>>().join(" "))
    }

    fn bindings(&self, context: Context) -> &[(Vec<Key>, Action)] {
        self.contexts.get(&context).map_or(&[], Vec::as_slice)
    }
}

fn parse_table(context: Context, table: &toml::Table) -> Result<Bindings, KeymapError> {
    let mut bindings = Bindings::new();
    for (notation, name) in table {
        let name = name.as_str().map_or_else(|| name.to_string(), str::to_owned);
        let sequence: Option<Vec<Key>> = notation.split_whitespace().map(Key::read).collect();
        let sequence = sequence
            .filter(|keys| !keys.is_empty())
            .ok_or_else(|| KeymapError::Key(notation.clone()))?;
        let action = Action::from_name(&name).ok_or_else(|| KeymapError::Action {
            key: notation.clone(),
            action: name,
        })?;
        let clash = |(other, _): &(Vec<Key>, Action)| other.starts_with(&sequence) || sequence.starts_with(other);
        if bindings.iter().any(clash) {
            return Err(KeymapError::Duplicate {
                key: notation.clone(),
                context: context.name(),
            });
        }
        bindings.push((sequence, action));
    }
    Ok(bindings)
}

/// What a key press comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Press {
    /// An action.
    Action(Action),
    /// A character for the prompt.
    Text(char),
    /// Nothing, or nothing yet.
    Nothing,
}

/// Turns key presses into actions and remembers the keys of an unfinished sequence.
#[derive(Debug)]
pub struct Keyboard {
    keymap: Keymap,
    pending: Vec<Key>,
}

impl Keyboard {
    /// A keyboard with nothing pressed.
    pub fn new(keymap: Keymap) -> Self {
        Self {
            keymap,
            pending: Vec::new(),
        }
    }

    /// Takes one key in. A key that does not continue the pending sequence ends it and counts for itself.
    pub fn press(&mut self, context: Context, key: Key) -> Press {
        self.pending.push(key);
        let mut found = self.keymap.lookup(context, &self.pending);
        if found == Lookup::Unbound && self.pending.len() > 1 {
            self.pending = vec![key];
            found = self.keymap.lookup(context, &self.pending);
        }
        if found == Lookup::Prefix {
            return Press::Nothing;
        }
        self.pending.clear();
        match (found, key.text()) {
            (Lookup::Action(action), _) => Press::Action(action),
            (_, Some(character)) if matches!(context, Context::Prompt | Context::Models) => Press::Text(character),
            _ => Press::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pressed(keys: &[&str], context: Context) -> Vec<Press> {
        let mut keyboard = Keyboard::new(Keymap::shipped().unwrap());
        keys.iter()
            .map(|key| keyboard.press(context, key.parse().unwrap()))
            .collect()
    }

    #[test]
    fn every_action_has_a_key_and_every_key_is_reachable() {
        let keymap = Keymap::shipped().unwrap();
        for &action in Action::ALL {
            let bound = Context::ALL
                .iter()
                .any(|&context| keymap.hint(context, action).is_some());
            assert!(bound, "{} has no key", action.name());
            assert_eq!(Action::from_name(action.name()), Some(action));
        }
    }

    #[test]
    fn two_keys_in_a_row_make_one_action() {
        use Press::{Action as Does, Nothing};
        assert_eq!(pressed(&["g", "g"], Context::Grid), [Nothing, Does(Action::First)]);
        assert_eq!(pressed(&["g", "j"], Context::Grid), [Nothing, Does(Action::Down)]);
        assert_eq!(pressed(&["G"], Context::Pairs), [Does(Action::Last)]);
    }

    #[test]
    fn letters_are_text_in_a_prompt_and_commands_elsewhere() {
        assert_eq!(pressed(&["q"], Context::Prompt), [Press::Text('q')]);
        assert_eq!(pressed(&["q"], Context::Grid), [Press::Action(Action::Quit)]);
        assert_eq!(pressed(&["enter"], Context::Grid), [Press::Action(Action::ToPath)]);
        assert_eq!(pressed(&["ctrl-x"], Context::Prompt), [Press::Nothing]);
    }

    #[test]
    fn a_wrong_keymap_is_refused_with_the_reason() {
        let refusal = |text| Keymap::parse(text).unwrap_err().to_string();
        assert!(refusal("[grid]\n\"q\" = \"fly\"").contains("`fly`"));
        assert!(refusal("[grid]\n\"hyper-q\" = \"quit\"").contains("`hyper-q`"));
        assert!(refusal("[moon]\n\"q\" = \"quit\"").contains("[moon]"));
        assert!(refusal("[grid]\n\"q\" = \"quit\"\n\"q\" = \"help\"").contains("duplicate key"));
        assert!(refusal("[grid]\n\"g\" = \"quit\"\n\"g g\" = \"first\"").contains("twice"));
        assert!(refusal("[grid]\n\"shift-g\" = \"quit\"\n\"g\" = \"first\"").contains("twice"));
    }
}
