//! The HTTP client: one method per request of the protocol, each a single attempt.

use std::{path::PathBuf, time::Duration};

use darkreach_protocol::{
    MAX_CHECKPOINT_BYTES, PROTOCOL_HEADER, PROTOCOL_VERSION,
    node::{RegisterRequest, RegisterResponse, ServerInfo},
    paths,
    problem::{Problem, ProblemKind},
    release::UpdateReport,
    work::{
        ClaimRequest, ClaimResponse, HeartbeatRequest, HeartbeatResponse, Receipt, ReleaseRequest,
        ResultReport,
    },
};
use reqwest::{Certificate, Client, Method, RequestBuilder, Response, redirect::Policy};
use serde::de::DeserializeOwned;

use super::{LinkError, ServerUrl, diagnosis::diagnose};

const CONNECT: Duration = Duration::from_secs(15);
/// Between two pieces of an answer.
const READ: Duration = Duration::from_secs(60);
/// A whole exchange of a few kilobytes, so that a stalled one is given up and tried again.
const SHORT: Duration = Duration::from_secs(90);
/// A whole exchange with a checkpoint or a result, over a slow line.
const LONG: Duration = Duration::from_secs(1800);
/// The largest answer that is taken, apart from checkpoints.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

/// How to connect.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// A PEM file with authorities to trust besides the system's.
    pub ca_certificate: Option<PathBuf>,
}

/// A server and, once registered, our token there.
#[derive(Clone)]
pub struct Link {
    server: ServerUrl,
    client: Client,
    token: Option<String>,
}

impl Link {
    /// Prepares a connection; nothing is sent yet.
    ///
    /// # Errors
    /// [`LinkError::Setup`].
    pub fn new(
        server: ServerUrl,
        token: Option<String>,
        options: &Options,
    ) -> Result<Self, LinkError> {
        let client = build(&server, options)?;
        Ok(Self {
            server,
            client,
            token,
        })
    }

    /// The server.
    pub fn server(&self) -> &ServerUrl {
        &self.server
    }

    /// Who is there, and does it speak our language?
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn info(&self) -> Result<ServerInfo, LinkError> {
        let response = self.send(self.request(Method::GET, paths::INFO)).await?;
        let info: ServerInfo = self.json(response).await?;
        if info.service != "darkreach" {
            return Err(self.stranger(format!("it calls itself {:?}", info.service)));
        }
        self.check_version(info.protocol)?;
        Ok(info)
    }

