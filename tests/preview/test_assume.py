import base64
import json
import re
import string
import uuid
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi import _types
from pulumi.runtime import rpc

from bulkhead.preview.assume import assumed_outputs, planned_outputs
from bulkhead.preview.coercion import given_back
from bulkhead.preview.naming import identified
from bulkhead.preview.plan import UNKNOWN, Secret
from bulkhead.preview.services import _LISTED, listed_convention
from bulkhead.preview.types import RESOURCE, SIGNATURE, resource_class
from bulkhead.preview.values import Facts
from bulkhead.preview.world import World, zone_id

WORLD = World(region="eu-central-1")
HERE = "eu-central-1:111122223333"
HEX = "[0-9a-f]"
UUID = rf"{HEX}{{8}}-{HEX}{{4}}-4{HEX}{{3}}-[89ab]{HEX}{{3}}-{HEX}{{12}}"
AUTO = rf"main-{HEX}{{7}}"

CLUSTER = "aws:eks/cluster:Cluster"
BUCKET = "aws:s3/bucket:Bucket"
ROLE = "aws:iam/role:Role"
KEY = "aws:kms/key:Key"
FUNCTION = "aws:lambda/function:Function"
BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
RELEASE = "kubernetes:helm.sh/v3:Release"
TOPIC = "aws:sns/topic:Topic"


def outputs(
    token: str, inputs: Mapping[str, Any] | None = None, name: str = "main", world: World = WORLD
) -> dict[str, Any]:
    return assumed_outputs(token, name, inputs or {}, world)[1]


def random_outputs(kind: str, **inputs: Any) -> dict[str, Any]:
    return outputs(f"random:index/{kind[0].lower()}{kind[1:]}:{kind}", inputs)


