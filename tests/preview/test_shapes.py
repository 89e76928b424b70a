import math
import time
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

import pulumi
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pulumi.runtime import rpc

from bulkhead.preview.plan import UNKNOWN, Secret
from bulkhead.preview.shapes import ShapeError, check_inputs, has_declared_types, package_of
from bulkhead.preview.types import (
    ARCHIVE,
    ASSET,
    RESOURCE,
    SIGNATURE,
    Kind,
    args_class,
    declared,
    resource_class,
    result_class,
)

BUCKET = "aws:s3/bucket:Bucket"
CLUSTER = "aws:eks/cluster:Cluster"
FUNCTION = "aws:lambda/function:Function"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
NAMESPACE = "kubernetes:core/v1:Namespace"
POD = "kubernetes:core/v1:Pod"
SCALER = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
NODE_POOL = "kubernetes:karpenter.sh/v1:NodePool"
CRD = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"
PROVIDER = "pulumi:providers:aws"

ASSET_VALUE = {SIGNATURE: ASSET, "text": "x"}
ARCHIVE_VALUE = {SIGNATURE: ARCHIVE, "path": "."}
RESOURCE_VALUE = {SIGNATURE: RESOURCE, "urn": "urn:x", "id": UNKNOWN}


def errors(token: str, inputs: Mapping[str, Any]) -> dict[str, str]:
    return {found.path: found.message for found in check_inputs(token, inputs)}


def pod(**container: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "a"} | container]}}


# -- finding classes -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("token", "name"),
    [
        (BUCKET, "pulumi_aws.s3.bucket.BucketArgs"),
        (FUNCTION, "pulumi_aws.lambda_.function.FunctionArgs"),
        (NAMESPACE, "pulumi_kubernetes.core.v1.Namespace.NamespaceInitArgs"),
        (NODE_POOL, "pulumi_kubernetes.apiextensions.CustomResource.CustomResourceArgs"),
        (PROVIDER, "pulumi_aws.provider.ProviderArgs"),
        (
            "random:index/randomPassword:RandomPassword",
            "pulumi_random.random_password.RandomPasswordArgs",
        ),
        ("kubernetes:helm.sh/v3:Release", "pulumi_kubernetes.helm.v3.Release.ReleaseArgs"),
    ],
)
def test_inputs_are_declared_by_the_class_of_the_token(token: str, name: str) -> None:
    found = args_class(token)
    assert found is not None
    assert f"{found.__module__}.{found.__name__}" == name
    assert has_declared_types(token)


@pytest.mark.parametrize(
    "token",
    [
        "gcp:storage/bucket:Bucket",
        "aws:s3/bucket:Bukket",
        "aws:nowhere/thing:Thing",
        "kubernetes:yaml:ConfigFile",
        "pulumi:pulumi:StackReference",
        "pulumi-python:dynamic:Resource",
        "bulkhead:index:SharedCluster",
        "aws",
        "",
        ":::",
        "../x:y:z",
    ],
)
def test_other_tokens_have_no_declared_inputs_and_no_errors(token: str) -> None:
    assert not has_declared_types(token)
    assert check_inputs(token, {"anything": object()}) == []


def test_the_package_of_a_provider_is_what_it_provides() -> None:
    assert package_of(BUCKET) == "aws"
    assert package_of(PROVIDER) == "aws"
    assert package_of("pulumi:pulumi:Stack") == "pulumi"


def test_results_of_functions_are_found_by_their_token() -> None:
    found = result_class("aws:ec2/getAmi:getAmi")
    assert found is not None
    assert found.__name__ == "GetAmiResult"
    assert result_class("aws:index/getRegion:getRegion") is not None
    assert result_class("aws:lambda/getFunction:getFunction") is not None
    for missing in ("kubernetes:yaml:decode", "aws:nowhere/getX:getX", "gcp:a/b:c", "x", ""):
        assert result_class(missing) is None


