# SPDX-License-Identifier: Apache-2.0
"""The configurations the two servers are compared in."""
from collections import namedtuple

from tests.interop.oracle import values

# cfg and properties go to both servers; roots are paths the model starts with; setup are requests sent
# first; areas named in `alone` are not pipelined.
Config = namedtuple("Config", "name cfg properties roots setup alone has_super")

COMMON = {"tickTime": 500, "maxSessionTimeout": 600000, "maxClientCnxns": 0, "snapCount": 1000000}
STEADY = {"znode.container.checkIntervalMs": 3600000}
SUPER = {"zookeeper.DigestAuthenticationProvider.superDigest": values.SUPER_DIGEST}
QUOTA_ROOTS = ("/q", "/zookeeper/quota/q")
QUOTA_SETUP = (("create", "/q"), ("create", "/zookeeper/quota/q"),
               ("create", "/zookeeper/quota/q/zookeeper_limits", b"count=5,bytes=40"),
               ("create", "/zookeeper/quota/q/zookeeper_stats", b""))


def _config(name, properties=None, cfg=None, has_super=True, roots=("/a", "/b")):
    setup = tuple(("create", path) for path in ("/a", "/b")) + QUOTA_SETUP
    every = dict(STEADY, **(SUPER if has_super else {}), **(properties or {}))
    return Config(name, dict(COMMON, **(cfg or {})), every, tuple(roots) + QUOTA_ROOTS, setup,
                  ("/q", "/o", "/zookeeper"), has_super)


CONFIGS = {config.name: config for config in (
    _config("default", has_super=False),
    _config("extended", {"zookeeper.extendedTypesEnabled": "true", "zookeeper.enforceQuota": "true"}),
    _config("skipacl", {"zookeeper.skipACL": "yes"}, {"reconfigEnabled": "true"}),
    _config("plain", {"zookeeper.closeSessionTxn.enabled": "false", "zookeeper.digest.enabled": "false"}),
)}
