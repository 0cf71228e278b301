# Read by any Python, however old, so that one that is too old says so; hence the formatting and no annotations.
"""Starts the zipapp."""

import sys

if sys.version_info < (3, 10):
    sys.stderr.write("error: kubectl-express needs Python 3.10 or newer, and %s is %d.%d\n" % (sys.executable, sys.version_info[0], sys.version_info[1]))
    sys.exit(2)

import _express_start

_express_start.main()