def test_a_class_of_another_service_is_not_loaded() -> None:
    import subprocess
    import sys

    program = (
        "import sys; from bulkhead.preview.shapes import check_inputs;"
        f"assert check_inputs({BUCKET!r}, {{'bucket': 5.5, 'x': 1}}) != [];"
        "assert 'pulumi_aws.s3.bucket' in sys.modules;"
        "assert not [m for m in sys.modules if m.startswith(('pulumi_aws.ec2.', 'pulumi_kube'))]"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


# -- what fits and what does not -----------------------------------------------------------------


def test_a_full_resource_fits() -> None:
    inputs = {
        "name": "main",
        "roleArn": UNKNOWN,
        "version": "1.36",
        "accessConfig": {"authenticationMode": "API"},
        "enabledClusterLogTypes": ["audit", UNKNOWN],
        "encryptionConfig": {"provider": {"keyArn": UNKNOWN}, "resources": ["secrets"]},
        "vpcConfig": {"subnetIds": UNKNOWN, "endpointPublicAccess": False},
        "tags": Secret({"owner": Secret("platform")}),
        "deletionProtection": None,
    }
    assert check_inputs(CLUSTER, inputs) == []


def test_unknown_properties_are_named_with_the_nearest_that_exists() -> None:
    inputs = {
        "nme": "x",
        "zzzzzzzz": 1,
        "blockDeviceMappings": [{"deviceName": "a"}, {"ebs": {"volume_size": 5}}],
    }
    assert errors(TEMPLATE, inputs) == {
        "nme": "unknown property; did you mean 'name'?",
        "zzzzzzzz": "unknown property",
        "blockDeviceMappings[1].ebs.volume_size": "unknown property; did you mean 'volumeSize'?",
    }


def test_missing_required_properties_are_found_at_any_depth() -> None:
    missing = "missing required property"
    assert errors(CLUSTER, {"vpcConfig": {}}) == {
        "roleArn": missing,
        "vpcConfig.subnetIds": missing,
    }
    assert errors(CLUSTER, {"roleArn": None, "vpcConfig": UNKNOWN}) == {"roleArn": missing}
    assert errors(POD, {"spec": {"containers": [{}]}}) == {"spec.containers[0].name": missing}


@pytest.mark.parametrize(
    ("token", "inputs", "path", "message"),
    [
        (BUCKET, {"bucket": {}}, "bucket", "expected a string, got a mapping"),
        (BUCKET, {"tags": "x"}, "tags", "expected a mapping, got a string"),
        (BUCKET, {"tags": {"a b": []}}, 'tags["a b"]', "expected a string, got a list"),
        (BUCKET, {"forceDestroy": "yes"}, "forceDestroy", "expected true or false, got a string"),
        (BUCKET, {"forceDestroy": 1}, "forceDestroy", "expected true or false, got a number"),
        (
            TEMPLATE,
            {"blockDeviceMappings": {"ebs": {}}},
            "blockDeviceMappings",
            "expected a list, got a mapping",
        ),
        (
            TEMPLATE,
            {"metadataOptions": [{"httpTokens": "required"}]},
            "metadataOptions",
            "expected an object, got a list",
        ),
        (
            TEMPLATE,
            {"blockDeviceMappings": [{"ebs": {"volumeSize": Secret("big")}}]},
            "blockDeviceMappings[0].ebs.volumeSize",
            "expected a whole number, got a string",
        ),
        (
            FUNCTION,
            {"role": "r", "timeout": 1.5},
            "timeout",
            "expected a whole number, got a fraction",
        ),
        (
            FUNCTION,
            {"role": "r", "timeout": True},
            "timeout",
            "expected a whole number, got true or false",
        ),
        (
            FUNCTION,
            {"role": "r", "code": ASSET_VALUE},
            "code",
            "expected an archive, got an asset",
        ),
        (FUNCTION, {"role": "r", "code": "a.zip"}, "code", "expected an archive, got a string"),
        (
            FUNCTION,
            {"role": "r", "environment": ARCHIVE_VALUE},
            "environment",
            "expected an object, got an archive",
        ),
        (
            "aws:s3/bucketObject:BucketObject",
            {"bucket": "b", "source": "x"},
            "source",
            "expected an asset or an archive, got a string",
        ),
        (NAMESPACE, {"apiVersion": "v2"}, "apiVersion", "expected 'v1', got a string"),
        (
            NAMESPACE,
            {"metadata": {"labels": {"a/b": 1}}},
            'metadata.labels["a/b"]',
            "expected a string, got a number",
        ),
    ],
)
def test_values_of_the_wrong_kind_are_named_with_their_path(
    token: str, inputs: dict[str, Any], path: str, message: str
) -> None:
    assert errors(token, inputs) == {path: message}


def test_the_value_of_a_wrong_property_is_never_shown() -> None:
    found = check_inputs(BUCKET, {"tags": Secret("hunter2"), "acl": {"hunter2": 1}})
    assert len(found) == 2
    assert "hunter2" not in str(found)


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        (FUNCTION, {"role": "r", "timeout": 5.0, "memorySize": "512", "publish": "true"}),
        (FUNCTION, {"role": RESOURCE_VALUE, "code": ARCHIVE_VALUE, "runtime": "python3.99"}),
        (FUNCTION, {"role": 5, "code": pulumi.AssetArchive({}), "tags": {"a": 1, "b": True}}),
        ("aws:s3/bucketObject:BucketObject", {"bucket": RESOURCE_VALUE, "source": ASSET_VALUE}),
        (
            "aws:iam/role:Role",
            {"assumeRolePolicy": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}]}},
        ),
    ],
)
def test_bridged_providers_take_what_says_the_same_in_another_type(
    token: str, inputs: dict[str, Any]
) -> None:
    assert check_inputs(token, inputs) == []


