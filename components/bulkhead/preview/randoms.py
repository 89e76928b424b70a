"""Outputs of the ``random`` package that depend on nothing but the resource's name and inputs."""

import base64
import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from bulkhead.preview.plan import Secret
from bulkhead.preview.values import text
from bulkhead.preview.world import hexadecimal, identifier

_SPECIAL = "!@#$%&*()-_=+[]{}<>:?"
_WORDS = (
    ("brave", "calm", "eager", "fair", "keen", "proud", "quiet", "swift"),
    ("badger", "crane", "heron", "lynx", "marmot", "otter", "raven", "tern"),
)
_LONGEST = 65_536
"""More characters or bytes than any resource of the package can have."""


@dataclass(frozen=True)
class _Draw:
    """Draws that come out the same for the same seed, and a resource's inputs."""

    seed: tuple[str, str]
    inputs: Mapping[str, Any]

    def number(self, name: str, default: int) -> int:
        """A whole-number input, or what stands for it where it is missing or unknown."""
        try:
            return int(float(text(self.inputs.get(name)) or default))
        except (ValueError, OverflowError):
            return default

    def length(self, name: str, default: int) -> int:
        return min(max(self.number(name, default), 0), _LONGEST)

    def allows(self, name: str) -> bool:
        return text(self.inputs.get(name)) != "false"

    def numbers(self) -> Iterator[int]:
        """Endless 32-bit numbers."""
        return (int(hexadecimal(8, *self.seed, str(turn)), 16) for turn in count())

    def raw(self, length: int) -> bytes:
        return bytes.fromhex(hexadecimal(length * 2, *self.seed))

    def shuffled(self, items: Sequence[Any]) -> list[Any]:
        order = self.numbers()
        return [item for _, _, item in sorted((next(order), i, x) for i, x in enumerate(items))]


def random_outputs(
    token: str, name: str, inputs: Mapping[str, Any]
) -> tuple[str, dict[str, Any]] | None:
    """ID and outputs of a resource of ``random``, None for a type that is not known here.

    Lengths, ranges, character classes and prefixes are respected; passwords are ``Secret``.
    Where a length is missing or unknown, it is 16.
    """
    maker = _MAKERS.get(token.rpartition(":")[2])
    if maker is None:
        return None
    found, made = maker(_Draw((token, name), inputs))
    return found, {**inputs, **made}


def _characters(draw: _Draw) -> str:
    special = text(draw.inputs.get("overrideSpecial")) or _SPECIAL
    classes = (
        ("lower", "minLower", string.ascii_lowercase),
        ("upper", "minUpper", string.ascii_uppercase),
        ("special", "minSpecial", special),
        ("numeric", "minNumeric", string.digits),
    )
    allowed = [(least, letters) for flag, least, letters in classes if draw.allows(flag)]
    if not draw.allows("number"):
        allowed = [(least, letters) for least, letters in allowed if letters != string.digits]
    alphabet = "".join(letters for _, letters in allowed) or string.ascii_lowercase
    numbers = draw.numbers()
    length = draw.length("length", 16)
    forced = [
        letters[next(numbers) % len(letters)]
        for least, letters in allowed
        for _ in range(draw.length(least, 0))
    ]
    free = [alphabet[next(numbers) % len(alphabet)] for _ in range(length - len(forced))]
    return "".join(draw.shuffled([*forced, *free])[:length])


def _password(draw: _Draw) -> tuple[str, dict[str, Any]]:
    bcrypt = "$2a$10$" + hexadecimal(53, *draw.seed)
    return "none", {"result": Secret(_characters(draw)), "bcryptHash": Secret(bcrypt)}


def _string(draw: _Draw) -> tuple[str, dict[str, Any]]:
    result = _characters(draw)
    return result, {"result": result}


def _id(draw: _Draw) -> tuple[str, dict[str, Any]]:
    raw = draw.raw(draw.length("byteLength", 16))
    prefix = text(draw.inputs.get("prefix")) or ""
    url = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    return url, {
        "b64Std": prefix + base64.b64encode(raw).decode(),
        "b64Url": prefix + url,
        "dec": f"{prefix}{int.from_bytes(raw)}",
        "hex": prefix + raw.hex(),
    }


def _bytes(draw: _Draw) -> tuple[str, dict[str, Any]]:
    raw = draw.raw(draw.length("length", 16))
    encoded = {"base64": base64.b64encode(raw).decode(), "hex": raw.hex()}
    return encoded["base64"], {key: Secret(value) for key, value in encoded.items()}


def _pet(draw: _Draw) -> tuple[str, dict[str, Any]]:
    adjectives, animals = _WORDS
    picks = draw.numbers()
    length = draw.length("length", 2)
    words = [adjectives[next(picks) % len(adjectives)] for _ in range(length - 1)]
    words += [animals[next(picks) % len(animals)]][:length]
    prefix = text(draw.inputs.get("prefix"))
    separator = text(draw.inputs.get("separator"))
    pet = ("-" if separator is None else separator).join([prefix, *words] if prefix else words)
    return pet, {"length": length, "separator": "-" if separator is None else separator}


def _integer(draw: _Draw) -> tuple[str, dict[str, Any]]:
    least = draw.number("min", 0)
    result = least + next(draw.numbers()) % max(draw.number("max", least) - least + 1, 1)
    return str(result), {"result": result}


def _uuid(draw: _Draw) -> tuple[str, dict[str, Any]]:
    result = identifier(*draw.seed)
    return result, {"result": result}


def _shuffle(draw: _Draw) -> tuple[str, dict[str, Any]]:
    items = draw.inputs.get("inputs")
    shuffled = draw.shuffled(items) if isinstance(items, list) else []
    wanted = draw.length("resultCount", len(shuffled))
    repeats = -(-wanted // len(shuffled)) if shuffled else 0
    return "-", {"results": (shuffled * repeats)[:wanted]}


_MAKERS: Mapping[str, Callable[[_Draw], tuple[str, dict[str, Any]]]] = {
    "RandomBytes": _bytes,
    "RandomId": _id,
    "RandomInteger": _integer,
    "RandomPassword": _password,
    "RandomPet": _pet,
    "RandomShuffle": _shuffle,
    "RandomString": _string,
    "RandomUuid": _uuid,
    "RandomUuid4": _uuid,
    "RandomUuid7": _uuid,
}
