# SPDX-License-Identifier: Apache-2.0
"""Runs Apache ZooKeeper's own tests of ensembles, from Maven Central, against members that are processes of paddockd.

    python3 -m tests.interop.javaquorum.suite java|java-process|paddock [CLASS ...]

On java the tests run as they are, with all members inside their JVM. Else the classes that Shadow.java in src writes
come first on the class path, and each QuorumPeer is a process: paddockd, or with java-process a JVM with Java's own
server, which shows whether a failure is the bridge's. One JVM per class, one at a time; results are lines `status class
method reason` in build/interop/javaquorum/SERVER.tsv when all of classes.txt were run.
"""
import shutil
import sys
import tempfile
from pathlib import Path

from tests.interop.javasuite import suite as javasuite
from tests.interop.lib import client, install
from tests.interop.lib.paddock_server import binary
from tests.interop.lib.server_process import ROOT

HERE = Path(__file__).parent
BUILD = ROOT / "build" / "interop" / "javaquorum"
PACKAGE = javasuite.PACKAGE
CLASSES = BUILD / "classes"
SHADOW = BUILD / "shadow"
JVM = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
CLASS_LIMIT_S = 900


def classes():
    lines = (HERE / "classes.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def prepare():
    """Fetches the jars, compiles what is in src here and of javasuite, writes the shadows; returns two class paths."""
    lib = install.maven(javasuite.HERE / "pom.xml", javasuite.BUILD / "lib")
    logging = install.maven(HERE / "pom.xml", BUILD / "lib")
    folders = (javasuite.HERE / "src", HERE / "src")
    sources = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    with install.once(CLASSES, *sources) as missing:
        if missing:
            java = [path for path in sources if path.suffix == ".java"]
            install.run("javac", "-nowarn", "-d", CLASSES, "-cp", "%s:%s" % (lib / "*", logging / "*"), *java)
            shutil.copytree(javasuite.HERE / "src" / "META-INF", CLASSES / "META-INF")
    plain = "%s:%s:%s" % (CLASSES, lib / "*", logging / "*")
    with install.once(SHADOW, *sources) as missing:
        if missing:
            SHADOW.mkdir()
            install.run("java", "-cp", plain, "paddock.interop.Shadow", SHADOW)
    return plain, "%s:%s" % (SHADOW, plain)


def server_properties(server, plain):
    """What makes of each member a process of this kind."""
    if server == "paddock":
        return {"paddock.command": binary(), "paddock.binary": binary(),
                "paddock.factory": "paddock.interop.PaddockFactory"}
    if server == "java-process":
        return {"paddock.command": "\n".join(("java", "-Xmx256m") + JVM[1:] + ("-cp", plain)),
                "paddock.main": PACKAGE + "server.quorum.QuorumPeerMain",
                "paddock.factory": "paddock.interop.PaddockFactory"}
    return {}


def run_class(class_paths, name, server):
    """The result lines of one class, `status class method reason`. A JVM over its time counts as one failed line."""
    plain, shadowed = class_paths
    scratch = Path(tempfile.mkdtemp(prefix="javaquorum-", dir="/dev/shm"))
    results = scratch / "results.tsv"
    properties = {
        "build.test.dir": scratch / "tests",
        "java.io.tmpdir": scratch,
        "logback.configurationFile": HERE / "src" / "logback.xml",
        "paddock.results": results,
        "paddock.log": BUILD / ("%s-%s.server.log" % (name, server)),
        "test.junit.threads": 4,
        "zookeeper.junit.threadid": 3,  # Its own range of ports: 1 and 2 are javasuite's.
        "zookeeper.admin.enableServer": "false",
        "zookeeper.DigestAuthenticationProvider.superDigest": javasuite.SUPER,
        "junit.jupiter.execution.timeout.default": "240 s",
        **server_properties(server, plain),
    }
    command = (["java", *JVM] + ["-D%s=%s" % item for item in properties.items()]
               + ["-cp", plain if server == "java" else shadowed, "org.junit.platform.console.ConsoleLauncher",
                  "execute", "--disable-banner", "--details=none", "--select-class", PACKAGE + name])
    Path(properties["paddock.log"]).unlink(missing_ok=True)
    with open(BUILD / ("%s-%s.log" % (name, server)), "wb") as log:
        in_time = client.run_whole(command, CLASS_LIMIT_S, stdout=log, stderr=log, cwd=scratch)
    late = [] if in_time else ["failed\t%s\t(class)\tover %d s" % (PACKAGE + name, CLASS_LIMIT_S)]
    lines = results.read_text().splitlines() if results.exists() else []
    shutil.rmtree(scratch, ignore_errors=True)
    return lines + late or ["failed\t%s\t(class)\tno result" % (PACKAGE + name)]


def run(server, names=None, report=None):
    """All results of the classes as {"Class method": (status, reason)}."""
    class_paths = prepare()
    results = {}
    for name in names or classes():
        lines = run_class(class_paths, name, server)
        for line in lines:
            status, cls, method, reason = (line.split("\t", 3) + [""] * 4)[:4]
            results["%s %s" % (cls.removeprefix(PACKAGE), method)] = (status, reason)
        if report:
            report(name, lines)
    return results


if __name__ == "__main__":
    sys.exit(javasuite.main(run, BUILD))