    /// Becomes a node.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn register(&self, body: &RegisterRequest) -> Result<RegisterResponse, LinkError> {
        let request = self.request(Method::POST, paths::NODES).json(body);
        self.json(self.send(request).await?).await
    }

    /// Asks for blocks.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn claim(&self, body: &ClaimRequest) -> Result<ClaimResponse, LinkError> {
        let request = self.request(Method::POST, paths::CLAIM).json(body);
        self.json(self.send(request).await?).await
    }

    /// Tells how far everything is.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn heartbeat(&self, body: &HeartbeatRequest) -> Result<HeartbeatResponse, LinkError> {
        let request = self.request(Method::POST, paths::HEARTBEAT).json(body);
        self.json(self.send(request).await?).await
    }

    /// Leaves a checkpoint with the server.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn upload_checkpoint(&self, id: i64, state: Vec<u8>) -> Result<(), LinkError> {
        let request = self
            .request(Method::PUT, &paths::checkpoint(id))
            .timeout(LONG)
            .header("content-type", "application/octet-stream")
            .body(state);
        self.send(request).await.map(drop)
    }

    /// Fetches the checkpoint of a block that someone began.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn download_checkpoint(&self, id: i64) -> Result<Vec<u8>, LinkError> {
        let request = self
            .request(Method::GET, &paths::checkpoint(id))
            .timeout(LONG);
        self.body(self.send(request).await?, MAX_CHECKPOINT_BYTES)
            .await
    }

    /// Hands in a result.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn report(&self, id: i64, body: &ResultReport) -> Result<Receipt, LinkError> {
        let request = self
            .request(Method::POST, &paths::result(id))
            .timeout(LONG)
            .json(body);
        let receipt: Receipt = self.json(self.send(request).await?).await?;
        if receipt.key != body.key {
            // Forgetting a result on a receipt for another one would lose it.
            return Err(self.odd("the receipt is for another result"));
        }
        Ok(receipt)
    }

    /// Hands a lease back.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn release(&self, id: i64, body: &ReleaseRequest) -> Result<(), LinkError> {
        let request = self.request(Method::POST, &paths::release(id)).json(body);
        self.send(request).await.map(drop)
    }

    /// Tells how the updating of this program goes.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn report_update(&self, report: &UpdateReport) -> Result<(), LinkError> {
        let request = self
            .request(Method::POST, paths::RELEASE_REPORTS)
            .json(report);
        self.send(request).await.map(drop)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self
            .client
            .request(method, self.server.join(path))
            .timeout(SHORT)
            .header(PROTOCOL_HEADER, PROTOCOL_VERSION);
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends; any answer but success becomes an error in the server's words.
    async fn send(&self, request: RequestBuilder) -> Result<Response, LinkError> {
        let response = request.send().await.map_err(|e| self.diagnosed(&e))?;
        let status = response.status();
        let version = response
            .headers()
            .get(PROTOCOL_HEADER)
            .map(|value| value.to_str().ok().and_then(|text| text.parse().ok()));
        match version {
            Some(Some(version)) => self.check_version(version)?,
            Some(None) => return Err(self.odd("its protocol version is no number")),
            None if status.is_redirection() => {
                let to = response.headers().get("location");
                let to = to.and_then(|to| to.to_str().ok()).unwrap_or("elsewhere");
                return Err(self.stranger(format!("it sends us to {to} (status {status})")));
            }
            None => return Err(self.stranger(format!("status {status}, no {PROTOCOL_HEADER}"))),
        }
        if status.is_success() {
            return Ok(response);
        }
        let body = self.body(response, MAX_ANSWER).await?;
        match serde_json::from_slice::<Problem>(&body) {
            Ok(problem) => Err(LinkError::Problem(problem)),
            Err(_) if status.is_server_error() => Err(LinkError::Problem(Problem::new(
                ProblemKind::Unavailable,
                format!("status {status}"),
            ))),
            Err(_) => Err(self.odd(&format!("status {status} without a problem description"))),
        }
    }

    async fn json<T: DeserializeOwned>(&self, response: Response) -> Result<T, LinkError> {
        let body = self.body(response, MAX_ANSWER).await?;
        serde_json::from_slice(&body).map_err(|e| self.odd(&e.to_string()))
    }

    async fn body(&self, mut response: Response, most: usize) -> Result<Vec<u8>, LinkError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| self.diagnosed(&e))? {
            if body.len() + chunk.len() > most {
                return Err(self.odd(&format!("it is longer than {most} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn check_version(&self, theirs: u32) -> Result<(), LinkError> {
        if theirs == PROTOCOL_VERSION {
            return Ok(());
        }
        Err(LinkError::Protocol {
            server: self.server.to_string(),
            theirs,
        })
    }

    fn diagnosed(&self, error: &reqwest::Error) -> LinkError {
        diagnose(self.server.as_str(), error)
    }

    fn stranger(&self, reason: String) -> LinkError {
        LinkError::NotDarkreach {
            server: self.server.to_string(),
            reason,
        }
    }

    fn odd(&self, reason: &str) -> LinkError {
        LinkError::Answer {
            server: self.server.to_string(),
            reason: reason.to_owned(),
        }
    }
}

pub(crate) fn build(server: &ServerUrl, options: &Options) -> Result<Client, LinkError> {
    let extra = match &options.ca_certificate {
        Some(path) => read_authorities(path)?,
        None => Vec::new(),
    };
    let builder = || {
        let builder = Client::builder()
            .user_agent(format!("darkreach/{}", crate::version()))
            .connect_timeout(CONNECT)
            .read_timeout(READ)
            // A redirected POST would be sent twice, or as something else: the address must be right.
            .redirect(Policy::none());
        if server.is_loopback() {
            builder.no_proxy()
        } else {
            builder
        }
    };
    let builder = if server.is_https() {
        match builder().tls_certs_merge(extra.iter().cloned()).build() {
            // A system without authorities of its own: those that were named may be enough.
            Err(_) if !extra.is_empty() => builder().tls_certs_only(extra),
            Ok(client) => return Ok(client),
            Err(e) => return Err(no_roots(&e)),
        }
    } else {
        // Plain HTTP must also work on a system that has no certificates at all.
        builder().tls_certs_only([])
    };
    builder.build().map_err(|e| no_roots(&e))
}

fn no_roots(error: &reqwest::Error) -> LinkError {
    let mut reason = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        reason = inner.to_string();
        source = inner.source();
    }
    LinkError::Setup {
        reason,
        hint: "install the system's certificate authorities (on Debian: apt install \
               ca-certificates), or name one with --ca-certificate FILE",
    }
}

fn read_authorities(path: &std::path::Path) -> Result<Vec<Certificate>, LinkError> {
    let wrong = |reason: String| LinkError::Setup {
        reason: format!("{}: {reason}", path.display()),
        hint: "--ca-certificate (or ca_certificate in the configuration) names a PEM file",
    };
    let pem = std::fs::read(path).map_err(|e| wrong(e.to_string()))?;
    let authorities = Certificate::from_pem_bundle(&pem).map_err(|e| wrong(e.to_string()))?;
    if authorities.is_empty() {
        return Err(wrong("there is no certificate in it".to_owned()));
    }
    Ok(authorities)
}
