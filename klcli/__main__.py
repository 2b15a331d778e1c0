"""The command `klcli`, also as `python -m klcli`."""

# What signal is made of: built in, while signal has to be found and read first. Type checkers do not know it.
import _signal as signal  # type: ignore[import-not-found]

# Ctrl-C ends the process at once and without a traceback, at every moment; writing a file sees to its own litter.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def main() -> None:
    """Run the command line and exit with its code."""
    import gc

    from klcli import cli

    gc.disable()  # what one command makes lives until it ends: looking for garbage only takes time
    code = cli.main()
    gc.freeze()  # at the end too, when all of it goes
    raise SystemExit(code)


if __name__ == "__main__":
    main()
