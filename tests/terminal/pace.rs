//! The screen keeps its pace while the background learns a large pair.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::pty::Terminal;
use crate::random::Random;

const ENFACE: &str = env!("CARGO_BIN_EXE_enface");
/// Sentences of either document.
const SENTENCES: usize = 2000;

/// What English and French sentences of the same meaning are made of.
const PEOPLE: [(&str, &str); 8] = [
    ("The old baker", "Le vieux boulanger"),
    ("My neighbour", "Mon voisin"),
    ("The young teacher", "La jeune institutrice"),
    ("A soldier", "Un soldat"),
    ("The queen", "La reine"),
    ("Our doctor", "Notre médecin"),
    ("The fisherman's daughter", "La fille du pêcheur"),
    ("Nobody in the village", "Personne au village"),
];
const DEEDS: [(&str, &str); 8] = [
    ("found", "a trouvé"),
    ("sold", "a vendu"),
    ("painted", "a peint"),
    ("lost", "a perdu"),
    ("stole", "a volé"),
    ("repaired", "a réparé"),
    ("forgot", "a oublié"),
    ("bought", "a acheté"),
];
const THINGS: [(&str, &str); 8] = [
    ("a blue boat", "un bateau bleu"),
    ("the silver clock", "l'horloge d'argent"),
    ("three letters", "trois lettres"),
    ("a pair of shoes", "une paire de chaussures"),
    ("the church bell", "la cloche de l'église"),
    ("a loaf of bread", "une miche de pain"),
    ("the map of the island", "la carte de l'île"),
    ("a white horse", "un cheval blanc"),
];
const PLACES: [(&str, &str); 8] = [
    ("near the bridge", "près du pont"),
    ("at the market", "au marché"),
    ("behind the school", "derrière l'école"),
    ("in the forest", "dans la forêt"),
    ("on the mountain", "sur la montagne"),
    ("by the sea", "au bord de la mer"),
    ("in the kitchen", "dans la cuisine"),
    ("after the war", "après la guerre"),
];

/// Files of a story and its translation, one sentence a line; now and then two sentences are told in one.
fn story() -> (TempDir, [PathBuf; 2]) {
    let mut random = Random(7);
    let [mut english, mut french] = [String::new(), String::new()];
    for _ in 0..SENTENCES {
        let chosen = [PEOPLE, DEEDS, THINGS, PLACES].map(|words| words[random.below(words.len())]);
        english += &chosen.map(|(english, _)| english).join(" ");
        french += &chosen.map(|(_, french)| french).join(" ");
        let ends = [(".\n", ".\n"), (", and ", ".\n"), (".\n", " et ")];
        let (after_english, after_french) = ends[random.below(40).saturating_sub(37)];
        english += after_english;
        french += after_french;
    }
    let folder = tempfile::tempdir().unwrap();
    let files = [("story.en.txt", english), ("story.fr.txt", french)].map(|(name, text)| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    });
    (folder, files)
}

/// Prints what the README quotes: `cargo test --release --test terminal learns -- --nocapture`.
#[test]
fn keys_are_answered_at_once_while_a_large_pair_learns() {
    let (_folder, [source, target]) = story();
    let arguments = ["--sentences".as_ref(), source.as_os_str(), target.as_os_str()];
    let mut terminal = Terminal::open(ENFACE, &arguments, (120, 40));
    terminal.wait_for("learning the pair");
    let start = Instant::now();
    let mut waits = Vec::new();
    while terminal.emulator().screen().contents().contains("learning the pair") {
        let (key, place) = if waits.len() % 2 == 0 {
            ("j", "2 ↔ 1  ")
        } else {
            ("k", "1 ↔ 1  ")
        };
        let pressed = Instant::now();
        terminal.send(key).wait_for(place);
        waits.push(pressed.elapsed());
        // A person's hand needs longer still; frames that answer keys are not to be all there is.
        std::thread::sleep(Duration::from_millis(7));
    }
    let learned = start.elapsed();
    waits.sort();
    let [half, most, longest] = [50, 95, 100].map(|percent| waits[(waits.len() * percent / 100).min(waits.len() - 1)]);
    println!(
        "learned in {learned:.1?}; {} keys: half answered within {half:.1?}, 95% within {most:.1?}, all within {longest:.1?}",
        waits.len()
    );
    terminal.wait_for(" beads").send("q");
    assert!(terminal.end().success());
    // A frame is 16 ms; the bounds leave room for a machine that has much other work, not for a screen that waits.
    assert!(
        waits.len() >= 10,
        "only {} keys were answered in {learned:?}",
        waits.len()
    );
    assert!(
        half < Duration::from_millis(100) && most < Duration::from_millis(500),
        "{half:?}, {most:?}"
    );
}
