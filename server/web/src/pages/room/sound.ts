import { RoomEvent, Track, type RemoteTrack, type Room } from 'livekit-client';

/**
 * Plays every other endpoint's sound from audio elements in `place`, whether its tile is on the page shown or not,
 * until the returned function is called.
 */
export function playSound(room: Room, place: Element): () => void {
  const add = (track: RemoteTrack): void => {
    if (track.kind === Track.Kind.Audio && track.attachedElements.length === 0) place.append(track.attach());
  };
  const drop = (track: RemoteTrack): void => {
    if (track.kind !== Track.Kind.Audio) return;
    for (const element of track.detach()) element.remove();
  };
  room.on(RoomEvent.TrackSubscribed, add).on(RoomEvent.TrackUnsubscribed, drop);
  for (const participant of room.remoteParticipants.values()) {
    for (const publication of participant.trackPublications.values()) {
      if (publication.track) add(publication.track);
    }
  }
  return () => {
    room.off(RoomEvent.TrackSubscribed, add).off(RoomEvent.TrackUnsubscribed, drop);
    place.replaceChildren();
  };
}
