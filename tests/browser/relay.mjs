// Pages whose network lets nothing pass but TURN, and on one transport only.

/** Has every connection of the page go through a relay, reached by `transport`: `udp`, `tcp` or `tls`. */
export const throughRelay = (transport) => {
  const fits = (url) =>
    transport === 'tls'
      ? url.startsWith('turns:')
      : url.startsWith('turn:') && url.endsWith(`transport=${transport}`);
  const bend = ({ iceServers = [], ...rest } = {}) => ({
    ...rest,
    iceTransportPolicy: 'relay',
    iceServers: iceServers
      .map((server) => ({ ...server, urls: [server.urls].flat().filter(fits) }))
      .filter(({ urls }) => urls.length > 0),
  });
  const Kept = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Kept {
    constructor(configuration) {
      super(bend(configuration));
    }
    setConfiguration(configuration) {
      super.setConfiguration(bend(configuration));
    }
  };
};

/** A switch for Chromium to trust the certificate with this public key: base64 of its SHA-256. */
export const trusting = (key) => `--ignore-certificate-errors-spki-list=${key}`;

/** How each connection of the page goes: kind of the chosen candidate, and how the relay is reached. */
export const routes = (page) =>
  page.evaluate(async () => {
    const routes = [];
    for (const connection of window.keptConnections) {
      if (connection.connectionState !== 'connected') continue;
      const stats = await connection.getStats();
      for (const { type, selectedCandidatePairId } of stats.values()) {
        const pair = type === 'transport' ? stats.get(selectedCandidatePairId) : undefined;
        const local = pair && stats.get(pair.localCandidateId);
        if (local) routes.push([local.candidateType, local.relayProtocol ?? local.protocol].join(' '));
      }
    }
    return routes;
  });
