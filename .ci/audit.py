"""Audit of what an installation without extras brings: run by the Python that has it, without a network.

It is these packages and no others, under licences that ask for no more than their own text, and every file is the one
that its package was built with. Known vulnerabilities need a network: the workflow asks for them with pip-audit.
"""

from __future__ import annotations

import base64
import hashlib
import re
import sys
from importlib.metadata import Distribution, distributions

EXPECTED = {"klcli", "click", "numpy", "rich", "pyyaml", "markdown-it-py", "mdurl", "pygments"}
INSTALLERS = {"pip", "setuptools"}
PERMISSIVE = re.compile(r"(0BSD|BSD|BSD-[23]-Clause|MIT|Zlib|CC0-1\.0|Apache-2\.0)( License)?")


def main() -> None:
    """Print each package with its licence; exit with what is wrong, if anything is."""
    found = {distribution.name.lower(): distribution for distribution in distributions()}
    packages = {name: each for name, each in sorted(found.items()) if name not in INSTALLERS}
    if packages.keys() != EXPECTED:
        sys.exit(f"audit: packages that should not, or should, be there: {sorted(packages.keys() ^ EXPECTED)}")
    for name, distribution in packages.items():
        licences = licences_of(distribution)
        if not licences or not all(map(PERMISSIVE.fullmatch, licences)):
            sys.exit(f"audit: {name}: licence {licences}")
        if changed := changed_files(distribution):
            sys.exit(f"audit: {name}: files that are not as they were built: {changed}")
        print(f"{name} {distribution.version}: {', '.join(licences)}; {len(distribution.files or ())} files as built")


def licences_of(distribution: Distribution) -> list[str]:
    """The licences that a package names, as an expression or among its classifiers."""
    expression = distribution.metadata.get("License-Expression")
    if expression:
        return re.split(" AND ", expression)
    classifiers = distribution.metadata.get_all("Classifier") or []
    return [each.rpartition(" :: ")[2] for each in classifiers if each.startswith("License :: OSI Approved :: ")]


def changed_files(distribution: Distribution) -> list[str]:
    """The files whose content has another hash than the package's own record says."""
    recorded = [file for file in distribution.files or () if file.hash is not None]
    if not recorded:
        return ["RECORD"]
    return [str(file) for file in recorded if _hash(file.read_binary(), file.hash.mode) != file.hash.value]


def _hash(content: bytes, algorithm: str) -> str:
    return base64.urlsafe_b64encode(hashlib.new(algorithm, content).digest()).rstrip(b"=").decode()


main()
