"""A moderator that nobody here wrote: LiveKit's own server SDK against the room service of giaoban.

Reads one JSON line, {"url", "key", "secret", "room"}, then commands {"do": …} until its input ends; each is answered by
{"event": "done"} with what the server said, or by {"event": "refused"} with its code.
"""

import asyncio
import json
import sys

from livekit import api
from google.protobuf.json_format import MessageToDict


def tell(**line: object) -> None:
    print(json.dumps(line), flush=True)


async def act(service, room: str, wish: dict):
    who = wish.get("identity")
    match wish["do"]:
        case "list":
            return await service.list_participants(api.ListParticipantsRequest(room=room))
        case "mute":
            return await service.mute_published_track(
                api.MuteRoomTrackRequest(room=room, identity=who, track_sid=wish["sid"], muted=wish["muted"])
            )
        case "remove":
            return await service.remove_participant(api.RoomParticipantIdentity(room=room, identity=who))
        case "permit":
            permission = api.ParticipantPermission(
                can_publish=wish["publish"],
                can_subscribe=True,
                can_publish_data=wish["publish"],
                hidden=wish.get("hidden", False),
            )
            return await service.update_participant(
                api.UpdateParticipantRequest(room=room, identity=who, permission=permission)
            )
        case "describe":
            return await service.update_participant(
                api.UpdateParticipantRequest(
                    room=room, identity=who, metadata=wish["metadata"], attributes=wish["attributes"]
                )
            )
        case other:
            raise ValueError(f"a moderator cannot {other}")


async def main() -> None:
    wish = json.loads(sys.stdin.readline())
    loop = asyncio.get_running_loop()
    client = api.LiveKitAPI(wish["url"], wish["key"], wish["secret"])
    tell(event="ready")
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        command = json.loads(line)
        try:
            said = await act(client.room, wish["room"], command)
            tell(event="done", do=command["do"], said=MessageToDict(said))
        except api.TwirpError as refusal:
            tell(event="refused", do=command["do"], code=refusal.code)
    await client.aclose()


try:
    asyncio.run(main())
except Exception as error:  # The reader of our lines must learn why, whatever it was.
    tell(event="failed", error=f"{type(error).__name__}: {error}")
    sys.exit(1)
