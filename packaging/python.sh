# To be sourced: sets `python` to a Python from 3.10 on, the one that PYTHON names where it is set, or ends with one line;
# and has `name_folder`.
python=
for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python3.10}; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "error: no Python 3.10 or newer found as ${PYTHON:-python3}; name one: PYTHON=/path/to/python3 $0" >&2
    exit 2
fi

# name_folder PARTIAL WHOLE: gives a folder that is complete its name; where another run was faster, that one's stays.
name_folder() {
    # Not `mv`, which moves a folder into one that is there.
    if ! "$python" -c 'import os, sys; os.rename(*sys.argv[1:])' "$1" "$2" 2>/dev/null; then
        [ -d "$2" ]
        rm -rf "$1"
    fi
}
