//! Choosing another encoder.

use enface::app::encoder::Encoder;
use enface::app::{App, Effect, Message};
use enface::embed::hub::MAIN;
use enface::embed::models::{ModelSpec, Place, Shelved};
use enface::pipeline::{Progress, Side, Stage};
use enface::worker::{Event, Report};

use crate::pair::{ENGLISH, GERMAN, aligned, alignment, ranked, read, report, started, vectors};
use crate::person::{Person, symbols};

fn labse() -> ModelSpec {
    ModelSpec::parse("labse").unwrap()
}

/// One model on this machine, one in part, one of somebody's own, and the others on the hub.
pub(crate) fn shelf() -> Vec<Shelved> {
    let model = |name: &str, place| Shelved {
        spec: ModelSpec::parse(name).unwrap(),
        place,
    };
    let own = ModelSpec::Hub {
        repository: "someone/their\u{1b}own".into(),
        revision: MAIN.into(),
    };
    vec![
        model("use-multilingual", Place::Program),
        model("labse", Place::Absent),
        model("e5-small", Place::Here(488_000_000)),
        model("e5-large", Place::Part(77_000_000)),
        model("minilm", Place::Absent),
        Shelved {
            spec: own,
            place: Place::Here(5_000_000),
        },
    ]
}

/// The list is open, over a pair in English and Swahili.
fn choosing() -> Person {
    let mut app = ranked(ENGLISH, GERMAN);
    app.encoder = Encoder::new(ModelSpec::Bundled, Some("huggingface.co".into()));
    let mut bitext = enface::pipeline::Bitext::clone(app.findings.bitext().unwrap());
    bitext.source.language = Some("en".into());
    bitext.target.language = Some("sw".into());
    report(&mut app, Event::Documents(std::sync::Arc::new(bitext)));
    finish(&mut app);
    let mut person = Person::at(app);
    assert_eq!(person.press("m").effects, [Effect::Survey]);
    assert!(symbols(&person.look_at_screen()).contains("Looking up"));
    report(&mut person.app, Event::Shelf(shelf()));
    person.effects.clear();
    person
}

/// What the download of this number reports.
fn download(generation: u64, event: Event) -> Message {
    Message::Report(Report { generation, event })
}

/// What a job reports at its end.
fn finish(app: &mut App) {
    for (side, sentences) in [(Side::Source, ENGLISH), (Side::Target, GERMAN)] {
        let chunk = std::sync::Arc::new(vectors(sentences));
        report(app, Event::Vectors { side, first: 0, chunk });
    }
    report(app, Event::Alignment(std::sync::Arc::new(alignment())));
    report(app, Event::Finished);
}

#[test]
fn the_list_shows_who_knows_the_languages_and_where_each_is() {
    let mut person = choosing();
    person.size = (90, 16);
    insta::assert_snapshot!(symbols(&person.look_at_screen()));
}

#[test]
fn a_model_that_knows_the_languages_is_proposed_and_typing_narrows_the_list() {
    let mut person = choosing();
    assert_eq!(
        person.state(),
        "grid 1:1 cosine x2, e5-small of 6 models",
        "one that is here before others"
    );
    assert_eq!(
        person.press("down down up").state(),
        "grid 1:1 cosine x2, e5-large of 6 models"
    );
    assert_eq!(person.press("e 5").state(), "grid 1:1 cosine x2, e5-small of 2 models");
    assert_eq!(
        person.press("ctrl-u s w").state(),
        "grid 1:1 cosine x2, labse of 3 models"
    );
    assert_eq!(person.press("q q").state(), "grid 1:1 cosine x2,  of 0 models");
    assert!(symbols(&person.look_at_screen()).contains("No model has these words"));
    assert_eq!(person.press("enter").state(), "grid 1:1 cosine x2,  of 0 models");
    assert_eq!(person.press("esc").state(), "grid 1:1 cosine x2");
    assert_eq!(person.effects, []);
}

#[test]
fn a_model_that_is_here_is_loaded_and_replaces_the_other_when_it_is_done() {
    let mut person = choosing();
    person.press("enter");
    assert_eq!(person.effects, [Effect::Start(2)]);
    assert_eq!(person.app.encoder.spec.name(), "e5-small");
    finish(&mut person.app);
    assert_eq!(person.app.findings.beads().len(), 10);
    report(&mut person.app, Event::Cancelled);
    assert_eq!(person.app.encoder.spec.name(), "e5-small", "what is settled stays");
}

#[test]
fn what_was_there_comes_back_when_loading_is_cancelled_or_fails() {
    for (end, notice) in [
        (Event::Cancelled, "e5-small was stopped; use-multilingual is back"),
        (Event::Failed("config.json is damaged".into()), "config.json is damaged"),
    ] {
        let mut person = choosing();
        person.press("enter");
        let bitext = std::sync::Arc::clone(person.app.findings.bitext().unwrap());
        report(&mut person.app, Event::Documents(bitext));
        assert!(person.app.findings.beads().is_empty());
        assert_eq!(person.press("esc").effects.last(), Some(&Effect::Cancel));
        report(&mut person.app, end);
        assert_eq!(person.app.findings.beads().len(), 10);
        assert!(person.app.findings.cosine(9, 10).is_some() && !person.app.job.is_running());
        assert_eq!(person.app.encoder.spec, ModelSpec::Bundled);
        let screen = symbols(&person.look_at_screen());
        assert!(screen.contains(notice), "{screen}");
    }
}

