"""``make docs``: writes every page that the code itself tells; ``--check`` names stale ones.

Words behind it choose: ``reference``, ``keys`` (which takes longest), ``network``, ``pods``,
``rules`` and ``admission``.
"""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from docs import admission_page, component_pages, key_matrix, network_page, pod_matrix, rule_pages

ROOT = Path(__file__).parent.parent


WRITERS = {
    "reference": component_pages.pages,
    "keys": key_matrix.pages,
    "network": network_page.pages,
    "pods": pod_matrix.pages,
    "rules": rule_pages.pages,
    "admission": admission_page.pages,
}


def pages(words: Iterable[str] = WRITERS) -> dict[Path, str]:
    """The generated pages that ``words`` choose, by their paths below the repository's root."""
    return {path: text for word in words for path, text in WRITERS[word]().items()}


def stale(written: Mapping[Path, str]) -> list[Path]:
    """Pages that are missing or differ from ``written``, or are of no component any more."""
    reference = component_pages.FOLDER
    found = {path.relative_to(ROOT) for path in (ROOT / reference).glob("*.md")}
    gone = found - written.keys() if any(path.parent == reference for path in written) else set()
    differing = (
        path
        for path, text in written.items()
        if not (ROOT / path).is_file() or (ROOT / path).read_text("utf-8") != text
    )
    return sorted([*differing, *gone])


def main() -> None:
    """Write the pages and remove those of components that are gone."""
    words = [word for word in sys.argv[1:] if word != "--check"]
    unknown = sorted(set(words) - WRITERS.keys())
    if unknown:
        sys.exit(f"no such pages, got {', '.join(unknown)}; allowed: {', '.join(WRITERS)}")
    written = pages(words or WRITERS)
    if "--check" in sys.argv[1:]:
        sys.exit("\n".join(map(str, stale(written))))
    for path in stale(written):
        if path in written:
            (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / path).write_text(written[path], "utf-8")
        else:
            (ROOT / path).unlink()
        print(path)


if __name__ == "__main__":
    main()
