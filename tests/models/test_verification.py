"""What an endpoint's init container runs passes a model as signed, and no other (INF-5)."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.foundation.samples import one
from tests.workloads.endpoints import arguments, endpoint

WEIGHTS, CONFIGURATION = "model-00001-of-00001.safetensors", "config.json"


def pair(folder: Path, name: str) -> tuple[Path, str]:
    """The file of a private key, and its public key as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    private = folder / f"{name}.pem"
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private, public.decode()


class Pod:
    """What an endpoint's first init container sees: the model's volume and the signer's key."""

    def __init__(self, programs: Path, folder: Path, public: str) -> None:
        verification = {**arguments()["verification"], "public_key": public}
        plan = endpoint(verification=verification)
        deployment = one(plan, "kubernetes:apps/v1:Deployment", "llama-v1-*").inputs
        spec = deployment["spec"]["template"]["spec"]
        self._container = spec["initContainers"][0]
        self._programs, self._folder = programs, folder
        signer = one(plan, "kubernetes:core/v1:ConfigMap", "llama-signer*").inputs["data"]
        self._place("signer").mkdir(parents=True)
        for name, text in signer.items():
            (self._place("signer") / name).write_text(text)
        self.model = self._place("model")

    def _place(self, volume: str) -> Path:
        (mount,) = (m for m in self._container["volumeMounts"] if m["name"] == volume)
        return self._folder / str(mount["mountPath"]).lstrip("/")

    def verify(self) -> int:
        """Run the container's command, with its paths below the folder; its exit code."""
        program, *words = self._container["command"]
        here = [str(self._folder / w.lstrip("/")) if w.startswith("/") else w for w in words]
        done = subprocess.run(
            [self._programs / program, *here], capture_output=True, text=True, check=False
        )
        assert done.returncode in (0, 1), done.stderr
        return done.returncode


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    return pair(tmp_path_factory.mktemp("keys"), "signer")


@pytest.fixture(scope="module")
def signed(
    programs: Path, keys: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A model as its builder signs it."""
    model = tmp_path_factory.mktemp("signed") / "model"
    model.mkdir()
    (model / WEIGHTS).write_bytes(bytes(range(256)) * 4096)
    (model / CONFIGURATION).write_text('{"architectures": ["LlamaForCausalLM"]}')
    sign = [programs / "model_signing", "sign", "key", model, "--signature", model / "model.sig"]
    subprocess.run([*sign, "--private_key", keys[0]], check=True, capture_output=True)
    return model


@pytest.fixture
def pod(programs: Path, keys: tuple[Path, str], signed: Path, tmp_path: Path) -> Pod:
    made = Pod(programs, tmp_path, keys[1])
    shutil.copytree(signed, made.model)
    return made


def test_a_model_as_it_was_signed_passes(pod: Pod) -> None:
    assert pod.verify() == 0


def one_byte(model: Path) -> None:
    weights = bytearray((model / WEIGHTS).read_bytes())
    weights[777] ^= 1
    (model / WEIGHTS).write_bytes(weights)


def a_file_more(model: Path) -> None:
    (model / "modeling_llama.py").write_text("print('hello')")


def a_file_less(model: Path) -> None:
    (model / CONFIGURATION).unlink()


def a_link(model: Path) -> None:
    (model / CONFIGURATION).rename(model.parent / "config.json")
    (model / CONFIGURATION).symlink_to(model.parent / "config.json")


def another_signature(model: Path) -> None:
    signature = model / "model.sig"
    signature.write_text(signature.read_text().replace('"payload":"', '"payload":"e30'))


CHANGES: dict[str, Callable[[Path], Any]] = {
    "one byte": one_byte,
    "a file more": a_file_more,
    "a file less": a_file_less,
    "a link out of the model": a_link,
    "another signature": another_signature,
    "no signature": lambda model: (model / "model.sig").write_text("{}"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_model_that_was_changed_does_not_start(pod: Pod, what: str) -> None:
    CHANGES[what](pod.model)
    assert pod.verify() == 1


def test_a_model_that_another_signed_does_not_start(
    programs: Path, signed: Path, tmp_path: Path
) -> None:
    _, public = pair(tmp_path, "other")
    other = Pod(programs, tmp_path, public)
    shutil.copytree(signed, other.model)
    assert other.verify() == 1
