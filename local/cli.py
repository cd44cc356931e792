"""The command line `leadgate`: the whole stack on one machine, without an AWS account."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from local import (
    answers_options,
    audience_command,
    definition_options,
    erase_options,
    export_command,
    ledger_options,
    parked_command,
    redrive_command,
    report_command,
    routing_command,
    selftest_command,
    source_options,
    worklist_command,
)

if TYPE_CHECKING:
    from local.live_view import Paint
    from local.serve import Options, Stack

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

SAMPLE = """{"fields": {"email": "ada@example.com", "job_title": "CTO", "company": "Example Engines",
         "company_size": "51-200"}, "consents": {"mkt_email": true}}"""
LOGS = Path(__file__).resolve().parent.parent / ".build"
INTERRUPTED = 130

EXAMPLES = {
    "serve": """example:
  leadgate serve                                    then open the page that it names
  leadgate serve --port 0 --ready-file ready.json   any free port; ready.json says which
  leadgate serve --aws-port 4566                    the address that events/env.json names, for sam local
  leadgate serve --secrets events/platform-secrets.json   open the doors for LinkedIn, Meta and Google
  leadgate serve --secrets s.json --platform-urls u.json  fetch ad leads from servers of yours
  leadgate serve --enclose                          messages to sales with the person in them, encrypted
  leadgate serve --no-stream                        watch the sweeper deliver instead (one to two minutes)

GET /v1/leads/{lead_id} needs an IAM signature in AWS; here every caller may read it.""",
    "demo": """example:
  leadgate demo
  NO_COLOR=1 leadgate demo | less""",
    "replay": """example:
  leadgate replay events/demo.jsonl
  leadgate replay events/demo.jsonl --url http://127.0.0.1:8080

One line of the file is one request:
  {"method": "POST", "path": "/v1/forms/newsletter/submissions",
   "headers": {"Content-Type": "application/json"}, "body": {"fields": {}, "consents": {}}}
