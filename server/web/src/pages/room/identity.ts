/** Identities in a room, as the server mints them: `endpoint:<id>` takes part, `account:<id>` watches. */

const ENDPOINT = 'endpoint:';

/** The identity under which an endpoint is in its room. */
export function identityOf(endpointId: string): string {
  return `${ENDPOINT}${endpointId}`;
}

/** The endpoint behind an identity; null for someone who only watches. */
export function endpointOf(identity: string): string | null {
  return identity.startsWith(ENDPOINT) ? identity.slice(ENDPOINT.length) : null;
}
