//! A bounded store of what was used last.

use std::{collections::BTreeMap, sync::Arc};

use parking_lot::Mutex;

/// Keeps values by index until their weights exceed the limit; then the one used longest ago goes first. The newest
/// value always stays.
pub struct Memo<T> {
    limit: usize,
    state: Mutex<State<T>>,
}

struct State<T> {
    /// Value, weight, time of last use.
    values: BTreeMap<usize, (Arc<T>, usize, u64)>,
    by_use: BTreeMap<u64, usize>,
    weight: usize,
    clock: u64,
}

impl<T> Memo<T> {
    pub fn new(limit: usize) -> Self {
        let state = State { values: BTreeMap::new(), by_use: BTreeMap::new(), weight: 0, clock: 0 };
        Self { limit, state: Mutex::new(state) }
    }

    pub fn get(&self, index: usize) -> Option<Arc<T>> {
        let mut state = self.state.lock();
        let (value, weight, _) = state.take(index)?;
        state.put(index, value.clone(), weight);
        Some(value)
    }

    pub fn insert(&self, index: usize, value: Arc<T>, weight: usize) {
        let mut state = self.state.lock();
        state.take(index);
        state.put(index, value, weight);
        while state.weight > self.limit && state.values.len() > 1 {
            let Some((_, &oldest)) = state.by_use.first_key_value() else { break };
            state.take(oldest);
        }
    }
}

impl<T> State<T> {
    fn put(&mut self, index: usize, value: Arc<T>, weight: usize) {
        self.clock += 1;
        self.weight += weight;
        self.by_use.insert(self.clock, index);
        self.values.insert(index, (value, weight, self.clock));
    }

    fn take(&mut self, index: usize) -> Option<(Arc<T>, usize, u64)> {
        let taken = self.values.remove(&index)?;
        self.by_use.remove(&taken.2);
        self.weight -= taken.1;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_used_longest_ago_goes_first() {
        let memo = Memo::new(20);
        memo.insert(0, Arc::new('a'), 10);
        memo.insert(1, Arc::new('b'), 10);
        assert!(memo.get(0).is_some());
        memo.insert(2, Arc::new('c'), 10);
        assert_eq!(memo.get(1), None);
        assert_eq!(memo.get(0).as_deref(), Some(&'a'));
        memo.insert(3, Arc::new('d'), 100);
        assert_eq!(memo.get(0), None);
        assert_eq!(memo.get(3).as_deref(), Some(&'d'));
    }
}
