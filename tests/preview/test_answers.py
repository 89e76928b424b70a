import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi.runtime import rpc

from bulkhead.domain.errors import RefusedError
from bulkhead.preview.answers import Answers, load_answers
from bulkhead.preview.plan import Secret
from bulkhead.preview.policy_document import render_policy_document
from bulkhead.preview.types import result_class
from bulkhead.preview.world import World

REGION = "eu-central-1"
WORLD = World(region=REGION)
HERE = f"{REGION}:111122223333"
AMI = "aws:ec2/getAmi:getAmi"
ZONES = "aws:index/getAvailabilityZones:getAvailabilityZones"
CALLER = "aws:index/getCallerIdentity:getCallerIdentity"


def ask(
    function: str, args: Mapping[str, Any] | None = None, region: str | None = None
) -> dict[str, Any]:
    """Ask a function of AWS by the short form ``ec2/getVpc``."""
    token = f"aws:{function}:{function.split('/')[1]}"
    answer = Answers(WORLD).answer(token, args or {}, WORLD.in_region(region) if region else None)
    assert answer.how == "canned"
    return answer.result


# -- the account and its Regions -----------------------------------------------------------------


def test_the_caller_is_in_the_account() -> None:
    found = ask("index/getCallerIdentity")
    assert found["accountId"] == "111122223333"
    assert found["arn"].startswith("arn:aws:iam::111122223333:")


def test_the_region_is_the_one_asked_in_or_about() -> None:
    assert ask("index/getRegion")["region"] == REGION
    assert ask("index/getRegion", region="us-west-2")["name"] == "us-west-2"
    assert ask("index/getRegion", {"name": "us-west-2"})["region"] == "us-west-2"
    endpoint = {"endpoint": "ec2.us-west-2.amazonaws.com"}
    assert ask("index/getRegion", endpoint)["region"] == "us-west-2"
    assert REGION in ask("index/getRegions")["names"]


def test_the_partition_follows_the_region() -> None:
    assert ask("index/getPartition")["dnsSuffix"] == "amazonaws.com"
    found = ask("index/getPartition", region="cn-north-1")
    assert found["partition"] == "aws-cn"
    assert found["reverseDnsPrefix"] == "cn.com.amazonaws"


@pytest.mark.parametrize(
    ("args", "letters"),
    [
        ({}, "abc"),
        ({"state": "available"}, "abc"),
        ({"state": "impaired"}, ""),
        ({"excludeNames": [f"{REGION}b"]}, "ac"),
        ({"excludeZoneIds": ["euc1-az1"]}, "bc"),
        ({"filters": [{"name": "zone-id", "values": ["euc1-az2", "euc1-az9"]}]}, "b"),
        ({"filters": [{"name": "opt-in-status", "values": ["opt-in-not-required"]}]}, "abc"),
        ({"filters": [{"name": "zone-type", "values": ["local-zone"]}]}, ""),
        ({"filters": [{"name": "weather", "values": ["fine"]}]}, "abc"),
    ],
)
def test_zones_are_those_that_fit(args: dict[str, Any], letters: str) -> None:
    found = ask("index/getAvailabilityZones", args)
    assert found["names"] == [f"{REGION}{letter}" for letter in letters]
    assert len(found["zoneIds"]) == len(letters)


def test_zones_may_be_set_for_the_region_of_the_account() -> None:
    answers = Answers(WORLD, zones=[f"{REGION}a", f"{REGION}d"])
    assert answers.answer(ZONES, {}).result["zoneIds"] == ["euc1-az1", "euc1-az4"]
    elsewhere = answers.answer(ZONES, {}, WORLD.in_region("us-east-1")).result["names"]
    assert elsewhere == ["us-east-1a", "us-east-1b", "us-east-1c"]


def test_one_zone_is_found_by_name_or_id() -> None:
    by_name = ask("index/getAvailabilityZone", {"name": f"{REGION}b"})
    by_id = ask("index/getAvailabilityZone", {"zoneId": "euc1-az2"})
    assert by_name["zoneId"] == by_id["zoneId"] == "euc1-az2"
    assert by_name["nameSuffix"] == "b"


# -- lookups -------------------------------------------------------------------------------------


