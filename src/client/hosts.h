// SPDX-License-Identifier: Apache-2.0
//
// The servers of a handle: a list of names in the order in which they are tried, round after round.
// The first round runs without a pause; before each later one comes a pause that doubles up to a
// second, with jitter, so that the clients of a restarted ensemble do not come all at once.
// Source: ConnectStringParser, StaticHostProvider; differs: Java pauses before every attempt.
#ifndef PADDOCK_CLIENT_HOSTS_H
#define PADDOCK_CLIENT_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "port/entropy.h"

struct host {
    const char *name; // without brackets
    uint16_t port;
};

struct hosts {
    struct host *items; // one block with the names
    size_t count;
    size_t next;         // the one to try next
    size_t tries;        // since hosts_rewind
    struct slice chroot; // within the block: "/app", empty when there is none
};

// Parse "host[:port],[v6]:port/chroot"; blanks around a host are dropped, the port is 2181 unless
// given, a chroot of "/" is none. `ret` is untouched on failure.
// Memory: owned; hosts_fini. Errors: PADDOCK_BAD_ARGUMENTS, PADDOCK_NO_MEMORY (paddock.h).
int hosts_parse(const char *text, struct hosts *ret);
void hosts_fini(struct hosts *h); // a zeroed struct is legal

void hosts_shuffle(struct hosts *h, struct port_entropy *entropy);

// The next one to try, round and round.
const struct host *hosts_take(struct hosts *h);
// Units: milliseconds to wait before the next take; 0 within a round and for the first one.
int hosts_pause_ms(const struct hosts *h, struct port_entropy *entropy);
void hosts_rewind(struct hosts *h); // a connection was good: the next round is a first one

// The place of `name`:`port` in the list; `count` when it is not there.
size_t hosts_find(const struct hosts *h, const char *name, uint16_t port);

#endif
