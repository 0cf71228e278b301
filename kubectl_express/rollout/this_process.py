"""Who this process is, and whether a process of this host that held the lease is still there."""

from __future__ import annotations

import getpass
import os
import secrets
import socket
from pathlib import Path

from kubectl_express.core.lease import Holder
from kubectl_express.errors import ExpressError
from kubectl_express.sources import processes


def user_name() -> str:
    """Return who works here, for the lease, the record and requests: the user of this machine."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody"


def this_process(user: str, *, step: bool, plan: str) -> Holder:
    """Return this process as the holder of a lease, with an identity that no other ever has."""
    host, pid = socket.gethostname(), os.getpid()
    identity = f"{host}-{pid}-{secrets.token_hex(6)}"
    return Holder(identity, user, host, pid, proof(pid) or "", step=step, plan=plan)


def is_gone(holder: Holder) -> bool:
    """Return whether the holder was a process of this host that is no more; False wherever that cannot be known.

    A host's name proves nothing, since containers and machines share names: the boot and the process's namespace must
    be ours too.
    """
    if holder.host != socket.gethostname() or holder.pid <= 0 or not holder.process:
        return False
    where, _, began = holder.process.rpartition(" began ")
    if not where or where != _where():
        return False
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass  # Another user's: it is there, and /proc may hide it.
    found = _began(holder.pid)
    return found is not None and found != began


def proof(pid: int) -> str | None:
    """Return what tells a process of this host from every other that has had its number; None where nothing does."""
    where, began = _where(), _began(pid)
    return f"{where} began {began}" if where and began else None


def _where() -> str | None:
    """Return what pids count in: this boot of this machine, and its pid namespace where there are such."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"boot {boot} pids {os.stat('/proc/self/ns/pid').st_ino}"  # noqa: PTH116
    except OSError:
        session = _said("sysctl", "-n", "kern.bootsessionuuid")
        return f"boot {session}" if session else None


def _began(pid: int) -> str | None:
    """Return when a process began, in whatever unit the system counts; `never` of one that only awaits its parent."""
    try:
        # Behind the name in brackets, which may itself hold spaces and brackets, the third field of proc(5) follows.
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None if Path("/proc/self/stat").exists() else _said("ps", "-o", "lstart=", "-p", str(pid))
    return "never" if fields[0] in {"Z", "X"} else fields[19]


def _said(*command: str) -> str | None:
    """Return what a program prints, the same wherever and in whichever language the user works; None if it fails."""
    variables = {"PATH": f"{os.defpath}:/usr/sbin:/sbin", "LC_ALL": "C", "TZ": "UTC"}
    try:
        return processes.run(command, variables=variables, doing="looking at a process").stdout.strip() or None
    except ExpressError:
        return None
