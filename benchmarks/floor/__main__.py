"""`FLOOR_DEPLOYMENT=ID FLOOR_VERSION=TOOL FLOOR_LAYER=TEXT python -m benchmarks.floor deploy|check|teardown URL`."""

import sys

from benchmarks.floor.check import check
from benchmarks.floor.deploy import deploy
from benchmarks.floor.teardown import teardown

{"deploy": deploy, "check": check, "teardown": teardown}[sys.argv[1]](sys.argv[2])
