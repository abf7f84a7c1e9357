"""The twin in a process of its own: `python -m marketplace.testing.stripe_twin --state FILE`.

It prints one line of JSON (`url`, `key`, `webhook_secret`) and answers until it is terminated.
Its clock, its faults and what banks do are in the hands of whoever opens the same file with
`StripeTwin(FILE)`.
"""

from __future__ import annotations

import argparse
import json
import signal
import threading

from .twin import StripeTwin


def main() -> None:
    """Answer until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(
        prog="python -m marketplace.testing.stripe_twin", description="A twin of Stripe's API."
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes any that is free")
    parser.add_argument("--state", required=True, help="an SQLite file that keeps everything")
    parser.add_argument("--key", default="sk_test_twin")
    parser.add_argument("--webhook-secret", default="whsec_twin")
    said = parser.parse_args()
    over = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda number, frame: over.set())
    secret = said.webhook_secret
    with StripeTwin(said.state, port=said.port, key=said.key, webhook_secret=secret) as twin:
        words = {"url": twin.url, "key": twin.key, "webhook_secret": twin.webhook_secret}
        print(json.dumps(words), flush=True)
        over.wait()


if __name__ == "__main__":
    main()
