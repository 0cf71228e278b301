"""`python -m kubectl_express`."""

from kubectl_express.cli import run

run()
