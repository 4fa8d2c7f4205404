import {
  ConnectionQuality,
  RoomEvent,
  Track,
  type Participant,
  type Room,
  type VideoTrack,
} from 'livekit-client';
import type { Seat } from './tiles';

/** How good an endpoint's line is, 0 (lost) to 3 (excellent); null while unknown. */
export type LineQuality = 0 | 1 | 2 | 3 | null;

/** A participant as the page shows it. */
export interface SeatView extends Seat {
  microphone: boolean;
  camera: boolean;
  quality: LineQuality;
  /** The server holds this endpoint's picture back, because the line to this browser does not carry it. */
  cameraPaused: boolean;
  screenPaused: boolean;
  cameraTrack: VideoTrack | null;
  screenTrack: VideoTrack | null;
}

/** Everything after which the page may look different. Chatty ones come in bursts, so readers coalesce them. */
export const SEAT_EVENTS = [
  RoomEvent.Connected,
  RoomEvent.Reconnected,
  RoomEvent.Disconnected,
  RoomEvent.ParticipantConnected,
  RoomEvent.ParticipantDisconnected,
  RoomEvent.ParticipantNameChanged,
  RoomEvent.ParticipantPermissionsChanged,
  RoomEvent.TrackPublished,
  RoomEvent.TrackUnpublished,
  RoomEvent.TrackSubscribed,
  RoomEvent.TrackUnsubscribed,
  RoomEvent.TrackMuted,
  RoomEvent.TrackUnmuted,
  RoomEvent.LocalTrackPublished,
  RoomEvent.LocalTrackUnpublished,
  RoomEvent.ActiveSpeakersChanged,
  RoomEvent.ConnectionQualityChanged,
  RoomEvent.TrackStreamStateChanged,
] as const;

const QUALITY: Record<ConnectionQuality, LineQuality> = {
  [ConnectionQuality.Excellent]: 3,
  [ConnectionQuality.Good]: 2,
  [ConnectionQuality.Poor]: 1,
  [ConnectionQuality.Lost]: 0,
  [ConnectionQuality.Unknown]: null,
};

/** How good a participant's line is. */
export function qualityOf(participant: Participant): LineQuality {
  return QUALITY[participant.connectionQuality];
}

function videoOf(participant: Participant, source: Track.Source): VideoTrack | null {
  const publication = participant.getTrackPublication(source);
  return publication && !publication.isMuted ? (publication.videoTrack ?? null) : null;
}

function isPaused(participant: Participant, source: Track.Source): boolean {
  return participant.getTrackPublication(source)?.track?.streamState === Track.StreamState.Paused;
}

function viewOf(participant: Participant, hostIdentity: string): SeatView {
  const publishes = participant.trackPublications.size > 0;
  return {
    identity: participant.identity,
    name: participant.name === undefined || participant.name === '' ? participant.identity : participant.name,
    local: participant.isLocal,
    host: participant.identity === hostIdentity,
    endpoint: publishes || (participant.permissions?.canPublish ?? true),
    speaking: participant.isSpeaking,
    sharing: participant.isScreenShareEnabled,
    microphone: participant.isMicrophoneEnabled,
    camera: participant.isCameraEnabled,
    quality: qualityOf(participant),
    cameraPaused: isPaused(participant, Track.Source.Camera),
    screenPaused: isPaused(participant, Track.Source.ScreenShare),
    cameraTrack: videoOf(participant, Track.Source.Camera),
    screenTrack: videoOf(participant, Track.Source.ScreenShare),
  };
}

/** Everyone in the room who takes part: watchers have no tile, nor has this browser when it only watches. */
export function readSeats(room: Room, hostIdentity: string, publishes: boolean): SeatView[] {
  const remote = [...room.remoteParticipants.values()].map((participant) =>
    viewOf(participant, hostIdentity),
  );
  const local = publishes ? [viewOf(room.localParticipant, hostIdentity)] : [];
  return [...local, ...remote.filter((seat) => seat.endpoint)];
}

/** Whether two views of one participant look the same, so that an unchanged tile is not touched. */
export function sameView(left: SeatView, right: SeatView): boolean {
  return (Object.keys(left) as (keyof SeatView)[]).every((key) => left[key] === right[key]);
}

/** The new list with the old objects where nothing changed. */
export function keepUnchanged(before: readonly SeatView[], after: readonly SeatView[]): SeatView[] {
  const old = new Map(before.map((seat) => [seat.identity, seat]));
  return after.map((seat) => {
    const same = old.get(seat.identity);
    return same && sameView(same, seat) ? same : seat;
  });
}