# -- ARNs and IDs by convention ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("token", "inputs", "arn"),
    [
        ("iam/role:Role", {"name": "r"}, "arn:aws:iam::111122223333:role/r"),
        ("iam/role:Role", {"name": "r", "path": "/a/"}, "arn:aws:iam::111122223333:role/a/r"),
        ("iam/policy:Policy", {"name": "p"}, "arn:aws:iam::111122223333:policy/p"),
        (
            "iam/openIdConnectProvider:OpenIdConnectProvider",
            {"url": "https://oidc.x/id/A"},
            "arn:aws:iam::111122223333:oidc-provider/oidc.x/id/A",
        ),
        ("s3/bucket:Bucket", {"bucket": "b"}, "arn:aws:s3:::b"),
        ("kms/key:Key", {}, f"arn:aws:kms:{HERE}:key/{UUID}"),
        ("kms/alias:Alias", {"name": "alias/a"}, f"arn:aws:kms:{HERE}:alias/a"),
        ("eks/cluster:Cluster", {"name": "c"}, f"arn:aws:eks:{HERE}:cluster/c"),
        (
            "eks/nodeGroup:NodeGroup",
            {"clusterName": "c", "nodeGroupName": "n"},
            f"arn:aws:eks:{HERE}:nodegroup/c/n/{UUID}",
        ),
        (
            "eks/addon:Addon",
            {"clusterName": "c", "addonName": "vpc-cni"},
            f"arn:aws:eks:{HERE}:addon/c/vpc-cni/{UUID}",
        ),
        ("ec2/vpc:Vpc", {}, f"arn:aws:ec2:{HERE}:vpc/vpc-0{HEX}{{16}}"),
        ("ec2/subnet:Subnet", {}, f"arn:aws:ec2:{HERE}:subnet/subnet-0{HEX}{{16}}"),
        ("ec2/securityGroup:SecurityGroup", {}, f"arn:aws:ec2:{HERE}:security-group/sg-.*"),
        (
            "vpc/securityGroupIngressRule:SecurityGroupIngressRule",
            {},
            f"arn:aws:ec2:{HERE}:security-group-rule/sgr-0{HEX}{{16}}",
        ),
        ("ec2/launchTemplate:LaunchTemplate", {}, f"arn:aws:ec2:{HERE}:launch-template/lt-.*"),
        ("ecr/repository:Repository", {"name": "a/b"}, f"arn:aws:ecr:{HERE}:repository/a/b"),
        (
            "cloudwatch/logGroup:LogGroup",
            {"name": "/aws/eks/c"},
            f"arn:aws:logs:{HERE}:log-group:/aws/eks/c",
        ),
        ("dynamodb/table:Table", {"name": "t"}, f"arn:aws:dynamodb:{HERE}:table/t"),
        ("sqs/queue:Queue", {"name": "q"}, f"arn:aws:sqs:{HERE}:q"),
        ("sns/topic:Topic", {"name": "t"}, f"arn:aws:sns:{HERE}:t"),
        ("lambda/function:Function", {"name": "f"}, f"arn:aws:lambda:{HERE}:function:f"),
        (
            "secretsmanager/secret:Secret",
            {"name": "s"},
            f"arn:aws:secretsmanager:{HERE}:secret:s-[a-z0-9]{{6}}",
        ),
        ("efs/fileSystem:FileSystem", {}, f"arn:aws:elasticfilesystem:{HERE}:file-system/fs-.*"),
        ("backup/vault:Vault", {"name": "v"}, f"arn:aws:backup:{HERE}:backup-vault:v"),
        ("cloudtrail/trail:Trail", {"name": "t"}, f"arn:aws:cloudtrail:{HERE}:trail/t"),
        ("guardduty/detector:Detector", {}, f"arn:aws:guardduty:{HERE}:detector/{HEX}{{32}}"),
        ("budgets/budget:Budget", {"name": "b"}, "arn:aws:budgets::111122223333:budget/b"),
        ("sfn/stateMachine:StateMachine", {"name": "m"}, f"arn:aws:states:{HERE}:stateMachine:m"),
        ("cloudwatch/eventRule:EventRule", {"name": "r"}, f"arn:aws:events:{HERE}:rule/r"),
        (
            "lb/loadBalancer:LoadBalancer",
            {"name": "l", "loadBalancerType": "network"},
            f"arn:aws:elasticloadbalancing:{HERE}:loadbalancer/net/l/{HEX}{{16}}",
        ),
        ("acm/certificate:Certificate", {}, f"arn:aws:acm:{HERE}:certificate/{UUID}"),
        (
            "opensearch/serverlessCollection:ServerlessCollection",
            {"name": "c"},
            f"arn:aws:aoss:{HERE}:collection/[a-z0-9]{{20}}",
        ),
        (
            "organizations/policy:Policy",
            {"name": "p"},
            "arn:aws:organizations::111122223333:policy/o-[a-z0-9]{10}/service_control_policy/p-.*",
        ),
        (
            "route53/resolverFirewallRuleGroup:ResolverFirewallRuleGroup",
            {"name": "g"},
            f"arn:aws:route53resolver:{HERE}:firewall-rule-group/rslvr-frg-{HEX}{{16}}",
        ),
        (
            "route53/resolverQueryLogConfig:ResolverQueryLogConfig",
            {"name": "l"},
            f"arn:aws:route53resolver:{HERE}:resolver-query-log-config/rqlc-{HEX}{{16}}",
        ),
        ("cleanrooms/membership:Membership", {}, f"arn:aws:cleanrooms:{HERE}:membership/{AUTO}"),
    ],
)
def test_arns_are_those_of_the_service(token: str, inputs: dict[str, Any], arn: str) -> None:
    found = outputs(f"aws:{token}", inputs)["arn"]
    assert re.fullmatch(arn, found), found


@pytest.mark.parametrize(
    ("token", "inputs", "identifier"),
    [
        ("s3/bucket:Bucket", {"bucket": "b"}, "b"),
        ("s3/bucketVersioning:BucketVersioning", {"bucket": "b"}, "b"),
        ("iam/role:Role", {}, AUTO),
        ("iam/policy:Policy", {"name": "p"}, "arn:aws:iam::111122223333:policy/p"),
        ("iam/rolePolicyAttachment:RolePolicyAttachment", {"role": "r", "policyArn": "a"}, "r/a"),
        ("kms/key:Key", {}, UUID),
        ("ec2/internetGateway:InternetGateway", {}, f"igw-0{HEX}{{16}}"),
        ("ec2/natGateway:NatGateway", {}, f"nat-0{HEX}{{16}}"),
        ("ec2/vpcEndpoint:VpcEndpoint", {}, f"vpce-0{HEX}{{16}}"),
        ("ec2/flowLog:FlowLog", {}, f"fl-0{HEX}{{16}}"),
        ("ec2/eip:Eip", {}, f"eipalloc-0{HEX}{{16}}"),
        ("eks/addon:Addon", {"clusterName": "c", "addonName": "a"}, "c:a"),
        (
            "sqs/queue:Queue",
            {"name": "q"},
            "https://sqs.eu-central-1.amazonaws.com/111122223333/q",
        ),
    ],
)
def test_ids_are_those_of_the_service(token: str, inputs: dict[str, Any], identifier: str) -> None:
    found, _ = assumed_outputs(f"aws:{token}", "main", inputs, WORLD)
    assert re.fullmatch(identifier, found), found


