//! Keys and signatures. Nothing here needs a network.

use std::path::PathBuf;

use clap::Args;
use darkreach_update::SecretKey;

use crate::{error::ReleaseError, files, show};

/// Arguments of `keygen`.
#[derive(Debug, Args)]
pub(crate) struct Keygen {
    /// The file for the secret key; it must not exist
    file: PathBuf,
}

impl Keygen {
    pub(crate) fn execute(&self) -> Result<(), ReleaseError> {
        let seed: [u8; 32] = rand::random();
        let key = SecretKey::from_seed(&seed);
        files::write_new(&self.file, key.to_file().as_bytes(), 0o600)?;
        println!("{}", key.public());
        eprintln!(
            "the secret key is in {}, readable by you alone; the line above is the public key",
            self.file.display()
        );
        Ok(())
    }
}

/// Arguments of `sign`.
#[derive(Debug, Args)]
pub(crate) struct Sign {
    /// The document, which gets the signatures
    document: PathBuf,
    /// A secret key; may be repeated
    #[arg(long = "key", required = true, value_name = "FILE")]
    keys: Vec<PathBuf>,
}

impl Sign {
    pub(crate) fn execute(&self) -> Result<(), ReleaseError> {
        let mut document = files::document(&self.document)?;
        eprintln!("signing:\n{}", show::payload(&document));
        for path in &self.keys {
            let key = files::secret(path)?;
            document.sign(&key);
            eprintln!("signed with key {}", key.public().id());
        }
        files::replace(&self.document, &document.to_bytes())?;
        let keys: Vec<String> = document.keys().map(|key| key.to_string()).collect();
        eprintln!(
            "{} has signatures of {}",
            self.document.display(),
            keys.join(", ")
        );
        Ok(())
    }
}
