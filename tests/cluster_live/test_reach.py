"""Which pods reach what, computed by cyclonus from the policies that are rendered (ISO-2, ISO-11,
INF-2, TRN-1).

It is what ``docs/pod-matrix.md`` tells, and nothing else. Taking away any policy changes it.
"""

from collections.abc import Callable, Iterable, Iterator

import pytest

from bulkhead.preview.plan import Plan
from docs.pod_flows import PODS
from tests.cluster_live.analysis import allowed, selectors
from tests.cluster_live.compartments import Manifest
from tests.cluster_live.networks import (
    UNNAMED,
    End,
    Question,
    cluster,
    documented,
    namespaces,
    policies,
    questions,
    rendered,
)
from tests.cluster_live.programs import COMPONENTS, ENVIRONMENTS, EXAMPLES, PATTERNS, plans
from tests.cluster_live.shapes import Shape, pods, shapes
from tests.control_plane.builds import build
from tests.installation import UnavailableError, teller, unavailable

Ask = Callable[[Iterable[Manifest], list[Question]], set[Question]]


@pytest.fixture(scope="module")
def made() -> list[Manifest]:
    return list(policies(rendered()))


@pytest.fixture(scope="module")
def ask(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Which of some questions policies answer with yes."""
    try:
        cyclonus = build("cyclonus", teller(request.config)) / "cyclonus"
    except UnavailableError as error:
        unavailable(error)
    folder = tmp_path_factory.mktemp("cyclonus")
    return lambda wanted, asked: allowed(cyclonus, folder, wanted, namespaces(), asked)


def test_cyclonus_reads_the_selectors_as_kubernetes_does(made: list[Manifest]) -> None:
    """Kubernetes takes a missing label for one that is not in a list; cyclonus does not."""
    for selector in selectors(made):
        found = {(each["key"], each["operator"]) for each in selector.get("matchExpressions", [])}
        assert {(key, "Exists") for key, operator in found if operator == "NotIn"} <= found


def test_pods_reach_what_the_documentation_says_and_nothing_else(
    made: list[Manifest], ask: Ask
) -> None:
    asked = questions(made)
    found, told = ask(made, asked), documented(asked)
    assert sorted(map(str, found - told)) == []
    assert sorted(map(str, told - found)) == []


def test_without_any_one_policy_or_rule_the_matrix_is_another(
    made: list[Manifest], ask: Ask
) -> None:
    asked = questions(made)
    told = documented(asked)
    # What was closed opens on any port, and what was open closes on its own.
    telling = [each for each in asked if each in told or each.port == min(UNNAMED)]
    unnoticed = []
    for policy in made:
        near = [each for each in telling if selected(policy, each.source, each.target)]
        others = [each for each in made if each is not policy]
        for what, rest in lessened(policy):
            if ask([*others, *rest], near) == told.intersection(near):
                unnoticed.append(what)
    assert len({name(each) for each in made}) == len(made) > 50
    assert unnoticed == []


def lessened(policy: Manifest) -> Iterator[tuple[str, list[Manifest]]]:
    """What may be taken away, and what is left of the policy."""
    yield name(policy), []
    for way in ("ingress", "egress"):
        rules = policy["spec"].get(way) or []
        for number, _ in enumerate(rules):
            rest = [*rules[:number], *rules[number + 1 :]]
            spec = {**policy["spec"], way: rest}
            yield f"{name(policy)} {way}[{number}]", [{**policy, "spec": spec}]


def selected(policy: Manifest, *found: End) -> bool:
    """Whether a policy may be about one of the ends."""
    labels = policy["spec"]["podSelector"].get("matchLabels") or {}
    return any(
        end.namespace == policy["metadata"]["namespace"] and labels.items() <= set(end.labels)
        for end in found
    )


def name(policy: Manifest) -> str:
    return f"{policy['metadata']['namespace']}/{policy['metadata']['name']}"


@pytest.fixture(scope="module")
def computed() -> set[Shape]:
    """What the policies say of which the matrix is computed."""
    return shapes(cluster())


@pytest.fixture(scope="module", params=[*ENVIRONMENTS, *EXAMPLES, *COMPONENTS, *PATTERNS])
def program(request: pytest.FixtureRequest) -> tuple[Plan, ...]:
    return plans(request.param)


def test_no_program_renders_a_policy_that_the_matrix_leaves_out(
    computed: set[Shape], program: tuple[Plan, ...]
) -> None:
    assert sorted(shapes(program) - computed) == []


def test_pods_that_a_program_makes_are_of_a_kind(program: tuple[Plan, ...]) -> None:
    kinds = [kind for kind in PODS if kind.labels]
    assert [
        (where, labels)
        for where, labels in pods(program)
        if where in {kind.namespace for kind in kinds}
        if not any(where == kind.namespace and {*kind.labels} <= labels.items() for kind in kinds)
    ] == []