def test_many_types_of_aws_have_a_convention_and_every_convention_a_type() -> None:
    assert resource_class(BUCKET) is not None
    assert len(_LISTED) > 120
    assert [key for key in _LISTED if rpc.get_resource_module("aws", key, "") is None] == []
    assert listed_convention("aws:alb/listener:Listener") is not None
    assert listed_convention("aws:cleanrooms/membership:Membership") is None


def test_vectors_are_in_an_index_of_a_bucket() -> None:
    bucket = outputs("aws:s3/vectorsVectorBucket:VectorsVectorBucket", {"vectorBucketName": "b"})
    index = {"vectorBucketName": "b", "indexName": "i"}
    made = outputs("aws:s3/vectorsIndex:VectorsIndex", index)
    assert bucket["vectorBucketArn"] == f"arn:aws:s3vectors:{HERE}:bucket/b"
    assert made["indexArn"] == f"arn:aws:s3vectors:{HERE}:bucket/b/index/i"


def test_a_cluster_has_endpoint_authority_issuer_and_security_group() -> None:
    found = outputs(CLUSTER, {"name": "c", "vpcConfig": {"subnetIds": ["s"]}})
    assert re.fullmatch(
        r"https://[0-9A-F]{32}\.gr7\.eu-central-1\.eks\.amazonaws\.com", found["endpoint"]
    )
    assert b"CERTIFICATE" in base64.b64decode(found["certificateAuthority"]["data"])
    issuer = found["identities"][0]["oidcs"][0]["issuer"]
    assert issuer.startswith("https://oidc.eks.eu-central-1.amazonaws.com/id/")
    assert found["vpcConfig"]["subnetIds"] == ["s"]
    assert found["vpcConfig"]["clusterSecurityGroupId"].startswith("sg-0")


def test_what_is_given_wins_over_what_is_assumed() -> None:
    given_config = {"authenticationMode": "API"}
    found = outputs(CLUSTER, {"name": "c", "accessConfig": given_config, "endpoint": "e"})
    assert found["accessConfig"]["authenticationMode"] == "API"
    assert found["endpoint"] == "e"


def test_a_key_without_policy_has_the_one_that_aws_gives() -> None:
    policy = json.loads(outputs(KEY)["policy"])
    assert policy["Statement"][0]["Principal"] == {"AWS": "arn:aws:iam::111122223333:root"}
    assert outputs(KEY, {"policy": "{}"})["policy"] == "{}"


@pytest.mark.parametrize(("scope", "said"), [("REGIONAL", "regional"), ("CLOUDFRONT", "global")])
def test_the_arn_of_a_firewall_tells_its_scope(scope: str, said: str) -> None:
    token = "aws:wafv2/webAcl:WebAcl"  # noqa: S105
    rules = listed_convention(token)
    assert rules is not None
    inputs = {"name": "w", "scope": scope}
    facts = identified(Facts(token, "main", inputs, WORLD), rules, "name", inputs)
    assert facts["arn"] == f"arn:aws:wafv2:{HERE}:{said}/webacl/w/{facts['id']}"


# -- names ---------------------------------------------------------------------------------------


def test_names_are_given_or_made_of_the_logical_name() -> None:
    assert outputs(ROLE, {"name": "r"})["name"] == "r"
    assert re.fullmatch(f"r-{HEX}{{7}}", outputs(ROLE, {"namePrefix": "r-"})["name"])
    assert re.fullmatch(AUTO, outputs(ROLE, {"name": UNKNOWN})["arn"].rpartition("/")[2])
    assert re.fullmatch(AUTO, outputs(ROLE)["name"])
    assert outputs(ROLE, {"name": Secret("r")})["arn"].endswith(":role/r")


