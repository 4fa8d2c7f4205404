//! The addresses under which this machine can be reached.

use std::net::IpAddr;

/// Addresses of the interfaces, those of the network before the loopback; IPv6 only where `v6` says that the socket
/// listens there. Link-local ones need an interface name, which browsers do not have.
pub fn addresses(v6: bool) -> Vec<IpAddr> {
    let found = if_addrs::get_if_addrs().unwrap_or_else(|error| {
        tracing::warn!(%error, "the machine's addresses cannot be listed");
        Vec::new()
    });
    let mut addresses: Vec<IpAddr> = found
        .into_iter()
        .filter(|interface| !interface.is_link_local())
        .map(|interface| interface.ip())
        .filter(|address| v6 || address.is_ipv4())
        .collect();
    addresses.sort_by_key(|address| (address.is_loopback(), address.is_ipv6()));
    addresses.dedup();
    addresses
}
