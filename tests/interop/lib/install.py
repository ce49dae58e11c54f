# SPDX-License-Identifier: Apache-2.0
"""What the interop tests need from elsewhere, each fetched by name from its registry and kept under build/interop.

Every function returns the folder or interpreter to use, and does nothing when it is there already for the same
input. A registry that cannot be reached raises: a missing client is a failed test, not a skipped one.
"""
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from tests.interop.lib.server_process import ROOT

CACHE = ROOT / "build" / "interop"
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
FETCH_LIMIT_S = 600


@contextmanager
def once(folder, *inputs):
    """Yields True when `folder` must be filled; it counts as filled if the block ends without an exception."""
    folder = Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    stamp = folder.with_name(folder.name + ".sha256")
    want = hashlib.sha256(b"\0".join(map(_bytes, inputs))).hexdigest()
    with open(folder.with_name(folder.name + ".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        missing = not folder.exists() or not stamp.exists() or stamp.read_text() != want
        if missing:
            shutil.rmtree(folder, ignore_errors=True)
        yield missing
        if missing:
            stamp.write_text(want)


def _bytes(value):
    return value.read_bytes() if isinstance(value, Path) else str(value).encode()


def run(*command, **keywords):
    """A step of an installation: bounded, and its output shown only if it fails."""
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=FETCH_LIMIT_S, **keywords)
    if done.returncode != 0:
        tail = done.stdout.decode("utf-8", "replace")[-3000:]
        raise RuntimeError("%s ended with %d:\n%s" % (command[0], done.returncode, tail))
    return done.stdout.decode("utf-8", "replace")


def maven(pom, folder, **properties):
    """The jars that `pom` names with these properties, and what they need at run time, in `folder`."""
    defines = ["-D%s=%s" % item for item in properties.items()]
    with once(folder, pom, *defines) as missing:
        if missing:
            run("mvn", "-q", "-B", "-f", pom, COPY, "-DincludeScope=runtime", "-DoutputDirectory=%s" % folder,
                *defines)
    return folder


def java(name, pom, *sources):
    """The class path of the programs in `sources`, compiled into build/interop/java/`name` over the jars of `pom`."""
    lib, classes = maven(pom, CACHE / "java" / "lib"), CACHE / "java" / name
    with once(classes, *sources) as missing:
        if missing:
            run("javac", "-d", classes, "-cp", lib / "*", *sources)
    return "%s:%s/*" % (classes, lib)


def venv(name, *packages):
    """The interpreter of a virtual environment with these packages of PyPI."""
    folder = CACHE / name
    with once(folder, *packages) as missing:
        if missing:
            if importlib.util.find_spec("ensurepip") is None:
                apt("python3-venv")  # Debian's python3 comes without.
            run(sys.executable, "-m", "venv", folder)
            run(folder / "bin" / "pip", "install", "-q", "--disable-pip-version-check", *packages)
    return folder / "bin" / "python"


def npm(package_json, folder):
    """A folder with `package_json` and its node_modules."""
    with once(folder, package_json) as missing:
        if missing:
            folder.mkdir(parents=True)
            shutil.copy(package_json, folder)
            run("npm", "install", "--no-audit", "--no-fund", "--loglevel=error", cwd=folder)
    return folder


def apt(*packages):
    """Debian packages: installed if they are not, by root or sudo."""
    missing = [name for name in packages if not _is_installed(name)]
    if missing:
        environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        command = ([] if os.geteuid() == 0 else ["sudo"]) + ["apt-get", "-o", "DPkg::Lock::Timeout=300"]
        run(*command, "update", env=environment)
        run(*command, "install", "-y", "--no-install-recommends", *missing, env=environment)


def _is_installed(package):
    query = subprocess.run(["dpkg-query", "-W", "-f", "${Status}", package], capture_output=True)
    return query.stdout.strip() == b"install ok installed"