def test_names_follow_the_rules_of_their_service() -> None:
    assert re.fullmatch(f"data-{HEX}{{7}}", outputs(BUCKET, name="Data")["bucket"])
    assert re.fullmatch(f"Data-{HEX}{{7}}", outputs(ROLE, name="Data")["name"])
    assert outputs("aws:kms/alias:Alias")["name"].startswith("alias/main-")
    assert outputs(TOPIC, {"fifoTopic": True})["name"].endswith(".fifo")
    assert not outputs(TOPIC, {"fifoTopic": False})["name"].endswith(".fifo")


def test_the_same_resource_is_the_same_everywhere_and_others_differ() -> None:
    assert outputs(KEY) == outputs(KEY)
    assert outputs(KEY)["keyId"] != outputs(KEY, name="other")["keyId"]
    assert outputs(BUCKET)["bucket"] != outputs("aws:s3/bucketV2:BucketV2")["bucket"]


def test_a_resource_may_be_in_a_region_of_its_own() -> None:
    found = outputs(TOPIC, {"name": "t", "region": "cn-north-1"})
    assert found["arn"] == "arn:aws-cn:sns:cn-north-1:111122223333:t"
    assert outputs(TOPIC, {"name": "t", "region": UNKNOWN})["arn"] == f"arn:aws:sns:{HERE}:t"
    assert outputs(BUCKET, {"bucket": "b"}, world=World(region="us-gov-west-1"))["arn"] == (
        "arn:aws-us-gov:s3:::b"
    )


@pytest.mark.parametrize(
    ("token", "known_id", "expected"),
    [
        (BUCKET, "old", {"bucket": "old", "arn": "arn:aws:s3:::old"}),
        (ROLE, "old", {"name": "old", "arn": "arn:aws:iam::111122223333:role/old"}),
        (
            TOPIC,
            "arn:aws:sns:us-east-1:1:old",
            {"name": "old", "arn": "arn:aws:sns:us-east-1:1:old"},
        ),
        ("aws:ec2/vpc:Vpc", "vpc-1", {"arn": f"arn:aws:ec2:{HERE}:vpc/vpc-1"}),
        (KEY, "1234", {"keyId": "1234", "arn": f"arn:aws:kms:{HERE}:key/1234"}),
    ],
)
def test_a_resource_that_exists_is_known_by_its_id(
    token: str, known_id: str, expected: dict[str, str]
) -> None:
    found_id, found = assumed_outputs(token, "main", {}, WORLD, known_id)
    assert found_id == known_id
    assert expected.items() <= found.items()


# -- other outputs -------------------------------------------------------------------------------


def test_declared_outputs_are_filled_by_type_and_name() -> None:
    found = outputs("aws:ec2/subnet:Subnet", {"vpcId": "vpc-1", "tags": {"a": "b"}})
    assert found["tagsAll"] == {"a": "b"}
    assert found["availabilityZone"] == "eu-central-1a"
    assert found["availabilityZoneId"] == "euc1-az1"
    assert found["ownerId"] == "111122223333"
    assert found["region"] == "eu-central-1"
    vpc = outputs("aws:ec2/vpc:Vpc")
    assert vpc["enableDnsHostnames"] is False
    assert vpc["defaultSecurityGroupId"].startswith("sg-0")
    assert outputs("aws:ec2/launchTemplate:LaunchTemplate")["latestVersion"] == 1
    assert outputs(ROLE)["managedPolicyArns"] == []
    assert json.loads(outputs(TOPIC)["policy"])["Statement"] == []


def test_what_the_program_could_have_configured_and_did_not_stays_absent() -> None:
    found = outputs(BUCKET)
    assert "website" not in found
    assert "logging" not in found
    assert "metadataOptions" not in outputs("aws:ec2/launchTemplate:LaunchTemplate")


@pytest.mark.parametrize(
    "token",
    [
        CLUSTER,
        BUCKET,
        ROLE,
        "aws:eks/nodeGroup:NodeGroup",
        "aws:lb/loadBalancer:LoadBalancer",
        "aws:acm/certificate:Certificate",
        "aws:rds/instance:Instance",
        "aws:opensearch/domain:Domain",
        "aws:lambda/function:Function",
        "kubernetes:helm.sh/v3:Release",
        "random:index/randomPet:RandomPet",
    ],
)
def test_the_sdk_takes_the_outputs(token: str) -> None:
    owner = resource_class(token)
    assert owner is not None
    types = _types.resource_types(owner)
    found = outputs(token)
    assert set(found) <= set(types)
    for key, value in found.items():
        rpc.translate_output_properties(value, lambda name: name, types[key], True)


