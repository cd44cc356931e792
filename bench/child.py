"""One variant in a process of its own, as Lambda would run it: `child.py PACKAGE MODULE EVENTS REQUESTS CONTROL`.

It imports the handler, answers the first event and says on the file descriptor CONTROL what that took; then it runs as
many more requests as each line on its standard input says, and answers with their CPU seconds. REQUESTS are run before
the first report, for instruction counters that only see whole processes.
"""

import sys

sys.path.insert(0, sys.argv[1])

import importlib
import json
import os
from typing import Any


class Context:
    """What Lambda passes as the second argument."""

    function_name = "capture"
    function_version = "$LATEST"
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:capture"
    memory_limit_in_mb = 1024
    aws_request_id = "00000000-0000-4000-8000-000000000000"
    log_group_name = log_stream_name = "capture"

    def get_remaining_time_in_millis(self) -> int:
        return 10_000


def main(module: str, events_file: str, requests: int, control: int) -> None:
    handler = importlib.import_module(module).handler
    with open(events_file, encoding="utf-8") as lines:
        answered(handler, json.loads(next(lines)))
        modules = len(sys.modules)
        events = [json.loads(line) for line in lines] if requests != 1 else []
    for number in range(requests - 1):
        answered(handler, events[number % len(events)])
    say(control, {"modules": modules, "peak_kib": peak_kib(), "names": sorted(sys.modules)})
    for line in sys.stdin:
        say(control, warm(handler, events, int(line)))


def warm(handler: Any, events: list[Any], requests: int) -> dict[str, Any]:
    """CPU seconds, user and system, of so many requests, and when each began on the clock of all processes."""
    import resource
    import time

    chosen, began = [json.loads(json.dumps(events[number % len(events)])) for number in range(requests)], []
    before = resource.getrusage(resource.RUSAGE_SELF)
    for event in chosen:
        began.append(time.monotonic())
        answered(handler, event)
    after = resource.getrusage(resource.RUSAGE_SELF)
    return {"cpu_s": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, "began": began}


def answered(handler: Any, event: Any) -> None:
    reply = handler(event, Context())
    if reply.get("statusCode", 200) not in (200, 202) or reply.get("batchItemFailures"):
        raise SystemExit(f"not done: {reply}")


def peak_kib() -> int:
    """The highest resident memory; from /proc where there is one, as rusage also counts the parent's before exec."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def say(control: int, what: dict[str, Any]) -> None:
    os.write(control, json.dumps(what).encode() + b"\n")


if __name__ == "__main__":
    main(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
