"""The public address of the repository: it stands in ``_config.yml`` and follows here.

``python -m tutor address https://github.com/ORG/REPO [https://SITE/]`` writes a new one
there and into every file that has to repeat it: the citation, the package's metadata,
the README, the set-up cells of the chapters. A test finds it nowhere else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlparse

from tutor.house.setup import ROOT, HouseError

REPEATED = (
    "_config.yml",
    "README.md",
    "CITATION.cff",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "pyproject.toml",
    "book/intro.md",
    "book/source/*.md",
    "book/source/*/*.md",
    "book/*/*.ipynb",
)


@dataclass(frozen=True)
class Address:
    """Where the repository and the website are to be found."""

    repository: str
    site: str

    @property
    def path(self) -> str:
        """``/ORG/REPO``, as it also stands in the addresses of Colab."""
        return urlparse(self.repository).path


def current(root: Path = ROOT) -> Address:
    """Read the address from ``_config.yml``, without a YAML library."""
    text = (root / "_config.yml").read_text(encoding="utf-8")
    found = [
        re.search(rf"^  {key}: *(\S+)", text, re.MULTILINE)
        for key in ("url", "baseurl")
    ]
    if found[0] is None or found[1] is None:
        raise HouseError("_config.yml names no repository.url or no html.baseurl")
    return Address(found[0][1], found[1][1])


def checked(repository: str, site: str = "") -> Address:
    """Return a valid address; the site is that of GitHub Pages unless it is given."""
    url = urlparse(repository.removesuffix("/").removesuffix(".git"))
    parts = url.path.strip("/").split("/")
    named = len(parts) == 2 and all(re.fullmatch(r"[\w.-]+", p) for p in parts)
    if url.scheme != "https" or url.netloc != "github.com" or not named:
        raise HouseError(
            f"{repository!r} is not of the form https://github.com/ORG/REPO"
            " (Colab opens notebooks of GitHub only)"
        )
    pages = f"https://{parts[0].lower()}.github.io/{parts[1]}/"
    page = urlparse(site or pages)
    if page.scheme != "https" or not page.netloc or page.query or page.fragment:
        raise HouseError(f"the site {site!r} is not of the form https://HOST/PATH/")
    path = page.path.strip("/")
    home = f"https://{page.netloc}/" + (f"{path}/" if path else "")
    return Address(f"https://github.com/{'/'.join(parts)}", home)


def files(root: Path = ROOT) -> list[Path]:
    """Return the files that repeat the address or may do so."""
    return sorted(path for pattern in REPEATED for path in root.glob(pattern))


def spread(new: Address, root: Path = ROOT) -> list[Path]:
    """Replace the address everywhere; return the files that changed."""
    old = current(root)
    changed = []
    for path in files(root):
        text = path.read_bytes().decode("utf-8")
        after = text.replace(old.path, new.path).replace(old.site, new.site)
        if after != text:
            path.write_bytes(after.encode("utf-8"))
            changed.append(path)
    return changed


def main(repository: str = "", site: str = "") -> int:
    """Write a new address everywhere, or say which one stands there now."""
    if not repository:
        now = current()
        print(f"repository {now.repository}\nsite       {now.site}")
        return 0
    for path in spread(checked(repository, site)):
        print(f"changed {path.relative_to(ROOT)}")
    return 0
