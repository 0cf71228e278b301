"""Tries inputs by the million, in two processes: `python -m tests.reliability.fuzz --inputs 1000000 --seed 1`.

Prints progress, and for every failure the command that repeats it; memory beyond `LARGEST` is one, and ends a process.
"""

from __future__ import annotations

import argparse
import faulthandler
import multiprocessing
import random
import resource
import sys
import time
import traceback

from tests.reliability.fuzz.targets import TARGETS

STUCK = 120.0
"""Seconds after which an input is taken to hang; the process ends then, and tells where."""
LARGEST = 1024
"""MiB of memory that a process may take at any moment: inputs are some 20 KB."""
WEIGHTS = {
    "manifests": 2, "one_key": 1, "live": 2, "configuration": 2, "kubeconfig": 6, "helm_output": 9, "json_texts": 12,
}  # fmt: skip
"""How many of a round of inputs go to each target: what is read faster gets more."""


def main() -> int:
    """Try as many inputs as asked for; return 1 where one failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.reliability.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--target", choices=TARGETS)
    parser.add_argument("--number", type=int, help="only this input of the target")
    options = parser.parse_args()
    if options.number is not None:
        TARGETS[options.target](chance_of(options.target, options.seed, options.number))
        return 0
    started = time.monotonic()
    with multiprocessing.Pool(options.processes) as pool:
        shares = [(options, first) for first in range(options.processes)]
        found = sum(pool.map(_share, shares, chunksize=1))
    print(f"{options.inputs} inputs, seed {options.seed}: {found} failures, {time.monotonic() - started:.0f} s")
    return 1 if found else 0


def chance_of(target: str, seed: int, number: int) -> random.Random:
    """Return the chance that makes an input of a target."""
    return random.Random(f"{target} {seed} {number}")  # noqa: S311


def _share(asked: tuple[argparse.Namespace, int]) -> int:
    options, first = asked
    targets = [options.target] if options.target else [name for name, weight in WEIGHTS.items() for _ in range(weight)]
    failures = 0
    reported: set[str] = set()
    for number in range(first, options.inputs, options.processes):
        target = targets[number // options.processes % len(targets)]
        faulthandler.dump_traceback_later(STUCK, exit=True)
        try:
            TARGETS[target](chance_of(target, options.seed, number))
        except Exception as error:  # noqa: BLE001 - what is looked for
            failures += 1
            frame = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{type(error).__name__} at {frame.filename.rpartition('/')[2]}:{frame.lineno}"
            repeat = f"--target {target} --seed {options.seed} --number {number}"
            if where not in reported:
                reported.add(where)
                print(f"{where}: {str(error)[:200]!r}: {repeat}", flush=True)
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        if used > LARGEST:
            print(f"{used} MiB: --target {target} --seed {options.seed} --number {number}", flush=True)
            failures += 1
            break
        if number // options.processes % 5000 == 0:
            print(f"process {first}: input {number}, {failures} failures, {used} MiB at most", flush=True)
    faulthandler.cancel_dump_traceback_later()
    return failures


if __name__ == "__main__":
    sys.exit(main())
