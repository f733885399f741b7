"""The read-only part of what a job sees: the interpreter, its libraries and the profile's packages.

Everything is shown at a path of the sandbox's own. The project, its virtual environment as a
whole, homes and `/etc` are never among it, wherever the interpreter lies.
"""

from __future__ import annotations

import re
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.util import cache_from_source
from pathlib import Path

from autonomy.core.sandbox import Profile
from autonomy.tools.python_sandbox.fonts import font_list
from autonomy.tools.python_sandbox.plan import PACKAGES, PYTHON, Bind

_TESTS = ("pytest",)
DISTRIBUTIONS: dict[Profile, tuple[str, ...]] = {
    Profile.REPAIR: (*_TESTS, "pydantic", "pyyaml", "jsonschema"),
    Profile.ANALYSIS: (*_TESTS, "numpy", "pandas", "matplotlib", "openpyxl"),
}
"""What each profile can import, with all that these need."""

_LOADERS = ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1")
_VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"
INTERPRETER = f"{PYTHON}/bin/python3"


@dataclass(frozen=True, slots=True)
class Environment:
    binds: tuple[Bind, ...]
    hidden: tuple[str, ...]
    """Folders within them that must be empty."""
    links: tuple[tuple[str, str], ...]
    """Symbolic links, as (what it says, where)."""


@cache
def environment(profile: Profile) -> Environment:
    """What jobs of `profile` see in this installation."""
    stdlib = Path(sysconfig.get_path("stdlib")).resolve()
    inside = f"{PYTHON}/{sys.platlibdir}/{_VERSION}"
    hidden = tuple(
        f"{inside}/{name}"
        for name in ("site-packages", "dist-packages")
        if (stdlib / name).is_dir()
    )
    binds = [
        Bind(sys.executable, INTERPRETER),
        Bind(str(stdlib), inside),
        *_shared_interpreter(),
        *_system_libraries(),
        *_packages(profile),
    ]
    links = [("work/.tmp", "/tmp")]  # noqa: S108 - inside
    links += [(f"usr{top}", top) for top in ("/lib", "/lib64") if Path(top).is_symlink()]
    # Links would lead elsewhere once the root is another.
    real = tuple(Bind(str(Path(bind.source).resolve()), bind.target) for bind in binds)
    return Environment(real, hidden, tuple(links))


def _shared_interpreter() -> Iterator[Bind]:
    """The interpreter as a library, where it is built so."""
    folder = Path(sysconfig.get_config_var("LIBDIR") or "")
    for name in {sysconfig.get_config_var("INSTSONAME"), sysconfig.get_config_var("LDLIBRARY")}:
        if name and ".so" in name and (folder / name).is_file():
            yield Bind(str(folder / name), f"{PYTHON}/lib/{name}")


def _system_libraries() -> Iterator[Bind]:
    """The C library and its like: of this machine's kind only, where the system sorts them so."""
    own = Path("/usr/lib") / (sysconfig.get_config_var("MULTIARCH") or "")
    merged = Path("/lib").is_symlink()
    if own != Path("/usr/lib") and own.is_dir() and merged:
        yield Bind(str(own), str(own))
        for loader in _LOADERS:
            if Path(loader).exists():
                yield Bind(loader, f"/usr{loader}")
    else:
        tops = ("/usr/lib", "/usr/lib64") if merged else ("/lib", "/lib64", "/usr/lib")
        yield from (Bind(top, top) for top in tops if Path(top).is_dir())
    if Path("/etc/ld.so.cache").is_file():
        yield Bind("/etc/ld.so.cache", "/etc/ld.so.cache")


def _packages(profile: Profile) -> Iterator[Bind]:
    shown = set()
    for found in _with_needs(DISTRIBUTIONS[profile]):
        for file in found.files or ():
            top = file.parts[0]
            if top in ("..", "__pycache__") or top in shown:
                continue
            shown.add(top)
            source = Path(str(found.locate_file(top)))
            if source.exists():
                yield Bind(str(source), f"{PACKAGES}/{top}")
                yield from _compiled(source)
    fonts = font_list()
    if fonts is not None and "matplotlib" in shown:
        yield fonts


def _compiled(source: Path) -> Iterator[Bind]:
    """The bytecode of a module that is no package, which lies beside that of all others."""
    if source.suffix == ".py":
        made = Path(cache_from_source(str(source)))
        if made.is_file():
            yield Bind(str(made), f"{PACKAGES}/__pycache__/{made.name}")


def missing(profile: Profile) -> list[str]:
    """Distributions of `profile` that are not installed here."""
    return [name for name in DISTRIBUTIONS[profile] if _installed(name) is None]


def _with_needs(names: tuple[str, ...]) -> list[Distribution]:
    found: dict[str, Distribution] = {}
    waiting = list(names)
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        here = None if name in found else _installed(name)
        if here is not None:
            found[name] = here
            wanted = [need for need in here.requires or () if "extra ==" not in need]
            waiting += [re.split(r"[^\w.-]", need, maxsplit=1)[0] for need in wanted]
    return list(found.values())


def _installed(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None
