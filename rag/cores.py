"""How many cores this process may use. It does not know for what."""

import os
from pathlib import Path


def physical_cores() -> int:
    """Return the number of cores this process may use, hyper-threads counted once where the system tells."""
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))
    siblings = set()
    for cpu in allowed:
        file = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
        siblings.add(file.read_text().strip() if file.is_file() else str(cpu))
    return max(1, len(siblings))
