// SPDX-License-Identifier: Apache-2.0
//
// What clients feel when a server dies or hands over: sessions that write without a pause, each
// with one write under way, and do what clients do when a connection is lost: they try the next
// server and come back to their session. In the middle a process may be killed.
//
//     RESTING ──due──► CONNECTING ──writable──► SHAKING ──ConnectResponse──► WRITING ◄─┐
//        ▲                 │                       │                            │ └─reply─┘
//        └────── lost ─────┴───────────────────────┴────────────────────────────┘
#ifndef PADDOCK_BENCH_LIB_OUTAGE_H
#define PADDOCK_BENCH_LIB_OUTAGE_H

#include <stdint.h>

#include "bench/lib/servers.h"

struct outage_options {
    struct servers servers;
    uint32_t sessions;
    uint32_t timeout_ms;
    uint32_t value_bytes;
    double warmup_s;
    double seconds; // at most, after the warm-up
    int kill_pid;   // > 0: dies at the end of the warm-up
};

// Prints one JSON line. With a victim: the times from its end to the first answered write that was
// asked behind it (`gap_ms`), and to the first of the last session (`all_ms`); the run ends there.
// Without: the longest time without any answer (`gap_ms`), and that of the worst session
// (`all_ms`). Beside them how often connections were lost, sessions had expired, writes were
// refused.
void outage_run(const struct outage_options *o);

#endif
