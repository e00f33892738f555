//! Whose certificates are believed: those of authorities this machine trusts, and of those a channel names in `ca_file`.
//! A company's own authority so need not be trusted by the whole machine.

use std::error::Error;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

use lettre::transport::smtp::client::{Certificate, CertificateStore, TlsParameters};
use tokio::sync::OnceCell;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::{CertificateError, ClientConfig, Error as TlsError, InvalidMessage, RootCertStore};

use super::SendError;

/// Most bytes of a file with certificates: the whole list of a system has some 250 KiB.
const FILE_MAX: u64 = 1 << 20;

type Authorities = Vec<CertificateDer<'static>>;

/// Whom this machine trusts, read once, when it is first needed.
#[derive(Debug, Default)]
pub(super) struct Trust {
    machine: OnceCell<Authorities>,
}

impl Trust {
    /// Everybody who is trusted where `ca_file` is named.
    async fn authorities(&self, ca_file: Option<&Path>) -> Result<Authorities, SendError> {
        let mut authorities = ca_file.map_or_else(|| Ok(Vec::new()), read_authorities)?;
        authorities.extend_from_slice(self.machine.get_or_init(machine).await);
        if authorities.is_empty() {
            let reason =
                "this machine knows no certificate authority; install the package ca-certificates, or name ca_file";
            return Err(SendError::Tls { host: "anybody".to_owned(), reason: reason.to_owned() });
        }
        Ok(authorities)
    }

    /// What makes connections encrypted.
    ///
    /// # Errors
    /// [`SendError::CaFile`]; [`SendError::Tls`] when nobody is trusted.
    pub async fn connector(&self, ca_file: Option<&Path>) -> Result<TlsConnector, SendError> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(self.authorities(ca_file).await?);
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| SendError::Tls { host: "anybody".to_owned(), reason: error.to_string() })?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(TlsConnector::from(Arc::new(config)))
    }

    /// The same for a mail server whose connection begins in clear.
    ///
    /// # Errors
    /// As [`Self::connector`].
    pub async fn of_mail(&self, host: &str, ca_file: Option<&Path>) -> Result<TlsParameters, SendError> {
        let untrusted =
            |error: lettre::transport::smtp::Error| SendError::Tls { host: host.to_owned(), reason: error.to_string() };
        let mut parameters = TlsParameters::builder(host.to_owned()).certificate_store(CertificateStore::None);
        for authority in self.authorities(ca_file).await? {
            parameters = parameters.add_root_certificate(Certificate::from_der(authority.to_vec()).map_err(untrusted)?);
        }
        parameters.build().map_err(untrusted)
    }
}

/// Whom this machine trusts, without what cannot be read.
async fn machine() -> Authorities {
    let native = tokio::task::spawn_blocking(rustls_native_certs::load_native_certs).await;
    let found = native.map(|native| native.certs).unwrap_or_default();
    found.into_iter().filter(|authority| RootCertStore::empty().add(authority.clone()).is_ok()).collect()
}

/// The certificates of a file.
///
/// # Errors
/// [`SendError::CaFile`] when there are none that can be used.
pub fn read_authorities(path: &Path) -> Result<Vec<CertificateDer<'static>>, SendError> {
    let failed = |reason: String| SendError::CaFile { path: path.display().to_string(), reason };
    let mut text = Vec::new();
    let file = std::fs::File::open(path).map_err(|error| failed(error.to_string()))?;
    file.take(FILE_MAX).read_to_end(&mut text).map_err(|error| failed(error.to_string()))?;
    let read: Result<Authorities, _> = CertificateDer::pem_slice_iter(&text).collect();
    let authorities = read.map_err(|error| failed(error.to_string()))?;
    if authorities.is_empty() {
        return Err(failed("it holds no certificate in PEM (-----BEGIN CERTIFICATE-----)".to_owned()));
    }
    let mut roots = RootCertStore::empty();
    for authority in &authorities {
        roots.add(authority.clone()).map_err(|error| failed(error.to_string()))?;
    }
    Ok(authorities)
}

/// Why a connection is not trusted, if that is what `error` or one of its causes says.
pub(super) fn reason(error: &(dyn Error + 'static)) -> Option<String> {
    if let Some(error) = error.downcast_ref::<TlsError>() {
        return Some(in_words(error));
    }
    // What an I/O error wraps is not its source: that would be the source of what it wraps.
    let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    match wrapped {
        Some(wrapped) => reason(wrapped),
        None => error.source().and_then(reason),
    }
}

fn in_words(error: &TlsError) -> String {
    match error {
        TlsError::InvalidCertificate(CertificateError::UnknownIssuer) => {
            "its certificate comes from an authority that is not known here; name the certificate of that authority as ca_file"
                .to_owned()
        }
        TlsError::InvalidCertificate(CertificateError::NotValidForNameContext { presented, .. }) => {
            let names: Vec<&str> = presented.iter().map(|name| bare(name)).collect();
            let names = if names.is_empty() { "nobody".to_owned() } else { names.join(", ") };
            format!("its certificate is that of {names}")
        }
        TlsError::InvalidCertificate(error) => error.to_string(),
        TlsError::InvalidMessage(InvalidMessage::InvalidContentType) => "it does not speak TLS on this port".to_owned(),
        error => error.to_string(),
    }
}

/// `localhost` of `DnsName("localhost")`.
fn bare(name: &str) -> &str {
    let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inner.map_or(name, |inner| inner.trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_usable_certificates_is_named_with_what_is_wrong() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ca.pem");
        let refused = |path: &Path| read_authorities(path).expect_err("nothing there").to_string();
        assert!(refused(&path).contains("ca.pem: No such file"), "{}", refused(&path));
        std::fs::write(&path, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n").expect("a file");
        assert!(refused(&path).ends_with("it holds no certificate in PEM (-----BEGIN CERTIFICATE-----)"));
        std::fs::write(&path, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").expect("a file");
        assert!(refused(&path).starts_with("could not read the certificates in "), "{}", refused(&path));
    }

    #[test]
    fn what_tls_says_is_found_under_what_wraps_it() {
        let unknown = || TlsError::InvalidCertificate(CertificateError::UnknownIssuer);
        let wrapped = io::Error::other(io::Error::new(io::ErrorKind::InvalidData, unknown()));
        assert_eq!(reason(&wrapped), reason(&unknown()));
        assert!(reason(&unknown()).is_some_and(|reason| reason.contains("ca_file")));
        assert_eq!(reason(&io::Error::from(io::ErrorKind::ConnectionReset)), None);
        assert_eq!((bare("DnsName(\"localhost\")"), bare("odd")), ("localhost", "odd"));
    }
}
