"""An endpoint that nobody here wrote: LiveKit's own Python client in a room of giaoban.

Reads one JSON line from standard input, {"url", "token", "path": "single" | "dual", "publish": true | false}, joins,
publishes a moving picture and a tone if told so, and prints JSON lines: one per event, and one with its counts twice a
second. Further lines are commands {"do": …}, each answered by {"event": "done"}. Leaves at the end of standard input.
"""

import asyncio
import json
import math
import sys

import numpy as np
from livekit import rtc

FRAMES_PER_SECOND = 15
REPORT_SECONDS = 0.5
SAMPLE_RATE, SAMPLES_PER_FRAME, TONE_HZ = 48_000, 480, 440
SIZES = {"camera": (640, 360), "screen": (1280, 720)}
SOURCES = {
    "camera": rtc.TrackSource.SOURCE_CAMERA,
    "microphone": rtc.TrackSource.SOURCE_MICROPHONE,
    "screen": rtc.TrackSource.SOURCE_SCREENSHARE,
}
NAMES = {number: name for name, number in SOURCES.items()}


def tell(**line: object) -> None:
    print(json.dumps(line), flush=True)


class Received:
    """What arrived on one remote track: decoded frames of a picture, or energy and samples of a sound."""

    def __init__(self, identity: str, source: str, kind: str) -> None:
        self.identity, self.source, self.kind = identity, source, kind
        self.frames = self.width = 0
        self.energy = 0.0

    async def listen(self, track: rtc.Track) -> None:
        async for event in (stream := rtc.AudioStream(track)):
            samples = np.frombuffer(event.frame.data, dtype=np.int16).astype(np.float64) / 32768
            self.energy += float(np.square(samples).sum()) / event.frame.sample_rate
        await stream.aclose()

    async def watch(self, track: rtc.Track) -> None:
        """Counts what the decoder makes, not what reaches rtc.VideoStream: this client opens its decoders anew when it
        begins to send a picture itself, and a packet that arrives meanwhile takes the picture from its watchers for good
        (libwebrtc 144, ReCreateDefaultReceiveStream) while it goes on being decoded."""
        before = 0
        while True:
            for entry in await track.get_stats():
                if entry.WhichOneof("stats") == "inbound_rtp":
                    now = entry.inbound_rtp.inbound
                    decoded, self.width = now.frames_decoded, now.frame_width
                    # A new decoder begins at nothing.
                    self.frames += decoded - before if decoded >= before else decoded
                    before = decoded
            await asyncio.sleep(REPORT_SECONDS / 2)


