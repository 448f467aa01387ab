"""This machine: which one it is, its clock, and when its processes started."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
import uuid
from pathlib import Path

# What Linux names the process namespace of the machine itself, on every machine.
_WHOLE_MACHINE = "pid:[4026531836]"


def hardware() -> str:
    """Tells machines of one name apart, as far as a network card and Linux's machine id can; opaque."""
    try:
        installed = Path("/etc/machine-id").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        installed = ""
    # The id itself is nobody else's business.
    return hashlib.sha256(f"studentdb {uuid.getnode():x} {installed}".encode()).hexdigest()[:16]


def boot_id() -> str:
    """Another one after each start of this machine. Empty on Windows, where a process's start has a date."""
    if sys.platform == "linux":
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    if sys.platform == "win32":
        return ""
    ask = ["/usr/sbin/sysctl", "-n", "kern.bootsessionuuid"]
    return subprocess.run(ask, capture_output=True, text=True, check=False).stdout.strip()


def process_namespace() -> str:
    """Where a pid means what it means to us: containers count their own. Empty where a machine has one count only."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def is_container(namespace: str) -> bool:
    """Whether `process_namespace` is not a whole machine's; two containers may share name, network card and ids."""
    return namespace not in ("", _WHOLE_MACHINE)


def clock() -> float:
    """Seconds since some moment, time in which the machine slept included: `time.monotonic` leaves it out on Linux."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    # macOS's own CLOCK_MONOTONIC goes on, as Windows' time.monotonic does.
    return time.clock_gettime(time.CLOCK_MONOTONIC) if hasattr(time, "clock_gettime") else time.monotonic()


def started_at(pid: int) -> str | None:
    """When a running process started, as an opaque string; None when there is no such process.

    A pid is used again after a while and after a restart of the machine; pid and start together are not.
    """
    if sys.platform == "linux":
        return _started_at_linux(pid)
    if sys.platform == "win32":
        ask = ["powershell", "-NoProfile", "-Command", f"(Get-Process -Id {pid}).StartTime.Ticks"]
    else:
        ask = ["ps", "-o", "lstart=", "-p", str(pid)]
    answer = subprocess.run(ask, capture_output=True, text=True, check=False)
    return answer.stdout.strip() or None


def _started_at_linux(pid: int) -> str | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The second field is the program's name in brackets, which may hold blanks and brackets itself.
    fields = stat.rpartition(")")[2].split()
    if fields[0] in "ZX":
        return None
    return f"{boot_id()}/{fields[19]}"
