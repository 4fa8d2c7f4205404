//! Settings of TURN: the way in for endpoints whose network passes nothing but TLS on port 443, or nothing but TCP.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use signaling::TurnConfig;
use signaling::net::relay::{CertificateFiles, Listen};
use signaling::turn::Limits;

/// The embedded TURN server. It relays to the media ports of this very program and to nothing else, so that there is no
/// setting for what it may reach.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TurnSettings {
    /// Address that it listens on. Default: that of `listen`. Another one lets TURN have port 443 beside a TLS proxy
    /// that has it for the pages.
    pub address: Option<IpAddr>,
    /// TURN over UDP. Default: closed; usual is 3478.
    pub udp_port: Option<u16>,
    /// TURN over TCP. Default: closed; usual is 3478.
    pub tcp_port: Option<u16>,
    /// TURN over TLS. Default: closed; what passes everywhere is 443. Needs `certificate` and `key`.
    pub tls_port: Option<u16>,
    /// Certificate for TLS, in PEM, with those that it leads back to. Read again within a minute when it was renewed.
    pub certificate: Option<PathBuf>,
    /// Its private key, in PEM.
    pub key: Option<PathBuf>,
    /// Name under which endpoints reach it; the certificate must be good for it. Default: the first media address.
    pub host: Option<String>,
    /// What endpoints are told, where a proxy or address translation stands before it: `turns:name:443?transport=tcp`.
    /// Default: made from `host` and the ports.
    pub urls: Vec<String>,
    /// Ceilings.
    pub limits: TurnLimits,
}

/// What clients of TURN may take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TurnLimits {
    /// How long fresh credentials open the door, in seconds. Default 600, as long as a pass to a room; every join and
    /// resume brings new ones, and an allocation outlives them.
    pub credential_seconds: u32,
    /// Allocations at once. Default 2048: 200 endpoints with two connections on three transports, and ICE restarts.
    pub allocations: usize,
    /// Allocations of one participant. Default 36: two connections, three interfaces, three transports, and as many again
    /// while ICE restarts.
    pub allocations_per_participant: usize,
    /// Connections over TCP and TLS at once. Default 2560: each is a file descriptor.
    pub connections: usize,
    /// Connections from one address at once. Default 512: an office behind one address with thirty devices.
    pub connections_per_address: usize,
    /// Kilobits per second of one allocation, each way. Default 48,000: twenty cameras at their top layer.
    pub kilobits_per_second: u32,
    /// Replies per second over UDP to clients of one network that have not shown yet who they are. Default 200: a province
    /// behind one address translation comes at once before a session. Addresses can be forged there, so that it must not
    /// be endless.
    pub strangers_per_second: u32,
}

impl Default for TurnLimits {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            credential_seconds: u32::try_from(limits.credential_ttl.as_secs()).unwrap_or(u32::MAX),
            allocations: limits.allocations,
            allocations_per_participant: limits.allocations_per_user,
            connections: limits.connections,
            connections_per_address: limits.connections_per_address,
            kilobits_per_second: u32::try_from(limits.bytes_per_second / 125).unwrap_or(u32::MAX),
            strangers_per_second: limits.strangers_per_second,
        }
    }
}

/// The settings contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("turn.tls_port needs turn.certificate and turn.key")]
pub struct NoCertificate;

impl TurnSettings {
    /// What the rooms are started with; `None` when no port is asked for.
    pub fn config(&self, listen: IpAddr) -> Result<Option<TurnConfig>, NoCertificate> {
        let at = |port| SocketAddr::new(self.address.unwrap_or(listen), port);
        let tls = match (self.tls_port, &self.certificate, &self.key) {
            (None, _, _) => None,
            (Some(port), Some(certificate), Some(key)) => {
                let files = CertificateFiles { certificate: certificate.clone(), key: key.clone() };
                Some((at(port), files))
            }
            (Some(_), _, _) => return Err(NoCertificate),
        };
        let listen = Listen { udp: self.udp_port.map(at), tcp: self.tcp_port.map(at), tls };
        if listen == Listen::default() {
            return Ok(None);
        }
        Ok(Some(TurnConfig {
            listen,
            host: self.host.clone(),
            urls: self.urls.clone(),
            limits: self.limits.limits(),
        }))
    }
}

impl TurnLimits {
    fn limits(&self) -> Limits {
        Limits {
            credential_ttl: Duration::from_secs(self.credential_seconds.into()),
            allocations: self.allocations,
            allocations_per_user: self.allocations_per_participant,
            connections: self.connections,
            connections_per_address: self.connections_per_address,
            bytes_per_second: u64::from(self.kilobits_per_second) * 125,
            strangers_per_second: self.strangers_per_second,
            ..Limits::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const LISTEN: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 5));

    #[test]
    fn without_a_port_there_is_no_turn_and_with_one_it_stands_where_the_pages_do() {
        assert_eq!(TurnSettings::default().config(LISTEN), Ok(None));
        let settings = TurnSettings { udp_port: Some(3478), ..TurnSettings::default() };
        let listen = settings.config(LISTEN).unwrap().unwrap().listen;
        assert_eq!(listen.udp, Some((LISTEN, 3478).into()));
        let elsewhere = TurnSettings { address: Some([10, 0, 0, 6].into()), ..settings };
        assert_eq!(elsewhere.config(LISTEN).unwrap().unwrap().listen.udp, Some(([10, 0, 0, 6], 3478).into()));
    }

    #[test]
    fn tls_without_a_certificate_is_refused_at_the_start() {
        let settings = TurnSettings { tls_port: Some(443), ..TurnSettings::default() };
        assert_eq!(settings.config(LISTEN), Err(NoCertificate));
    }

    #[test]
    fn the_defaults_of_the_settings_are_those_of_the_rooms() {
        assert_eq!(TurnLimits::default().limits(), Limits::default());
    }
}
