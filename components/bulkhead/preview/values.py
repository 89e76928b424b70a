"""Made-up values of the right shape: templates filled with facts, and values by declared type.

A template is a string with ``{fields}``, or a list or mapping of templates. Fields are the facts
of a resource (its name, account, Region …), its inputs by wire name, and identifiers made from
its type and name: ``{uuid}``, and ``{hex17}``, ``{HEX16}``, ``{alnum6}`` of any length.
"""

import functools
import json
import re
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any

from bulkhead.preview.plan import Secret
from bulkhead.preview.types import RESOURCE, SIGNATURE, Kind, declared, known
from bulkhead.preview.world import World, alphanumeric, hexadecimal, identifier, zone_id

LONG_AGO = "2025-01-01T00:00:00Z"
"""When everything that is assumed to exist was made."""

_DEEPEST = 3
"""How many levels of nested outputs are made up."""

_MADE = re.compile(r"(hex|HEX|alnum|digits)(\d+)")
_ID_PREFIXES = {
    "allocation": "eipalloc",
    "association": "eipassoc",
    "capacityreservation": "cr",
    "dhcpoptions": "dopt",
    "filesystem": "fs",
    "image": "ami",
    "instance": "i",
    "internetgateway": "igw",
    "launchtemplate": "lt",
    "natgateway": "nat",
    "networkacl": "acl",
    "networkinterface": "eni",
    "placementgroup": "pg",
    "prefixlist": "pl",
    "routetable": "rtb",
    "securitygroup": "sg",
    "snapshot": "snap",
    "subnet": "subnet",
    "transitgateway": "tgw",
    "volume": "vol",
    "vpc": "vpc",
    "vpcendpoint": "vpce",
}
_EC2_ID = re.compile(rf"(?i)(?:^|.*[a-z])({'|'.join(_ID_PREFIXES)})Id")

_BY_NAME: Sequence[tuple[re.Pattern[str], str]] = [
    (re.compile(pattern), template)
    for pattern, template in (
        (r"(?i).*region", "{region}"),
        (r"(?i).*policy(Document|Json)?", '{{"Version":"2012-10-17","Statement":[]}}'),
        # What nobody asked for is off, empty, or the service's own.
        (r"(?i).*(prefix|description)|ipv6.*|kmsKey(Id|Arn)|(key|kernel|ramdisk)Id|acl", ""),
        (r"permissionsBoundary|(codeSigningConfig|outpost|signing\w+)Arn", ""),
        (r"path", "/"),
        (r"(enable|enforce)[A-Z].*", "off"),
        (r"version|.*Version", "1"),
        (r"(?i)owner(Id)?|.*account(Id)?|registryId", "{account}"),
        (r"(?i).*availabilityZoneId", "{zoneId}"),
        (r"(?i).*availabilityZone(Name)?", "{zone}"),
        (r"(?i).*arn", "arn:{partition}:{service}:{region}:{account}:{kind}/{name}"),
        (r"(?i)(hosted)?zone(Id)?", "Z{HEX20}"),
        (r".*(At|Date|Time|Till|Before|After|Modified)", LONG_AGO),
        (r"(?i).*(url|endpoint)", "https://{name}.{service}.{region}.{dns}"),
        (r"(?i).*(dnsName|domainName|address|host)", "{name}.{service}.{region}.{dns}"),
        (r"(?i).*public(Ip|Dns)", "203.0.113.10"),
        (r"(?i).*ip", "10.0.0.10"),
        (r"(?i).*cidr(Block)?", "10.0.0.0/16"),
        (r"(?i).*(status|state)", "ACTIVE"),
    )
]
"""What a text output probably holds, by its name; the first that fits counts."""

_DEFAULTS = {
    "groupName": "default",
    "loadBalancerType": "application",
    "path": "/",
    "scope": "REGIONAL",
}
"""What a template takes for an input that isn't given."""


def last_part(path: str) -> str:
    """The last part of a path or an ARN."""
    return re.split("[:/]", path)[-1]


