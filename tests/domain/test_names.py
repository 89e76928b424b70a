from hypothesis import example, given
from hypothesis import strategies as st

from bulkhead.domain.names import EKS_CLUSTER, IAM_ROLE, S3_BUCKET, fit

names = st.text(alphabet="abc-0", min_size=1, max_size=130).map("a{}z".format)
limits = st.sampled_from([IAM_ROLE, S3_BUCKET, EKS_CLUSTER, 20])


def test_the_limits_are_those_of_aws() -> None:
    assert (IAM_ROLE, S3_BUCKET, EKS_CLUSTER) == (64, 63, 100)


@given(names, limits)
@example("a" * 64, 64)
@example("a" * 65, 64)
def test_a_name_fits_and_changes_only_when_it_must(name: str, longest: int) -> None:
    fitted = fit(name, longest)
    assert len(fitted) <= longest
    assert (fitted == name) is (len(name) <= longest)
    assert not fitted.startswith("-")
    assert not fitted.endswith("-")


@given(st.text(alphabet="ab-", min_size=60, max_size=60), st.sets(names, min_size=2, max_size=5))
def test_names_that_differ_only_past_the_cut_stay_apart(start: str, ends: set[str]) -> None:
    assert len({fit(start + end * 5, 40) for end in ends}) == len({start + end * 5 for end in ends})


def test_a_shortened_name_is_the_same_in_every_run() -> None:
    assert fit("prod-regulated-checkpoints-of-a-tenant", 30) == "prod-regulated-checkp-15034c53"