# -- inputs given back ---------------------------------------------------------------------------


def test_documents_come_back_as_json_and_resources_as_ids() -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "a"}]}
    text = '{"Statement":[{"Action":"a","Effect":"Allow"}],"Version":"2012-10-17"}'
    known_bucket = {SIGNATURE: RESOURCE, "urn": "u", "id": "b"}
    assert given_back(BUCKET_POLICY, {"bucket": known_bucket, "policy": document}) == {
        "bucket": "b",
        "policy": text,
    }
    unknown_bucket = {SIGNATURE: RESOURCE, "urn": "u"}
    document["Statement"] = [{"Resource": UNKNOWN}]
    found = given_back(BUCKET_POLICY, {"bucket": unknown_bucket, "policy": document})
    assert found == {"bucket": UNKNOWN, "policy": UNKNOWN}


def test_a_document_with_a_secret_in_it_is_secret() -> None:
    found = given_back(ROLE, {"assumeRolePolicy": {"Id": Secret("x")}})
    assert found == {"assumeRolePolicy": Secret('{"Id":"x"}')}
    assert given_back(ROLE, {"assumeRolePolicy": Secret({"Id": "x"})}) == found


def test_scalars_come_back_in_their_declared_type() -> None:
    inputs = {"timeout": "5", "publish": "true", "description": 5, "tags": {"a": True}}
    inputs["memorySize"] = "much"
    assert given_back(FUNCTION, inputs) == {
        "timeout": 5,
        "publish": True,
        "description": "5",
        "tags": {"a": "true"},
        "memorySize": "much",
    }
    config = {"scalingConfig": {"desiredSize": "1", "more": "2"}}
    assert given_back("aws:eks/nodeGroup:NodeGroup", config) == {
        "scalingConfig": {"desiredSize": 1, "more": "2"}
    }


def test_inputs_of_unknown_types_come_back_as_they_are() -> None:
    inputs = {"a": [1, {"b": "5"}], "c": UNKNOWN}
    assert given_back("gcp:a:B", inputs) == inputs
    assert assumed_outputs("gcp:a:B", "main", inputs, WORLD)[1] == inputs
    assert re.fullmatch(AUTO, assumed_outputs("gcp:a:B", "main", inputs, WORLD)[0])


def test_a_plan_does_not_know_what_the_service_adds() -> None:
    inputs = {"vpcConfig": {"subnetIds": ["s"]}, "version": "1.36"}
    assert planned_outputs(CLUSTER, inputs) == {
        "vpcConfig": {"subnetIds": ["s"], "clusterSecurityGroupId": UNKNOWN, "vpcId": UNKNOWN},
        "version": "1.36",
    }
    assert planned_outputs(BUCKET, {"bucket": "b"}) == {"bucket": "b"}
    assert planned_outputs("gcp:a:B", {"a": {}}) == {"a": {}}


def test_providers_have_their_inputs_and_a_uuid() -> None:
    found_id, found = assumed_outputs("pulumi:providers:aws", "main", {"region": "x"}, WORLD)
    assert uuid.UUID(found_id)
    assert found == {"region": "x"}


# -- Kubernetes and random -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metadata", "known_id", "expected_id", "expected_name"),
    [
        ({"name": "n", "namespace": "s"}, None, "s/n", "n"),
        ({"name": "n"}, None, "n", "n"),
        ({"generateName": "g-"}, None, f"g-{HEX}{{5}}", f"g-{HEX}{{5}}"),
        ({}, None, f"main-{HEX}{{8}}", f"main-{HEX}{{8}}"),
        ({}, "s/n", "s/n", "n"),
    ],
)
def test_objects_have_their_inputs_and_a_name(
    metadata: dict[str, Any], known_id: str | None, expected_id: str, expected_name: str
) -> None:
    inputs = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a": "b"}}
    found_id, found = assumed_outputs(CONFIG_MAP, "main", inputs, WORLD, known_id)
    assert re.fullmatch(expected_id, found_id)
    assert re.fullmatch(expected_name, found["metadata"]["name"])
    assert found["data"] == {"a": "b"}
    assert "status" not in found


