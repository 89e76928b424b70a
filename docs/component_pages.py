"""The reference of the components, written from their own docstrings."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import griffe

COMPONENTS = Path(__file__).parent.parent / "components"
FOLDER = Path("docs/reference")
TYPES = "arguments.md"
"""Page of the mappings that components take inside their arguments."""

ROOMS = {
    "foundation": "Keys, network, identities, stores and audit: what contains a breach",
    "cluster": "EKS clusters, their nodes, and what they offer pods",
    "workloads": "What a tenant has in a cluster",
    "governance": "Models, datasets, budgets and quarantine",
    "observability": "Logs, metrics and costs",
    "patterns": "Isolation patterns, composed of the rooms above",
}
"""The rooms of components, each standing on those before it."""

ROLE = re.compile(r"``(.+?)``")


@dataclass(frozen=True)
class Component:
    """A component's class and that of its arguments, as they stand in the source."""

    kind: griffe.Class
    arguments: griffe.Class

    @property
    def room(self) -> str:
        """The package that it belongs to."""
        return self.kind.path.split(".")[1]

    @property
    def example(self) -> str:
        """The program under ``Example:`` in its docstring, empty where there is none."""
        for section in _sections(self.kind):
            admonition = isinstance(section, griffe.DocstringSectionAdmonition)
            if admonition and section.value.kind == "example":
                return f"{section.value.contents.rstrip()}\n"
        return ""

    @property
    def outputs(self) -> list[griffe.Attribute]:
        """What it exports: its documented attributes."""
        return [each for each in _attributes(self.kind) if each.docstring]


def components() -> dict[str, Component]:
    """Every public component by its name."""
    package = griffe.load(
        "bulkhead",
        search_paths=[COMPONENTS],
        allow_inspection=False,
        docstring_parser=griffe.Parser.google,
    )
    names = sorted(name for name in package.members if f"{name}Args" in package.members)
    return {
        name: Component(_class(package[name]), _class(package[f"{name}Args"])) for name in names
    }


def pages() -> dict[Path, str]:
    """Every page of the reference by its path below the repository's root."""
    found = components()
    shared: dict[str, griffe.Class] = {}
    for each in found.values():
        _collect(each.arguments, shared)
    written = {FOLDER / f"{name}.md": _page(name, each, shared) for name, each in found.items()}
    written[FOLDER / TYPES] = _types_page(shared)
    written[FOLDER / "README.md"] = _index(found)
    return written


def _collect(holder: griffe.Class, found: dict[str, griffe.Class]) -> None:
    """Add the mappings of this library that the fields of ``holder`` take, and theirs."""
    for field in _attributes(holder):
        for kind in _types_of(field):
            if kind.name not in found:
                found[kind.name] = kind
                _collect(kind, found)


def _types_of(field: griffe.Attribute) -> Iterator[griffe.Class]:
    annotation = field.annotation
    for part in annotation.iterate(flat=True) if isinstance(annotation, griffe.Expr) else ():
        if not isinstance(part, griffe.ExprName) or not part.name.endswith("Args"):
            continue
        path = part.canonical_path
        if path.startswith("bulkhead."):
            yield _class(field.modules_collection[path])


def _class(found: griffe.Object | griffe.Alias) -> griffe.Class:
    """The class behind a name that may be an import of it."""
    while isinstance(found, griffe.Alias):
        found = found.target
    assert isinstance(found, griffe.Class), found.path  # noqa: S101
    return found


def _attributes(kind: griffe.Class) -> list[griffe.Attribute]:
    return [
        member
        for member in kind.all_members.values()
        if isinstance(member, griffe.Attribute) and not member.name.startswith("_")
    ]


def _sections(kind: griffe.Object) -> list[griffe.DocstringSection]:
    return kind.docstring.parsed if kind.docstring else []


def _prose(kind: griffe.Object) -> str:
    texts = [s.value for s in _sections(kind) if isinstance(s, griffe.DocstringSectionText)]
    return "\n\n".join(_flow(paragraph) for text in texts for paragraph in text.split("\n\n"))


def _told(field: griffe.Attribute) -> str:
    return _flow(field.docstring.value) if field.docstring else ""


def _flow(text: str) -> str:
    """A paragraph on one line, with Markdown's code marks."""
    return ROLE.sub(r"`\1`", " ".join(text.split()))


def _page(name: str, component: Component, shared: dict[str, griffe.Class]) -> str:
    module = component.kind.module.path
    parts = [
        f"# {name}",
        _prose(component.kind),
        f"`from bulkhead import {name}` · token `bulkhead:index:{name}` · module `{module}`",
    ]
    if component.example:
        parts += ["## Example", f"```python\n{component.example}```"]
    parts += ["## Arguments", _table(component.arguments, shared)]
    if component.outputs:
        rows = [(f"`{o.name}`", _type(o, shared), _told(o)) for o in component.outputs]
        parts += ["## Outputs", _rows(("output", "type", "what it is"), rows)]
    if refusals := _refusals(component.kind):
        parts += ["## Refused", "\n".join(f"- {refusal}" for refusal in refusals)]
    return _file(parts)


def _refusals(kind: griffe.Class) -> list[str]:
    if "__init__" not in kind.members:
        return []
    return [
        f"`{raised.annotation}`: {_flow(raised.description)}"
        for section in _sections(kind["__init__"])
        if isinstance(section, griffe.DocstringSectionRaises)
        for raised in section.value
    ]


def _types_page(shared: dict[str, griffe.Class]) -> str:
    parts = ["# Arguments inside arguments"]
    for name, kind in sorted(shared.items()):
        parts += [f"## {name}", _prose(kind), _table(kind, shared)]
    return _file(parts)


def _index(found: dict[str, Component]) -> str:
    parts = [
        "# Components",
        "Written by `make docs` from the docstrings. Every example is previewed with the policies "
        "by the tests.",
    ]
    for room, title in ROOMS.items():
        rows = [
            (f"[{name}]({name}.md)", _prose(each.kind).partition("\n\n")[0])
            for name, each in found.items()
            if each.room == room
        ]
        if rows:
            parts += [f"## {title}", _rows(("component", "what it makes"), rows)]
    return _file(parts)


def _table(kind: griffe.Class, shared: dict[str, griffe.Class]) -> str:
    rows = []
    for field in _attributes(kind):
        required = "" if "NotRequired" in str(field.annotation) else "required"
        rows.append((f"`{field.name}`", _type(field, shared), required, _told(field)))
    return _rows(("argument", "type", "", "what it is"), rows)


def _type(field: griffe.Attribute, shared: dict[str, griffe.Class]) -> str:
    """A field's type without what makes it optional, linked where a page explains it."""
    text = str(field.annotation).replace("pulumi.", "").removeprefix("NotRequired[")
    if "NotRequired" in str(field.annotation):
        text = text.removesuffix("]")
    text = f"`{text.removesuffix(' | None')}`".replace("|", "\\|")
    linked = [kind.name for kind in _types_of(field) if kind.name in shared]
    return text + "".join(f" [↗]({TYPES}#{name.lower()})" for name in linked)


def _rows(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [headings, tuple("---" for _ in headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _file(parts: list[str]) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"
