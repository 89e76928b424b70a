"""``make docs``: writes every page that the code itself tells; ``--check`` names stale ones."""

import sys
from pathlib import Path

from docs import component_pages, key_matrix, network_page, rule_pages

ROOT = Path(__file__).parent.parent


def pages() -> dict[Path, str]:
    """Every generated page by its path below the repository's root."""
    return {
        **component_pages.pages(),
        **key_matrix.pages(),
        **network_page.pages(),
        **rule_pages.pages(),
    }


def stale() -> list[Path]:
    """Pages that are missing, differ from what the code tells, or are of no component."""
    written = pages()
    found = {path.relative_to(ROOT) for path in (ROOT / component_pages.FOLDER).glob("*.md")}
    differing = [
        p
        for p, text in written.items()
        if not (ROOT / p).is_file() or (ROOT / p).read_text("utf-8") != text
    ]
    return sorted([*differing, *(found - written.keys())])


def main() -> None:
    """Write the pages and remove those of components that are gone."""
    if "--check" in sys.argv[1:]:
        sys.exit("\n".join(map(str, stale())))
    written = pages()
    for path in stale():
        if path in written:
            (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / path).write_text(written[path], "utf-8")
        else:
            (ROOT / path).unlink()
        print(path)


if __name__ == "__main__":
    main()
