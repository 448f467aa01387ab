"""What no waiting mends stops at once, says what to do, and leaves nothing independent undone."""

from __future__ import annotations

from graphlib import TopologicalSorter

import pytest

from studentdb.errors import StudentDBError
from studentdb.provision.core import Resource
from studentdb.provision.engine import Plan, WalkError
from tests.aws import lambda_, world
from tests.aws.layer import Layer
from tests.aws.refusals import Expired, Refused
from tests.aws.run import School
from tests.inventory import inventory
from tests.support import Backend

# operation, code, message, status; what is said; what depends on it and is not made either.
REFUSALS = {
    "a right that lacks": (
        Refused(
            "CreateTable",
            "AccessDeniedException",
            "User: arn:aws:iam::1:user/x is not authorized to perform: dynamodb:CreateTable on resource: x",
        ),
        "AWS refused dynamodb:CreateTable",
    ),
    "IAM-16: PassRole": (
        Refused(
            "CreateFunction",
            "AccessDeniedException",
            "User: arn:aws:iam::1:user/x is not authorized to perform: iam:PassRole on resource: x because no ...",
            403,
        ),
        "AWS refused iam:PassRole",
    ),
    "CF-09: an account that is not verified": (
        Refused(
            "CreateDistributionWithTags",
            "AccessDenied",
            "Your account must be verified before you can add new CloudFront resources.",
            403,
        ),
        "verif",
    ),
    "S3-04: a name that is taken": (
        Refused("CreateBucket", "BucketAlreadyExists", "The requested bucket name is not available.", 409),
        "does not belong to this deployment",
    ),
    "a quota of IAM": (
        Refused("CreateRole", "LimitExceeded", "Cannot exceed quota for RolesPerAccount: 1000.", 409),
        "quota",
    ),
    "a quota of DynamoDB": (
        Refused(
            "CreateTable",
            "LimitExceededException",
            "Subscriber limit exceeded: You have reached the limit of 2500 tables for this account.",
        ),
        "limit",
    ),
    "LMB-26: a quota of Lambda": (
        Refused("CreateFunction", "CodeStorageExceededException", "Code storage limit exceeded."),
        "limit",
    ),
    "a quota of Cognito": (
        Refused("CreateUserPool", "LimitExceededException", "You have exceeded the number of user pools allowed"),
        "exceeded",
    ),
    "a quota of S3": (
        Refused("CreateBucket", "TooManyBuckets", "You have attempted to create more buckets than allowed"),
        "allowed",
    ),
    "a quota of CloudFront": (
        Refused("CreateDistributionWithTags", "TooManyDistributions", "Processing your request will exceed the limit"),
        "limit",
    ),
    "a quota of CloudWatch Logs": (
        Refused("CreateLogGroup", "LimitExceededException", "Resource limit exceeded."),
        "limit",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", REFUSALS)
def test_what_no_waiting_mends(engine: Backend, case: str) -> None:
    refused, said = REFUSALS[case]
    layer = Layer(engine.root(), [refused, lambda_.OurTime()])
    school = School(layer)
    deployer = school.deployer()
    shown: list[Plan] = []

    def approve(planned: Plan) -> bool:
        shown.append(planned)
        return True

    with layer.running(), pytest.raises(WalkError) as raised:
        deployer.deploy(approve)

    # At once: nothing else takes any time in this world.
    assert layer.clock() < 2
    failed = {node.partition(".")[0] for node in raised.value.failures}
    assert len(failed) == 1
    assert raised.value.exit_code == 6
    for failure in raised.value.failures.values():
        assert isinstance(failure, StudentDBError)
        assert said.lower() in str(failure).lower()
        assert failure.hint
    # What does not depend on it is there.
    resources = {step.id: step.resource for step in shown[0].pending}
    undone = set(raised.value.failures)
    for node in _in_order(resources):
        if resources[node].dependencies() & undone:
            undone.add(node)
    done = {visit.node for visit in layer.trace.visits if not visit.reads} - set(raised.value.failures)
    assert done == set(resources) - undone
    assert set(raised.value.skipped) == undone - set(raised.value.failures)
    layer.behaviours.remove(refused)
    school.teardown(delete_data=True)
    with layer.running():
        assert school.deployer().status().state == "absent"


def _in_order(resources: dict[str, Resource]) -> list[str]:
    return list(TopologicalSorter({n: r.dependencies() for n, r in resources.items()}).static_order())


@pytest.mark.slow
@pytest.mark.parametrize("writes", [3, 10, 20, 45, 70])
def test_credentials_that_end_half_way(engine: Backend, writes: int) -> None:
    """X-15: the next run, with new credentials, goes on from there."""
    backend = engine.root()
    before = inventory(backend)
    expired = Expired(writes)
    layer = Layer(backend, [expired, *world.everything()])
    school = School(layer)
    with pytest.raises(StudentDBError) as raised:
        school.deploy()
    text = " ".join(str(each) for each in getattr(raised.value, "failures", {0: raised.value}).values())
    assert "expired" in text
    assert "aws sso login" in " ".join(
        each.hint for each in getattr(raised.value, "failures", {0: raised.value}).values()
    )

    expired.left = 1_000_000
    _process_died(layer)
    # Nobody signs in faster than this; by then lists show what was made.
    layer.settle(2)
    school.deploy()
    with layer.running():
        assert school.deployer().plan().pending == ()
    found = inventory(backend)
    for kind in ("apigatewayv2", "cognito-idp", "cloudfront/distribution"):
        assert sum(name.startswith(kind) for name in found) - sum(name.startswith(kind) for name in before) == 1
    school.teardown(delete_data=True)
    layer.settle(120)
    assert inventory(backend) == before


def _process_died(layer: Layer) -> None:
    """Its lock would be taken over at once: in this test the process lives on."""
    ssm = layer.raw("ssm")
    path = f"/studentdb/{layer.aws.deployment.prefix}/"
    names = [each["Name"] for each in ssm.get_parameters_by_path(Path=path, Recursive=True)["Parameters"]]
    if names:
        ssm.delete_parameters(Names=names)