def test_an_object_that_is_read_has_its_kind() -> None:
    found = assumed_outputs("kubernetes:core/v1:Service", "x", {}, WORLD, "s/n")[1]
    assert found == {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "n", "namespace": "s"},
    }
    odd = assumed_outputs("kubernetes:core/v1:Service", "x", {"metadata": UNKNOWN}, WORLD)[1]
    assert odd["metadata"] == UNKNOWN


def test_a_release_tells_its_name_and_namespace() -> None:
    found_id, found = assumed_outputs(RELEASE, "main", {"chart": "c"}, WORLD)
    assert re.fullmatch(f"default/main-{HEX}{{8}}", found_id)
    assert found["status"]["name"] == found["name"]
    given_id, _ = assumed_outputs(RELEASE, "main", {"name": "n", "namespace": "s"}, WORLD)
    assert given_id == "s/n"


def test_passwords_obey_their_inputs_and_are_secret() -> None:
    found = random_outputs("RandomPassword", length=20.0, special=False, minUpper=3, minNumeric=2)
    assert isinstance(found["result"], Secret)
    password = found["result"].value
    assert len(password) == 20
    assert sum(char in string.ascii_uppercase for char in password) >= 3
    assert sum(char in string.digits for char in password) >= 2
    assert password.isalnum()
    odd = random_outputs("RandomPassword", length=30, overrideSpecial="_", lower=False, upper=False)
    assert set(odd["result"].value) <= set(string.digits + "_")
    digits = random_outputs("RandomString", length=8, special=False, lower="false", upper=False)
    assert digits["result"].isdigit()
    assert len(random_outputs("RandomPassword", length=UNKNOWN)["result"].value) == 16


def test_ids_pets_integers_uuids_and_shuffles_obey_their_inputs() -> None:
    identifier = random_outputs("RandomId", byteLength=4, prefix="p-")
    assert identifier["dec"] == f"p-{int(identifier['hex'][2:], 16)}"
    assert len(identifier["hex"]) == 10
    assert base64.b64decode(identifier["b64Std"][2:]).hex() == identifier["hex"][2:]
    pet = {"length": 3, "separator": "_", "prefix": "a"}
    pet_id, found = assumed_outputs("random:index/randomPet:RandomPet", "main", pet, WORLD)
    assert len(pet_id.split("_")) == 4
    assert found == pet
    assert all(5 <= random_outputs("RandomInteger", min=5, max=n)["result"] <= n for n in (5, 9))
    assert uuid.UUID(random_outputs("RandomUuid")["result"])
    shuffled = random_outputs("RandomShuffle", inputs=["a", "b", "c"], resultCount=5)["results"]
    assert len(shuffled) == 5
    assert set(shuffled) == {"a", "b", "c"}
    assert random_outputs("RandomShuffle", inputs=[])["results"] == []
    raw = random_outputs("RandomBytes", length=3)
    assert base64.b64decode(raw["base64"].value).hex() == raw["hex"].value


# -- oddities ------------------------------------------------------------------------------------

values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.just(UNKNOWN)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.text(max_size=8), inner, max_size=3),
        st.builds(Secret, inner),
    ),
    max_leaves=6,
)
names = st.sampled_from(["name", "bucket", "tags", "policy", "metadata", "length", "path", "min"])


@settings(max_examples=100, deadline=None)
@given(
    token=st.sampled_from(
        [
            BUCKET,
            ROLE,
            CLUSTER,
            "kubernetes:core/v1:Pod",
            "kubernetes:a.b/v1:Foo",
            "kubernetes:helm.sh/v3:Release",
            "random:index/randomPassword:RandomPassword",
            "random:index/randomInteger:RandomInteger",
            "aws:none/none:None",
            "aws",
        ]
    ),
    name=st.text(),
    inputs=st.dictionaries(names, values, max_size=4),
)
def test_odd_inputs_never_raise_and_stay_what_they_are(
    token: str, name: str, inputs: dict[str, Any]
) -> None:
    found_id, found = assumed_outputs(token, name, inputs, WORLD)
    assert found_id
    assert assumed_outputs(token, name, inputs, WORLD)[0] == found_id
    assert set(found) >= {key for key, value in inputs.items() if value is not None}


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("us-east-1a", "use1-az1"),
        ("eu-central-1b", "euc1-az2"),
        ("ap-northeast-1c", "apne1-az3"),
        ("us-gov-west-1a", "usgw1-az1"),
    ],
)
def test_zone_ids_are_short(zone: str, expected: str) -> None:
    assert zone_id(zone) == expected
