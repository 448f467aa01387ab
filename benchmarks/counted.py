"""Run a module in this process, count the HTTP requests that botocore sends, and put off each of them.

`python -m benchmarks.counted OUTPUT.json SECONDS MODULE ARGUMENTS`
"""

from __future__ import annotations

import json
import runpy
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

# How the names of operations that only read begin.
READS = ("BatchGet", "Describe", "Get", "Head", "List", "Query", "Scan")


def main() -> None:
    """Write {"s3.PutObject": 26, …} when the module is done, however it ended."""
    import boto3

    output, delay, *command = sys.argv[1:]
    calls: Counter[str] = Counter()

    def before_send(event_name: str, **_: Any) -> None:
        calls[event_name.partition(".")[2]] += 1
        time.sleep(float(delay))

    class ObservedSession(boto3.Session):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            # Once for every attempt, retries included.
            self.events.register("before-send", before_send)

    boto3.Session = ObservedSession
    sys.argv = command
    try:
        runpy.run_module(command[0], run_name="__main__", alter_sys=True)
    finally:
        Path(output).write_text(json.dumps(calls))


if __name__ == "__main__":
    main()
