"""Well-made public stacks of Kubernetes, written anew: what a careful team runs.

Each is a scene of its own; a finding on one is a false alarm of the rule that gives it.
"""

from tests.policies.scenes import Scene
from tests.policies.well_made.controllers import CERTIFICATES, INGRESS_CONTROLLER, OPERATOR
from tests.policies.well_made.models import FINE_TUNING, MODEL_SERVER, NODES
from tests.policies.well_made.monitoring import CHARTS, METRICS

WELL_MADE: dict[str, Scene] = {
    "ingress controller": INGRESS_CONTROLLER,
    "certificates": CERTIFICATES,
    "metrics": METRICS,
    "model server": MODEL_SERVER,
    "fine-tuning": FINE_TUNING,
    "node pools": NODES,
    "operator": OPERATOR,
    "charts": CHARTS,
}
