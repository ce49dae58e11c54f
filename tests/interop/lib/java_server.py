# SPDX-License-Identifier: Apache-2.0
"""Apache ZooKeeper, for comparison: its run-time jars from Maven Central, and one standalone server.

`jars(release)` fetches what tests/interop/lib/pom.xml names into build/java/RELEASE, once for each content of the pom.
"""
import os
import subprocess
from pathlib import Path

from tests.interop.lib import install
from tests.interop.lib.server_process import ROOT, ServerProcess

RELEASE = "3.9.5"
# The newest patch of each line whose jar and parent pom Maven Central gives: 3.8.7 and 3.9.6 are named there, their parents are not.
RELEASES = ["3.5.10", "3.6.4", "3.7.2", "3.8.6", RELEASE]
JAVA_DIR = ROOT / "build" / "java"
POM = Path(__file__).with_name("pom.xml")


def jars(release=RELEASE):
    """The folder with all jars; its class path is that folder + '/*'."""
    return install.maven(POM, JAVA_DIR / release, **{"zookeeper.version": release})


def class_path(release=RELEASE):
    return str(jars(release) / "*")


def java(*arguments, jvm=(), **keywords):
    """Runs a Java program on the class path of the server: java("org...Main", "arg")."""
    return subprocess.run(["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", *jvm, "-cp",
                           class_path(), *arguments], **keywords)


class JavaServer(ServerProcess):
    kind = "java"
    main_class = "org.apache.zookeeper.server.quorum.QuorumPeerMain"

    def __init__(self, cfg=None, properties=None, folder=None, port=None,
                 jvm=("-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"), log_level="error",
                 release=RELEASE):
        super().__init__(cfg, properties, folder, port)
        self.release = release
        self.jvm = list(jvm)
        self.log_level = os.environ.get("JAVA_LOG_LEVEL", log_level)

    def command(self, cfg_path):
        properties = {"org.slf4j.simpleLogger.defaultLogLevel": self.log_level, **self.properties}
        return (["java", *self.jvm] + ["-D%s=%s" % item for item in properties.items()]
                + ["-cp", class_path(self.release), self.main_class, str(cfg_path)])


class Recovery:
    """Apache ZooKeeper's recovery of a data directory, as a process that is asked (Recover.java)."""

    def __init__(self):
        source = Path(__file__).with_name("Recover.java")
        out = install.CACHE / "recover"
        with install.once(out, source) as missing:
            if missing:
                install.run("javac", "-d", out, "-cp", class_path(), source)
        self.process = subprocess.Popen(
            ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=off",
             "-Dzookeeper.extendedTypesEnabled=true", "-cp", "%s:%s" % (out, class_path()), "Recover"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def summary(self, folder):
        """last_zxid, digest, digest_mismatches and first_mismatch as they are printed; the files may be mended."""
        answer = self.try_summary(folder)
        assert "refused" not in answer, "Java could not recover %s: %s" % (folder, answer)
        return answer

    def try_summary(self, folder):
        """The same, or {"refused": exception}."""
        self.process.stdin.write("%s\n" % folder)
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "Java died of %s" % folder
        return dict(item.split("=") for item in line.split())

    def close(self):
        self.process.stdin.close()
        self.process.wait()