#[test]
fn a_model_that_is_not_here_is_downloaded_after_a_question_with_its_size() {
    let mut person = choosing();
    assert_eq!(person.press("up enter").state(), "grid 1:1 cosine x2, download labse?");
    let screen = symbols(&person.look_at_screen());
    assert!(
        screen.contains("Download labse, about 1.77 GiB, from huggingface.co?"),
        "{screen}"
    );
    assert_eq!(person.press("q n").state(), "grid 1:1 cosine x2");
    assert_eq!(person.effects, []);

    person.press("m");
    report(&mut person.app, Event::Shelf(shelf()));
    person.press("up enter y");
    assert_eq!(person.effects, [Effect::Survey, Effect::Fetch(2, labse())]);
    let progress = Progress {
        stage: Stage::Downloading,
        done: 475_000_000,
        total: 1_900_000_000,
    };
    person.send(download(2, Event::Progress(progress)));
    let screen = symbols(&person.look_at_screen());
    assert!(
        screen.contains("downloading the model 453.00 MiB of 1.77 GiB (25%)"),
        "{screen}"
    );
    assert_eq!(
        person.app.findings.beads().len(),
        10,
        "the pair stays on screen meanwhile"
    );
    assert_eq!(person.app.encoder.spec, ModelSpec::Bundled);

    person.effects.clear();
    person.send(download(2, Event::Finished));
    assert_eq!(person.effects, [Effect::Start(3)]);
    assert_eq!(person.app.encoder.spec, labse());
    report(&mut person.app, Event::Failed("the tokenizer is damaged".into()));
    assert_eq!(
        person.app.encoder.spec,
        ModelSpec::Bundled,
        "back to before the download"
    );
    assert_eq!(person.app.findings.beads().len(), 10);
}

#[test]
fn a_download_that_is_stopped_changes_nothing() {
    let mut person = choosing();
    person.press("up enter y esc");
    assert_eq!(person.effects.last(), Some(&Effect::CancelFetch));
    person.send(download(2, Event::Cancelled));
    let screen = symbols(&person.look_at_screen());
    assert!(
        screen.contains("the download of labse was stopped; what came of it is kept"),
        "{screen}"
    );
    assert!(symbols(&person.press("j").look_at_screen()).contains("10 beads"));
}

#[test]
fn a_download_goes_on_beside_the_job() {
    let mut app = read(ENGLISH, GERMAN);
    app.encoder = Encoder::new(ModelSpec::Bundled, Some("huggingface.co".into()));
    let mut person = Person::at(app);
    person.press("m");
    report(&mut person.app, Event::Shelf(shelf()));
    person.press("m i n i enter y");
    finish(&mut person.app);
    assert_eq!(person.app.findings.beads().len(), 10, "the pair is aligned meanwhile");
    assert!(person.app.is_busy() && symbols(&person.look_at_screen()).contains("starting"));
    person.send(download(2, Event::Failed("the hub is silent".into())));
    assert!(symbols(&person.look_at_screen()).contains("the hub is silent"));
    assert!(!person.app.is_busy() && person.app.encoder.spec == ModelSpec::Bundled);
}

#[test]
fn offline_nothing_is_offered() {
    let mut person = choosing();
    person.app.encoder.host = None;
    person.press("up enter");
    assert_eq!((person.state(), person.effects.len()), ("grid 1:1 cosine x2".into(), 0));
    assert!(symbols(&person.look_at_screen()).contains("HF_HUB_OFFLINE"));
}

#[test]
fn a_model_asked_for_at_the_start_is_offered_when_it_is_not_here() {
    let mut app = read(ENGLISH, GERMAN);
    app.encoder = Encoder::new(labse(), Some("huggingface.co".into()));
    report(&mut app, Event::Absent("the model labse is not on this machine".into()));
    let mut person = Person::at(app);
    assert_eq!(person.state(), "grid 1:1 cosine x2, download labse?");
    person.press("n");
    assert!(symbols(&person.look_at_screen()).contains("labse is not on this machine"));
    person.press("r");
    report(
        &mut person.app,
        Event::Absent("the model labse is not on this machine".into()),
    );
    assert_eq!(person.press("y").effects, [Effect::Start(2), Effect::Fetch(3, labse())]);
}

#[test]
fn the_model_in_use_is_not_loaded_again() {
    let mut app = aligned();
    app.encoder = Encoder::new(ModelSpec::Bundled, None);
    let mut person = Person::at(app);
    person.press("m");
    report(&mut person.app, Event::Shelf(shelf()));
    person.press("enter");
    assert_eq!(person.effects, [Effect::Survey]);
    assert!(symbols(&person.look_at_screen()).contains("in use already"));
    let mut early = Person::at(started());
    early.press("m");
    report(&mut early.app, Event::Shelf(shelf()));
    assert_eq!(
        early.press("enter").effects.last(),
        Some(&Effect::Start(2)),
        "it was not done yet"
    );
}
