"""Which pods hold a token of the Kubernetes API, and in whose name."""

from collections.abc import Set

from bulkhead_policies.findings import Findings, StopError, each
from bulkhead_policies.pods import CONTROLLERS, SANDBOXES, WHOLE_PODS, pods
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule, stack_rule
from bulkhead_policies.selectors import Place, by_place, place
from bulkhead_policies.stack import Stack
from bulkhead_policies.tokens import ROLE_BINDINGS, SERVICE_ACCOUNTS
from bulkhead_policies.view import View

Account = tuple[Place, str]
DEFAULT = "default"


@stack_rule(
    "bulkhead-pod-withhold-token",
    types=CONTROLLERS - SANDBOXES,
    severity=Severity.MEDIUM,
    requirements=("ISO-3", "IAM-1"),
    frameworks=("CIS EKS 4.1.6",),
    title="Pods mount no token of the Kubernetes API that they don't use",
    why="Whoever takes over a model server finds the token in its files, and asks the API server "
    "who else is there.",
    remediation="Set automountServiceAccountToken to false on the pod or its service account; "
    "where the pod does use the API, bind a role to its account in the same stack.",
)
def token_withheld(resource: Resource, stack: Stack) -> Findings:
    """Judge pods as they or their service account say; an account with a role needs its token."""
    yield from each(pods(resource), lambda spec: _mounts_no_token(spec, resource, stack))


def _mounts_no_token(spec: View, resource: Resource, stack: Stack) -> Findings:
    flag = spec["automountServiceAccountToken"]
    if not flag.flag(default=True):
        return
    account = place(resource, stack), _account(spec)
    mounted = flag.is_set or account not in stack.once(_without_token)
    if mounted and account not in stack.once(_with_role):
        yield flag.refuse("a token is mounted that no role makes useful", allowed="false")


@stack_rule(
    "bulkhead-serviceaccount-withhold-token",
    types=SERVICE_ACCOUNTS,
    severity=Severity.LOW,
    requirements=("ISO-3", "IAM-1"),
    frameworks=("CIS EKS 4.1.6",),
    title="Service accounts hand out no token by default",
    why="Every pod of the account, also one that is made past every preview, gets the token.",
    remediation="Set automountServiceAccountToken to false, and to true on the pods that use it.",
)
def default_token_withheld(account: Resource, stack: Stack) -> Findings:
    """Judge accounts to which the stack binds no role."""
    flag = account.props["automountServiceAccountToken"]
    name = account.props.at("metadata", "name")
    if flag.flag(default=True) and not (
        name.is_set and (place(account, stack), name.text()) in stack.once(_with_role)
    ):
        yield flag.refuse("a token is handed to every pod", allowed="false")


@resource_rule(
    "bulkhead-pod-name-account",
    types=WHOLE_PODS,
    severity=Severity.LOW,
    requirements=("IAM-1", "ISO-2"),
    frameworks=("CIS EKS 4.1.5", "CIS EKS 5.2.1"),
    title="Pods run in the name of a service account of their own",
    why="What is granted to the default account, in Kubernetes or in AWS, every pod of the "
    "namespace has.",
    remediation="Make a ServiceAccount for the workload and name it in serviceAccountName.",
)
def account_named(resource: Resource) -> Findings:
    """Judge the account of every pod; a name that is not known yet is a name."""
    yield from each(pods(resource), _has_account)


def _has_account(spec: View) -> Findings:
    name = spec["serviceAccountName"]
    told_later = spec.holds("serviceAccountName") and name.is_unknown
    if not told_later and _account(spec) == DEFAULT:
        yield name.refuse("the default service account", allowed="one of the workload's own")


def _account(spec: View) -> str:
    """The service account of a pod; ``serviceAccount`` is the former spelling."""
    return spec["serviceAccountName"].text() or spec["serviceAccount"].text() or DEFAULT


def _without_token(stack: Stack) -> Set[Account]:
    """Service accounts that say that their token is not mounted."""
    return {
        (where, name.text() or "")
        for where, accounts in by_place(stack, SERVICE_ACCOUNTS).items()
        for account in accounts
        if (name := account.props.at("metadata", "name")).is_text
        and _says_no(account.props["automountServiceAccountToken"])
    }


def _says_no(flag: View) -> bool:
    try:
        return not flag.flag(default=True)
    except StopError:
        return False


def _with_role(stack: Stack) -> Set[Account]:
    """Service accounts to which a role is bound."""
    found: set[Account] = set()
    for binding in stack.of_types(ROLE_BINDINGS):
        try:
            for subject in binding.props["subjects"].items():
                if subject["kind"].text() == "ServiceAccount":
                    named = subject["namespace"].text() or place(binding, stack)[1]
                    found.add(((binding.provider_urn, named), subject["name"].text() or ""))
        except StopError:
            continue
    return found
