// SPDX-License-Identifier: Apache-2.0
//
// What a run measured, and its one JSON line. The window is [from, to): throughput counts the
// answers that came inside it; latency counts every request asked inside it, those answered after
// its end included. The longest silence is the longest time in the window without any answer.
// CPU times are those between the window's ends, of this program and of the
// servers together.
#ifndef PADDOCK_BENCH_LIB_MEASURE_H
#define PADDOCK_BENCH_LIB_MEASURE_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/lib/hist.h"
#include "bench/lib/servers.h"

struct measure {
    uint64_t from_ns;
    uint64_t to_ns;
    bool is_opened;
    bool is_closed;
    const struct servers *servers;
    uint64_t answers;
    uint64_t last_answer_ns;
    uint64_t longest_silence_ns;
    uint64_t load_cpu_ns;
    uint64_t server_cpu_ns;  // of all of them
    uint64_t server_rss_kib; // of the largest, at the end of the window
    struct hist latency;
};

// Borrows `servers`.
void measure_init(struct measure *m, uint64_t from_ns, uint64_t to_ns,
                  const struct servers *servers);
// Call at least once a turn; it notices the ends of the window.
void measure_turn(struct measure *m, uint64_t now);
void measure_answer(struct measure *m, uint64_t asked_ns, uint64_t now);
void measure_print(const struct measure *m, const char *mode);

#endif