def test_images_are_the_same_for_the_same_question() -> None:
    def image(name: str, **args: Any) -> dict[str, Any]:
        return ask("ec2/getAmi", {"filters": [{"name": "name", "values": [name]}], **args})

    found = image("al2023-ami-*-x86_64", owners=["amazon"], mostRecent=True)
    assert found == image("al2023-ami-*-x86_64", owners=["amazon"], mostRecent=True)
    assert found["id"] == found["imageId"]
    assert found["id"].startswith("ami-0")
    assert (found["architecture"], found["ownerId"]) == ("x86_64", "137112412989")
    assert found["mostRecent"] is True
    other = image("al2023-ami-*-arm64")
    assert other["id"] != found["id"]
    assert (other["architecture"], other["ownerId"]) == ("arm64", "111122223333")
    assert ask("ec2/getAmiIds", {"owners": ["self"]})["ids"][0].startswith("ami-0")


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("/aws/service/eks/optimized-ami/1.36/amazon-linux-2023/recommended/image_id", "ami-0"),
        ("/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64", "ami-0"),
        ("/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended", '{"image_id": "ami-0'),
        ("/aws/service/bottlerocket/aws-k8s-1.36/x86_64/latest/image_version", "1.0.0"),
        ("/aws/service/global-infrastructure/x", "value of "),
    ],
)
def test_public_parameters_hold_images(name: str, start: str) -> None:
    found = ask("ssm/getParameter", {"name": name})
    assert found["value"].startswith(start)
    assert found["arn"] == f"arn:aws:ssm:{HERE}:parameter{name}"


def test_parameters_of_the_account_are_secret() -> None:
    assert ask("ssm/getParameter", {"name": "/app/key"})["value"] == Secret("value of /app/key")


def test_subnets_lie_in_all_zones_of_their_network() -> None:
    filters = [{"name": "vpc-id", "values": ["vpc-1"]}]
    ids = ask("ec2/getSubnets", {"filters": filters})["ids"]
    found = [ask("ec2/getSubnet", {"id": subnet, "filters": filters}) for subnet in ids]
    assert [subnet["availabilityZone"][-1] for subnet in found] == ["a", "b", "c"]
    assert len({subnet["cidrBlock"] for subnet in found}) == 3
    assert {subnet["vpcId"] for subnet in found} == {"vpc-1"}
    assert ask("ec2/getSubnet", {"id": "subnet-xyz"})["cidrBlock"] == "10.0.0.0/24"


