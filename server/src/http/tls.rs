//! TLS with a certificate that may change while the server runs.
//!
//! Certificates live for weeks, servers for months. The two files are looked at on every handshake
//! (two calls of `stat`), so a renewed pair is used from the next connection on, with no signal and
//! no restart. A pair that cannot be used (half-written, not matching) is logged once and the old
//! one stays.

use std::{
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read as what it should be.
    #[error("{}: {reason}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Certificate and key are not a pair.
    #[error("{} and {} do not fit together: {source}", .certificate.display(), .key.display())]
    Pair {
        /// The certificates.
        certificate: PathBuf,
        /// The private key.
        key: PathBuf,
        /// What is wrong.
        source: rustls::Error,
    },
}

/// Names the one implementation of cryptography for the process. Without this, a second one that
/// some dependency brings along would make rustls panic at the first connection.
pub fn install_provider() {
    // An error says that one is installed already, which is as good.
    let _ = aws_lc_rs::default_provider().install_default();
}

/// The configuration of a server that presents the certificate in these files.
///
/// # Errors
/// [`TlsError`] if the files are not usable now.
pub fn configuration(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let resolver = Reloading::open(certificate, key)?;
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(resolver));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// What tells one content of a file from the next: time of change, length, identity.
type Stamp = (i64, i64, u64, u64);

/// The pair in use.
#[derive(Debug)]
struct Loaded {
    /// Of the files when they were last read, successfully or not.
    stamps: [Option<Stamp>; 2],
    pair: Arc<CertifiedKey>,
}

/// A certificate that follows its files.
#[derive(Debug)]
struct Reloading {
    certificate: PathBuf,
    key: PathBuf,
    loaded: Mutex<Loaded>,
}

impl Reloading {
    fn open(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        // The stamps first: a change during the reading is then seen at the next handshake.
        let stamps = [stamp(certificate), stamp(key)];
        let pair = load(certificate, key)?;
        Ok(Self {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            loaded: Mutex::new(Loaded { stamps, pair }),
        })
    }

    /// The pair that the files hold now, or the last good one.
    fn current(&self) -> Arc<CertifiedKey> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let stamps = [stamp(&self.certificate), stamp(&self.key)];
        if stamps != loaded.stamps {
            loaded.stamps = stamps;
            match load(&self.certificate, &self.key) {
                Ok(pair) => {
                    tracing::info!("the TLS certificate was reloaded");
                    loaded.pair = pair;
                }
                Err(error) => {
                    tracing::error!(%error, "the new TLS certificate is not used; the old one stays");
                }
            }
        }
        loaded.pair.clone()
    }
}

impl ResolvesServerCert for Reloading {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((
        metadata.mtime(),
        metadata.mtime_nsec(),
        metadata.len(),
        metadata.ino(),
    ))
}

fn load(certificate: &Path, key: &Path) -> Result<Arc<CertifiedKey>, TlsError> {
    let wrong = |path: &Path, reason: String| TlsError::File {
        path: path.to_owned(),
        reason,
    };
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| wrong(certificate, error.to_string()))?;
    if chain.is_empty() {
        let reason = "holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)";
        return Err(wrong(certificate, reason.to_owned()));
    }
    let private =
        PrivateKeyDer::from_pem_file(key).map_err(|error| wrong(key, error.to_string()))?;
    let provider = aws_lc_rs::default_provider();
    CertifiedKey::from_der(chain, private, &provider)
        .map(Arc::new)
        .map_err(|source| TlsError::Pair {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            source,
        })
}

#[cfg(test)]
mod tests {
    use super::Reloading;
    use rcgen::generate_simple_self_signed;
    use std::{fs, sync::Arc};

    #[test]
    fn a_new_pair_is_taken_and_a_broken_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
        let pair = || {
            let made = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
            (made.cert.pem(), made.signing_key.serialize_pem())
        };
        let (first, second) = (pair(), pair());
        fs::write(&certificate, &first.0).unwrap();
        fs::write(&key, &first.1).unwrap();
        let reloading = Reloading::open(&certificate, &key).unwrap();
        let old = reloading.current();

        fs::write(&certificate, &second.0).unwrap();
        assert!(
            Arc::ptr_eq(&old, &reloading.current()),
            "the new one has no key yet"
        );
        fs::write(&key, "nonsense").unwrap();
        assert!(Arc::ptr_eq(&old, &reloading.current()));
        fs::remove_file(&key).unwrap();
        assert!(Arc::ptr_eq(&old, &reloading.current()));
        fs::write(&key, &second.1).unwrap();
        let new = reloading.current();
        assert_ne!(new.cert, old.cert);

        let error = Reloading::open(&certificate, &certificate).unwrap_err();
        assert!(error.to_string().contains("c.pem"), "{error}");
    }
}
