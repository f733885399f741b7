"""Serve the made-up world: `python -m tests.registries --port 8130`."""

from __future__ import annotations

import argparse
import threading

from tests.registries.server import registries


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes any free one")
    port = parser.parse_args().port
    with registries(port) as running:
        for name, value in running.environment.items():
            print(f"export {name}={value}")
        print(
            f'# faults: curl -d \'{{"openalex": [{{"kind": "html"}}]}}\' {running.base}/_control',
            flush=True,
        )
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("# stopped")


if __name__ == "__main__":
    main()
