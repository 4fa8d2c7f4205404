//! What somebody who has shown who it is may ask for.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rtc_stun::attributes::{
    ATTR_CHANNEL_NUMBER, ATTR_EVEN_PORT, ATTR_LIFETIME, ATTR_REQUESTED_ADDRESS_FAMILY,
    ATTR_REQUESTED_TRANSPORT, ATTR_RESERVATION_TOKEN, ATTR_XOR_RELAYED_ADDRESS, ATTR_XORMAPPED_ADDRESS,
};
use rtc_stun::message::{METHOD_ALLOCATE, METHOD_CHANNEL_BIND, METHOD_CREATE_PERMISSION, METHOD_REFRESH};

use super::allocation::Allocation;
use super::message::{Refusal, Reply, Request};
use super::session::Authentic;
use super::{Relay, Session};

/// REQUESTED-TRANSPORT: UDP (RFC 8656 section 18.7).
const UDP: u8 = 17;
/// REQUESTED-ADDRESS-FAMILY (RFC 8656 section 18.6).
const IPV4: u8 = 1;
const IPV6: u8 = 2;

impl Session {
    /// Does what is asked.
    pub(super) fn authentic(
        &mut self,
        relay: &Relay,
        now: Instant,
        request: &Request,
        who: &Authentic,
    ) -> Result<Reply, Refusal> {
        // RFC 8656 section 5: an allocation is touched by nobody but its maker.
        if self.allocation.as_ref().is_some_and(|held| held.username != who.username) {
            return Err(Refusal::WrongCredentials);
        }
        if !request.unknown().is_empty() {
            return Err(Refusal::UnknownAttribute);
        }
        match request.method() {
            METHOD_ALLOCATE => self.allocate(relay, now, request, who),
            METHOD_REFRESH => self.refresh(relay, now, request),
            METHOD_CREATE_PERMISSION => self.create_permission(relay, now, request),
            METHOD_CHANNEL_BIND => self.bind_channel(relay, now, request),
            _ => Err(Refusal::BadRequest),
        }
    }

    /// RFC 8656 section 7.2.
    fn allocate(
        &mut self,
        relay: &Relay,
        now: Instant,
        request: &Request,
        who: &Authentic,
    ) -> Result<Reply, Refusal> {
        if let Some(held) = &self.allocation {
            return if self.repeats(request) {
                Ok(self.allocated(request, now, held))
            } else {
                Err(Refusal::AllocationMismatch)
            };
        }
        match request.get(ATTR_REQUESTED_TRANSPORT) {
            Some([UDP, _, _, _]) => {}
            Some([_, _, _, _]) => return Err(Refusal::TransportNotSupported),
            _ => return Err(Refusal::BadRequest),
        }
        // Pairs of ports are for telephones of another age.
        if request.get(ATTR_RESERVATION_TOKEN).is_some() || request.get(ATTR_EVEN_PORT).is_some() {
            return Err(Refusal::NoCapacity);
        }
        let v6 = wants_v6(request)?.unwrap_or(false);
        let ip = relay.targets.address(v6).ok_or(Refusal::FamilyNotSupported)?;
        let place = relay.quota.take(&who.identity)?;
        let relayed = SocketAddr::new(ip, place.port);
        let mut held =
            Allocation::new(now, &relay.limits, who.username.clone(), request.transaction(), relayed, place);
        held.until = now + lifetime(relay, request);
        let reply = self.allocated(request, now, &held);
        self.allocation = Some(held);
        Ok(reply)
    }

    fn allocated(&self, request: &Request, now: Instant, held: &Allocation) -> Reply {
        Reply::success(request)
            .with_address(ATTR_XOR_RELAYED_ADDRESS, held.relayed)
            .with(ATTR_LIFETIME, &seconds(held.until.saturating_duration_since(now)))
            .with_address(ATTR_XORMAPPED_ADDRESS, self.client)
    }

    /// RFC 8656 section 8.2.
    fn refresh(&mut self, relay: &Relay, now: Instant, request: &Request) -> Result<Reply, Refusal> {
        let held = self.allocation.as_mut().ok_or(Refusal::AllocationMismatch)?;
        if wants_v6(request)?.is_some_and(|v6| v6 != held.relayed.is_ipv6()) {
            return Err(Refusal::FamilyMismatch);
        }
        let granted = if request.number(ATTR_LIFETIME) == Some(0) {
            self.end();
            Duration::ZERO
        } else {
            let granted = lifetime(relay, request);
            held.until = now + granted;
            granted
        };
        Ok(Reply::success(request).with(ATTR_LIFETIME, &seconds(granted)))
    }

    /// RFC 8656 section 10.2: all of the peers, or none.
    fn create_permission(
        &mut self,
        relay: &Relay,
        now: Instant,
        request: &Request,
    ) -> Result<Reply, Refusal> {
        let held = self.allocation.as_mut().ok_or(Refusal::AllocationMismatch)?;
        let peers: Option<Vec<SocketAddr>> = request.peers().collect();
        let peers = peers.filter(|peers| !peers.is_empty()).ok_or(Refusal::BadRequest)?;
        for peer in &peers {
            check_family(*peer, held)?;
            if !relay.targets.knows(peer.ip()) {
                return Err(Refusal::Forbidden);
            }
        }
        for peer in peers {
            held.permit(now, &relay.limits, peer.ip())?;
        }
        Ok(Reply::success(request))
    }

    /// RFC 8656 section 12.2.
    fn bind_channel(&mut self, relay: &Relay, now: Instant, request: &Request) -> Result<Reply, Refusal> {
        let held = self.allocation.as_mut().ok_or(Refusal::AllocationMismatch)?;
        let number = request.number(ATTR_CHANNEL_NUMBER).ok_or(Refusal::BadRequest)?;
        let number = u16::try_from(number >> 16).map_err(|_| Refusal::BadRequest)?;
        let peer = request.peers().next().flatten().ok_or(Refusal::BadRequest)?;
        if !(0x4000..=0x4FFF).contains(&number) {
            return Err(Refusal::BadRequest);
        }
        check_family(peer, held)?;
        if relay.targets.worker(peer).is_none() {
            return Err(Refusal::Forbidden);
        }
        held.bind(now, &relay.limits, number, peer)?;
        Ok(Reply::success(request))
    }
}

fn check_family(peer: SocketAddr, held: &Allocation) -> Result<(), Refusal> {
    if peer.is_ipv6() == held.relayed.is_ipv6() { Ok(()) } else { Err(Refusal::FamilyMismatch) }
}

/// The family asked for, if any is: true is IPv6.
fn wants_v6(request: &Request) -> Result<Option<bool>, Refusal> {
    match request.get(ATTR_REQUESTED_ADDRESS_FAMILY) {
        None => Ok(None),
        Some([IPV4, _, _, _]) => Ok(Some(false)),
        Some([IPV6, _, _, _]) => Ok(Some(true)),
        Some(_) => Err(Refusal::FamilyNotSupported),
    }
}

/// RFC 8656 section 7.2: no less than the default, no more than the longest.
fn lifetime(relay: &Relay, request: &Request) -> Duration {
    let limits = &relay.limits;
    let wanted = request.number(ATTR_LIFETIME).map_or(limits.lifetime, |s| Duration::from_secs(s.into()));
    wanted.max(limits.lifetime).min(limits.lifetime_max)
}

/// Value of a LIFETIME attribute, rounded up.
fn seconds(span: Duration) -> [u8; 4] {
    let seconds = span.as_secs() + u64::from(span.subsec_nanos() > 0);
    u32::try_from(seconds).unwrap_or(u32::MAX).to_be_bytes()
}
