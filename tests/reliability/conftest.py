"""Settings of all that searches."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis.configuration import set_hypothesis_home_dir

# What hypothesis remembers from one run to the next has no place in a checkout.
set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "kubectl-express-hypothesis")
