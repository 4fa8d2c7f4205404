import type { PresenceEvent } from '../../api/live';
import type { Attendance } from '../../api/types';

/**
 * The attendance as it is after an event, before the server has been asked again: a wall shows a lost endpoint at
 * once. An event that tells nothing new gives the same object.
 */
export function applyPresence(attendance: Attendance, event: PresenceEvent): Attendance {
  const known = attendance.endpoints.find((one) => one.endpoint.id === event.endpoint_id);
  if (event.session_id !== attendance.session_id || !known) return attendance;
  if (known.connected === event.connected && known.muted === event.muted && known.camera === event.camera) {
    return attendance;
  }
  const endpoints = attendance.endpoints.map((one) =>
    one === known
      ? {
          ...one,
          connected: event.connected,
          muted: event.muted,
          camera: event.camera,
          first_at: one.first_at ?? (event.connected ? event.at : null),
          last_at: event.at,
        }
      : one,
  );
  return { ...attendance, endpoints, connected: endpoints.filter((one) => one.connected).length };
}
