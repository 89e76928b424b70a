"""Reading policy documents, and the principals that hold them, from previewed plans."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from bulkhead.preview.plan import Plan
from bulkhead.preview.world import World as Assumed
from tests.iam.applied import (
    Applied,
    applied,
    aws_managed,
    default_key_policy,
    last,
    looks_like_policy,
    parsed,
)
from tests.iam.collected import Documents
from tests.iam.model import Endpoint, EvaluationError, Policy, Principal, Value, World

__all__ = ["Assumed", "Documents", "documents"]

_BESIDE = {
    "aws:apigateway/restApiPolicy:RestApiPolicy": ("restApiId", "policy"),
    "aws:backup/vaultPolicy:VaultPolicy": ("backupVaultName", "policy"),
    "aws:cloudwatch/eventBusPolicy:EventBusPolicy": ("eventBusName", "policy"),
    "aws:dynamodb/resourcePolicy:ResourcePolicy": ("resourceArn", "policy"),
    "aws:ecr/repositoryPolicy:RepositoryPolicy": ("repository", "policy"),
    "aws:efs/fileSystemPolicy:FileSystemPolicy": ("fileSystemId", "policy"),
    "aws:kinesis/resourcePolicy:ResourcePolicy": ("resourceArn", "policy"),
    "aws:kms/keyPolicy:KeyPolicy": ("keyId", "policy"),
    "aws:lambda/resourcePolicy:ResourcePolicy": ("resourceArn", "policy"),
    "aws:opensearch/domainPolicy:DomainPolicy": ("domainName", "accessPolicies"),
    "aws:s3/bucketPolicy:BucketPolicy": ("bucket", "policy"),
    "aws:s3/vectorsVectorBucketPolicy:VectorsVectorBucketPolicy": ("vectorBucketArn", "policy"),
    "aws:s3tables/tableBucketPolicy:TableBucketPolicy": ("tableBucketArn", "resourcePolicy"),
    "aws:sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy": (
        "modelPackageGroupName",
        "resourcePolicy",
    ),
    "aws:secretsmanager/secretPolicy:SecretPolicy": ("secretArn", "policy"),
    "aws:sns/topicPolicy:TopicPolicy": ("arn", "policy"),
    "aws:sqs/queuePolicy:QueuePolicy": ("queueUrl", "policy"),
}
"""Resources that hold the policy of another one: which input names it, which holds the policy."""

_WITHIN = {
    "aws:kms/externalKey:ExternalKey": "policy",
    "aws:kms/key:Key": "policy",
    "aws:kms/replicaKey:ReplicaKey": "policy",
    "aws:opensearch/domain:Domain": "accessPolicies",
    "aws:s3/bucket:Bucket": "policy",
    "aws:secretsmanager/secret:Secret": "policy",
    "aws:sns/topic:Topic": "policy",
    "aws:sqs/queue:Queue": "policy",
}
"""Resources that hold their own policy, and the input that does."""

_LINTED = {
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": ("policyDocument", "resource"),
    "aws:organizations/policy:Policy": ("content", "scp"),
}
"""Resources whose policy is linted, but which bind nobody unless a test says so."""


_UNREAD = {
    "aws:kms/grant:Grant": "a grant opens a key beside its policy",
    "aws:lambda/permission:Permission": "a permission opens a function beside its policy",
    "aws:s3/bucketAcl:BucketAcl": "an access control list opens a bucket beside its policy",
}
"""Resources that let somebody in by other means than a policy document."""

_USUAL = Assumed()
"""The account and Region of previews that are told none."""


def documents(*plans: Plan, assumed: Assumed = _USUAL) -> Documents:
    """Collect the documents of plans that were made with ``assume_applied``.

    ``assumed`` is the account and Region that the plans were made in.

    Raises:
        EvaluationError: a document is unknown or malformed, or two documents stand for one
            resource.
    """
    return _Reader(plans, assumed).read()


class _Reader:
    def __init__(self, plans: tuple[Plan, ...], assumed: Assumed) -> None:
        self._assumed = assumed
        found = [one for plan in plans for one in applied(plan, assumed)]
        made = {one.arn for one in found if one.arn and not one.resource.read}
        self._found = [one for one in found if not one.resource.read or one.arn not in made]
        self._arns = {
            # Callers of an API know it by another ARN than its administrators.
            (one.module, key): str(one.outputs.get("executionArn") or one.arn)
            for one in self._found
            if one.arn and "arn" not in one.inputs
            for key in (one.id, one.arn)
        }
        self._policies: dict[str, Policy] = {}
        self._context: dict[str, dict[str, Value]] = defaultdict(dict)
        self._endpoints: dict[str, Endpoint] = {}
        self._managed: dict[str, Policy] = {}
        self._attached: dict[str, list[Policy]] = defaultdict(list)
        self._read: set[str] = set()
        self._result = Documents(World())

    def read(self) -> Documents:
        """Read all; what a document refers to is read before it."""
        self._refuse_twins()
        for one in self._found:
            self._tags(one)
            self._managed_policy(one)
        for one in self._found:
            self._attachments(one)
            self._resource_policy(one)
            self._alias(one)
            self._endpoint(one)
            self._only_linted(one)
        for one in self._of("aws:kms/key:Key"):
            if one.resource.read:
                continue
            self._policies.setdefault(one.arn, default_key_policy(one))
        for one in self._of("aws:iam/role:Role"):
            self._role(one)
        for one in self._of("aws:eks/podIdentityAssociation:PodIdentityAssociation"):
            self._pod(one)
        for one in self._found:
            self._leftovers(one)
        for name in self._attached:
            self._note(name, "has policies, but is in none of the plans")
        self._result.world = World(
            account=self._assumed.account,
            resource_policies=self._policies,
            resource_context=dict(self._context),
            endpoints=self._endpoints,
        )
        return self._result

    def _of(self, token: str) -> Iterator[Applied]:
        return (one for one in self._found if one.resource.type == token)

    def _refuse_twins(self) -> None:
        for token in ("aws:iam/role:Role", "aws:kms/key:Key", "aws:s3/bucket:Bucket"):
            seen: dict[str, str] = {}
            for one in self._of(token):
                if other := seen.get(one.arn):
                    raise EvaluationError(f"{one.resource.urn} and {other} have one ARN: {one.arn}")
                seen[one.arn] = one.resource.urn

    # -- documents ---------------------------------------------------------------------------

    def _document(self, one: Applied, field: str, name: str, kind: str) -> Policy:
        """The policy in an input, noted for linting."""
        found = Policy(name, parsed(one.inputs[field], f"{one.resource.urn}.{field}"))
        self._read.add(f"{one.resource.urn}.{field}")
        self._result.policies.append((kind, found))
        return found

    def _set_policy(self, arn: str, found: Policy) -> None:
        if arn in self._policies:
            raise EvaluationError(f"{arn} has two policies, {found.name} is the second")
        self._policies[arn] = found

    def _resource_policy(self, one: Applied) -> None:
        kind, name = one.resource.type, one.resource.name
        within = _WITHIN.get(kind)
        if within and one.inputs.get(within):
            self._set_policy(one.arn, self._document(one, within, name, "resource"))
        if kind not in _BESIDE or one.resource.read:
            return
        names, holds = _BESIDE[kind]
        subject = str(one.inputs[names])
        found = self._document(one, holds, name, "resource")
        arn = self._arns.get((one.module, subject), subject)
        if not arn.startswith("arn:") and one.module == "s3":
            arn = f"arn:{self._assumed.partition}:s3:::{subject}"
        if arn.startswith("arn:"):
            self._set_policy(arn, found)
        else:
            self._note(name, f"a policy of {subject}, which is in none of the plans")

    def _only_linted(self, one: Applied) -> None:
        if one.resource.type in _LINTED:
            field, kind = _LINTED[one.resource.type]
            if one.inputs.get("type") == "RESOURCE_CONTROL_POLICY":
                kind = "rcp"
            self._document(one, field, one.resource.name, kind)
            self._note(one.resource.name, "is not applied by itself: put it into the world")

    def _tags(self, one: Applied) -> None:
        if one.arn and "arn" not in one.inputs:
            tags = one.inputs.get("tags") or {}
            if isinstance(tags, list):  # Auto Scaling writes pairs
                tags = {tag["key"]: tag["value"] for tag in tags}
            for key, value in tags.items():
                self._context[one.arn][f"aws:ResourceTag/{key}"] = value

    def _alias(self, one: Applied) -> None:
        if one.resource.type != "aws:kms/alias:Alias":
            return
        target = self._arns.get(("kms", str(one.inputs["targetKeyId"])))
        if target is None:
            self._note(one.resource.name, "an alias of a key that is in none of the plans")
            return
        known = self._context[target].get("kms:ResourceAliases", [])
        aliases = sorted([*(known if isinstance(known, list) else []), str(one.outputs["name"])])
        self._context[target]["kms:ResourceAliases"] = aliases

    def _endpoint(self, one: Applied) -> None:
        kind, name = one.resource.type, one.resource.name
        if kind == "aws:ec2/vpcEndpoint:VpcEndpoint":
            service = str(one.inputs.get("serviceName", "")).split(".", 3)[-1]
            given = one.inputs.get("policy")
            own = self._document(one, "policy", name, "endpoint") if given else None
            self._endpoints[one.id] = Endpoint(service, own, str(one.inputs.get("vpcId", "")))
        elif kind == "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy":
            identifier = str(one.inputs["vpcEndpointId"])
            found = self._document(one, "policy", name, "endpoint")
            if identifier in self._endpoints:
                self._endpoints[identifier] = replace(self._endpoints[identifier], policy=found)
            else:
                self._note(name, f"a policy of {identifier}, which is in none of the plans")

    # -- identities --------------------------------------------------------------------------

    def _managed_policy(self, one: Applied) -> None:
        if one.resource.type == "aws:iam/policy:Policy" and not one.resource.read:
            self._managed[one.arn] = self._document(one, "policy", one.resource.name, "managed")

    def _policy_of(self, arn: str, role: str) -> tuple[Policy, ...]:
        """The managed policy, or none and a note that the role's rights aren't all known."""
        found = self._managed.get(arn)
        if found is None and ":iam::aws:policy/" in arn:
            found = aws_managed(arn)
        if found is None:
            self._note(role, f"{arn} is not known")
        return (found,) if found else ()

    def _attachments(self, one: Applied) -> None:
        kind, name = one.resource.type, one.resource.name
        if kind == "aws:iam/rolePolicy:RolePolicy":
            role = last(one.inputs["role"])
            self._attached[role].append(self._document(one, "policy", name, "identity"))
        elif kind == "aws:iam/rolePolicyAttachment:RolePolicyAttachment":
            role = last(one.inputs["role"])
            self._attached[role].extend(self._policy_of(one.inputs["policyArn"], role))
        elif kind == "aws:iam/policyAttachment:PolicyAttachment":
            for given in one.inputs.get("roles") or []:
                role = last(given)
                self._attached[role].extend(self._policy_of(one.inputs["policyArn"], role))

    def _role(self, one: Applied) -> None:
        name = str(one.outputs["name"])
        if one.resource.read:
            self._note(name, "the role is read, so its policies are not known")
        else:
            trust = self._document(one, "assumeRolePolicy", one.resource.name, "trust")
            self._set_policy(one.arn, trust)
        policies = list(self._attached.pop(name, []))
        for place, inline in enumerate(one.inputs.get("inlinePolicies") or []):
            where = f"{one.resource.urn}.inlinePolicies[{place}]"
            if inline.get("policy"):
                document = parsed(inline["policy"], where)
                found = Policy(str(inline.get("name") or where), document)
                self._result.policies.append(("identity", found))
                policies.append(found)
        for arn in one.inputs.get("managedPolicyArns") or []:
            policies.extend(self._policy_of(arn, name))
        boundary = None
        if edge := one.inputs.get("permissionsBoundary"):
            boundary = next(iter(self._policy_of(edge, name)), None)
        self._result.principals[name] = Principal(
            one.arn,
            tags=one.inputs.get("tags") or {},
            identity_policies=tuple(policies),
            boundary=boundary,
        )

    def _pod(self, one: Applied) -> None:
        role = self._result.principals.get(last(one.inputs["roleArn"]))
        namespace, account = one.inputs["namespace"], one.inputs["serviceAccount"]
        pod = f"{namespace}/{account}"
        session_policy = None
        if one.inputs.get("policy"):
            session_policy = self._document(one, "policy", one.resource.name, "session")
        if role is None:
            self._note(pod, f"takes on {one.inputs['roleArn']}, which is in none of the plans")
            return
        if one.inputs.get("targetRoleArn"):
            self._note(pod, "takes on a second role, targetRoleArn")
        if pod in self._result.pods:
            raise EvaluationError(f"two clusters have {pod}: read their plans one by one")
        tags = {
            "eks-cluster-name": str(one.inputs["clusterName"]),
            "kubernetes-namespace": str(namespace),
            "kubernetes-service-account": str(account),
        }
        self._result.pods[pod] = Principal(
            role.arn,
            tags=role.tags,
            identity_policies=role.identity_policies,
            boundary=role.boundary,
            session_policy=session_policy,
            session_tags={} if one.inputs.get("disableSessionTags") else tags,
        )

    # -- what is left ------------------------------------------------------------------------

    def _leftovers(self, one: Applied) -> None:
        """Note what lets somebody in that nothing above has read."""
        for key, value in one.inputs.items():
            where = f"{one.resource.urn}.{key}"
            if where not in self._read and looks_like_policy(value):
                self._note(one.resource.name, f"{key} holds a policy that is not modelled")
        if one.resource.type in _UNREAD:
            self._note(one.resource.name, _UNREAD[one.resource.type])

    def _note(self, name: str, what: str) -> None:
        self._result.unmodelled.setdefault(name, []).append(what)
