//! How many allocations there are, whose they are, and which relayed ports they hold.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Limits;
use super::message::Refusal;

/// First of the ports from which relayed addresses are made (RFC 8656 section 7.2).
const FIRST_PORT: u16 = 49_152;

/// The books. Looked into when an allocation begins or ends, never for a packet.
#[derive(Debug)]
pub struct Quota {
    held: Mutex<Held>,
    all: usize,
    per_user: usize,
}

#[derive(Debug)]
struct Held {
    by_user: HashMap<String, usize>,
    ports: HashSet<u16>,
    /// Allocations; ports that are taken by others stand among `ports` too.
    count: usize,
    next: u16,
}

/// One allocation's place, given back when dropped.
#[derive(Debug)]
pub struct Place {
    quota: Arc<Quota>,
    identity: String,
    /// Port of the relayed address: no other allocation has it. Nothing listens there.
    pub port: u16,
}

impl Quota {
    /// Empty books; `taken` are ports that something else has.
    pub fn new(limits: &Limits, taken: impl IntoIterator<Item = u16>) -> Arc<Self> {
        let held =
            Held { by_user: HashMap::new(), ports: taken.into_iter().collect(), count: 0, next: FIRST_PORT };
        Arc::new(Self {
            held: Mutex::new(held),
            all: limits.allocations,
            per_user: limits.allocations_per_user,
        })
    }

    /// A place for one more allocation of this user, if there is one.
    pub fn take(self: &Arc<Self>, identity: &str) -> Result<Place, Refusal> {
        let mut held = self.held();
        if held.by_user.get(identity).copied().unwrap_or_default() >= self.per_user {
            return Err(Refusal::QuotaReached);
        }
        if held.count >= self.all {
            return Err(Refusal::NoCapacity);
        }
        let port = held.free_port().ok_or(Refusal::NoCapacity)?;
        held.ports.insert(port);
        held.count += 1;
        *held.by_user.entry(identity.to_owned()).or_default() += 1;
        tell(held.count);
        Ok(Place { quota: Arc::clone(self), identity: identity.to_owned(), port })
    }

    /// Allocations at the moment.
    pub fn count(&self) -> usize {
        self.held().count
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // The books stay sound whatever the thread did that held them.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// The next port that is free. In turn, so that one just given back rests.
    fn free_port(&mut self) -> Option<u16> {
        for _ in FIRST_PORT..=u16::MAX {
            let port = self.next;
            self.next = self.next.checked_add(1).unwrap_or(FIRST_PORT);
            if !self.ports.contains(&port) {
                return Some(port);
            }
        }
        None
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.quota.held();
        held.ports.remove(&self.port);
        held.count = held.count.saturating_sub(1);
        if let Some(count) = held.by_user.get_mut(&self.identity) {
            *count -= 1;
            if *count == 0 {
                held.by_user.remove(&self.identity);
            }
        }
        tell(held.count);
    }
}

fn tell(count: usize) {
    metrics::gauge!("giaoban_turn_allocations").set(u32::try_from(count).unwrap_or(u32::MAX));
}
