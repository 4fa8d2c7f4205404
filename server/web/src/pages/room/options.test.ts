import { DisconnectReason } from 'livekit-client';
import { describe, expect, it } from 'vitest';
import { endingOf, roomOptions, singleFrom } from './options';

const none = { audioinput: '', videoinput: '', audiooutput: '' };

describe('how a room is used', () => {
  it('sends speech twice over in Opus and three layers of VP8', () => {
    const publish = roomOptions(none, null).publishDefaults;
    expect(publish).toMatchObject({ red: true, dtx: true, videoCodec: 'vp8', simulcast: true });
    expect(publish?.videoSimulcastLayers?.map((layer) => layer.height)).toEqual([180, 360]);
  });

  it('leaves devices and the join path to the system unless they were chosen', () => {
    expect(roomOptions(none, null)).not.toHaveProperty('singlePeerConnection');
    expect(roomOptions(none, null).videoCaptureDefaults).not.toHaveProperty('deviceId');
    const chosen = roomOptions({ ...none, videoinput: 'cam' }, false);
    expect(chosen.singlePeerConnection).toBe(false);
    expect(chosen.videoCaptureDefaults?.deviceId).toBe('cam');
  });

  it('reads the join path from the address', () => {
    expect(singleFrom(new URLSearchParams('single=1'))).toBe(true);
    expect(singleFrom(new URLSearchParams('single=0'))).toBe(false);
    expect(singleFrom(new URLSearchParams('single=maybe'))).toBeNull();
  });
});

describe('why a connection ended', () => {
  it('is a loss unless someone meant it', () => {
    expect(endingOf(DisconnectReason.CLIENT_INITIATED)).toBe('left');
    expect(endingOf(DisconnectReason.DUPLICATE_IDENTITY)).toBe('elsewhere');
    expect(endingOf(DisconnectReason.PARTICIPANT_REMOVED)).toBe('removed');
    for (const reason of [undefined, DisconnectReason.SERVER_SHUTDOWN, DisconnectReason.ROOM_DELETED]) {
      expect(endingOf(reason)).toBe('lost');
    }
  });
});
