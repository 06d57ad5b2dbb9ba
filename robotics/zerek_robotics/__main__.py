"""`zerek-robot`: keep a room's kits (`agent`), see what is plugged in (`list`), try one kit (`drive`)."""

import argparse
import asyncio
import logging
import os
import signal
import sys
from pathlib import Path

from serial.tools import list_ports

from zerek_robotics import profiles
from zerek_robotics.agent import Agent, Plan
from zerek_robotics.chassis import Chassis
from zerek_robotics.errors import RobotError, language_or_kazakh
from zerek_robotics.kit import Kit
from zerek_robotics.ports import place_of_address


def main(words: list[str] | None = None) -> int:
    options = _parser().parse_args(words)
    os.environ["ZEREK_LANGUAGE"] = options.language
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    try:
        status: int = options.act(options)
    except (RobotError, ValueError, OSError) as fault:
        print(fault, file=sys.stderr)
        return 2
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="zerek-robot", description=__doc__)
    parser.add_argument(
        "--language", default=os.environ.get("ZEREK_LANGUAGE", "kk"), choices=("kk", "ru", "en")
    )
    commands = parser.add_subparsers(required=True, metavar="agent | list | drive")
    agent = commands.add_parser("agent", help="keep the kits of a room")
    agent.add_argument(
        "--kit", action="append", default=[], metavar="URL", help="a port, socket://…, sim://world?seed=7"
    )
    agent.add_argument(
        "--ports", action="append", default=[], metavar="GLOB", help="ports that may be opened: /dev/ttyACM*"
    )
    agent.add_argument("--profile", default="uno-chassis")
    agent.add_argument("--lms", metavar="URL", default=os.environ.get("ZEREK_LMS"))
    agent.add_argument("--token-file", type=Path, help="else the token is taken from ZEREK_AGENT_TOKEN")
    agent.set_defaults(act=_agent)
    commands.add_parser("list", help="the serial ports of this computer").set_defaults(act=_list)
    drive = commands.add_parser("drive", help="try one kit: LED, distance, ten centimetres there and back")
    drive.add_argument("url", metavar="URL")
    drive.add_argument("--profile", default="uno-chassis")
    drive.set_defaults(act=_drive)
    return parser


def _agent(options: argparse.Namespace) -> int:
    token = os.environ.pop("ZEREK_AGENT_TOKEN", "")  # not for the eyes of the programs it will run
    if options.token_file:
        token = options.token_file.read_text().strip()
    if options.lms and not token:
        print("An agent with an LMS needs its token: --token-file, or ZEREK_AGENT_TOKEN.", file=sys.stderr)
        return 2
    if not options.kit and not options.ports:
        print("Name at least one kit (--kit) or the ports that may be opened (--ports).", file=sys.stderr)
        return 2
    plan = Plan(
        kits=[place_of_address(url) for url in options.kit],
        patterns=options.ports,
        profile=profiles.load(options.profile),
        language=language_or_kazakh(options.language),
        lms=options.lms,
        token=token,
    )
    asyncio.run(_until_told(plan))
    return 0


async def _until_told(plan: Plan) -> None:
    """SIGTERM and Ctrl-C stop all kits, then end the agent."""
    task = asyncio.create_task(Agent(plan).run())
    loop = asyncio.get_running_loop()
    if sys.platform != "win32":
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        if not task.cancelled():
            raise


def _list(options: argparse.Namespace) -> int:
    ports = sorted(list_ports.comports(), key=lambda port: port.device)
    for port in ports:
        number = port.serial_number or "-"
        print(f"{port.device}\t{port.description}\t{port.hwid}\t{number}")
    if not ports:
        print("No serial port on this computer.")
    return 0


def _drive(options: argparse.Namespace) -> int:
    asyncio.run(_try_out(options.url, options.profile))
    return 0


async def _try_out(url: str, profile_name: str) -> None:
    async with await Kit.open(url, profiles.load(profile_name)) as kit:
        chassis = Chassis(kit)
        print(f"{kit.firmware}, {kit.profile.name}: {', '.join(kit.profile.parts)}")
        for part, act in (("led", chassis.led), ("distance", chassis.distance), ("battery", chassis.battery)):
            if part in kit.profile.parts:
                print(f"{part}: {await act()}")
        if kit.profile.drive:
            await chassis.forward(10)
            await chassis.backward(10)
            print("drive: 10 cm there and back")
        if kit.profile.led is not None:
            await chassis.led(False)
        print(f"noise on the line: {kit.noise} bytes")


if __name__ == "__main__":
    sys.exit(main())
