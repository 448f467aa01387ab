"""`studentdb deploy --yes` with a short lease: python -m tests.flows.impatient URL ENV LEASE."""

from __future__ import annotations

import sys

from studentdb.bundle import find
from studentdb.errors import StudentDBError
from studentdb.provision.connect import connect
from studentdb.provision.deployer import Deployer, Source
from studentdb.provision.stack_settings import StackSettings
from studentdb.ui.console import Console
from studentdb.ui.errors import show
from studentdb.ui.progress import Progress
from tests.pictures import PILLOW
from tests.support import REGION


def main(url: str, env: str, lease: str) -> int:
    """The exit code of the command."""
    console = Console()
    try:
        aws = connect(env=env, region=REGION, endpoint_url=url, embedded=True)
        source = Source(
            functions=find().lambda_src,
            site=find().site,
            public_routes=find().public_routes,
            account_routes=find().account_routes,
            pillow=PILLOW,
        )
        with Progress(console) as progress:
            Deployer(aws, StackSettings(), source, progress, lease=float(lease)).deploy(lambda _: True)
    except StudentDBError as error:
        show(console, error)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
