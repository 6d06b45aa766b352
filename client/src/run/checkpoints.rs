//! Checkpoint rounds: every running unit leaves a snapshot, every block that changed is saved and
//! written. A round runs beside the loop; one at a time.

use std::{sync::Arc, time::Duration};

use super::{
    message::Message,
    worker::{Notice, Worker},
};
use crate::{
    display::Event,
    engine::Engine,
    state::{StateError, checkpoint::Checkpoint, directory::DataDir},
};

/// How long units get to leave their snapshots. Long tests answer within a squaring; sieve units
/// need not answer at all, they are short and simply repeated.
const PATIENCE: Duration = Duration::from_secs(1);

/// A block to save.
pub(super) struct ToKeep {
    id: i64,
    generation: u64,
    saved: Option<blake3::Hash>,
    wanted_upload: bool,
}

/// What became of it.
pub(super) struct Kept {
    pub(super) id: i64,
    /// `None`: nothing had changed, or the block was gone.
    pub(super) written: Option<Result<u64, StateError>>,
    pub(super) hash: Option<blake3::Hash>,
    /// The state, if it is to be uploaded.
    pub(super) upload: Option<Vec<u8>>,
}

/// Saves and writes the blocks.
pub(super) fn round(
    engine: &Engine,
    data: &DataDir,
    blocks: Vec<ToKeep>,
    patience: Duration,
) -> Vec<Kept> {
    engine.snapshot(patience);
    blocks
        .into_iter()
        .map(|block| keep(engine, data, &block))
        .collect()
}

fn keep(engine: &Engine, data: &DataDir, block: &ToKeep) -> Kept {
    let mut kept = Kept {
        id: block.id,
        written: None,
        hash: None,
        upload: None,
    };
    let Some(saved) = engine.save(block.id) else {
        return kept;
    };
    let hash = blake3::hash(&saved.bytes);
    if block.saved == Some(hash) {
        return kept;
    }
    if block.wanted_upload && saved.progress.fraction > 0.0 {
        kept.upload = Some(saved.bytes.clone());
    }
    let checkpoint = Checkpoint {
        generation: block.generation + 1,
        state: saved.bytes,
        spent: saved.spent,
    };
    let written = data.checkpoints(block.id).write(&checkpoint);
    kept.hash = written.is_ok().then_some(hash);
    kept.written = Some(written.map(|()| checkpoint.generation));
    kept
}

impl Worker {
    /// Starts a round if none is under way.
    pub(super) fn start_round(&mut self) {
        if self.round_under_way {
            return;
        }
        self.retry_unsaved();
        let blocks = self.blocks_to_keep();
        if blocks.is_empty() {
            return;
        }
        self.round_under_way = true;
        let (engine, data, sender) = (
            Arc::clone(&self.engine),
            self.data.clone(),
            self.sender.clone(),
        );
        tokio::task::spawn_blocking(move || {
            let kept = round(&engine, &data, blocks, PATIENCE);
            let _ = sender.send(Message::Kept(kept));
        });
    }

    /// The blocks that a round saves; a claim that could not be written down is tried again first.
    pub(super) fn blocks_to_keep(&mut self) -> Vec<ToKeep> {
        let mut blocks = Vec::new();
        let mut troubles = Vec::new();
        for (id, held) in &self.held {
            if !held.is_computing() {
                continue;
            }
            let store = self.data.held();
            if !store.is_stored(*id)
                && let Err(error) = store.store(&held.assignment)
            {
                troubles.push(error);
                continue;
            }
            blocks.push(ToKeep {
                id: *id,
                generation: held.generation,
                saved: held.saved,
                wanted_upload: held.uploaded.elapsed() >= self.options.upload,
            });
        }
        for error in troubles {
            self.trouble(&error);
        }
        blocks
    }

    /// A round is over.
    pub(super) fn kept(&mut self, kept: Vec<Kept>) {
        self.round_under_way = false;
        for kept in kept {
            self.kept_one(kept);
        }
        for id in std::mem::take(&mut self.to_forget) {
            self.forget_files(id);
        }
    }

    fn kept_one(&mut self, kept: Kept) {
        let Some(held) = self.held.get_mut(&kept.id) else {
            return;
        };
        let later = held.later.take().unwrap_or_default();
        match kept.written {
            Some(Ok(generation)) => {
                held.generation = generation;
                held.saved = kept.hash;
                self.tell(&Event::Checkpoint {
                    assignment: kept.id,
                    generation,
                });
            }
            // A block that meanwhile left took its folder with it.
            Some(Err(error)) if held.is_computing() => {
                self.trouble(&error);
            }
            _ => {}
        }
        for event in later {
            self.tell(&event);
        }
        if let Some(state) = kept.upload {
            self.upload(kept.id, state);
        }
    }

    /// Something about the disk went wrong; told once per kind until it works again.
    pub(super) fn trouble(&mut self, error: &StateError) {
        let hint = error.hint().map(|h| format!(" ({h})")).unwrap_or_default();
        self.notice(
            Notice::Disk,
            format!("{error}{hint}; it is kept in memory and tried again"),
        );
    }

    /// Writes results that a full disk kept in memory.
    pub(super) fn retry_unsaved(&mut self) {
        for parcel in std::mem::take(&mut self.unsaved) {
            self.put(parcel);
        }
    }

    /// Lets go of a block's files; later if a round may be writing them.
    pub(super) fn forget(&mut self, id: i64) {
        if self.round_under_way {
            self.to_forget.push(id);
        } else {
            self.forget_files(id);
        }
    }

    fn forget_files(&mut self, id: i64) {
        if self.held.contains_key(&id) {
            return;
        }
        if let Err(error) = self.data.held().forget(id) {
            tracing::warn!("{error}");
        }
    }
}