async def send_picture(source: rtc.VideoSource, width: int, height: int) -> None:
    """A bar that walks over a grey field, so that every frame differs from the one before."""
    chroma = bytes([128]) * (width * height // 2)
    for number in range(sys.maxsize):
        luma = np.full((height, width), 90, dtype=np.uint8)
        left = number * 8 % (width - 40)
        luma[:, left : left + 40] = 235
        source.capture_frame(rtc.VideoFrame(width, height, rtc.VideoBufferType.I420, luma.tobytes() + chroma))
        await asyncio.sleep(1 / FRAMES_PER_SECOND)


async def send_tone(source: rtc.AudioSource) -> None:
    """A steady tone; the source holds back the loop when its queue is full."""
    phase = 0
    while True:
        angles = 2 * math.pi * TONE_HZ * (np.arange(SAMPLES_PER_FRAME) + phase) / SAMPLE_RATE
        samples = (np.sin(angles) * 8000).astype(np.int16)
        await source.capture_frame(rtc.AudioFrame(samples.tobytes(), SAMPLE_RATE, 1, SAMPLES_PER_FRAME))
        phase += SAMPLES_PER_FRAME


class Endpoint:
    """One client in one room."""

    def __init__(self, room: rtc.Room) -> None:
        self.room = room
        self.received: dict[str, Received] = {}
        self.published: dict[str, rtc.LocalTrackPublication] = {}
        self.senders: dict[str, asyncio.Task] = {}
        self.keep: set[asyncio.Task] = set()
        self.listen()

    def start(self, work) -> asyncio.Task:
        task = asyncio.create_task(work)
        self.keep.add(task)
        task.add_done_callback(self.keep.discard)
        return task

    def listen(self) -> None:
        room = self.room

        def track(publication: rtc.TrackPublication, who: rtc.Participant) -> dict:
            return {"identity": who.identity, "sid": publication.sid, "source": NAMES.get(publication.source, "")}

        @room.on("track_subscribed")
        def _(remote: rtc.Track, publication: rtc.RemoteTrackPublication, who: rtc.RemoteParticipant) -> None:
            kind = "video" if remote.kind == rtc.TrackKind.KIND_VIDEO else "audio"
            seen = Received(who.identity, NAMES.get(publication.source, ""), kind)
            self.received[publication.sid] = seen
            self.start(seen.watch(remote) if kind == "video" else seen.listen(remote))
            tell(event="track_subscribed", **track(publication, who))

        @room.on("track_unsubscribed")
        def _(_: rtc.Track, publication: rtc.RemoteTrackPublication, who: rtc.RemoteParticipant) -> None:
            self.received.pop(publication.sid, None)
            tell(event="track_unsubscribed", **track(publication, who))

        for name, told in {
            "participant_connected": "participant_joined",
            "participant_disconnected": "participant_left",
        }.items():
            room.on(name, lambda who, told=told: tell(event=told, identity=who.identity))
        for name in ("track_published", "track_unpublished"):
            room.on(name, lambda publication, who, name=name: tell(event=name, **track(publication, who)))
        # Of the two, this client names the participant first.
        for name, told in {"track_muted": "muted", "track_unmuted": "unmuted"}.items():
            room.on(name, lambda who, publication, told=told: tell(event=told, **track(publication, who)))
        for name in ("reconnecting", "reconnected"):
            room.on(name, lambda name=name: tell(event=name))
        room.on("disconnected", lambda reason: tell(event="disconnected", reason=int(reason)))
        room.on(
            "participant_metadata_changed",
            lambda who, _old, new: tell(event="metadata", identity=who.identity, metadata=new),
        )
        room.on(
            "participant_attributes_changed",
            lambda changed, who: tell(event="attributes", identity=who.identity, changed=dict(changed)),
        )
        room.on(
            "data_received",
            lambda packet: tell(
                event="data",
                identity=packet.participant.identity if packet.participant else None,
                topic=packet.topic,
                text=packet.data.decode(),
            ),
        )
        room.on(
            "local_track_unpublished",
            lambda publication: tell(event="own_track_unpublished", source=NAMES.get(publication.source, "")),
        )

    async def publish(self, source: str) -> str:
        if source == "microphone":
            sound = rtc.AudioSource(SAMPLE_RATE, 1)
            track = rtc.LocalAudioTrack.create_audio_track(source, sound)
            sending = send_tone(sound)
        else:
            width, height = SIZES[source]
            picture = rtc.VideoSource(width, height)
            track = rtc.LocalVideoTrack.create_video_track(source, picture)
            sending = send_picture(picture, width, height)
        options = rtc.TrackPublishOptions(source=SOURCES[source], simulcast=source == "camera")
        # The picture moves before it is published: a track without frames is announced to nobody.
        self.senders[source] = self.start(sending)
        self.published[source] = await self.room.local_participant.publish_track(track, options)
        return self.published[source].sid

    async def act(self, wish: dict) -> dict:
        me = self.room.local_participant
        match wish["do"]:
            case "publish":
                return {"sid": await self.publish(wish["source"])}
            case "unpublish":
                self.senders.pop(wish["source"]).cancel()
                await me.unpublish_track(self.published.pop(wish["source"]).sid)
            case "mute":
                self.published[wish["source"]].track.mute()
            case "unmute":
                self.published[wish["source"]].track.unmute()
            case "say":
                await me.publish_data(
                    wish["text"],
                    reliable=wish.get("reliable", True),
                    destination_identities=wish.get("to", []),
                    topic=wish["topic"],
                )
            case "leave":
                await self.room.disconnect()
            case "state":
                return {
                    "connected": self.room.isconnected(),
                    "sid": me.sid,
                    "others": list(self.room.remote_participants),
                }
            case other:
                raise ValueError(f"this endpoint cannot {other}")
        return {}

    async def report(self) -> None:
        while True:
            tell(tracks=[{"id": sid, **vars(seen)} for sid, seen in self.received.items()])
            await asyncio.sleep(REPORT_SECONDS)


async def main() -> None:
    wish = json.loads(sys.stdin.readline())
    loop = asyncio.get_running_loop()
    endpoint = Endpoint(rtc.Room(loop))
    began = loop.time()
    await endpoint.room.connect(
        wish["url"],
        wish["token"],
        rtc.RoomOptions(single_peer_connection=wish["path"] == "single"),
    )
    me = endpoint.room.local_participant
    tell(event="connected", identity=me.identity, sid=me.sid, took_ms=(loop.time() - began) * 1000)
    if wish.get("publish", True):
        # The camera first and the microphone after it: the order that once broke pictures.
        await endpoint.publish("camera")
        await endpoint.publish("microphone")
        tell(event="published")

    endpoint.start(endpoint.report())
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        command = json.loads(line)
        tell(event="done", do=command["do"], **await endpoint.act(command))
    for task in list(endpoint.keep):
        task.cancel()
    await endpoint.room.disconnect()


try:
    asyncio.run(main())
except Exception as error:  # The reader of our lines must learn why, whatever it was.
    tell(event="failed", error=f"{type(error).__name__}: {error}")
    sys.exit(1)