def test_kubernetes_takes_no_number_for_text_and_no_text_for_a_number() -> None:
    good = pod(ports=[{"containerPort": 80.0}], env=[{"name": "a", "value": "5"}])
    assert check_inputs(POD, good) == []
    bad = pod(ports=[{"containerPort": "80"}], env=[{"name": "a", "value": 5}])
    assert set(errors(POD, bad)) == {
        "spec.containers[0].ports[0].containerPort",
        "spec.containers[0].env[0].value",
    }


def test_kubernetes_takes_numbers_as_quantities() -> None:
    assert check_inputs(POD, pod(resources={"limits": {"cpu": 1, "memory": "1Gi"}})) == []
    target = {"type": "Value", "value": 100}
    metric = {"type": "External", "external": {"metric": {"name": "m"}, "target": target}}
    scaler = {
        "maxReplicas": 3,
        "metrics": [metric],
        "scaleTargetRef": {"kind": "Deployment", "name": "d"},
    }
    assert check_inputs(SCALER, {"spec": scaler}) == []
    assert set(errors(POD, pod(resources={"limits": {"cpu": [1]}}))) == {
        "spec.containers[0].resources.limits.cpu"
    }


def test_unions_take_each_of_their_members() -> None:
    for port in (80, 80.0, "http"):
        probe = {"httpGet": {"port": port}}
        assert check_inputs(POD, pod(livenessProbe=probe)) == []
    assert errors(POD, pod(livenessProbe={"httpGet": {"port": True}})) == {
        "spec.containers[0].livenessProbe.httpGet.port": (
            "expected a whole number or a string, got true or false"
        )
    }


def test_of_a_union_the_member_that_a_value_resembles_is_reported() -> None:
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": {}}]}
    found = errors("aws:iam/role:Role", {"assumeRolePolicy": policy})
    assert set(found) == {"assumeRolePolicy.Statement[0].Action"}


def test_custom_objects_are_checked_for_their_head_only() -> None:
    head = {"apiVersion": "karpenter.sh/v1", "kind": "NodePool"}
    good = {**head, "metadata": {"name": "gpu"}, "spec": {"weird": [1]}, "other": {"x": 1}}
    assert check_inputs(NODE_POOL, good) == []
    assert set(errors(NODE_POOL, {**head, "metadata": {"lables": {}}})) == {"metadata.lables"}
    assert set(errors(NODE_POOL, {"metadata": {}})) == {"apiVersion", "kind"}


def test_schemas_of_custom_kinds_may_be_recursive_and_spelled_as_in_yaml() -> None:
    def definition(schema: dict[str, Any]) -> dict[str, Any]:
        version = {"name": "v1", "served": True, "storage": True}
        names = {"kind": "Foo", "plural": "foos"}
        versions = [version | {"schema": {"openAPIV3Schema": schema}}]
        spec = {"group": "a.b", "names": names, "scope": "Namespaced", "versions": versions}
        return {"spec": spec}

    good = {"properties": {"a": {"items": {"default": [1], "x-kubernetes-list-type": "set"}}}}
    assert check_inputs(CRD, definition(good)) == []
    bad = {"properties": {"a": {"items": {"properties": {"b": {"type": 1}}}}}}
    assert list(errors(CRD, definition(bad))) == [
        "spec.versions[0].schema.openAPIV3Schema.properties.a.items.properties.b.type"
    ]


def test_inputs_of_providers_are_looked_into_through_their_json() -> None:
    good = {
        "region": "eu-central-1",
        "maxRetries": "3",
        "insecure": "true",
        "allowedAccountIds": '["111122223333"]',
        "assumeRoles": '[{"role_arn": "x"}, {"roleArn": "y"}]',
        "defaultTags": Secret('{"tags": {"owner": "platform"}}'),
        "accessKey": Secret("{not json"),
        "endpoints": UNKNOWN,
    }
    assert check_inputs(PROVIDER, good) == []
    bad = {
        "maxRetries": '"x"',
        "assumeRoles": '[{"role": "x"}]',
        "defaultTags": "{no",
        "regio": "x",
    }
    assert errors(PROVIDER, bad) == {
        "maxRetries": "expected a whole number, got a string",
        "assumeRoles[0].role": "unknown property; did you mean 'roleArn'?",
        "defaultTags": "expected an object, got a string",
        "regio": "unknown property; did you mean 'region'?",
    }
    # The Kubernetes provider reads this JSON by its own names only.
    found = errors("pulumi:providers:kubernetes", {"helmReleaseSettings": '{"plugins_path": "x"}'})
    assert list(found) == ["helmReleaseSettings.plugins_path"]


# -- across the SDKs -----------------------------------------------------------------------------

