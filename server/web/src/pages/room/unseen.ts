import { RoomEvent, Track, type RemoteTrack, type Room } from 'livekit-client';

/**
 * Tells the server of every new picture that nobody looks at it yet. livekit-client asks for less only once a picture
 * has been shown and hidden; without this, two hundred endpoints would be received at full size for the one page of
 * tiles that is shown.
 */
export function startUnseen(room: Room): void {
  room.on(RoomEvent.TrackSubscribed, (track: RemoteTrack) => {
    if (track.kind !== Track.Kind.Video) return;
    const nowhere = document.createElement('video');
    track.attach(nowhere);
    track.detach(nowhere);
  });
}
