//! What the background reports, taken in.

use super::job::Phase;
use super::moves::named;
use super::{App, Effect, Layer, Notice};
use crate::pipeline::Side;
use crate::worker::Event;

impl App {
    pub(super) fn hear(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Progress(progress) => self.job.phase = Phase::Running(Some(progress)),
            Event::Documents(bitext) => {
                self.review.start_over();
                self.moves.start_over();
                self.lens.clear();
                self.findings.set_documents(bitext);
                let place = self.place;
                self.place.go(&self.findings, Side::Target, place.target);
                self.place.go(&self.findings, Side::Source, place.source);
            }
            Event::Uncovered(gap) => self.notice = Some(Notice::Uncovered(gap)),
            Event::Strangers(strangers) => self.notice = Some(Notice::Problem(strangers.to_string())),
            Event::Cut(cut) => self.notice = Some(Notice::Problem(cut.to_string())),
            Event::Vectors { side, first, chunk } => {
                if first == 0 {
                    self.lens.clear();
                }
                self.findings.add_vectors(side, first, chunk);
            }
            Event::Ranking(ranking) => {
                self.lens.clear();
                self.findings.set_ranking(ranking);
            }
            Event::Alignment(alignment) => {
                // The first alignment knows nothing of earlier decisions, which must hold in what is shown after it.
                let first = self.findings.alignment().is_none();
                if first || self.review.decisions().is_empty() {
                    self.findings.set_alignment(alignment);
                }
                return first
                    .then(|| self.review.tell())
                    .flatten()
                    .map(Effect::Decide)
                    .into_iter()
                    .collect();
            }
            Event::Realigned(number, alignment) if self.review.awaits(number) => self.findings.set_alignment(alignment),
            Event::Realigned(..) => {}
            Event::Moved(blocks) => {
                if let Some(block) = blocks.first() {
                    let others = match blocks.len() - 1 {
                        0 => String::new(),
                        more => format!(", and {more} more"),
                    };
                    self.notice = Some(Notice::Done(format!("{} stands elsewhere{others}", named(block))));
                }
                self.moves.set(blocks);
            }
            Event::Lessons(lessons) => {
                self.lens.clear();
                self.findings.set_lessons(lessons);
            }
            Event::Refused(reason) | Event::NotSaved(reason) => self.notice = Some(Notice::Problem(reason)),
            Event::Finished => {
                self.encoder.settle();
                self.job.phase = Phase::Finished;
            }
            Event::Cancelled | Event::Failed(_) | Event::Absent(_) if self.encoder.is_changing() => self.go_back(event),
            Event::Cancelled => {
                self.notice = None;
                self.job.phase = Phase::Cancelled;
            }
            Event::Failed(message) | Event::Absent(message) if self.findings.bitext().is_none() => {
                return vec![Effect::GiveUp(message)];
            }
            Event::Failed(message) => self.job.phase = Phase::Failed(message),
            Event::Absent(message) => {
                self.job.phase = Phase::Failed(message);
                self.offer(self.encoder.spec.clone());
            }
            Event::Shelf(models) => self.fill_models(models),
            Event::Answer(answer) => self.lens.learn(answer),
            Event::Exported(path, pairs) => {
                self.notice = Some(Notice::Done(format!("{pairs} pairs written to {}", path.display())));
            }
            Event::ExportExists(path) => self.layer = Layer::Overwrite(path),
            Event::ExportFailed(message) => self.notice = Some(Notice::Problem(message)),
        }
        Vec::new()
    }
}
