# SPDX-License-Identifier: Apache-2.0
"""One ClickHouse server of Debian's package, on free ports, with its files in a scratch folder.

Queries go over HTTP. `TEMPLATE` is the whole configuration: what it does not name keeps ClickHouse's default.
"""
import shutil
import subprocess
import time
import urllib.error
import urllib.request

from tests.interop.lib.server_process import free_port, scratch_folder

TEMPLATE = """<?xml version="1.0"?>
<yandex>
  <logger><level>information</level><log>{folder}/log</log><errorlog>{folder}/errors</errorlog></logger>
  <listen_host>127.0.0.1</listen_host>
  <http_port>{http_port}</http_port>
  <tcp_port>{tcp_port}</tcp_port>
  <interserver_http_port>{peer_port}</interserver_http_port>
  <interserver_http_host>127.0.0.1</interserver_http_host>
  <path>{folder}/data/</path>
  <tmp_path>{folder}/tmp/</tmp_path>
  <users_config>users.xml</users_config>
  <default_profile>default</default_profile>
  <default_database>default</default_database>
  <mark_cache_size>100000000</mark_cache_size>
  <zookeeper>
    <node><host>127.0.0.1</host><port>{keeper_port}</port></node>
    <session_timeout_ms>10000</session_timeout_ms>
  </zookeeper>
  <distributed_ddl><path>/clickhouse/task_queue/ddl</path></distributed_ddl>
</yandex>
"""
USERS = """<?xml version="1.0"?>
<yandex>
  <profiles><default><max_memory_usage>1000000000</max_memory_usage></default></profiles>
  <users><default>
    <password></password><networks><ip>127.0.0.1</ip></networks>
    <profile>default</profile><quota>default</quota>
  </default></users>
  <quotas><default></default></quotas>
</yandex>
"""


class QueryError(Exception):
    """ClickHouse refused a query, or was not there."""


class ClickHouse:
    def __init__(self, keeper_port):
        self.folder = scratch_folder("clickhouse")
        self.http_port = free_port()
        (self.folder / "config.xml").write_text(TEMPLATE.format(
            folder=self.folder, http_port=self.http_port, tcp_port=free_port(), peer_port=free_port(),
            keeper_port=keeper_port))
        (self.folder / "users.xml").write_text(USERS)
        with open(self.folder / "out", "wb") as out:
            self.process = subprocess.Popen(
                ["clickhouse-server", "--config-file=%s" % (self.folder / "config.xml")],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=self.folder)

    def wait_ready(self, limit_s=30.0):
        self.until("SELECT 1", "1", limit_s)
        return self

    def query(self, text, data="", settings="", limit_s=60.0):
        """The answer, without its last line feed."""
        request = urllib.request.Request("http://127.0.0.1:%d/?%s" % (self.http_port, settings),
                                         data=("%s\n%s" % (text, data)).encode())
        try:
            with urllib.request.urlopen(request, timeout=limit_s) as answer:
                return answer.read().decode().rstrip("\n")
        except urllib.error.HTTPError as error:
            raise QueryError(error.read().decode("utf-8", "replace")) from None
        except OSError as error:
            raise QueryError(str(error)) from None

    def until(self, text, want, limit_s=60.0):
        """Repeats a query until it answers `want`."""
        end = time.monotonic() + limit_s
        while True:
            try:
                got = self.query(text)
            except QueryError as error:
                got = str(error)
            if got == want:
                return
            if time.monotonic() > end:
                raise AssertionError("%s: %s, not %s\n%s" % (text, got, want, self.errors()))
            time.sleep(0.1)

    def errors(self):
        path = self.folder / "errors"
        return path.read_text("utf-8", "replace")[-2000:] if path.exists() else ""

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