_FORMS: Mapping[str, Callable[[str], str]] = {
    "last": last_part,
    "bare": lambda text: text.removeprefix("https://").strip("/"),
    "waf": lambda text: {"CLOUDFRONT": "global"}.get(text, text.lower()),
}


class _Fact(str):
    """Text that ``{field:last}``, ``{field:bare}`` and ``{field:waf}`` cut to shape.

    The last part of a path or ARN, a URL without scheme, and how an ARN says a WAF scope.
    """

    __slots__ = ()

    def __format__(self, form: str) -> str:
        return _FORMS[form](self) if form in _FORMS else super().__format__(form)


class Facts(dict[str, str]):
    """What is known or can be made up of a resource, by the fields of a template."""

    def __init__(self, token: str, name: str, inputs: Mapping[str, Any], world: World) -> None:
        """Start with the place that ``world`` says and the service and kind of ``token``."""
        module, _, kind = token.split(":")[-2].partition("/")
        zone = world.zones()[0]
        super().__init__(
            account=world.account,
            region=world.region,
            partition=world.partition,
            dns=world.dns_suffix,
            zone=zone,
            zoneId=zone_id(zone),
            service=module,
            kind=re.sub("([A-Z])", lambda found: "-" + found[0].lower(), kind),
            logical=name,
            name=name,
        )
        self._seed = (token, name)
        self._inputs = inputs

    def __getitem__(self, field: str) -> str:
        return _Fact(super().__getitem__(field))

    def __missing__(self, field: str) -> str:
        if field == "uuid":
            return identifier(*self._seed)
        if made := _MADE.fullmatch(field):
            return _identifier(made[1], int(made[2]), self._seed)
        return text(self._inputs.get(field)) or _DEFAULTS.get(field) or f"{self['name']}-{field}"


def _identifier(kind: str, length: int, seed: tuple[str, ...]) -> str:
    if kind == "alnum":
        return alphanumeric(length, *seed)
    if kind == "digits":
        return str(int(hexadecimal(length, *seed), 16)).zfill(length)[:length]
    digits = hexadecimal(length, *seed)
    return digits.upper() if kind == "HEX" else digits


def text(value: Any) -> str | None:
    """A scalar input as text, None if it is unknown, missing or no scalar; a resource is its ID."""
    while isinstance(value, Secret):
        value = value.value
    if isinstance(value, Mapping) and value.get(SIGNATURE) == RESOURCE:
        value = value.get("id")
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    return known(value) if isinstance(value, str) else None


def render(template: Any, facts: Facts) -> Any:
    """Fill a template; what is not text, such as a number, stays."""
    if isinstance(template, str):
        return template.format_map(facts)
    if isinstance(template, Mapping):
        return {key: render(inner, facts) for key, inner in template.items()}
    if isinstance(template, list):
        return [render(inner, facts) for inner in template]
    return template


def made_up(kinds: Sequence[Kind], name: str, facts: Facts, depth: int = 0) -> Any:
    """A value of the first of ``kinds`` for the output ``name``, None if any value would do.

    Text is what its name suggests (an ARN, a date, an address …), else ``<resource>-<name>``; a
    number is 1, a boolean False, a list or map empty, an object made up of its properties.
    """
    if not kinds:
        return None
    kind = kinds[0]
    if kind.family == "object":
        inner = declared(kind.of) if depth < _DEEPEST else {}
        found = {key: made_up(each.kinds, key, facts, depth + 1) for key, each in inner.items()}
        return {key: value for key, value in found.items() if value is not None}
    if kind.family != "class":
        return {"list": [], "map": {}}.get(kind.family) if kind.of is None else kind.of[0]
    if kind.of is str:
        return _template_of(name).format_map(facts)
    if issubclass(kind.of, Enum):
        return next(iter(kind.of)).value
    return {bool: False, int: 1, float: 1.0}.get(kind.of)


@functools.cache
def _template_of(name: str) -> str:
    if found := _EC2_ID.fullmatch(name):
        return f"{_ID_PREFIXES[found[1].lower()]}-0{{hex16}}"
    templates = (template for pattern, template in _BY_NAME if pattern.fullmatch(name))
    return next(templates, f"{{name}}-{name}")
