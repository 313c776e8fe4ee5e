//! Facts that are read again while a run goes on.
//!
//! Whoever wants a fact new waits for a reading that begins after he asked. Those who ask while another reading is
//! under way share the next one, so that a thousand steps that change one collection do not read it a thousand times.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use tokio::sync::Mutex;

use super::World;
use crate::catalogue::Catalogue;
use crate::collect::made_of;
use crate::facts::{FactPath, Facts, Root};

/// The facts as they are known, and the way to know them better.
pub(super) struct Fresh<'a, W> {
    world: &'a W,
    catalogue: &'a Catalogue,
    facts: RefCell<Rc<Facts>>,
    wanted: RefCell<BTreeSet<FactPath>>,
    /// The reading that wishes are collected for now; those before it are over.
    turn: Cell<u64>,
    reading: Mutex<()>,
}

impl<'a, W: World> Fresh<'a, W> {
    pub(super) fn new(world: &'a W, catalogue: &'a Catalogue, facts: Facts) -> Self {
        Self {
            world,
            catalogue,
            facts: RefCell::new(Rc::new(facts)),
            wanted: RefCell::default(),
            turn: Cell::new(0),
            reading: Mutex::new(()),
        }
    }

    /// What is known now.
    pub(super) fn known(&self) -> Rc<Facts> {
        self.facts.borrow().clone()
    }

    /// What is known once these facts, and what they are made of, were read again.
    pub(super) async fn read(&self, facts: impl IntoIterator<Item = FactPath>) -> Rc<Facts> {
        let mine = self.turn.get();
        let (said, asked): (Vec<FactPath>, Vec<FactPath>) =
            facts.into_iter().partition(|path| path.root == Root::Setting);
        // What a person says in the pair file is no fact of the catalogue.
        self.wanted.borrow_mut().extend(said);
        self.wanted.borrow_mut().extend(made_of(self.catalogue, asked));
        let _reading = self.reading.lock().await;
        if self.turn.get() == mine {
            self.turn.set(mine + 1);
            let wanted = std::mem::take(&mut *self.wanted.borrow_mut());
            let read = self.world.read(&self.known(), &wanted).await;
            let mut facts = Facts::clone(&self.known());
            for (path, observation) in read.iter() {
                facts.insert(path.clone(), observation.clone());
            }
            *self.facts.borrow_mut() = Rc::new(facts);
        }
        self.known()
    }
}
