"""What the bot needs to run: no Airflow, and not much memory."""

from __future__ import annotations

import subprocess
import sys

MOST = 90
"""MiB of a bot that has nothing to do; the benchmark `following` has the figures at work."""

LOOK = """
import sys
import airflow_talent.slackbot.main
found = sorted({name.partition(".")[0] for name in sys.modules} & {"airflow", "fsspec", "pandas"})
with open("/proc/self/status") as status:
    size = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
print(*found, size // 1024)
"""


def test_the_bot_imports_no_airflow_and_stays_small() -> None:
    done = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True)

    *found, size = done.stdout.split()
    assert found == []
    assert int(size) < MOST