@pytest.mark.parametrize(
    ("function", "args", "expected"),
    [
        ("ec2/getVpc", {"id": "vpc-1"}, {"arn": f"arn:aws:ec2:{HERE}:vpc/vpc-1"}),
        ("ec2/getSecurityGroup", {"name": "default", "vpcId": "vpc-1"}, {"vpcId": "vpc-1"}),
        ("iam/getRole", {"name": "r"}, {"arn": "arn:aws:iam::111122223333:role/r", "path": "/"}),
        ("iam/getPolicy", {"arn": "arn:aws:iam::aws:policy/P"}, {"name": "P"}),
        (
            "iam/getOpenIdConnectProvider",
            {"url": "https://oidc.x/id"},
            {"arn": "arn:aws:iam::111122223333:oidc-provider/oidc.x/id"},
        ),
        ("s3/getBucket", {"bucket": "b"}, {"arn": "arn:aws:s3:::b", "id": "b"}),
        ("kms/getKey", {"keyId": "1234"}, {"arn": f"arn:aws:kms:{HERE}:key/1234"}),
        ("lambda/getFunction", {"functionName": "f"}, {"arn": f"arn:aws:lambda:{HERE}:function:f"}),
        ("lambda/getLayerVersion", {"layerName": "l"}, {"version": 1}),
        ("sqs/getQueue", {"name": "q"}, {"arn": f"arn:aws:sqs:{HERE}:q"}),
        ("route53/getZone", {"name": "x.org", "zoneId": "Z1"}, {"id": "Z1", "name": "x.org"}),
        ("acm/getCertificate", {"domain": "x.org"}, {"status": "ISSUED", "domain": "x.org"}),
        ("eks/getAddonVersion", {"addonName": "vpc-cni"}, {"addonName": "vpc-cni"}),
        ("elb/getServiceAccount", {}, {"id": "054676820928"}),
        (
            "index/getArn",
            {"arn": "arn:aws:s3:::b/k:x"},
            {"service": "s3", "region": "", "resource": "b/k:x"},
        ),
        ("index/getServicePrincipal", {"serviceName": "s3"}, {"name": "s3.amazonaws.com"}),
    ],
)
def test_what_is_looked_for_exists(
    function: str, args: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert expected.items() <= ask(function, args).items()


def test_a_cluster_that_exists_can_be_talked_to() -> None:
    found = ask("eks/getCluster", {"name": "c"})
    assert found["arn"] == f"arn:aws:eks:{HERE}:cluster/c"
    assert found["endpoint"].startswith("https://")
    assert found["certificateAuthorities"][0]["data"]
    assert found["identities"][0]["oidcs"][0]["issuer"].startswith("https://oidc.eks.")
    assert found["vpcConfig"]["vpcId"].startswith("vpc-0")
    assert isinstance(ask("eks/getClusterAuth", {"name": "c"})["token"], Secret)


def test_an_alias_and_its_key_agree() -> None:
    alias = ask("kms/getAlias", {"name": "alias/a"})
    key = ask("kms/getKey", {"keyId": "alias/a"})
    assert alias["targetKeyId"] == key["id"]
    assert alias["targetKeyArn"] == key["arn"]
    assert key["keyId"] == "alias/a"
    assert key["keyManager"] == "CUSTOMER"
    assert ask("kms/getKey", {"keyId": "alias/aws/ebs"})["keyManager"] == "AWS"


def test_a_secret_and_its_version_agree_and_the_value_is_secret() -> None:
    secret = ask("secretsmanager/getSecret", {"name": "s"})
    version = ask("secretsmanager/getSecretVersion", {"secretId": "s"})
    assert version["arn"] == secret["arn"]
    assert version["secretString"] == Secret("value of s")
    by_arn = ask("secretsmanager/getSecretVersion", {"secretId": secret["arn"]})
    assert by_arn["arn"] == secret["arn"]


def test_instance_types_are_offered_where_asked() -> None:
    filters = [{"name": "instance-type", "values": ["p5.48xlarge"]}]
    found = ask(
        "ec2/getInstanceTypeOfferings", {"locationType": "availability-zone", "filters": filters}
    )
    assert found["locations"] == [f"{REGION}a", f"{REGION}b", f"{REGION}c"]
    assert set(found["instanceTypes"]) == {"p5.48xlarge"}
    one = ask("ec2/getInstanceTypeOffering", {"preferredInstanceTypes": ["g6.xlarge"]})
    assert one["instanceType"] == "g6.xlarge"


def test_a_registry_can_be_logged_in_to() -> None:
    found = ask("ecr/getAuthorizationToken")
    assert found["proxyEndpoint"] == "https://111122223333.dkr.ecr.eu-central-1.amazonaws.com"
    assert isinstance(found["password"], Secret)


# -- policy documents ----------------------------------------------------------------------------


def statements(*given_statements: dict[str, Any], **args: Any) -> list[dict[str, Any]]:
    rendered = render_policy_document({"statements": list(given_statements), **args})
    document = json.loads(rendered["json"])
    assert json.loads(rendered["minifiedJson"]) == document
    found: list[dict[str, Any]] = document["Statement"]
    return found


def test_a_document_is_written_as_the_provider_writes_it() -> None:
    args = {
        "policyId": "p",
        "statements": [
            {
                "sid": "List",
                "actions": ["s3:GetBucketLocation", "s3:ListAllMyBuckets"],
                "resources": ["arn:aws:s3:::*"],
                "conditions": [
                    {"test": "StringLike", "variable": "s3:prefix", "values": ["", "home/"]},
                    {"test": "Bool", "variable": "aws:SecureTransport", "values": ["true"]},
                ],
            },
            {
                "effect": "Deny",
                "notActions": ["s3:*"],
                "notResources": ["b", "a"],
                "notPrincipals": [{"type": "AWS", "identifiers": ["1"]}],
            },
        ],
    }
    found = ask("iam/getPolicyDocument", args)
    assert found["json"] == (
        '{\n  "Version": "2012-10-17",\n  "Id": "p",\n  "Statement": [\n    {\n'
        '      "Sid": "List",\n      "Effect": "Allow",\n'
        '      "Action": [\n        "s3:ListAllMyBuckets",\n        "s3:GetBucketLocation"\n'
        '      ],\n      "Resource": "arn:aws:s3:::*",\n      "Condition": {\n        "Bool": {\n'
        '          "aws:SecureTransport": "true"\n        },\n        "StringLike": {\n'
        '          "s3:prefix": [\n            "",\n            "home/"\n          ]\n        }\n'
        '      }\n    },\n    {\n      "Effect": "Deny",\n      "NotAction": "s3:*",\n'
        '      "NotResource": [\n        "b",\n        "a"\n      ],\n      "NotPrincipal": {\n'
        '        "AWS": "1"\n      }\n    }\n  ]\n}'
    )
    assert found["minifiedJson"].startswith('{"Version":"2012-10-17","Id":"p","Statement":[{"Sid"')
    assert found["id"].isdigit()
    assert found["version"] == "2012-10-17"


@pytest.mark.parametrize(
    ("principals", "written"),
    [
        ([("*", ["*"])], "*"),
        ([("AWS", ["*"])], {"AWS": "*"}),
        ([("AWS", ["1", "2", "1"])], {"AWS": ["2", "1"]}),
        ([("AWS", ["1"]), ("AWS", ["2", "3"])], {"AWS": ["1", "3", "2"]}),
        ([("Service", ["s"]), ("AWS", ["1"])], {"AWS": "1", "Service": "s"}),
        ([("*", ["*"]), ("AWS", ["1"])], {"*": "*", "AWS": "1"}),
    ],
)
def test_principals_are_written_as_the_provider_writes_them(
    principals: list[tuple[str, list[str]]], written: Any
) -> None:
    blocks = [{"type": kind, "identifiers": ids} for kind, ids in principals]
    assert statements({"actions": ["a"], "principals": blocks})[0]["Principal"] == written


def test_variables_and_signs_are_written_as_the_provider_writes_them() -> None:
    found = render_policy_document(
        {
            "statements": [
                {
                    "actions": ["a"],
                    "resources": ["home/&{aws:username}"],
                    "conditions": [{"test": "t", "variable": "v", "values": ["<&>", 5, True]}],
                }
            ]
        }
    )["minifiedJson"]
    assert '"Resource":"home/${aws:username}"' in found
    assert r'["\u003c\u0026\u003e","5","true"]' in found


def test_documents_are_merged_by_sid() -> None:
    def document(**statement: Any) -> str:
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    sources = [
        document(Sid="One", Effect="Allow", Action="a", Principal="*", Resource=["x", "y"]),
        document(Sid="Two", Effect="Allow", Action="b", Condition={"Bool": {"v": True}}),
    ]
    override = [document(Sid="Two", Effect="Deny", Action=["c", "d"]), document(Effect="Allow")]
    own = {"sid": "One", "actions": ["mine"]}
    found = statements(own, sourcePolicyDocuments=sources, overridePolicyDocuments=override)
    assert found == [
        {"Sid": "One", "Effect": "Allow", "Action": "mine"},
        {"Sid": "Two", "Effect": "Deny", "Action": ["c", "d"]},
        {"Effect": "Allow"},
    ]
    kept = statements(sourcePolicyDocuments=sources)
    assert kept[0]["Principal"] == "*"
    assert kept[0]["Resource"] == ["x", "y"]
    assert kept[1]["Condition"] == {"Bool": {"v": "true"}}


def test_a_later_version_wins() -> None:
    old = json.dumps({"Version": "2008-10-17", "Statement": []})
    assert '"2012-10-17"' in render_policy_document({"overridePolicyDocuments": [old]})["json"]
    assert render_policy_document({"version": "2008-10-17"})["json"].count("2008-10-17") == 1


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        ({"version": "2020-01-01"}, "version: unknown version, got '2020-01-01'"),
        (
            {"statements": [{"effect": "Maybe"}]},
            "statements[0].effect: unknown effect, got 'Maybe'",
        ),
        ({"statements": [{"sid": "A"}, {"sid": "A"}]}, "statements: two statements have the same"),
        (
            {"version": "2008-10-17", "statements": [{"resources": ["&{aws:username}"]}]},
            "statements[0].resources: '&{' stands for a policy variable",
        ),
        ({"sourcePolicyDocuments": ["{"]}, "sourcePolicyDocuments[0]: not a policy document"),
        ({"overridePolicyDocuments": ["[]"]}, "overridePolicyDocuments[0]: not a policy document"),
        (
            {"sourcePolicyDocuments": ['{"Statement": {"Effect": "Allow"}}']},
            "sourcePolicyDocuments[0]: not a policy document",
        ),
        (
            {"sourcePolicyDocuments": ['{"Statement": [{"Sid": "A"}, {"Sid": "A"}]}']},
            "sourcePolicyDocuments[0]: two statements have the same Sid, got 'A'",
        ),
    ],
)
def test_what_the_provider_refuses_is_refused(args: dict[str, Any], sentence: str) -> None:
    with pytest.raises(RefusedError) as refused:
        ask("iam/getPolicyDocument", args)
    assert str(refused.value).startswith(sentence)


