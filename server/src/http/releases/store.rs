//! Where the files of releases lie, and the key that dates documents again.

use std::{io, path::Path, sync::Arc};

use axum::body::Body;
use darkreach_protocol::problem::ProblemKind;
use darkreach_update::{SecretKey, UpdateError, document::MAX_ARTIFACT_BYTES};
use futures_util::StreamExt;
use object_store::{
    GetOptions, GetResult, ObjectStore, ObjectStoreExt, local::LocalFileSystem, path::Path as Name,
};

use crate::http::problem::ApiError;

/// Bytes that are gathered before they are written.
const PIECE: usize = 5 * 1024 * 1024;

/// Why the store cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The folder.
    #[error("cannot use {path} for the files of releases: {reason}")]
    Folder {
        /// The folder.
        path: String,
        /// Why.
        reason: String,
    },
    /// The freshness key's file.
    #[error("cannot read the freshness key {path}: {source}")]
    KeyFile {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// Others can read the key.
    #[error("the freshness key {0} can be read by others than its owner; run chmod 600 on it")]
    KeyOpen(String),
    /// It is no key.
    #[error("the freshness key {path}: {source}")]
    Key {
        /// The file.
        path: String,
        /// Why.
        source: UpdateError,
    },
}

/// Files of releases, and the freshness key if this server has it.
#[derive(Clone, Default)]
pub struct ReleaseStore {
    files: Option<Arc<dyn ObjectStore>>,
    freshness: Option<Arc<SecretKey>>,
}

impl std::fmt::Debug for ReleaseStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReleaseStore").finish_non_exhaustive()
    }
}

impl ReleaseStore {
    /// Opens a folder, which is made if need be, and reads the key.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open(folder: Option<&Path>, key: Option<&Path>) -> Result<Self, StoreError> {
        Ok(Self {
            files: folder.map(open).transpose()?,
            freshness: key.map(read_key).transpose()?.map(Arc::new),
        })
    }

    pub(super) fn freshness_key(&self) -> Option<&SecretKey> {
        self.freshness.as_deref()
    }

    fn files(&self) -> Result<&Arc<dyn ObjectStore>, ApiError> {
        self.files.as_ref().ok_or_else(|| {
            let words = "this server keeps no files of releases; start it with --release-dir";
            ApiError::of(ProblemKind::NotFound, words)
        })
    }

    /// The size of a file, if it is there.
    pub(super) async fn size(&self, path: &str) -> Result<Option<u64>, ApiError> {
        match self.files()?.head(&name(path)?).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(broken(&error)),
        }
    }

    /// A file, or a part of it.
    pub(super) async fn get(&self, path: &str, options: GetOptions) -> Result<GetResult, ApiError> {
        let found = self.files()?.get_opts(&name(path)?, options).await;
        found.map_err(|error| match error {
            object_store::Error::NotFound { .. } => {
                ApiError::of(ProblemKind::NotFound, "there is no such file")
            }
            other => broken(&other),
        })
    }

    /// Stores a file as it comes in; what is there is never replaced, and nothing half comes to be.
    pub(super) async fn put(&self, path: &str, body: Body) -> Result<u64, ApiError> {
        if self.size(path).await?.is_some() {
            let words = "this file is there already; files of releases are never replaced";
            return Err(ApiError::of(ProblemKind::ResultConflict, words));
        }
        let name = name(path)?;
        let upload = self.files()?.put_multipart(&name).await;
        let mut upload = upload.map_err(|e| broken(&e))?;
        let written = write(&mut *upload, body).await;
        if written.is_err() {
            // Its parts go with it.
            let _ = upload.abort().await;
        }
        written
    }
}

async fn write(
    upload: &mut dyn object_store::MultipartUpload,
    body: Body,
) -> Result<u64, ApiError> {
    let mut pieces = body.into_data_stream();
    let (mut total, mut waiting) = (0_u64, Vec::new());
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| {
            ApiError::of(
                ProblemKind::BadRequest,
                "the body broke off; send the file again",
            )
        })?;
        total += piece.len() as u64;
        if total > MAX_ARTIFACT_BYTES {
            let words = format!("a file of a release has at most {MAX_ARTIFACT_BYTES} bytes");
            return Err(ApiError::of(ProblemKind::TooLarge, words));
        }
        waiting.extend_from_slice(&piece);
        if waiting.len() >= PIECE {
            let part = std::mem::take(&mut waiting);
            upload.put_part(part.into()).await.map_err(|e| broken(&e))?;
        }
    }
    if total == 0 {
        return Err(ApiError::of(ProblemKind::Invalid, "the file is empty"));
    }
    if !waiting.is_empty() {
        upload
            .put_part(waiting.into())
            .await
            .map_err(|e| broken(&e))?;
    }
    upload.complete().await.map_err(|e| broken(&e))?;
    Ok(total)
}

/// A path of a release as the store's; anything else is not looked for.
fn name(path: &str) -> Result<Name, ApiError> {
    let wrong = || {
        ApiError::of(
            ProblemKind::NotFound,
            "a release has no file of such a name",
        )
    };
    if !darkreach_update::document::is_plain_path(path) {
        return Err(wrong());
    }
    Name::parse(path).map_err(|_| wrong())
}

fn open(folder: &Path) -> Result<Arc<dyn ObjectStore>, StoreError> {
    let refuse = |reason: String| StoreError::Folder {
        path: folder.display().to_string(),
        reason,
    };
    std::fs::create_dir_all(folder).map_err(|e| refuse(e.to_string()))?;
    let files = LocalFileSystem::new_with_prefix(folder).map_err(|e| refuse(e.to_string()))?;
    Ok(Arc::new(files))
}

fn read_key(path: &Path) -> Result<SecretKey, StoreError> {
    use std::os::unix::fs::PermissionsExt;
    let shown = path.display().to_string();
    let failed = |source| StoreError::KeyFile {
        path: shown.clone(),
        source,
    };
    let mode = std::fs::metadata(path)
        .map_err(failed)?
        .permissions()
        .mode();
    if mode & 0o077 != 0 {
        return Err(StoreError::KeyOpen(shown));
    }
    let text = std::fs::read_to_string(path).map_err(failed)?;
    SecretKey::parse_file(&text).map_err(|source| StoreError::Key {
        path: shown,
        source,
    })
}

fn broken(error: &object_store::Error) -> ApiError {
    tracing::error!(%error, "the store of release files");
    ApiError::later(
        ProblemKind::Unavailable,
        "the files of releases cannot be reached now",
        30,
    )
}
