"""Starts the zipapp, or the build unpacked from it, or says which Python it needs: any Python can read this file."""

import sys

if sys.version_info < (3, 10):  # noqa: UP036
    sys.stderr.write("error: kubectl-express needs Python 3.10 or newer, not %d.%d " % sys.version_info[:2])  # noqa: UP031
    sys.stderr.write("(" + sys.executable + ")\n")
    sys.exit(2)

import _express_start

_express_start.main()
