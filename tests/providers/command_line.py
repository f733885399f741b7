"""`manage.py simulate_provider`: the simulator as a server of its own."""

from __future__ import annotations

import argparse
import asyncio
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.providers.attackers import hostile, obedient
from tests.providers.faults import FAULTS, Faults
from tests.providers.listening import Listening
from tests.providers.player import Player
from tests.providers.recorder import Recorder
from tests.providers.recording import Recording
from tests.providers.simulator import MODELS, Simulator, answered

MODES = {"sensible": answered, "obedient": obedient, "hostile": hostile}

Say = Callable[[str], Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--port", type=int, default=18800)
    add("--api-key", metavar="KEY", help="refuse requests that carry another key")
    add("--says", choices=list(MODES), default="sensible", help="see docs/simulator.md")
    add("--window", type=int, metavar="TOKENS", help="refuse what is longer, answer included")
    group = parser.add_argument_group("faults")
    group.add_argument(
        "--faults",
        default="",
        metavar="NAME=SHARE,…",
        help=f"of {', '.join(name for name in FAULTS if '.' not in name)}; also, in seconds, "
        "latency, jitter, pause (between pieces) and retry_after",
    )
    group.add_argument("--plan", default="", metavar="NAME,…", help="of the first requests in turn")
    group.add_argument("--seed", type=int, default=0, help="the same seed makes the same faults")
    group.add_argument("--refused-key", action="append", default=[], metavar="KEY")
    group.add_argument("--spent-key", action="append", default=[], metavar="KEY")
    group.add_argument(
        "--schedule",
        default="",
        metavar="STATE:SECONDS,…",
        help="e.g. up:20,down:10,503:5,up:0; down refuses connections",
    )
    group = parser.add_argument_group("recording")
    group.add_argument("--record", type=Path, metavar="FILE", help="keep what the upstream says")
    group.add_argument("--upstream", metavar="URL", help="the provider to pass requests on to")
    group.add_argument("--replay", type=Path, metavar="FILE", help="answer from a recording")
    group.add_argument(
        "--pace",
        type=float,
        default=0.0,
        metavar="FACTOR",
        help="of a replay: 1 as slow as it was recorded, 0 (default) at once",
    )


def server_for(options: dict[str, Any]) -> Listening:
    """The server that the options ask for.

    Raises:
        ValueError: they contradict each other, or one of them cannot be read.
        OSError: a recording cannot be opened.
    """
    if options["record"] and options["replay"]:
        raise ValueError("--record and --replay exclude each other.")
    if bool(options["record"]) != bool(options["upstream"]):
        raise ValueError("--record FILE and --upstream URL belong together.")
    if options["record"]:
        return Recorder(options["record"], options["upstream"])
    if options["replay"]:
        return Player(Recording.read(options["replay"]), pace=options["pace"])
    faults = Faults.parse(options["faults"], seed=options["seed"], plan=options["plan"])
    server = Simulator(
        api_key=options["api_key"],
        default=MODES[options["says"]],
        faults=faults,
        window=options["window"],
    )
    server.refused_keys = set(options["refused_key"])
    server.spent_keys = set(options["spent_key"])
    return server


def schedule(text: str) -> list[tuple[float, str]]:
    """Of `up:20,down:10`.

    Raises:
        ValueError: it is not of that form.
    """
    stages = []
    for part in filter(None, text.split(",")):
        match = re.fullmatch(r"\s*([\w.]+):(\d+(?:\.\d+)?)\s*", part)
        if not match or match[1] not in ("up", "down", *FAULTS):
            raise ValueError(f"“{part}” is not a state and its seconds, as in 503:10.")
        stages.append((float(match[2]), match[1]))
    return stages


def explained(server: Listening, options: dict[str, Any]) -> str:
    """What a person who started it needs to know."""
    key = options["api_key"] or "any"
    lines = []
    match server:
        case Recorder():
            lines += [
                f"Passing requests on to {options['upstream']} and keeping them in "
                f"{options['record']}, without keys.",
                "Give the product the provider's own key and one of these addresses.",
            ]
        case Player():
            lines += [f"Answering from {options['replay']}; nothing leaves this machine."]
        case _:
            lines += [
                "A simulated provider. Its answers are made up by rules from the words of the prompt:",
                "they show how the product works and are not fit for use.",
                f"Models: {', '.join(MODELS)}.",
            ]
    lines += [
        "",
        "For the environment (one of them):",
        f"  OPENAI_BASE_URL={server.base_url} OPENAI_API_KEY={key} HANDYWRITERZ_MODEL=openai:simulated",
        f"  OPENAI_BASE_URL={server.base_url} OPENAI_API_KEY={key} "
        "HANDYWRITERZ_MODEL=openai-responses:simulated",
        f"  ANTHROPIC_BASE_URL={server.root_url} ANTHROPIC_API_KEY={key} "
        "HANDYWRITERZ_MODEL=anthropic:simulated",
        "Or on Settings → Models: choose “Another address”, address "
        f"{server.base_url}, key {key}, model simulated.",
        "",
        "Ctrl-C stops it.",
    ]
    return "\n".join(lines)


def serve(options: dict[str, Any], say: Say) -> None:
    """Serve until a signal comes. Raises as `server_for`, or OSError when the port is taken."""
    server = server_for(options)
    stages = schedule(options["schedule"])
    if stages and not isinstance(server, Simulator):
        raise ValueError("--schedule is for the simulator itself, not for recordings.")

    async def run() -> None:
        await server.start(options["port"])
        if isinstance(server, Player):
            server.on_miss = say
        say(explained(server, options))
        if isinstance(server, Simulator):
            server.begin(stages)
        over = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, over.set)
        await over.wait()
        await server.stop()

    asyncio.run(run())
