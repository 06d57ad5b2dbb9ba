"""The rules about robotics rooms, gathered: the only door of this module."""

from zerek.modules.kits.agents import commands_after, hear, take_frame
from zerek.modules.kits.live import close_all as end_streams
from zerek.modules.kits.models import Kit, Room, Run
from zerek.modules.kits.queries import RoomRow, last_source
from zerek.modules.kits.rooms import (
    SILENT_AFTER,
    assign,
    is_online,
    leads,
    movable_kit,
    movable_kits,
    new_room,
    open_room,
    pupils_of,
    room_of,
    room_of_agent,
    rooms_for,
    see_room,
)
from zerek.modules.kits.running import RUN_SECONDS, ask_run, close_run, count_run
from zerek.modules.kits.seeing import (
    KitView,
    RoomView,
    RunView,
    StopView,
    look,
    run_with_output,
    runs_of,
    stops_of,
)
from zerek.modules.kits.stopping import release, stop_all, stop_kit

__all__ = [
    "RUN_SECONDS",
    "SILENT_AFTER",
    "Kit",
    "KitView",
    "Room",
    "RoomRow",
    "RoomView",
    "Run",
    "RunView",
    "StopView",
    "ask_run",
    "assign",
    "close_run",
    "commands_after",
    "count_run",
    "end_streams",
    "hear",
    "is_online",
    "last_source",
    "leads",
    "look",
    "movable_kit",
    "movable_kits",
    "new_room",
    "open_room",
    "pupils_of",
    "release",
    "room_of",
    "room_of_agent",
    "rooms_for",
    "run_with_output",
    "runs_of",
    "see_room",
    "stop_all",
    "stop_kit",
    "stops_of",
    "take_frame",
]
