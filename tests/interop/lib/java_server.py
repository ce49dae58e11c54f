# SPDX-License-Identifier: Apache-2.0
"""Apache ZooKeeper, for comparison: its run-time jars from Maven Central, and one standalone server.

`jars()` fetches what tests/interop/lib/pom.xml names into build/java/lib, once for each content of the pom.
"""
import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from tests.interop.lib.server_process import ROOT, ServerProcess

JAVA_DIR = ROOT / "build" / "java"
POM = Path(__file__).with_name("pom.xml")
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"


def jars():
    """The folder with all jars; its class path is that folder + '/*'."""
    stamp = JAVA_DIR / "pom.sha256"
    want = hashlib.sha256(POM.read_bytes()).hexdigest()
    JAVA_DIR.mkdir(parents=True, exist_ok=True)
    with open(JAVA_DIR / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != want:
            _fetch()
            stamp.write_text(want)
    return JAVA_DIR / "lib"


def _fetch():
    shutil.rmtree(JAVA_DIR / "lib", ignore_errors=True)
    subprocess.run(["mvn", "-q", "-B", "-f", str(POM), COPY, "-DincludeScope=runtime",
                    "-DoutputDirectory=%s" % (JAVA_DIR / "lib")], check=True)


def class_path():
    return str(jars() / "*")


def java(*arguments, jvm=(), **keywords):
    """Runs a Java program on the class path of the server: java("org...Main", "arg")."""
    return subprocess.run(["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", *jvm, "-cp",
                           class_path(), *arguments], **keywords)


class JavaServer(ServerProcess):
    kind = "java"
    main_class = "org.apache.zookeeper.server.quorum.QuorumPeerMain"

    def __init__(self, cfg=None, properties=None, folder=None, port=None,
                 jvm=("-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"), log_level="error"):
        super().__init__(cfg, properties, folder, port)
        self.jvm = list(jvm)
        self.log_level = os.environ.get("JAVA_LOG_LEVEL", log_level)

    def command(self, cfg_path):
        properties = {"org.slf4j.simpleLogger.defaultLogLevel": self.log_level, **self.properties}
        return (["java", *self.jvm] + ["-D%s=%s" % item for item in properties.items()]
                + ["-cp", class_path(), self.main_class, str(cfg_path)])
