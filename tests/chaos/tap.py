# SPDX-License-Identifier: Apache-2.0
"""Between clients and servers: passes every frame on and writes it down, for `paddock-sim --check` (sim/transcript.h).

Each client has a port for each server, so the tap knows who speaks, and clients choose their servers by themselves. A
request is noted before it is passed on, an answer before the client sees it: the order in the file is the order in time.
"""
import asyncio
import struct
import threading
import time

from tests.chaos.network import address

MAGIC = b"PDKTAP01"
CLIENT_PORT = 2181
CONNECT_S = 2.0


def tap_port(client, server):
    return 20000 + 20 * client + server


class Connection:
    def __init__(self, writer):
        self.writers = [writer]
        self.is_open = True


class Tap:
    """`slack_ms`, `lag_ms`: what the checkers grant real machines."""

    def __init__(self, path, clients, servers, slack_ms, lag_ms):
        self.file = open(path, "wb")
        self.file.write(MAGIC + struct.pack(">qq", slack_ms, lag_ms))
        self.lock = threading.Lock()
        self.answers = [0] * clients
        self.current = {}  # by client: its newest connection
        self.held = {client: 0.0 for client in range(clients)}  # until then nothing passes
        self.loop = asyncio.new_event_loop()
        started = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(clients, servers, started), daemon=True)
        self.thread.start()
        started.wait()

    def run(self, clients, servers, started):
        asyncio.set_event_loop(self.loop)
        for client in range(clients):
            for server in servers:
                self.loop.run_until_complete(asyncio.start_server(
                    lambda r, w, c=client, s=server: self.serve(c, s, r, w), "127.0.0.1", tap_port(client, server)))
        started.set()
        self.loop.run_forever()

    def close(self):
        asyncio.run_coroutine_threadsafe(self.end_all(), self.loop)
        self.thread.join()
        self.file.close()

    async def end_all(self):
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.loop.stop()

    def note(self, kind, client, frame=b""):
        with self.lock:
            self.file.write(struct.pack(">qqiii", time.monotonic_ns(), int(time.time() * 1000), ord(kind), client,
                                        len(frame)) + frame)

    def flush(self):
        """What was noted is in the file."""
        with self.lock:
            self.file.flush()

    def trouble(self):
        self.note("T", -1)

    def hold(self, client, seconds):
        """The client and its server hear nothing of each other for a while."""
        self.held[client] = time.monotonic() + seconds

    # ---- one connection ----

    async def serve(self, client, server, reader, writer):
        older = self.current.get(client)
        if older is not None:
            self.end(client, older)
        connection = self.current[client] = Connection(writer)
        try:
            there = await asyncio.wait_for(asyncio.open_connection(address(server), CLIENT_PORT), CONNECT_S)
            connection.writers.append(there[1])
            if connection.is_open:
                await self.both_ways(client, connection, (reader, writer), there)
        except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self.end(client, connection)

    async def both_ways(self, client, connection, here, there):
        tasks = [asyncio.ensure_future(self.pump(client, connection, "S", here[0], there[1])),
                 asyncio.ensure_future(self.pump(client, connection, "R", there[0], here[1]))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def pump(self, client, connection, kind, reader, writer):
        while True:
            head = await reader.readexactly(4)
            frame = await reader.readexactly(struct.unpack(">i", head)[0])
            if not connection.is_open:
                return
            self.note(kind, client, frame)
            self.answers[client] += kind == "R"
            while self.held[client] > time.monotonic():
                await asyncio.sleep(0.05)
            writer.write(head + frame)
            await writer.drain()

    def end(self, client, connection):
        if connection.is_open:
            connection.is_open = False
            self.note("L", client)
        for writer in connection.writers:
            writer.transport.abort()
