//! Everything a person can ask of the program, in one list: the keymap names these actions, the help and the footer are
//! made from them.

/// Declares [`Action`] with, for each action, its variant, its name in the keymap, its label in the footer and its one
/// line of help.
macro_rules! actions {
    ($($variant:ident $name:literal $label:literal $doc:literal;)*) => {
        /// Something a person can ask for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Action {
            $(#[doc = $doc] $variant,)*
        }

        impl Action {
            /// All actions, in the order in which the help lists them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name by which the keymap calls it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// A word for the footer.
            pub fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)* }
            }

            /// One line that says what it does.
            pub fn doc(self) -> &'static str {
                match self { $(Self::$variant => $doc,)* }
            }
        }
    };
}

actions! {
    Up "up" "up" "Go up: to the sentence, the bead or the row above";
    Down "down" "down" "Go down: to the sentence, the bead or the row below";
    Left "left" "left" "Go left: to the target sentence before";
    Right "right" "right" "Go right: to the target sentence after";
    PageUp "page-up" "page" "Go one screen up, along the alignment once it is known";
    PageDown "page-down" "page" "Go one screen down, along the alignment once it is known";
    PageLeft "page-left" "page" "Go one screen to the left";
    PageRight "page-right" "page" "Go one screen to the right";
    RowStart "row-start" "start" "Go to the first target sentence, or to the first bead";
    RowEnd "row-end" "end" "Go to the last target sentence, or to the last bead";
    First "first" "first" "Go to the beginning of both documents";
    Last "last" "last" "Go to the end of both documents";
    NextBead "next-bead" "next bead" "Go to the next bead of the alignment";
    PreviousBead "previous-bead" "bead before" "Go to the bead before";
    Confirm "confirm" "confirm" "Say that this bead is right, or take that back; the rest is aligned around it";
    Reject "reject" "reject" "Say that this bead is wrong; another reading takes its place";
    Undo "undo" "undo" "Take the last decision about a bead back";
    TakeMoved "take-moved" "moved" "Take a passage that stands elsewhere into the pairs, or leave it out again";
    LeastCertain "least-certain" "unsure" "Go to the least certain bead that nobody decided about";
    ToPath "to-path" "to path" "Go to the target sentence aligned with this source sentence";
    Switch "switch" "grid/pairs" "Switch between the grid and the pairs; the place stays";
    ZoomIn "zoom-in" "zoom in" "Make cells wider, until they show numbers";
    ZoomOut "zoom-out" "zoom out" "Make cells narrower, then let one cell stand for several sentences";
    NextScore "next-score" "score" "Show the next score: cosine, probability each way, both, margin";
    PreviousScore "previous-score" "score" "Show the score before";
    Lessons "lessons" "learned" "Show or hide what was learned from this pair";
    Models "models" "model" "Choose another encoder: one on this machine, or one to download";
    Export "export" "export" "Write the aligned pairs to a file; asks before it overwrites";
    Cancel "cancel" "cancel" "Stop the running job; what it found so far stays on screen";
    Restart "restart" "restart" "Start the job again after it was cancelled or failed";
    Help "help" "help" "Show or hide this list of keys";
    Suspend "suspend" "suspend" "Put the program into the background of the shell";
    Quit "quit" "quit" "Leave the program";
    Accept "accept" "accept" "Take what was typed or chosen";
    Dismiss "dismiss" "cancel" "Leave the prompt, the question, the list or the help";
    CaretLeft "caret-left" "left" "Move the caret one character left";
    CaretRight "caret-right" "right" "Move the caret one character right";
    CaretStart "caret-start" "start" "Move the caret to the beginning";
    CaretEnd "caret-end" "end" "Move the caret to the end";
    DeleteBack "delete-back" "delete" "Delete the character before the caret";
    DeleteForward "delete-forward" "delete" "Delete the character at the caret";
    DeleteWord "delete-word" "delete word" "Delete the word, or part of a path, before the caret";
    DeleteLine "delete-line" "clear" "Delete everything before the caret";
    Yes "yes" "yes" "Yes, do it";
    No "no" "no" "No, leave things as they are";
}

impl Action {
    /// The action that the keymap calls `name`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.name() == name)
    }
}
