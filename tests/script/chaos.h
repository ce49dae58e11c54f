// SPDX-License-Identifier: Apache-2.0
//
// Random runs: a seed decides the ensemble and everything that happens to it; then all is healed
// and it must come together again.
#ifndef PADDOCK_TESTS_SCRIPT_CHAOS_H
#define PADDOCK_TESTS_SCRIPT_CHAOS_H

#include "tests/script/world.h"

struct chaos_count {
    size_t committed, elections, crashes, reconfigs, handovers, syncs;
};

// True: nothing went wrong; else `complaint` says what. `is_loud` leaves a trace in *ret_trace.
bool chaos_run(uint64_t seed, bool is_loud, struct buf *complaint, struct buf *ret_trace,
               struct chaos_count *ret_count);

#endif
