//! Fetching from the server or a mirror. Nothing that comes from there is believed here, and nothing
//! is taken without a bound on its size and its time.

use std::time::{Duration, Instant};

use darkreach_update::MAX_DOCUMENT_BYTES;
use reqwest::{Client, Response, StatusCode, header};

use super::{UpdateFailure, pace::Pace};
use crate::link::{self, LinkError, ServerUrl};

/// How long a document may take.
const DOCUMENT: Duration = Duration::from_secs(60);

/// A place that gives releases away.
#[derive(Clone)]
pub struct Mirror {
    base: String,
    server: ServerUrl,
    client: Client,
}

impl Mirror {
    /// A mirror by the address that `root/`, `channel/`, `freshness` and `files/` lie under.
    ///
    /// # Errors
    /// [`LinkError::Setup`].
    pub fn new(url: &ServerUrl, base: &str, options: &link::Options) -> Result<Self, LinkError> {
        Ok(Self {
            base: url.join(base).trim_end_matches('/').to_owned(),
            server: url.clone(),
            client: link::build(url, options)?,
        })
    }

    /// A document; `None` if there is none.
    ///
    /// # Errors
    /// [`UpdateFailure`].
    pub async fn document(&self, path: &str) -> Result<Option<Vec<u8>>, UpdateFailure> {
        let fetch = async {
            let mut response = self.get(path, None).await?;
            match response.status() {
                StatusCode::OK => {}
                StatusCode::NOT_FOUND | StatusCode::NO_CONTENT => return Ok(None),
                status => return Err(self.odd(path, &status.to_string())),
            }
            let mut bytes = Vec::new();
            while let Some(piece) = self.piece(&mut response).await? {
                if bytes.len() + piece.len() > MAX_DOCUMENT_BYTES {
                    let answer = format!("more than {MAX_DOCUMENT_BYTES} bytes");
                    return Err(self.odd(path, &answer));
                }
                bytes.extend_from_slice(&piece);
            }
            Ok(Some(bytes))
        };
        match tokio::time::timeout(DOCUMENT, fetch).await {
            Ok(fetched) => fetched,
            Err(_) => Err(LinkError::Timeout {
                server: self.server.to_string(),
            }
            .into()),
        }
    }

    /// A file from a byte on, piece by piece, into `take`, which ends it by an error. Says from
    /// which byte on it came: from the first one, where the mirror knows no parts.
    ///
    /// # Errors
    /// [`UpdateFailure`]; what came so far was taken.
    pub async fn file(
        &self,
        path: &str,
        from: u64,
        size: u64,
        pace: Pace,
        mut take: impl FnMut(u64, &[u8]) -> Result<(), UpdateFailure>,
    ) -> Result<(), UpdateFailure> {
        let began = Instant::now();
        let limit = pace.limit(size);
        let mut received = 0;
        let fetch = async {
            let path = format!("files/{path}");
            let mut response = self.get(&path, Some(from)).await?;
            let mut at = match response.status() {
                StatusCode::OK => 0,
                StatusCode::PARTIAL_CONTENT if starts_at(&response, from) => from,
                status => return Err(self.odd(&path, &status.to_string())),
            };
            while let Some(piece) = self.piece(&mut response).await? {
                take(at, &piece)?;
                at += piece.len() as u64;
                received += piece.len() as u64;
            }
            Ok(())
        };
        match tokio::time::timeout(limit, fetch).await {
            Ok(fetched) => fetched,
            Err(_) => Err(UpdateFailure::TooSlow {
                received,
                size,
                seconds: began.elapsed().as_secs(),
            }),
        }
    }

    async fn get(&self, path: &str, from: Option<u64>) -> Result<Response, UpdateFailure> {
        let mut request = self
            .client
            .get(format!("{}/{path}", self.base))
            // The bytes themselves, not a packing of them.
            .header(header::ACCEPT_ENCODING, "identity");
        if let Some(from) = from.filter(|from| *from > 0) {
            request = request.header(header::RANGE, format!("bytes={from}-"));
        }
        let sent = request.send().await;
        sent.map_err(|e| link::diagnose(self.server.as_str(), &e).into())
    }

    async fn piece(&self, response: &mut Response) -> Result<Option<Vec<u8>>, UpdateFailure> {
        match response.chunk().await {
            Ok(piece) => Ok(piece.map(|bytes| bytes.to_vec())),
            Err(e) => Err(link::diagnose(self.server.as_str(), &e).into()),
        }
    }

    fn odd(&self, path: &str, answer: &str) -> UpdateFailure {
        UpdateFailure::Answer {
            what: format!("{}/{path}", self.base),
            answer: answer.to_owned(),
        }
    }
}

/// Whether a part begins where it was asked for.
fn starts_at(response: &Response, from: u64) -> bool {
    let range = response.headers().get(header::CONTENT_RANGE);
    let range = range
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    range.starts_with(&format!("bytes {from}-"))
}
