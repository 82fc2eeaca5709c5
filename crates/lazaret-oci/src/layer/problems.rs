//! Problems, capped: a hostile layer must not make a million of them.

use lazaret_model::{Problem, ProblemKind};

use crate::Limits;

#[derive(Debug)]
pub(super) struct Problems {
    told: Vec<Problem>,
    counts: Vec<(ProblemKind, usize)>,
    cap: usize,
}

impl Problems {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { told: Vec::new(), counts: Vec::new(), cap: limits.problems_per_kind }
    }

    pub(super) fn add(&mut self, kind: ProblemKind, path: &str, message: impl FnOnce() -> String) {
        let index = self.counts.iter().position(|(k, _)| *k == kind).unwrap_or_else(|| {
            self.counts.push((kind, 0));
            self.counts.len() - 1
        });
        let count = &mut self.counts[index].1;
        *count += 1;
        if *count <= self.cap {
            self.told.push(Problem::new(kind, path, message()));
        }
    }

    /// All of them; one for each kind that went over the cap says how many are left out.
    pub(super) fn finish(mut self) -> Vec<Problem> {
        for (kind, count) in self.counts {
            if count > self.cap {
                let message = format!("and {} more of this kind in the layer", count - self.cap);
                self.told.push(Problem::new(kind, "", message));
            }
        }
        self.told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_is_counted() {
        let mut all = Problems::new(&Limits { problems_per_kind: 2, ..Limits::default() });
        for i in 0..5 {
            all.add(ProblemKind::HostileEntry, "p", || format!("{i}"));
        }
        all.add(ProblemKind::LimitExceeded, "q", || "x".to_owned());
        let all = all.finish();
        assert_eq!(all.len(), 4);
        assert_eq!(all[3].message, "and 3 more of this kind in the layer");
    }
}