A body that is text is sent as it is; an object is sent as JSON.""",
}


class Stopped(BaseException):
    """Somebody pressed Ctrl-C or asked the process to end; only `main` catches it."""


def main(argv: list[str] | None = None) -> int:
    """0 when all went well, 1 when not, 2 for a wrong command, 130 when a demo or replay was interrupted."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    options = parser().parse_args(argv)
    from shared.domain.errors import LeadgateError

    try:
        return RUN[options.command](options)
    except Stopped:
        return 0 if options.command == "serve" else INTERRUPTED
    except BrokenPipeError:  # whoever read our output has gone, such as `head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except LeadgateError as error:
        print(f"leadgate: {error}", file=sys.stderr)
        return 1


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    """Once; whatever comes while we tidy up is too late."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise Stopped


# ------------------------------------------------------------------ options


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="leadgate",
        description="Leadgate on this machine, without an AWS account: the very functions, with an embedded AWS.",
        epilog="example:\n  leadgate demo\n  leadgate serve --help",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", metavar="command", required=True)
    _serve_options(_command(commands, "serve", "serve pages and API on 127.0.0.1 until Ctrl-C"))
    _command(commands, "demo", "send the sample visitors and tell their story, then end")
    replay = _command(commands, "replay", "send recorded requests; show status, body and resulting messages")
    replay.add_argument("file", type=Path, metavar="FILE.jsonl", help="the requests, one JSON object a line")
    replay.add_argument("--url", help="send them there; without it a stack of its own is started")
    ledger_options.add_to(commands)
    ledger_options.add_notices_to(commands)
    ledger_options.add_decide_to(commands)
    definition_options.add_to(commands)
    source_options.add_to(commands)
    parked_command.add_to(commands)
    redrive_command.add_to(commands)
    erase_options.add_to(commands)
    export_command.add_to(commands)
    report_command.add_to(commands)
    routing_command.add_to(commands)
    worklist_command.add_to(commands)
    audience_command.add_to(commands)
    selftest_command.add_to(commands)
    answers_options.add_to(commands)
    return top


def _command(commands: Commands, name: str, purpose: str) -> argparse.ArgumentParser:
    command = commands.add_parser(
        name,
        help=purpose,
        description=f"{purpose[0].upper()}{purpose[1:]}.",
        epilog=EXAMPLES[name],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--log", type=Path, metavar="F", help="the functions' log (default .build/leadgate-*.log)")
    if name != "replay":
        command.add_argument("--show-people", action="store_true", help="show the persons too, not only their scores")
    return command


def _serve_options(serve: argparse.ArgumentParser) -> None:
    serve.add_argument("--port", type=int, default=8080, metavar="P", help="default 8080; 0 takes any free port")
    serve.add_argument("--aws-port", type=int, default=0, metavar="P", help="the embedded AWS's; default any free one")
    serve.add_argument("--ready-file", type=Path, metavar="F", help="write addresses and names there when ready")
    serve.add_argument("--secrets", type=Path, metavar="F", help="what ad platforms share with us, as JSON")
    serve.add_argument("--platform-urls", type=Path, metavar="F", help="fetch ad leads from these servers, as JSON")
    serve.add_argument("--enclose", action="store_true", help="put the person, encrypted, into messages to sales")
    serve.add_argument("--quiet", action="store_true", help="print nothing but errors")
    serve.add_argument("--verbose", action="store_true", help="show the functions' logs too (on standard error)")
    serve.add_argument("--no-stream", action="store_true", help="switch the relay off: only the sweeper delivers")


# ------------------------------------------------------------------ commands


def _serve(chosen: argparse.Namespace) -> int:
    from local import platform_secrets, platform_urls, serve

    options = serve.Options(
        log=chosen.log or LOGS / f"leadgate-{chosen.port or 'serve'}.log",
        port=chosen.port,
        aws_port=chosen.aws_port,
        stream=not chosen.no_stream,
        verbose=chosen.verbose,
        show_people=chosen.show_people,
        platform_secrets=platform_secrets.text_of(chosen.secrets),
        platform_urls=platform_urls.read(chosen.platform_urls),
        enclose=chosen.enclose,
    )
    with serve.ready_file(chosen.ready_file) as tell, open(os.devnull, "w") as nowhere:
        out = nowhere if chosen.quiet else sys.stdout
        print("Starting (some seconds) …", file=out, flush=True)
        with serve.running(options, out, _paint()) as stack:
            tell(stack.as_ready())
            print(_welcome(stack, options, _paint()), file=out, flush=True)
            _until_stopped(stack, options)
    return 0


def _until_stopped(stack: Stack, options: Options) -> None:
    from local.aws import DidNotStart

    while stack.emulator.is_running():
        time.sleep(0.5)
    raise DidNotStart(f"The embedded AWS ended by itself. {options.log} may say why; start again.")


def _welcome(stack: Stack, options: Options, paint: Paint) -> str:
    url = stack.api_url
    rows = (
        ("page", f"{url}/", "fill in the demo form"),
        ("API", f"{url}/v1/forms/demo-request/submissions", "POST"),
        ("AWS", stack.aws.endpoint_url, "DynamoDB and SQS, region us-east-1, key test, secret test"),
        ("log", _short(options.log), "what the functions log; no personal data"),
    )
    width = max(len(where) for _, where, _ in rows)
    lines = [f"  {name:<5} {paint('bold', where.ljust(width))}  {paint('dim', what)}" for name, where, what in rows]
    curl = f"curl -i {url}/v1/forms/demo-request/submissions -H 'Content-Type: application/json' \\\n    -d '{SAMPLE}'"
    note = "" if options.stream else "\nThe stream is off: messages to sales wait for the sweeper, one to two minutes."
    return "\n".join(["Leadgate is ready. Stop it with Ctrl-C.", *lines, f"\nTry it:\n  {curl}{note}\n"])


def _short(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _demo(chosen: argparse.Namespace) -> int:
    from local.demo import demo

    return demo(chosen.log or LOGS / "leadgate-demo.log", sys.stdout, _paint(), chosen.show_people)


def _replay(chosen: argparse.Namespace) -> int:
    from local.replay import replay

    return replay(chosen.file, chosen.url, chosen.log or LOGS / "leadgate-replay.log", sys.stdout, _paint())


def _paint() -> Paint:
    from local.live_view import paint_for

    return paint_for(sys.stdout, os.environ)


def _ledger(chosen: argparse.Namespace) -> int:
    from local import ledger_commands

    return ledger_commands.run(chosen)


def _notices(chosen: argparse.Namespace) -> int:
    from local import notices

    return notices.run(chosen)


def _decide(chosen: argparse.Namespace) -> int:
    from local import decide_command

    return decide_command.run(chosen)


RUN = {
    "serve": _serve,
    "demo": _demo,
    "replay": _replay,
    "ledger": _ledger,
    "notices": _notices,
    "decide": _decide,
    "definition": definition_options.run,
    "source": source_options.run,
    "parked": parked_command.run,
    "redrive": redrive_command.run,
    "erase": erase_options.run,
    "export": export_command.run,
    "report": report_command.run,
    "routing": routing_command.run,
    "worklist": worklist_command.run,
    "audience": audience_command.run,
    "selftest": selftest_command.run,
    "answers": answers_options.run,
}

if __name__ == "__main__":
    sys.exit(main())
