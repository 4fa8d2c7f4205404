// What an endpoint receives and sends, by the browser's own statistics.

import { readSlide } from './media.js';

/** Time between two samples. */
const SAMPLE_MS = 100;
/** Every so many samples a slide is read; it costs some milliseconds. */
const SLIDE_EVERY = 10;
/** Pauses between two pictures shorter than this are not told one by one. */
const PAUSE_MS = 200;

const KEPT = [
  'framesDecoded',
  'framesDropped',
  'frameWidth',
  'frameHeight',
  'freezeCount',
  'totalFreezesDuration',
  'keyFramesDecoded',
  'packetsReceived',
  'packetsLost',
  'packetsDiscarded',
  'bytesReceived',
  'nackCount',
  'pliCount',
  'retransmittedPacketsReceived',
  'concealedSamples',
  'silentConcealedSamples',
  'concealmentEvents',
  'totalSamplesReceived',
  'totalAudioEnergy',
  'jitterBufferDelay',
  'jitterBufferEmittedCount',
  'packetsSent',
  'retransmittedPacketsSent',
  'bytesSent',
  'framesEncoded',
  'qualityLimitationReason',
  'active',
  'rid',
];

const epoch = (at) => performance.timeOrigin + at;

function* remoteTracks(room) {
  for (const participant of room.remoteParticipants.values()) {
    for (const publication of participant.trackPublications.values()) {
      if (publication.track?.receiver) yield [participant, publication];
    }
  }
}

async function reports(holder, type) {
  return [...(await holder.getStats()).values()].filter((report) => report.type === type);
}

/** The counts of every remote track that flows, as the Python client tells them too, and what it is sent in. */
export async function counts(room, nameOf) {
  const tracks = [];
  for (const [participant, publication] of remoteTracks(room)) {
    const stats = await publication.track.receiver.getStats();
    for (const report of stats.values()) {
      if (report.type !== 'inbound-rtp' || (report.packetsReceived ?? 0) === 0) continue;
      tracks.push({
        id: publication.trackSid,
        identity: participant.identity,
        source: nameOf(publication.source),
        kind: report.kind,
        frames: report.framesDecoded ?? 0,
        energy: report.totalAudioEnergy ?? 0,
        width: report.frameWidth ?? 0,
        codec: stats.get(report.codecId)?.mimeType ?? '',
      });
    }
  }
  return tracks;
}

/** Samples all tracks for so long. All times are milliseconds since 1970, by the clock of the machine. */
export async function watch(room, nameOf, forMs) {
  const watch = new Watch(room, nameOf);
  const began = performance.now();
  let late = 0;
  for (let number = 1; performance.now() - began < forMs; number++) {
    await watch.sample(number % SLIDE_EVERY === 0);
    const due = began + number * SAMPLE_MS;
    await new Promise((next) => setTimeout(next, Math.max(0, due - performance.now())));
    late = Math.max(late, performance.now() - due);
  }
  const ended = performance.now();
  return {
    began: epoch(began),
    ended: epoch(ended),
    late_ms: late,
    rtx: retransmitting(),
    ...watch.end(ended),
  };
}

/** The RTP payload types that carry retransmissions. */
function retransmitting() {
  const descriptions = window.keptConnections.map(
    (connection) => connection.currentRemoteDescription?.sdp ?? '',
  );
  return [
    ...new Set(
      descriptions.flatMap((sdp) =>
        [...sdp.matchAll(/^a=rtpmap:(\d+) rtx\//gm)].map(([, type]) => Number(type)),
      ),
    ),
  ];
}

class Watch {
  samples = [];
  /** Longer times between two pictures that were shown: {identity, source, from, to}. */
  pauses = [];
  shown = new Map();

  constructor(room, nameOf) {
    this.room = room;
    this.nameOf = nameOf;
  }

  end(now) {
    this.ended = true;
    for (const [name, at] of this.shown.values()) this.note(name, at, now);
    return { samples: this.samples, pauses: this.pauses };
  }

  async sample(slides) {
    const tracks = [];
    for (const [participant, publication] of remoteTracks(this.room)) {
      const video = publication.track.attachedElements[0];
      const name = { way: 'in', identity: participant.identity, source: this.nameOf(publication.source) };
      if (publication.kind === 'video' && video) this.lookAt(video, name);
      for (const report of await reports(publication.track.receiver, 'inbound-rtp')) {
        const slide = slides && name.source === 'screen' && video?.videoWidth > 0 ? readSlide(video) : {};
        tracks.push({ ...name, ...kept(report), ...slide });
      }
    }
    for (const publication of this.room.localParticipant.trackPublications.values()) {
      if (!publication.track?.sender) continue;
      const name = { way: 'out', identity: '', source: this.nameOf(publication.source) };
      for (const report of await reports(publication.track.sender, 'outbound-rtp'))
        tracks.push({ ...name, ...kept(report) });
    }
    this.samples.push({ at: epoch(performance.now()), tracks });
  }

  /**
   * From the first sample of a picture on, notes every pause between two that are shown. Where the page itself was late,
   * several were shown since it was last told: then the time between the two that it knows is no pause.
   */
  lookAt(video, name) {
    if (this.shown.has(video)) return;
    this.shown.set(video, [name, performance.now()]);
    let count = 0;
    const next = (_, { presentationTime, presentedFrames }) => {
      if (presentedFrames - count <= 1) this.note(name, this.shown.get(video)[1], presentationTime);
      count = presentedFrames;
      this.shown.set(video, [name, presentationTime]);
      if (!this.ended) video.requestVideoFrameCallback(next);
    };
    video.requestVideoFrameCallback(next);
  }

  note({ identity, source }, from, to) {
    if (to - from > PAUSE_MS) this.pauses.push({ identity, source, from: epoch(from), to: epoch(to) });
  }
}

function kept(report) {
  const some = {};
  for (const key of KEPT) if (report[key] !== undefined) some[key] = report[key];
  return some;
}
