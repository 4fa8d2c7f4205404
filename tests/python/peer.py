"""An endpoint that nobody here wrote: LiveKit's own Python client in a room of giaoban.

Reads one JSON line from standard input, {"url", "token", "path": "single" | "dual"}, joins, publishes a moving
picture and a tone, and prints JSON lines: one per event, and one with its counts twice a second. Leaves at the end of
standard input.
"""

import asyncio
import json
import math
import sys

import numpy as np
from livekit import rtc

WIDTH, HEIGHT, FRAMES_PER_SECOND = 640, 360, 15
SAMPLE_RATE, SAMPLES_PER_FRAME, TONE_HZ = 48_000, 480, 440


def tell(**line: object) -> None:
    print(json.dumps(line), flush=True)


class Received:
    """What arrived on one remote track: decoded frames of a picture, or energy and samples of a sound."""

    def __init__(self, identity: str, kind: str) -> None:
        self.identity, self.kind = identity, kind
        self.frames = 0
        self.energy = 0.0

    async def watch(self, track: rtc.Track) -> None:
        if self.kind == "video":
            async for _ in (stream := rtc.VideoStream(track)):
                self.frames += 1
        else:
            async for event in (stream := rtc.AudioStream(track)):
                samples = np.frombuffer(event.frame.data, dtype=np.int16).astype(np.float64) / 32768
                self.energy += float(np.square(samples).sum()) / event.frame.sample_rate
        await stream.aclose()


async def send_picture(source: rtc.VideoSource) -> None:
    """A bar that walks over a grey field, so that every frame differs from the one before."""
    chroma = bytes([128]) * (WIDTH * HEIGHT // 2)
    for number in range(sys.maxsize):
        luma = np.full((HEIGHT, WIDTH), 90, dtype=np.uint8)
        left = number * 8 % (WIDTH - 40)
        luma[:, left : left + 40] = 235
        source.capture_frame(rtc.VideoFrame(WIDTH, HEIGHT, rtc.VideoBufferType.I420, luma.tobytes() + chroma))
        await asyncio.sleep(1 / FRAMES_PER_SECOND)


async def send_tone(source: rtc.AudioSource) -> None:
    """A steady tone; the source holds back the loop when its queue is full."""
    phase = 0
    while True:
        angles = 2 * math.pi * TONE_HZ * (np.arange(SAMPLES_PER_FRAME) + phase) / SAMPLE_RATE
        samples = (np.sin(angles) * 8000).astype(np.int16)
        await source.capture_frame(rtc.AudioFrame(samples.tobytes(), SAMPLE_RATE, 1, SAMPLES_PER_FRAME))
        phase += SAMPLES_PER_FRAME


async def publish(room: rtc.Room, keep: set[asyncio.Task]) -> None:
    """The camera first and the microphone after it: the order that once broke pictures."""
    picture = rtc.VideoSource(WIDTH, HEIGHT)
    camera = rtc.LocalVideoTrack.create_video_track("camera", picture)
    options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_CAMERA, simulcast=True)
    await room.local_participant.publish_track(camera, options)
    keep.add(asyncio.create_task(send_picture(picture)))

    tone = rtc.AudioSource(SAMPLE_RATE, 1)
    microphone = rtc.LocalAudioTrack.create_audio_track("microphone", tone)
    await room.local_participant.publish_track(
        microphone, rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
    )
    keep.add(asyncio.create_task(send_tone(tone)))
    tell(event="published")


async def main() -> None:
    wish = json.loads(sys.stdin.readline())
    loop = asyncio.get_running_loop()
    room = rtc.Room(loop)
    received: dict[str, Received] = {}
    keep: set[asyncio.Task] = set()

    @room.on("track_subscribed")
    def _(track: rtc.Track, publication: rtc.RemoteTrackPublication, participant: rtc.RemoteParticipant) -> None:
        kind = "video" if track.kind == rtc.TrackKind.KIND_VIDEO else "audio"
        seen = received[publication.sid] = Received(participant.identity, kind)
        keep.add(asyncio.create_task(seen.watch(track)))

    @room.on("track_unsubscribed")
    def _(_track: rtc.Track, publication: rtc.RemoteTrackPublication, _who: rtc.RemoteParticipant) -> None:
        received.pop(publication.sid, None)

    for name in ("reconnecting", "reconnected"):
        room.on(name, lambda name=name: tell(event=name))
    room.on("disconnected", lambda reason: tell(event="disconnected", reason=int(reason)))

    await room.connect(
        wish["url"],
        wish["token"],
        rtc.RoomOptions(single_peer_connection=wish["path"] == "single"),
    )
    tell(event="connected", identity=room.local_participant.identity)
    await publish(room, keep)

    async def report() -> None:
        while True:
            tell(
                tracks=[
                    {"id": sid, "identity": seen.identity, "kind": seen.kind, "frames": seen.frames, "energy": seen.energy}
                    for sid, seen in received.items()
                ]
            )
            await asyncio.sleep(0.5)

    keep.add(asyncio.create_task(report()))
    while await loop.run_in_executor(None, sys.stdin.readline):
        pass
    for task in keep:
        task.cancel()
    await room.disconnect()


try:
    asyncio.run(main())
except Exception as error:  # The reader of our lines must learn why, whatever it was.
    tell(event="failed", error=f"{type(error).__name__}: {error}")
    sys.exit(1)
