//! Who computes: the caller supplies the threads.

/// Runs independent tasks. A worker with a pool of threads spreads them; [`Alone`] does one after the
/// other.
pub trait Workers: Sync {
    /// Calls the task with every number of 0..count, in any order, and returns when all are done.
    fn run(&self, count: usize, task: &(dyn Fn(usize) + Sync));
    /// How many run at the same time.
    fn threads(&self) -> usize;
}

/// The calling thread.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alone;

impl Workers for Alone {
    fn run(&self, count: usize, task: &(dyn Fn(usize) + Sync)) {
        (0..count).for_each(task);
    }

    fn threads(&self) -> usize {
        1
    }
}

/// The results of a function on 0..count, in order.
pub(super) fn map<T: Send + Sync>(
    workers: &dyn Workers,
    count: usize,
    function: &(dyn Fn(usize) -> T + Sync),
) -> Vec<T> {
    let slots: Vec<_> = (0..count).map(|_| std::sync::OnceLock::new()).collect();
    workers.run(count, &|index| {
        // A task that was run twice computed the same.
        let _ = slots[index].set(function(index));
    });
    slots
        .into_iter()
        .map(|slot| slot.into_inner().expect("every task was run"))
        .collect()
}
