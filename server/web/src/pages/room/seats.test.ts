import { ConnectionQuality, Track, type Participant, type Room } from 'livekit-client';
import { describe, expect, it } from 'vitest';
import { keepUnchanged, readSeats } from './seats';

/** As much of a participant as a seat is read from. */
function participant(identity: string, over: Partial<Record<string, unknown>> = {}): Participant {
  return {
    identity,
    name: `Điểm cầu ${identity}`,
    isLocal: false,
    isSpeaking: false,
    isScreenShareEnabled: false,
    isMicrophoneEnabled: true,
    isCameraEnabled: true,
    connectionQuality: ConnectionQuality.Good,
    permissions: { canPublish: true },
    trackPublications: new Map(),
    getTrackPublication: () => undefined,
    ...over,
  } as unknown as Participant;
}

function room(local: Participant, ...remote: Participant[]): Room {
  return {
    localParticipant: local,
    remoteParticipants: new Map(remote.map((one) => [one.identity, one])),
  } as unknown as Room;
}

const me = participant('me', { isLocal: true });

describe('who has a tile', () => {
  it('is every endpoint, this one included', () => {
    const seats = readSeats(room(me, participant('a')), 'a', true);
    expect(seats.map((seat) => [seat.identity, seat.local, seat.host])).toEqual([
      ['me', true, false],
      ['a', false, true],
    ]);
  });

  it('is nobody who only watches, here or elsewhere', () => {
    const watcher = participant('account:1', { permissions: { canPublish: false } });
    expect(readSeats(room(me, watcher), 'a', false)).toEqual([]);
  });

  it('is shown by its identity when it came without a name', () => {
    expect(readSeats(room(me, participant('a', { name: '' })), '', false)[0]?.name).toBe('a');
  });

  it('has no picture while its camera is muted', () => {
    const videoTrack = {};
    const publication = (isMuted: boolean) => (source: Track.Source) =>
      source === Track.Source.Camera ? { isMuted, videoTrack } : undefined;
    const on = participant('on', { getTrackPublication: publication(false) });
    const off = participant('off', { getTrackPublication: publication(true) });
    const seats = readSeats(room(me, on, off), '', false);
    expect(seats.map((seat) => seat.cameraTrack)).toEqual([videoTrack, null]);
  });
});

describe('a picture', () => {
  it('that the server holds back is known as such', () => {
    const publication = (streamState: Track.StreamState) => () => ({ track: { streamState } });
    const active = participant('a', { getTrackPublication: publication(Track.StreamState.Active) });
    const paused = participant('b', { getTrackPublication: publication(Track.StreamState.Paused) });
    const seats = readSeats(room(me, active, paused), '', false);
    expect(seats.map((seat) => seat.cameraPaused)).toEqual([false, true]);
  });
});

describe('a tile', () => {
  it('is left alone when nothing about it changed', () => {
    const before = readSeats(room(me, participant('a'), participant('b')), '', false);
    const after = readSeats(room(me, participant('a'), participant('b', { isSpeaking: true })), '', false);
    const kept = keepUnchanged(before, after);
    expect(kept[0]).toBe(before[0]);
    expect(kept[1]).toMatchObject({ identity: 'b', speaking: true });
  });
});
