"""Where standard output goes: whole lines to the file, and to those who listen on the same thread."""

from __future__ import annotations

import io
import threading

from local.logs import Tap


def test_a_line_in_pieces_arrives_whole() -> None:
    log = io.StringIO()
    tap = Tap(log)

    print("one", "two", file=tap)

    assert log.getvalue() == "one two\n"


def test_only_the_own_thread_is_heard() -> None:
    tap = Tap(io.StringIO())
    other = threading.Thread(target=lambda: print("theirs", file=tap))

    with tap.listening() as heard:
        other.start()
        other.join()
        print("ours", file=tap)
    print("later", file=tap)

    assert heard == ["ours"]


def test_threads_never_mix_their_lines() -> None:
    log = io.StringIO()
    tap = Tap(log)
    threads = [threading.Thread(target=lambda: [print("a" * 50, file=tap) for _ in range(50)]) for _ in range(4)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert log.getvalue().splitlines() == ["a" * 50] * 200


def test_speaking_after_the_end_is_harmless() -> None:
    log = io.StringIO()
    tap = Tap(log)
    log.close()

    assert tap.write("late\n") == 5


def test_a_copy_goes_to_a_second_stream() -> None:
    log, copy = io.StringIO(), io.StringIO()

    Tap(log, copy).write("line\n")

    assert copy.getvalue() == log.getvalue() == "line\n"
