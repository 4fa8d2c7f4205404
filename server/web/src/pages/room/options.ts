import {
  DefaultReconnectPolicy,
  DisconnectReason,
  ScreenSharePresets,
  VideoPresets,
  type RoomOptions,
} from 'livekit-client';
import type { Ending } from './reconnect';

/** Devices chosen before joining; empty means the system's own choice. */
export interface ChosenDevices {
  audioinput: string;
  videoinput: string;
  audiooutput: string;
}

/** Opus for speech, bits per second. Redundancy doubles it on the wire and DTX takes most of it away in silence. */
const SPEECH_BITRATE = 24_000;

/**
 * Pauses before livekit-client's own attempts, milliseconds: long enough to resume within the server's linger
 * window (15 s). After that the page asks for a fresh ticket and joins anew.
 */
const RESUME_DELAYS_MS = [0, 300, 700, 1200, 1500, 2000, 2000, 2000, 2000, 2000];

/** How the page uses a room: audio before pictures, three VP8 layers of 720p, only what is looked at is received. */
export function roomOptions(devices: ChosenDevices, singlePeerConnection: boolean | null): RoomOptions {
  return {
    adaptiveStream: true,
    dynacast: true,
    reconnectPolicy: new DefaultReconnectPolicy(RESUME_DELAYS_MS),
    audioCaptureDefaults: {
      ...(devices.audioinput === '' ? {} : { deviceId: devices.audioinput }),
      echoCancellation: true,
      noiseSuppression: true,
      autoGainControl: true,
    },
    videoCaptureDefaults: {
      ...(devices.videoinput === '' ? {} : { deviceId: devices.videoinput }),
      resolution: VideoPresets.h720.resolution,
    },
    ...(devices.audiooutput === '' ? {} : { audioOutput: { deviceId: devices.audiooutput } }),
    publishDefaults: {
      audioPreset: { maxBitrate: SPEECH_BITRATE, priority: 'high' },
      red: true,
      dtx: true,
      videoCodec: 'vp8',
      backupCodec: false,
      simulcast: true,
      videoEncoding: VideoPresets.h720.encoding,
      videoSimulcastLayers: [VideoPresets.h180, VideoPresets.h360],
      screenShareEncoding: ScreenSharePresets.h1080fps15.encoding,
    },
    ...(singlePeerConnection === null ? {} : { singlePeerConnection }),
  };
}

/** Reads `?single=0|1`, by which tests choose the join path. Null leaves livekit-client its default. */
export function singleFrom(query: URLSearchParams): boolean | null {
  const value = query.get('single');
  return value === '1' ? true : value === '0' ? false : null;
}

/** What a reason of livekit-client means for what to do next. */
export function endingOf(reason: DisconnectReason | undefined): Ending {
  switch (reason) {
    case DisconnectReason.CLIENT_INITIATED:
      return 'left';
    case DisconnectReason.DUPLICATE_IDENTITY:
      return 'elsewhere';
    case DisconnectReason.PARTICIPANT_REMOVED:
      return 'removed';
    default:
      return 'lost';
  }
}
