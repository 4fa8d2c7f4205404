"""A program outside that nobody here wrote: LiveKit's own server SDK as manager of rooms and as receiver of webhooks.

Opens a receiver first and prints its address, {"url"}. Then reads JSON lines from standard input: {"server", "key",
"secret", "do": method, …fields of the request}, calls the method of the room service and prints its answer, {"answer"}
or {"error"}. For every webhook whose signature holds it prints {"webhook": event}, for any other {"forged": why}. Ends
with standard input.
"""

import asyncio
import json
import sys

from aiohttp import web
from google.protobuf.json_format import MessageToDict, ParseDict
from livekit import api

HOOK_KEY, HOOK_SECRET = sys.argv[1:3]


def tell(**line: object) -> None:
    print(json.dumps(line), flush=True)


async def receive(request: web.Request) -> web.Response:
    receiver = api.WebhookReceiver(api.TokenVerifier(HOOK_KEY, HOOK_SECRET))
    body = (await request.read()).decode()
    try:
        event = receiver.receive(body, request.headers["Authorization"])
    except Exception as error:
        tell(forged=str(error))
        return web.Response(status=401)
    tell(webhook=MessageToDict(event))
    return web.Response()


async def listen() -> str:
    app = web.Application()
    app.router.add_post("/hook", receive)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    return f"http://{host}:{port}/hook"


REQUESTS = {
    "create_room": api.CreateRoomRequest,
    "list_rooms": api.ListRoomsRequest,
    "delete_room": api.DeleteRoomRequest,
    "list_participants": api.ListParticipantsRequest,
    "get_participant": api.RoomParticipantIdentity,
    "remove_participant": api.RoomParticipantIdentity,
    "mute_published_track": api.MuteRoomTrackRequest,
    "update_participant": api.UpdateParticipantRequest,
    "update_room_metadata": api.UpdateRoomMetadataRequest,
    "send_data": api.SendDataRequest,
}


async def call(order: dict) -> None:
    server, key, secret, method = (order.pop(name) for name in ("server", "key", "secret", "do"))
    livekit = api.LiveKitAPI(server, key, secret)
    try:
        answer = await getattr(livekit.room, method)(ParseDict(order, REQUESTS[method]()))
        tell(answer=MessageToDict(answer))
    except api.TwirpError as error:
        tell(error=error.code)
    finally:
        await livekit.aclose()


async def main() -> None:
    tell(url=await listen())
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        await call(json.loads(line))


asyncio.run(main())
