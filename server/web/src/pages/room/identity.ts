/** The identity under which an endpoint is in its room, as the server mints it. Who only watches is `account:<id>`. */
export function identityOf(endpointId: string): string {
  return `endpoint:${endpointId}`;
}