# -- Kubernetes, and everything else -------------------------------------------------------------


def test_yaml_is_decoded() -> None:
    text = "kind: A\nday: 2025-01-01\n---\n---\nkind: B\ndata: {1: yes}\n"
    answer = Answers(WORLD).answer("kubernetes:yaml:decode", {"text": text})
    assert answer.how == "canned"
    assert answer.result == {
        "result": [{"kind": "A", "day": "2025-01-01"}, {"kind": "B", "data": {"1": True}}]
    }


@pytest.mark.parametrize(
    ("token", "args", "sentence"),
    [
        ("kubernetes:yaml:decode", {"text": "a: [\n"}, "yaml:decode: not YAML:"),
        ("kubernetes:helm:template", {"jsonOpts": "{}"}, "kubernetes:helm:template: the Kubern"),
        ("kubernetes:kustomize:directory", {}, "kubernetes:kustomize:directory: the Kubernetes"),
    ],
)
def test_what_only_the_plugin_can_do_is_refused(
    token: str, args: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        Answers(WORLD).answer(token, args)
    assert str(refused.value).startswith(sentence)
    assert "\n" not in str(refused.value)


def test_other_functions_answer_with_their_declared_type() -> None:
    answer = Answers(WORLD).answer(
        "aws:ecr/getImage:getImage", {"repositoryName": "r", "imageTag": None}
    )
    assert answer.how == "assumed"
    assert answer.result["repositoryName"] == "r"
    assert answer.result["imageTags"] == []
    assert answer.result["imageSizeInBytes"] == 1
    assert answer.result["region"] == REGION
    assert "imageTag" not in answer.result
    assert Answers(WORLD).answer("other:x:y", {"a": 1}).result == {"a": 1}


@pytest.mark.parametrize(
    "function",
    [
        *("index/getCallerIdentity", "index/getAvailabilityZones", "ec2/getAmi", "ec2/getVpc"),
        *("ec2/getSubnet", "eks/getCluster", "iam/getRole", "iam/getPolicyDocument", "kms/getKey"),
        *("lambda/getLayerVersion", "ssm/getParameter", "route53/getZone", "rds/getInstance"),
        *("ecr/getImage", "s3/getBucketObjects", "organizations/getOrganization"),
    ],
)
def test_the_sdk_takes_the_answers(function: str) -> None:
    token = f"aws:{function}:{function.split('/')[1]}"
    owner = result_class(token)
    assert owner is not None
    result = Answers(WORLD).answer(token, {}).result
    plain = {key: v.value if isinstance(v, Secret) else v for key, v in result.items()}
    rpc.translate_output_properties(plain, lambda name: name, owner, True)


# -- the answers file ----------------------------------------------------------------------------


def write(folder: Path, text: str) -> Path:
    path = folder / "answers.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_sets_account_region_and_zones(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        'account: "012345678901"\nregion: us-west-2\nzones: [us-west-2b, us-west-2d]\n',
    )
    answers = load_answers(path, WORLD)
    assert answers.world == World("012345678901", "us-west-2")
    assert answers.answer(CALLER, {}).result["accountId"] == "012345678901"
    assert answers.answer(ZONES, {}).result["names"] == ["us-west-2b", "us-west-2d"]


