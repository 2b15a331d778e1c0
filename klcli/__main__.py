"""The command `klcli`, also as `python -m klcli`."""

from __future__ import annotations

import gc
import signal

# Until the command can clean up after itself, Ctrl-C ends the process at once and without a traceback.
_handled = signal.getsignal(signal.SIGINT) is signal.default_int_handler
if _handled:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def main() -> None:
    """Run the command line and exit with its code."""
    from klcli import cli

    for number in (signal.SIGTERM, signal.SIGINT) if _handled else (signal.SIGTERM,):
        signal.signal(number, cli.end_at_once)
    gc.disable()  # what one command makes lives until it ends: looking for garbage only takes time
    raise SystemExit(cli.main())


if __name__ == "__main__":
    main()