SERVICES = {"acm", "backup", "cloudtrail", "cloudwatch", "ec2", "ecr", "efs", "eks", "iam", "vpc"}
SERVICES |= {"kms", "lambda", "lb", "rds", "s3", "sagemaker", "secretsmanager", "sfn", "sns", "sqs"}
GROUPS = {"core", "apps", "batch", "rbac.authorization.k8s.io", "networking.k8s.io"}


def tokens(package: str, modules: set[str], step: int) -> list[str]:
    assert has_declared_types(BUCKET)
    assert has_declared_types(NAMESPACE)
    found = []
    for key, registered in rpc._RESOURCE_MODULES.items():
        sdk, _, module = key.partition(":")
        if sdk == package and module.split("/")[0] in modules:
            found.extend(registered[0].mod_info["classes"])  # type: ignore[attr-defined]
    return sorted(found)[::step]


def example(kinds: tuple[Kind, ...], deep: bool, seen: tuple[type, ...] = ()) -> Any:
    """A value of the first kind, with every property that may be set if ``deep``."""
    kind = kinds[0] if kinds else Kind("class", object)
    if kind.family == "list":
        return [example(kind.elements, deep, seen)]
    if kind.family == "map":
        return {"any key": example(kind.elements, deep, seen)}
    if kind.family == "literal":
        return kind.of[0]
    if kind.family == "object":
        return inputs_of(kind.of, deep and kind.of not in seen, (*seen, kind.of))
    if issubclass(kind.of, Enum):
        return next(iter(kind.of)).value
    plain = {str: "x", int: 1, float: 1.5, bool: True}
    return plain.get(kind.of, ARCHIVE_VALUE if kind.of is pulumi.Archive else ASSET_VALUE)


def inputs_of(owner: type, deep: bool, seen: tuple[type, ...] = ()) -> dict[str, Any]:
    return {
        name: example(found.kinds, deep, seen)
        for name, found in declared(owner).items()
        if found.required or (deep and len(seen) < 3)
    }


def broken(inputs: Mapping[str, Any], owner: type) -> Iterator[tuple[str, Any]]:
    for name, found in declared(owner).items():
        families = {kind.family for kind in found.kinds}
        if name in inputs and families and families <= {"list", "map", "object"}:
            yield name, 5
        elif name in inputs and families == {"class"}:
            yield name, [[object()]]


@pytest.mark.parametrize(
    ("package", "modules", "step", "at_least"),
    [("aws", SERVICES, 2, 200), ("kubernetes", GROUPS, 1, 150)],
)
def test_every_class_takes_what_it_declares_and_nothing_else(
    package: str, modules: set[str], step: int, at_least: int
) -> None:
    sample = tokens(package, modules, step)
    assert len(sample) >= at_least
    for token in sample:
        owner = args_class(token)
        assert owner is not None, token
        assert resource_class(token) is not None, token
        for deep in (False, True):
            assert check_inputs(token, inputs_of(owner, deep)) == [], token
        inputs = inputs_of(owner, deep=False)
        assert [e.path for e in check_inputs(token, inputs | {"zzz": 1})] == ["zzz"], token
        for name in inputs:
            rest = {key: value for key, value in inputs.items() if key != name}
            assert check_inputs(token, rest) == [ShapeError(name, "missing required property")]
        for name, value in broken(inputs, owner):
            assert [e.path for e in check_inputs(token, inputs | {name: value})] == [name], token


# -- oddities and speed --------------------------------------------------------------------------

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.binary(),
    st.sampled_from([UNKNOWN, ASSET_VALUE, ARCHIVE_VALUE, RESOURCE_VALUE, math.inf, 10**400]),
    st.builds(object),
)
keys = st.one_of(
    st.text(), st.sampled_from(["spec", "metadata", "name", "labels", "tags", SIGNATURE])
)
junk = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(keys, inner, max_size=4),
        st.builds(Secret, inner),
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), value=junk)
def test_odd_values_never_raise(data: st.DataObject, value: Any) -> None:
    token = data.draw(
        st.sampled_from([BUCKET, CLUSTER, TEMPLATE, FUNCTION, POD, CRD, NODE_POOL, PROVIDER])
    )
    owner = args_class(token)
    assert owner is not None
    name = data.draw(st.one_of(keys, st.sampled_from(list(declared(owner)))))
    for found in check_inputs(token, {name: value, "more": value}):
        assert found.path
        assert found.message


def test_a_thousand_checks_of_one_class_take_a_moment() -> None:
    inputs = {"bucket": "b", "forceDestroy": True, "tags": {"a": "b", "c": "d"}}
    check_inputs(BUCKET, inputs)
    start = time.perf_counter()
    for _ in range(1_000):
        check_inputs(BUCKET, inputs)
    assert time.perf_counter() - start < 0.2
