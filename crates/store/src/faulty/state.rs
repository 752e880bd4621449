//! What is on the platter and what is in the cache, and when the power fails.

use std::io;

use super::{
    image::{Change, FileId, Image},
    plan::{Cache, Plan},
};

#[derive(Debug, Default)]
pub(super) struct State {
    plan: Plan,
    operations: u64,
    is_dead: bool,
    /// What is on the platter.
    stable: Image,
    /// What a reader sees: the platter with the cache over it.
    visible: Image,
    /// What was asked for since the last honest sync, in order.
    cached: Vec<Change>,
}

/// What becomes of an operation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Succeeds,
    Fails,
    PowerFails,
}

impl State {
    pub(super) fn new(image: Image, plan: Plan) -> Self {
        Self { plan, stable: image.clone(), visible: image, ..Self::default() }
    }

    pub(super) fn operations(&self) -> u64 {
        self.operations
    }

    pub(super) fn is_dead(&self) -> bool {
        self.is_dead
    }

    /// What the next start finds.
    pub(super) fn surviving(&self) -> &Image {
        if self.is_dead { &self.stable } else { &self.visible }
    }

    /// What a reader sees.
    pub(super) fn visible(&self) -> io::Result<&Image> {
        if self.is_dead { Err(power_failure()) } else { Ok(&self.visible) }
    }

    /// Loses or keeps the cache, as the plan says.
    pub(super) fn die(&mut self) {
        if self.is_dead {
            return;
        }
        self.is_dead = true;
        let mut random = match self.plan.cache {
            Cache::Scattered(seed) => seed,
            _ => 0,
        };
        for change in std::mem::take(&mut self.cached) {
            let reaches = match self.plan.cache {
                Cache::Lost => false,
                Cache::Kept => true,
                Cache::Scattered(_) => next_random(&mut random) & 1 == 1,
            };
            if reaches {
                self.stable.apply(&change);
            }
        }
    }

    /// A change that stays in the cache until its file is synced.
    pub(super) fn change(&mut self, change: Change) -> io::Result<()> {
        let outcome = self.step()?;
        match outcome {
            Outcome::Succeeds => self.cache(change),
            Outcome::Fails => self.cache(change.torn(self.plan.torn_bytes)),
            Outcome::PowerFails => self.die_in(change),
        }
        outcome.result()
    }

    /// A change that is durable when it succeeds.
    pub(super) fn change_durably(&mut self, change: Change) -> io::Result<()> {
        let file = change.file();
        self.change(change)?;
        self.write_back(file);
        Ok(())
    }

    /// Makes the changes of a file durable.
    pub(super) fn sync(&mut self, file: FileId) -> io::Result<()> {
        let outcome = self.step()?;
        match outcome {
            Outcome::Succeeds => self.write_back(file),
            Outcome::Fails => {}
            Outcome::PowerFails => self.die(),
        }
        outcome.result()
    }

    /// How many bytes all files can grow together.
    pub(super) fn space_bytes(&self) -> u64 {
        self.plan.space_bytes_max.map_or(u64::MAX, |max| max.saturating_sub(self.visible.bytes()))
    }

    /// Counts an operation.
    fn step(&mut self) -> io::Result<Outcome> {
        if self.is_dead {
            return Err(power_failure());
        }
        let number = Some(self.operations);
        self.operations += 1;
        Ok(match number {
            _ if self.plan.kill_at == number => Outcome::PowerFails,
            _ if self.plan.fail_at == number => Outcome::Fails,
            _ => Outcome::Succeeds,
        })
    }

    fn cache(&mut self, change: Change) {
        self.visible.apply(&change);
        self.cached.push(change);
    }

    /// The power fails within a change: a torn write reaches the disk as far as it goes.
    fn die_in(&mut self, change: Change) {
        match (&change, self.plan.torn_bytes) {
            (Change::Write { .. }, Some(_)) => {
                self.die();
                self.stable.apply(&change.torn(self.plan.torn_bytes));
            }
            _ => {
                self.cache(change);
                self.die();
            }
        }
    }

    fn write_back(&mut self, file: FileId) {
        if self.plan.syncs_lie_from.is_some_and(|from| self.operations > from) {
            return;
        }
        for change in self.cached.extract_if(.., |change| change.file() == file) {
            self.stable.apply(&change);
        }
    }
}

impl Outcome {
    fn result(self) -> io::Result<()> {
        match self {
            Self::Succeeds => Ok(()),
            Self::Fails => Err(io::Error::other("the simulated disk has failed in an operation")),
            Self::PowerFails => Err(power_failure()),
        }
    }
}

fn power_failure() -> io::Error {
    io::Error::other("the simulated disk has lost its power")
}

/// SplitMix64: a small generator, so that a seed means the same everywhere.
fn next_random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
