#!/bin/sh
# kubectl-express is a zip of Python modules behind this script, which goes straight to where the zip is unpacked. Where it
# is not, Python starts the zip itself, which unpacks it. Always to do so, by `env python3` above, would take longer than
# most commands: for the zip's directory, and for what site finds in the interpreter's site-packages.
if [ -n "${SHIV_ROOT:-}" ]; then
    named=$SHIV_ROOT
    cache=$named
    root=$named
else
    case ${XDG_CACHE_HOME:-} in
    /*) named=$XDG_CACHE_HOME cache=$XDG_CACHE_HOME ;;
    *) named=${HOME:-} cache=${HOME:-}/.cache ;;
    esac
    root=$cache/kubectl-express
fi
build=$root/@BUILD@
start=$build/site-packages/__main__.py

if ! command -v python3 >/dev/null 2>&1; then
    echo "error: kubectl-express needs Python 3.10 or newer, and there is no python3 on PATH" >&2
    exit 2
fi
# Each folder must be this user's own, from the one that a variable names on: what another user could have put there is not
# run. _express_unpack.py has looked at their modes, too.
if [ -O "$named" ] && [ -O "$cache" ] && [ -O "$root" ] && [ -O "$build" ] && [ ! -L "$build" ] && [ -f "$start" ]; then
    case $start in /*) exec python3 -E -S "$start" "$0" "$@" ;; esac
fi
exec python3 -E -S "$0" "$@"
