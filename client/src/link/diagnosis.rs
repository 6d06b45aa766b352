//! From the HTTP library's error to words that help: "the certificate has expired", not "error
//! sending request".

use std::{error::Error, io};

use rustls::CertificateError;

use super::LinkError;

const CERTIFICATE_HINT: &str = "the server's operator must renew it; if this computer's clock is \
                                wrong, set it";
const CA_HINT: &str = "if you trust this server, name its certificate authority with \
                       --ca-certificate FILE; if a proxy or virus scanner opens your connections, \
                       name its certificate";
const NAME_HINT: &str = "use the name that the certificate is for";
const TLS_HINT: &str = "check the address; does that port really speak HTTPS?";

/// What went wrong with a request to `server`.
pub(crate) fn diagnose(server: &str, error: &reqwest::Error) -> LinkError {
    let server = server.to_owned();
    if let Some(tls) = find_tls(error) {
        let (reason, hint) = explain_tls(tls);
        return LinkError::Tls {
            server,
            reason,
            hint,
        };
    }
    if error.is_timeout() {
        return LinkError::Timeout { server };
    }
    if error.is_decode() {
        return LinkError::Answer {
            server,
            reason: innermost(error),
        };
    }
    let reason = match find_io(error).map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => {
            "the connection was refused (nothing listens there)".to_owned()
        }
        Some(io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof) => {
            "the connection was cut".to_owned()
        }
        _ => innermost(error),
    };
    LinkError::Unreachable { server, reason }
}

/// Everything inside an error, also what `io::Error` hides from `source`.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    fn inner<'a>(error: &&'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
        let error: &'a (dyn Error + 'static) = *error;
        match error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
        {
            Some(inner) => Some(inner),
            None => error.source(),
        }
    }
    std::iter::successors(Some(error), inner)
}

fn find_tls(error: &reqwest::Error) -> Option<&rustls::Error> {
    chain(error).find_map(|e| e.downcast_ref())
}

fn find_io(error: &reqwest::Error) -> Option<&io::Error> {
    chain(error).filter_map(|e| e.downcast_ref()).last()
}

fn innermost(error: &reqwest::Error) -> String {
    chain(error).last().unwrap_or(error).to_string()
}

fn explain_tls(error: &rustls::Error) -> (String, &'static str) {
    use CertificateError as C;
    let rustls::Error::InvalidCertificate(certificate) = error else {
        return (error.to_string(), TLS_HINT);
    };
    match certificate {
        C::Expired | C::ExpiredContext { .. } => {
            ("its certificate has expired".to_owned(), CERTIFICATE_HINT)
        }
        C::NotValidYet | C::NotValidYetContext { .. } => (
            "its certificate is not valid yet".to_owned(),
            CERTIFICATE_HINT,
        ),
        C::UnknownIssuer => (
            "its certificate was issued by an authority that this computer does not know"
                .to_owned(),
            CA_HINT,
        ),
        C::NotValidForName | C::NotValidForNameContext { .. } => {
            ("its certificate is for another name".to_owned(), NAME_HINT)
        }
        C::Revoked => ("its certificate was revoked".to_owned(), CERTIFICATE_HINT),
        other => (format!("its certificate is not valid: {other}"), CA_HINT),
    }
}
