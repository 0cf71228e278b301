#!/bin/sh
# Builds dist/kubectl-express, one file that runs on any Python 3.10 to 3.14, dist/kubectl-express.tar.gz, the same with
# its license for krew, dist/express.yaml, which krew installs that archive by, and the wheel. The same commit gives the
# same bytes with the same Python and zlib, in whatever folder and by whatever user.
# Needs a Python from 3.10 on and the package index; what it downloads stays in a cache outside the repository.
set -eu
umask 022
unset PYTHONPATH PYTHONHOME
cd "$(dirname "$0")"

. packaging/python.sh

# The newest commit's time stands in every archive entry; an export without git gets the first that a zip can hold.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 315532800)}
export SOURCE_DATE_EPOCH

# Filled beside its place and moved there whole, so that a build cut short or another at the same time does no harm.
key=$({ "$python" -c 'import sys; print(sys.executable, sys.version)'; cat requirements/build.txt requirements/zipapp.txt packaging/wheels.py; } |
    "$python" -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest()[:16])')
cache=${XDG_CACHE_HOME:-$HOME/.cache}/kubectl-express-build/$key
if [ ! -d "$cache" ]; then
    partial=$cache.$$
    trap 'rm -rf "$partial"' EXIT
    trap 'exit 130' HUP INT TERM
    echo "Preparing the build tools …" >&2
    "$python" -m venv "$partial/venv"
    "$partial/venv/bin/python" -m pip install --quiet --require-hashes --requirement requirements/build.txt
    echo "Downloading the dependencies for every platform …" >&2
    "$partial/venv/bin/python" packaging/wheels.py requirements/zipapp.txt "$partial/wheels"
    name_folder "$partial" "$cache"
fi

exec "$cache/venv/bin/python" packaging/build.py "$cache/wheels" dist
