//! Checkpoints of one block, in generations.
//!
//! A new generation is written beside the old one, read back and checked; only then is anything
//! older than its predecessor removed. So there are always two generations to fall back on, and
//! a crash, a torn write or a flipped bit costs at most the newest.
//!
//! File, all numbers little endian: `DRCKPT` and two bytes format number; generation u64;
//! assignment i64; processor and wall seconds f64; length u64; the search's saved state; BLAKE3 of
//! all that. The search itself checks that the state belongs to the assignment's specification.

use std::{path::PathBuf, sync::Arc};

use super::{
    StateError,
    files::{self, Files},
};
use crate::engine::Spent;

const MAGIC: &[u8; 6] = b"DRCKPT";
const FORMAT: u16 = 1;
const HEAD: usize = 6 + 2 + 8 + 8 + 8 + 8 + 8;
const PREFIX: &str = "checkpoint-";

/// One generation.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// Counts up by one per checkpoint of the block.
    pub generation: u64,
    /// The search's saved state.
    pub state: Vec<u8>,
    /// Time spent so far.
    pub spent: Spent,
}

/// The folder with one block's checkpoints.
#[derive(Clone, Debug)]
pub struct CheckpointStore {
    folder: PathBuf,
    assignment: i64,
    files: Arc<dyn Files>,
}

/// Everything readable, newest first, and what was not.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Whole checkpoints, newest first.
    pub good: Vec<Checkpoint>,
    /// Why others were passed over.
    pub damaged: Vec<StateError>,
}

impl CheckpointStore {
    /// The checkpoints of `assignment` in `folder`.
    pub fn new(folder: PathBuf, assignment: i64, files: Arc<dyn Files>) -> Self {
        Self {
            folder,
            assignment,
            files,
        }
    }

    /// Writes a generation and lets go of those before its predecessor.
    ///
    /// # Errors
    /// [`StateError`]; earlier generations are then untouched.
    pub fn write(&self, checkpoint: &Checkpoint) -> Result<(), StateError> {
        let path = self.path(checkpoint.generation);
        let bytes = encode(self.assignment, checkpoint);
        files::replace(&*self.files, &path, &bytes)?;
        self.read(checkpoint.generation)?;
        for old in self.generations()? {
            if old + 1 < checkpoint.generation {
                files::remove(&*self.files, &self.path(old))?;
            }
        }
        Ok(())
    }

    /// Reads what is there.
    ///
    /// # Errors
    /// [`StateError::Io`] if the folder can not be read; damaged files are not an error.
    pub fn load(&self) -> Result<Loaded, StateError> {
        let mut loaded = Loaded::default();
        let mut generations = self.generations()?;
        generations.sort_unstable_by(|a, b| b.cmp(a));
        for generation in generations {
            match self.read(generation) {
                Ok(checkpoint) => loaded.good.push(checkpoint),
                Err(error) => loaded.damaged.push(error),
            }
        }
        Ok(loaded)
    }

    /// The newest generation number in use, damaged ones included.
    ///
    /// # Errors
    /// [`StateError::Io`].
    pub fn newest(&self) -> Result<u64, StateError> {
        Ok(self.generations()?.into_iter().max().unwrap_or(0))
    }

    /// Removes every generation, the newest last, so that an interruption leaves the newest.
    ///
    /// # Errors
    /// [`StateError`].
    pub fn clear(&self) -> Result<(), StateError> {
        let mut generations = self.generations()?;
        generations.sort_unstable();
        for generation in generations {
            files::remove(&*self.files, &self.path(generation))?;
        }
        Ok(())
    }

    fn read(&self, generation: u64) -> Result<Checkpoint, StateError> {
        let path = self.path(generation);
        let bytes = std::fs::read(&path).map_err(StateError::io("read", &path))?;
        let checkpoint =
            decode(self.assignment, &bytes).map_err(|e| StateError::damaged(&path, &e))?;
        if checkpoint.generation != generation {
            return Err(StateError::damaged(&path, "it is of another generation"));
        }
        Ok(checkpoint)
    }

    fn path(&self, generation: u64) -> PathBuf {
        self.folder.join(format!("{PREFIX}{generation}"))
    }

    fn generations(&self) -> Result<Vec<u64>, StateError> {
        let names = files::list(&self.folder)?;
        Ok(names
            .iter()
            .filter_map(|name| name.strip_prefix(PREFIX)?.parse().ok())
            .collect())
    }
}

fn encode(assignment: i64, checkpoint: &Checkpoint) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEAD + checkpoint.state.len() + 32);
    out.extend(MAGIC);
    out.extend(FORMAT.to_le_bytes());
    out.extend(checkpoint.generation.to_le_bytes());
    out.extend(assignment.to_le_bytes());
    out.extend(checkpoint.spent.cpu_seconds.to_le_bytes());
    out.extend(checkpoint.spent.wall_seconds.to_le_bytes());
    out.extend((checkpoint.state.len() as u64).to_le_bytes());
    out.extend(&checkpoint.state);
    out.extend(blake3::hash(&out).as_bytes());
    out
}

fn decode(assignment: i64, bytes: &[u8]) -> Result<Checkpoint, String> {
    let (content, hash) = bytes
        .split_last_chunk::<32>()
        .filter(|(content, _)| content.len() >= HEAD)
        .ok_or("it is too short")?;
    if !content.starts_with(MAGIC) {
        return Err("it is not a checkpoint".to_owned());
    }
    let field = |at: usize| -> [u8; 8] {
        let mut field = [0; 8];
        field.copy_from_slice(&content[at..at + 8]);
        field
    };
    let format = u16::from_le_bytes([content[6], content[7]]);
    if format != FORMAT {
        return Err(format!(
            "it has format {format}, this program reads {FORMAT}"
        ));
    }
    if blake3::hash(content) != *hash {
        return Err("its checksum is wrong".to_owned());
    }
    let found = i64::from_le_bytes(field(16));
    if found != assignment {
        return Err(format!("it belongs to assignment {found}"));
    }
    let state = &content[HEAD..];
    if u64::from_le_bytes(field(40)) != state.len() as u64 {
        return Err("its length is wrong".to_owned());
    }
    Ok(Checkpoint {
        generation: u64::from_le_bytes(field(8)),
        state: state.to_vec(),
        spent: Spent {
            cpu_seconds: f64::from_le_bytes(field(24)),
            wall_seconds: f64::from_le_bytes(field(32)),
        },
    })
}
