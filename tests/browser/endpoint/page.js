// The page of an endpoint: does what it is told with LiveKit's client, and tells what happens.

import { PUBLICATIONS, makeTrack } from './media.js';
import { counts, watch } from './watch.js';

const { ConnectionState, Room, RoomEvent, Track } = window.LivekitClient;

const lines = [];
const tell = (line) => lines.push(line);

let room;

/** As the tests call the sources. */
const SOURCES = {
  camera: Track.Source.Camera,
  microphone: Track.Source.Microphone,
  screen: Track.Source.ScreenShare,
};
const nameOf = (source) => Object.keys(SOURCES).find((name) => SOURCES[name] === source) ?? source;
const published = (source) => room.localParticipant.getTrackPublication(SOURCES[source]);

function listen() {
  const who = (participant) => ({ identity: participant?.identity ?? null });
  const track = (publication, participant) => ({
    ...who(participant),
    sid: publication.trackSid,
    source: nameOf(publication.source),
  });
  const on = (event, name, describe) =>
    room.on(event, (...args) => tell({ event: name, ...describe(...args) }));
  on(RoomEvent.SignalReconnecting, 'signal_reconnecting', () => ({}));
  on(RoomEvent.Reconnecting, 'reconnecting', () => ({}));
  on(RoomEvent.Reconnected, 'reconnected', () => ({}));
  on(RoomEvent.Disconnected, 'disconnected', (reason) => ({ reason }));
  on(RoomEvent.ParticipantConnected, 'participant_joined', who);
  on(RoomEvent.ParticipantDisconnected, 'participant_left', who);
  on(RoomEvent.TrackPublished, 'track_published', track);
  on(RoomEvent.TrackUnpublished, 'track_unpublished', track);
  on(RoomEvent.LocalTrackUnpublished, 'own_track_unpublished', track);
  on(RoomEvent.TrackSubscribed, 'track_subscribed', (_, publication, participant) =>
    track(publication, participant),
  );
  on(RoomEvent.TrackUnsubscribed, 'track_unsubscribed', (_, publication, participant) =>
    track(publication, participant),
  );
  on(RoomEvent.TrackMuted, 'muted', track);
  on(RoomEvent.TrackUnmuted, 'unmuted', track);
  on(RoomEvent.TrackStreamStateChanged, 'stream_state', (publication, state, participant) => ({
    ...track(publication, participant),
    state,
  }));
  on(RoomEvent.ParticipantMetadataChanged, 'metadata', (_, participant) => ({
    ...who(participant),
    metadata: participant.metadata,
  }));
  on(RoomEvent.ParticipantAttributesChanged, 'attributes', (changed, participant) => ({
    ...who(participant),
    changed,
  }));
  on(RoomEvent.ParticipantPermissionsChanged, 'permissions', (_, participant) => ({
    ...who(participant),
    publish: participant.permissions?.canPublish,
  }));
  on(RoomEvent.DataReceived, 'data', (payload, participant, _, topic) => ({
    ...who(participant),
    topic,
    text: new TextDecoder().decode(payload),
  }));
}

const verbs = {
  async join({ url, token, path, adaptive = false }) {
    const began = performance.now();
    room = new Room({
      adaptiveStream: adaptive,
      dynacast: true,
      singlePeerConnection: path === 'single',
    });
    listen();
    room.on(RoomEvent.TrackSubscribed, (track) => document.body.append(track.attach()));
    room.on(RoomEvent.TrackUnsubscribed, (track) => track.detach().forEach((element) => element.remove()));
    await room.connect(url, token);
    const took_ms = performance.now() - began;
    tell({
      event: 'connected',
      identity: room.localParticipant.identity,
      sid: room.localParticipant.sid,
      took_ms,
    });
    return { took_ms, sid: room.localParticipant.sid };
  },
  async publish({ source, ...how }) {
    const track = await makeTrack(source, how);
    await room.localParticipant.publishTrack(track, {
      source: SOURCES[source],
      ...PUBLICATIONS[source],
      ...how.options,
    });
    return { sid: published(source).trackSid };
  },
  async unpublish({ source }) {
    await room.localParticipant.unpublishTrack(published(source).track, true);
  },
  async mute({ source }) {
    await published(source).mute();
  },
  async unmute({ source }) {
    await published(source).unmute();
  },
  async say({ text, topic, to = [], reliable = true }) {
    await room.localParticipant.publishData(new TextEncoder().encode(text), {
      topic,
      destinationIdentities: to,
      reliable,
    });
  },
  async leave() {
    await room.disconnect();
  },
  async state() {
    return {
      connected: room.state === ConnectionState.Connected,
      sid: room.localParticipant.sid,
      others: [...room.remoteParticipants.keys()],
    };
  },
  /** Samples statistics for a while, and tells them at its end. */
  async watch({ for_ms }) {
    watch(room, nameOf, for_ms).then((watched) => tell({ event: 'watched', ...watched }));
  },
};

window.told = () => JSON.stringify(lines.splice(0));
window.act = async ({ do: verb, ...args }) => JSON.stringify((await verbs[verb](args)) ?? {});

setInterval(async () => {
  if (room?.state !== ConnectionState.Connected) return;
  tell({ tracks: await counts(room, nameOf) });
}, 500);