def test_a_file_replaces_parts_of_answers(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        f"""
        - function: {AMI}
          result: {{id: ami-any, name: any}}
        - function: {AMI}
          args: {{owners: [self]}}
          result: {{id: ami-own}}
        """,
    )
    answers = load_answers(path, WORLD)
    own = answers.answer(AMI, {"owners": ["self"], "mostRecent": True})
    assert own.how == "file"
    assert (own.result["id"], own.result["name"]) == ("ami-own", "any")
    assert own.result["state"] == "available"
    other = answers.answer(AMI, {"owners": ["amazon"]})
    assert other.result["id"] == "ami-any"
    assert answers.answer(CALLER, {}).how == "canned"
    assert answers.world == WORLD


def test_a_part_of_the_arguments_suffices(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "answers: [{function: 'x:y:z', args: {tags: {a: b}}, result: {anything: 1}}]",
    )
    answers = load_answers(path, WORLD)
    assert answers.answer("x:y:z", {"tags": {"a": "b", "c": "d"}}).result["anything"] == 1
    assert answers.answer("x:y:z", {"tags": {"c": "d"}}).how == "assumed"
    assert answers.answer("x:y:z", {}).how == "assumed"


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    answers = load_answers(write(tmp_path, ""), WORLD)
    assert answers.world == WORLD
    assert answers.answer(CALLER, {}) == Answers(WORLD).answer(CALLER, {})


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("a: [", "", "the answers file is not YAML"),
        ("just text", "", "not a mapping"),
        ("acount: x", "", "unknown key, got 'acount'"),
        ("account: 12", ": account", "not an account, got '12'"),
        ("region: Frankfurt", ": region", "not a Region, got 'Frankfurt'"),
        ("zones: eu-central-1a", ": zones", "not a list"),
        ("zones: [us-east-1a]", ": zones[0]", "not an availability zone of the Region"),
        ("zones: [1]", ": zones[0]", "not an availability zone of the Region"),
        ("answers: {}", ": answers", "not a list"),
        ("answers: x", ": answers", "not a list"),
        ("- x", ": answers[0]", "not a mapping"),
        ("- {function: getAmi, result: {}}", ": answers[0].function", "not a function"),
        ("- {result: {}}", ": answers[0].function", "not a function"),
        (f"- function: {AMI}", ": answers[0]", "an answer needs a result"),
        (f"- {{function: {AMI}, result: [1]}}", ": answers[0].result", "not a mapping"),
        (f"- {{function: {AMI}, result: {{1: x}}}}", ": answers[0].result", "unknown key"),
        (f"- {{function: {AMI}, args: x, result: {{}}}}", ": answers[0].args", "not a mapping"),
        (f"- {{function: {AMI}, result: {{}}, x: 1}}", ": answers[0]", "unknown key, got 'x'"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place(
    tmp_path: Path, text: str, where: str, what: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(RefusedError) as refused:
        load_answers(path, WORLD)
    assert str(refused.value).startswith(f"{path}{where}: {what}")
    assert "\n" not in str(refused.value)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="can't be read: No such file"):
        load_answers(tmp_path / "missing.yaml", WORLD)
    broken = tmp_path / "broken.yaml"
    broken.write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(RefusedError, match="can't be read: it is not UTF-8"):
        load_answers(broken, WORLD)


def test_a_property_that_the_function_does_not_return_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, f"- {{function: {AMI}, result: {{image_id: ami-1}}}}")
    answers = load_answers(path, WORLD)
    with pytest.raises(RefusedError) as refused:
        answers.answer(AMI, {})
    assert str(refused.value) == (
        f"{path}: answers[0].result: {AMI} does not return this property, got 'image_id'; "
        "allowed: imageId"
    )


# -- oddities ------------------------------------------------------------------------------------

plain = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=12)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=5,
)


@settings(max_examples=60, deadline=None)
@given(
    function=st.sampled_from(
        [
            "ec2/getVpc",
            "iam/getRole",
            "kms/getKey",
            "index/getArn",
            "index/getRegion",
            "s3/getBucket",
        ]
    ),
    name=st.sampled_from(["name", "id", "arn", "keyId", "bucket", "endpoint", "tags", "zzz"]),
    value=plain,
)
def test_odd_arguments_have_an_answer(function: str, name: str, value: Any) -> None:
    assert ask(function, {name: value}) == ask(function, {name: value})
