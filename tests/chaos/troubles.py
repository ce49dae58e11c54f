# SPDX-License-Identifier: Apache-2.0
"""What befalls servers, links, disks and clients, decided by a seed before the run.

A trouble is (at_s, kind, for_s, dice): `dice` chooses whom it meets, half of them whoever leads. Each kind is a function
that does it and returns how to undo it.
"""
import random

from tests.chaos.network import CLIENTS


class Trouble:
    def __init__(self, rng, at_s, kinds):
        self.at_s = at_s
        self.kind = rng.choice(kinds)
        self.for_s = rng.choice((0.3, 1.0, 2.5, 4.0)) + rng.random() * 2
        self.at_leader = rng.random() < 0.5
        self.dice = rng.randrange(1 << 30)

    def __str__(self):
        return "%6.2f s for %.2f s: %s" % (self.at_s, self.for_s, self.kind)


def schedule(seed, length_s, kinds=None):
    rng = random.Random(seed)
    troubles, at_s = [], 1.0
    while at_s < length_s:
        troubles.append(Trouble(rng, at_s, kinds or sorted(KINDS)))
        at_s += 0.5 + rng.random() * 4
    return troubles


class Striker:
    """Does and undoes troubles of one ensemble."""

    def __init__(self, ensemble, network, tap, clients):
        self.ensemble = ensemble
        self.network = network
        self.tap = tap
        self.clients = clients

    def strike(self, trouble):
        """Returns (whom, undo)."""
        rng = random.Random(trouble.dice)
        numbers = list(self.ensemble)
        leader = self.ensemble.leader() if trouble.at_leader else None
        one = leader or rng.choice(numbers)
        self.tap.trouble()
        return KINDS[trouble.kind](self, rng, numbers, one)

    # ---- processes ----

    def kill_each(self, numbers):
        for number in numbers:
            self.ensemble.kill(number)

        def start():
            for number in numbers:
                self.ensemble.start(number)
        return numbers, start

    def kill(self, rng, numbers, one):
        return self.kill_each([one])

    def kill_some(self, rng, numbers, one):
        return self.kill_each(sorted({one, *rng.sample(numbers, len(numbers) // 2)}))

    def kill_all(self, rng, numbers, one):
        return self.kill_each(numbers)

    def stop(self, rng, numbers, one):
        self.ensemble.terminate(one)

        def start():
            self.ensemble.kill(one)  # if it still has not stopped
            self.ensemble.start(one)
        return [one], start

    def pause_each(self, numbers):
        for number in numbers:
            self.ensemble.pause(number, True)
        return numbers, lambda: [self.ensemble.pause(number, False) for number in numbers]

    def pause(self, rng, numbers, one):
        return self.pause_each([one])

    def pause_all(self, rng, numbers, one):
        return self.pause_each(numbers)

    # ---- links ----

    def cut_pairs(self, pairs, whom):
        self.network.cut(pairs)
        return whom, lambda: self.network.mend(pairs)

    def cut(self, rng, numbers, one):
        other = rng.choice([n for n in numbers if n != one])
        return self.cut_pairs([(one, other), (other, one)], [one, other])

    def cut_one_way(self, rng, numbers, one):
        other = rng.choice([n for n in numbers if n != one])
        return self.cut_pairs([(one, other)], [one, other])

    def isolate(self, rng, numbers, one):
        others = [n for n in numbers if n != one]
        return self.cut_pairs([(one, n) for n in others] + [(n, one) for n in others], [one])

    def deafen(self, rng, numbers, one):
        """It is heard, and hears nobody; or the other way round."""
        others = [n for n in numbers if n != one]
        is_deaf = rng.random() < 0.5
        return self.cut_pairs([(n, one) if is_deaf else (one, n) for n in others], [one])

    def split(self, rng, numbers, one):
        half = set(rng.sample(numbers, len(numbers) // 2))
        pairs = [(a, b) for a in numbers for b in numbers if (a in half) != (b in half)]
        return self.cut_pairs(pairs, sorted(half))

    def bridge(self, rng, numbers, one):
        """Two halves, and one server that sees both."""
        rest = [n for n in numbers if n != one]
        rng.shuffle(rest)
        half = set(rest[:len(rest) // 2])
        pairs = [(a, b) for a in rest for b in rest if (a in half) != (b in half)]
        return self.cut_pairs(pairs, [one])

    def cut_clients(self, rng, numbers, one):
        return self.cut_pairs([(one, CLIENTS), (CLIENTS, one)], [one])

    # ---- disks, clients ----

    def fill_disk(self, rng, numbers, one):
        self.ensemble.fill(one)
        return [one], lambda: self.ensemble.empty(one)

    def fill_most_disks(self, rng, numbers, one):
        most = rng.sample(numbers, len(numbers) // 2 + 1)
        for number in most:
            self.ensemble.fill(number)
        return most, lambda: [self.ensemble.empty(number) for number in most]

    def slow_disk(self, rng, numbers, one):
        self.ensemble.slow(one, rng.choice((50, 300, 5000)))
        return [one], lambda: self.ensemble.slow(one, 0)

    def hold_client(self, rng, numbers, one):
        client = rng.randrange(self.clients)
        self.tap.hold(client, rng.choice((1, 3, 12)))
        return ["client %d" % client], lambda: None


KINDS = {
    "kill": Striker.kill, "kill-some": Striker.kill_some, "kill-all": Striker.kill_all, "stop": Striker.stop,
    "pause": Striker.pause, "pause-all": Striker.pause_all, "cut": Striker.cut, "cut-one-way": Striker.cut_one_way,
    "isolate": Striker.isolate, "deafen": Striker.deafen, "split": Striker.split, "bridge": Striker.bridge,
    "cut-clients": Striker.cut_clients, "full-disk": Striker.fill_disk, "full-disks": Striker.fill_most_disks,
    "slow-disk": Striker.slow_disk, "hold-client": Striker.hold_client,
}
