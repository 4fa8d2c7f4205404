//! TLS for TURN: certificate and key from files, read again when they have been renewed.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::pem::{self, PemObject as _};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::server::TlsStream;

/// How often the files are looked at: a certificate is renewed weeks before it ends.
const LOOK_EVERY: Duration = Duration::from_mins(1);

/// Where certificate and key lie, in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The certificate, and after it those that it leads back to.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read, or holds something else.
    #[error("{0}: {1}")]
    File(PathBuf, #[source] pem::Error),
    /// The certificate file is empty, or the key is another's, or of a kind that nobody uses.
    #[error("certificate and key: {0}")]
    Key(#[from] rustls::Error),
}

/// Ends TLS.
pub struct Tls {
    acceptor: TlsAcceptor,
    shelf: Arc<Shelf>,
}

impl Tls {
    /// Reads the files.
    pub fn new(files: CertificateFiles) -> Result<Self, CertificateError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let shelf = Arc::new(Shelf::new(files, Arc::clone(&provider))?);
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::<Shelf>::clone(&shelf));
        // Nothing is gained by many tickets: each connection of a browser makes its own handshake.
        config.send_tls13_tickets = 1;
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), shelf })
    }

    /// Makes a connection secret.
    pub async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.acceptor.accept(stream).await
    }

    /// Looks after the files for ever.
    pub async fn look_after(&self) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            self.shelf.look();
        }
    }
}

/// The certificate in use.
#[derive(Debug)]
struct Shelf {
    files: CertificateFiles,
    provider: Arc<CryptoProvider>,
    now: RwLock<(Arc<CertifiedKey>, Stamp)>,
}

/// When the files were last changed.
type Stamp = [Option<SystemTime>; 2];

impl Shelf {
    fn new(files: CertificateFiles, provider: Arc<CryptoProvider>) -> Result<Self, CertificateError> {
        let stamp = stamp(&files);
        let first = read(&files, &provider)?;
        Ok(Self { files, provider, now: RwLock::new((Arc::new(first), stamp)) })
    }

    /// Takes a changed certificate into use. One that is no good is left alone, and the old one kept.
    fn look(&self) {
        let stamp = stamp(&self.files);
        if self.now.read().unwrap_or_else(PoisonError::into_inner).1 == stamp {
            return;
        }
        let fresh = read(&self.files, &self.provider);
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        now.1 = stamp;
        match fresh {
            Ok(fresh) => {
                now.0 = Arc::new(fresh);
                tracing::info!("TURN has a new certificate");
            }
            Err(error) => {
                tracing::error!(%error, "the new certificate for TURN is no good, the old one stays");
            }
        }
    }
}

impl ResolvesServerCert for Shelf {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner).0))
    }
}

fn stamp(files: &CertificateFiles) -> Stamp {
    [&files.certificate, &files.key].map(|file| std::fs::metadata(file).and_then(|data| data.modified()).ok())
}

fn read(files: &CertificateFiles, provider: &CryptoProvider) -> Result<CertifiedKey, CertificateError> {
    let wrong = |file: &PathBuf| {
        let file = file.clone();
        move |error| CertificateError::File(file, error)
    };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect)
        .map_err(wrong(&files.certificate))?;
    if chain.is_empty() {
        return Err(wrong(&files.certificate)(pem::Error::NoItemsFound));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(wrong(&files.key))?;
    Ok(CertifiedKey::from_der(chain, key, provider)?)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Writes a fresh certificate, and says what it is.
    fn renew(files: &CertificateFiles, age: u64) -> Vec<u8> {
        let made = rcgen::generate_simple_self_signed(vec!["turn.test".to_owned()]).unwrap();
        fs::write(&files.certificate, made.cert.pem()).unwrap();
        fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
        let changed = SystemTime::UNIX_EPOCH + Duration::from_secs(age);
        for file in [&files.certificate, &files.key] {
            fs::File::options().append(true).open(file).unwrap().set_modified(changed).unwrap();
        }
        made.cert.der().to_vec()
    }

    fn shown(shelf: &Shelf) -> Vec<u8> {
        shelf.now.read().unwrap().0.cert[0].to_vec()
    }

    #[test]
    fn a_renewed_certificate_is_taken_into_use_and_a_bad_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let files = CertificateFiles {
            certificate: folder.path().join("turn.crt"),
            key: folder.path().join("turn.key"),
        };
        let first = renew(&files, 1_000);
        let shelf = Shelf::new(files.clone(), Arc::new(aws_lc_rs::default_provider())).unwrap();
        assert_eq!(shown(&shelf), first);
        let second = renew(&files, 2_000);
        shelf.look();
        assert_eq!(shown(&shelf), second);
        fs::write(&files.key, "no key").unwrap();
        shelf.look();
        assert_eq!(shown(&shelf), second);
        let third = renew(&files, 3_000);
        shelf.look();
        assert_eq!(shown(&shelf), third);
    }

    #[test]
    fn files_that_hold_no_certificate_are_named_at_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let files =
            CertificateFiles { certificate: folder.path().join("a.crt"), key: folder.path().join("a.key") };
        fs::write(&files.certificate, "nothing").unwrap();
        let refused = Tls::new(files).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(refused.contains("a.crt"), "{refused}");
    }
}
