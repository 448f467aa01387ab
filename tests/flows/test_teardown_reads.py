"""What a teardown looks at: whose each thing is and what its removal takes, never how it is set."""

from __future__ import annotations

from collections import Counter

from studentdb.provision.core import Resource
from tests.flows.deployments import Installation
from tests.support import Backend, fresh_env


def test_a_teardown_reads_no_settings(engine: Backend) -> None:
    school = Installation.on(engine, fresh_env())
    school.deploy()
    school.calls.forget()
    declared = school.deployer.stack.resources
    school.teardown(delete_data=True)
    reads = school.calls.reads
    # The lock's heartbeat looks as often as time passes.
    del reads["GetParametersByPath"]
    assert reads == expected(declared)


def expected(declared: tuple[Resource, ...]) -> Counter[str]:
    """By operation; the embedded engine removes at once, so that each wait looks one time."""
    of = Counter(resource.kind for resource in declared)
    tables, functions, roles = of["dynamodb.table"], of["lambda.function"], of["iam.role"]
    buckets = of["s3.bucket"] + of["s3.data_bucket"]
    return Counter(
        {
            # Is it there and ours? Is it gone? Of what is switched off, mail and sign-ups, only the first.
            "DescribeTable": 2 * tables + 1,
            "ListTagsOfResource": tables,
            "GetFunction": functions + 2,
            "ListEventSourceMappings": of["lambda.event_source_mapping"],
            "GetRole": roles + 2,
            # What keeps a role, in one look.
            "ListRolePolicies": roles,
            # By what their names begin with; and again at the end, for those that came back (LMB-22).
            "DescribeLogGroups": 2 * 2,
            # And the distribution's.
            "ListTagsForResource": of["logs.log_group"] + 1,
            "ListLayerVersions": 2,
            "GetBucketTagging": buckets,
            "ListObjectVersions": buckets,
            "ListMultipartUploads": buckets,
            "HeadBucket": buckets,
            "ListUserPools": 1,
            "DescribeUserPool": 2,
            "GetApis": 1,
            "GetStages": 1,
            "ListDistributions": 1,
            "GetDistributionConfig": 1,
            "GetDistribution": 1,
            "ListOriginAccessControls": 1,
            "GetOriginAccessControl": 1,
            "ListResponseHeadersPolicies": 1,
            "GetResponseHeadersPolicy": 1,
            # Of mail.
            "DescribeRule": 2,
            "GetConfigurationSet": 1,
            "ListEmailIdentities": 1,
        }
    )
