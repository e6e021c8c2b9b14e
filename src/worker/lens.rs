//! The thread that answers the screen's questions: the newest list of questions wins.

use std::thread;

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::{Event, Report};
use crate::app::findings::Findings;
use crate::app::lens::Question;

/// Questions about findings as they were when asked.
#[derive(Debug)]
struct Request {
    generation: u64,
    findings: Findings,
    questions: Vec<Question>,
}

/// The asking end.
#[derive(Debug)]
pub struct Inquiry {
    requests: Sender<Request>,
    last: (u64, u64, Vec<Question>),
}

impl Inquiry {
    /// Starts the thread; answers go to `reports`.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub fn start(reports: Sender<Report>) -> std::io::Result<Self> {
        let (requests, waiting) = unbounded();
        thread::Builder::new()
            .name("lens".into())
            .spawn(move || answer_all(&waiting, &reports))?;
        Ok(Self {
            requests,
            last: (0, 0, Vec::new()),
        })
    }

    /// Asks `questions` about `findings`, in place of all that was asked before.
    pub fn ask(&mut self, generation: u64, findings: &Findings, questions: &[Question]) {
        let asked = (generation, findings.version(), questions.to_vec());
        if questions.is_empty() || asked == self.last {
            return;
        }
        self.last = asked;
        let request = Request {
            generation,
            findings: findings.clone(),
            questions: questions.to_vec(),
        };
        let _ = self.requests.send(request);
    }
}

fn answer_all(waiting: &Receiver<Request>, reports: &Sender<Report>) {
    let mut next = waiting.recv().ok();
    while let Some(request) = next.take() {
        for &question in &request.questions {
            let Some(answer) = question.answer(&request.findings) else {
                continue;
            };
            let report = Report {
                generation: request.generation,
                event: Event::Answer(answer),
            };
            if reports.send(report).is_err() {
                return;
            }
            next = waiting.try_iter().last();
            if let Some(newer) = &mut next {
                // It was asked before the answer could arrive.
                let same = newer.findings.version() == request.findings.version();
                newer.questions.retain(|asked| !(same && *asked == question));
                break;
            }
        }
        next = next.or_else(|| waiting.recv().ok());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::app::lens::{Answer, Ranks};
    use crate::document::{Document, Segment};
    use crate::embed::Vectors;
    use crate::pipeline::{Bitext, Side};

    /// Three sentences a side; sentence `n` means the same on both.
    fn findings() -> Findings {
        let segment = |paragraph| Segment {
            text: "word".into(),
            paragraph,
        };
        let document = Document {
            segments: (0..3).map(segment).collect(),
            ..Document::default()
        };
        let mut findings = Findings::default();
        findings.set_documents(Arc::new(Bitext {
            source: document.clone(),
            target: document,
        }));
        let vectors = Arc::new(Vectors::new(2, vec![1.0, 0.0, 0.6, 0.8, 0.0, 1.0]));
        findings.add_vectors(Side::Source, 0, Arc::clone(&vectors));
        findings.add_vectors(Side::Target, 0, vectors);
        findings
    }

    #[test]
    fn questions_are_answered_in_the_name_of_their_job() {
        let (sender, reports) = unbounded();
        let mut inquiry = Inquiry::start(sender).unwrap();
        let findings = findings();
        let questions = [Question::Ranks(0, 0), Question::Ranks(0, 2)];
        inquiry.ask(5, &findings, &questions);
        inquiry.ask(5, &findings, &questions);
        let answers: Vec<Report> = reports.iter().take(2).collect();
        assert!(answers.iter().all(|report| report.generation == 5));
        let ranks = |source, target, rank| Ranks {
            source,
            target,
            of_target: rank,
            of_source: rank,
        };
        let expected = [ranks(0, 0, 1), ranks(0, 2, 3)];
        for (report, expected) in answers.into_iter().zip(expected) {
            assert!(matches!(report.event, Event::Answer(Answer::Ranks(found)) if found == expected));
        }
        drop(inquiry);
        assert!(reports.iter().next().is_none(), "asking the same twice gets one answer");
    }
}
