# SPDX-License-Identifier: Apache-2.0
"""One client of kazoo that shares nodes with the clients of chaos_load: random requests until its input ends.

    kazoo_load.py SEED NUMBER HOSTS
"""
import logging
import random
import struct
import sys
import threading
import time

from kazoo import exceptions
from kazoo.client import KazooClient
from kazoo.protocol.states import KazooState

CLIENTS_MAX, DATA_MAX = 16, 700
KEYS = ["/s/k%d" % n for n in range(6)]
EPHEMERALS = ["/s/e%d" % n for n in range(3)]


def data_of(value):
    """The bytes that the simulator's clients write for a value."""
    size = 4 + (value * 37 & 0xFFFFFFFF) % (DATA_MAX - 4)
    return struct.pack(">I", value) + bytes((value + at) & 0xFF for at in range(4, size))


class Load:
    def __init__(self, seed, number, hosts):
        self.rng = random.Random(seed * CLIENTS_MAX + number)
        self.value = number
        self.zk = KazooClient(hosts=hosts, timeout=6.0, randomize_hosts=True, connection_retry={"max_tries": -1})
        self.counts = {"ok": 0, "failed": 0, "unknown": 0}

    def new_data(self):
        self.value += CLIENTS_MAX
        return data_of(self.value)

    def write(self):
        path = self.rng.choice(KEYS + EPHEMERALS)
        is_ephemeral = path in EPHEMERALS
        dice = self.rng.random()
        if dice < 0.4:
            self.zk.create(path, self.new_data(), ephemeral=is_ephemeral)
        elif dice < 0.8:
            self.zk.set(path, self.new_data())
        else:
            self.zk.delete(path)

    def sequence(self):
        is_ephemeral = self.rng.random() < 0.5
        made = self.zk.create("/q/e-" if is_ephemeral else "/q/n-", self.new_data(), ephemeral=is_ephemeral,
                              sequence=True)
        if self.rng.random() < 0.7:
            self.zk.delete(made)

    def multi(self):
        transaction = self.zk.transaction()
        for path in self.rng.sample(KEYS, 2):
            transaction.set_data(path, self.new_data())
        transaction.commit()

    def read(self):
        path = self.rng.choice(KEYS + EPHEMERALS)
        watch = self.rng.choice((None, lambda event: None))
        if self.rng.random() < 0.3:
            self.zk.sync("/")
        self.rng.choice((self.zk.get, self.zk.exists))(path, watch)

    def children(self):
        self.zk.get_children(self.rng.choice(("/s", "/q")), include_data=self.rng.random() < 0.5)

    def step(self):
        try:
            self.rng.choice((self.write, self.write, self.write, self.read, self.read, self.children, self.multi,
                             self.sequence))()
            self.counts["ok"] += 1
        except (exceptions.ConnectionLoss, exceptions.SessionExpiredError, exceptions.ConnectionClosedError):
            self.counts["unknown"] += 1
            time.sleep(0.1)
        except exceptions.KazooException:
            self.counts["failed"] += 1

    def run(self):
        ended = threading.Event()
        threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
        self.zk.start(timeout=60)
        while not ended.is_set():
            if self.zk.state == KazooState.CONNECTED:
                self.step()
            time.sleep(0.01 + self.rng.random() * 0.04)
        self.zk.stop()
        print(" ".join("%s=%d" % item for item in self.counts.items()))


if __name__ == "__main__":
    logging.basicConfig(level=logging.CRITICAL)
    Load(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]).run()
