"""Servers of models: what they serve was verified first, by who signs models (INF-5)."""

from bulkhead.cluster.admission.images import IMAGES
from bulkhead.cluster.admission.pods import CHANGED, EVERY_POD
from bulkhead.cluster.admission.rule import AdmissionRule, Check, text
from bulkhead.domain.admission import (
    INFERENCE_SERVER,
    MODEL_PATH,
    ROLE_LABEL,
    SIGNER_SUFFIX,
    VERIFY_COMMAND,
)
from bulkhead.domain.labels import PLATFORM

_MODEL = (
    f"(m.mountPath + '/').startsWith({text(MODEL_PATH + '/')}) || variables.spec.?volumes"
    ".orValue([]).exists(v, v.name == m.name && (has(v.image) || has(v.persistentVolumeClaim)))"
)
_PLACE = len(VERIFY_COMMAND)
"""Where the model's path stands on the command line."""

_COVERING = "variables.mounts.filter(p, (variables.key + '/').startsWith(p.mountPath + '/'))"
"""Mounts that decide which file the key is."""

_VARIABLES = (
    (
        "served",
        f"variables.labels[?{text(ROLE_LABEL)}].orValue('') != {text(INFERENCE_SERVER)} ? [] : "
        "variables.spec.containers.map(c, c.?volumeMounts.orValue([])"
        f".filter(m, {_MODEL})).flatten()",
    ),
    (
        "verifier",
        "variables.spec.?initContainers.orValue([]).filter(c, !has(c.restartPolicy) && "
        "c.name == variables.spec.initContainers[0].name)",
    ),
    ("words", "variables.verifier.map(c, c.?command.orValue([])).flatten()"),
    ("mounts", "variables.verifier.map(c, c.?volumeMounts.orValue([])).flatten()"),
    (
        "key",
        "variables.words.filter(w, w.startsWith('--public_key')) == ['--public_key'] && "
        "variables.words.indexOf('--public_key') + 1 < variables.words.size() ? "
        "variables.words[variables.words.indexOf('--public_key') + 1] : ''",
    ),
    (
        "signers",
        "variables.spec.?volumes.orValue([]).filter(v, v.?configMap.?name.orValue('')"
        f".endsWith({text(SIGNER_SUFFIX)})).map(v, v.name)",
    ),
)

VERIFY_MODELS = AdmissionRule(
    name="bulkhead-server-verify-models",
    title="Servers start after their model was verified",
    why="A model that nobody signed answers as its author likes, and may run its author's code.",
    requirements=("POL-2", "INF-5", "MOD-1"),
    frameworks=("ATLAS AML.M0013", "ATLAS AML.M0014", "OWASP LLM03"),
    matches=EVERY_POD,
    conditions=CHANGED,
    variables=(*IMAGES, *_VARIABLES),
    checks=(
        Check(
            f"variables.served.all(m, variables.words.size() > {_PLACE} && "
            f"variables.words[{_PLACE}] == m.mountPath && variables.mounts.exists(p, "
            "p.name == m.name && p.mountPath == m.mountPath && p.?subPath == m.?subPath))",
            "a server reads a model that was not verified; allowed: a first init container that "
            "verifies the same volume at the same path",
            given="variables.served[0].mountPath",
        ),
        Check(
            "variables.served.size() == 0 || variables.verifier.all(c, !has(c.args) && "
            f"c.command.join(' ').startsWith({text(' '.join(VERIFY_COMMAND) + ' ')}) && "
            "!c.command.exists(w, w.startsWith('--ignore') || w.startsWith('--allow')))",
            "a model is not verified whole; allowed: "
            f"{' '.join(VERIFY_COMMAND)}, without --ignore… and --allow…",
        ),
        Check(
            "variables.served.size() == 0 || variables.verifier.all(c, "
            f"variables.registries.exists(r, r.endsWith({text('/' + PLATFORM)}) && "
            "c.?image.orValue('').startsWith(r + '/')))",
            "a model is verified by an image of the tenant's own; allowed: one of the platform's",
        ),
        Check(
            f"variables.served.size() == 0 || ({_COVERING}.size() == 1 && "
            f"{_COVERING}.all(p, p.name in variables.signers) && !variables.key.contains('..'))",
            "a model is verified with a key that its tenant could change; allowed: a config map "
            f"whose name ends with {SIGNER_SUFFIX}",
        ),
    ),
)
"""It can't see weights that a server's image holds or that it fetches; the network keeps it from
fetching any but its tenant's own."""
