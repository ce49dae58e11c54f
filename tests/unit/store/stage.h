// SPDX-License-Identifier: Apache-2.0
//
// A data directory on the simulated disk, whose power can go: files of a history, and what a
// recovery makes of them.
#ifndef PADDOCK_TESTS_UNIT_STORE_STAGE_H
#define PADDOCK_TESTS_UNIT_STORE_STAGE_H

#include "sim/disk.h"
#include "store/recover.h"
#include "tests/unit/store/world.h"

struct stage {
    struct world world;
    struct sim_disk disk;
    struct port_files *fs;
    struct port_clock clock;
    struct datadir *d; // without its lock, so that it outlives a crash
    struct recover_options options;
    struct recover_report report; // of the last recovery
    struct buf notes;             // of the last recovery, one line each
    struct buf text;              // of its tree
    struct store_error e;
};

void stage_begin(struct stage *s, uint64_t seed);
void stage_end(struct stage *s);

// Files under WORLD_DIR, durable.
void stage_put(struct stage *s, const char *name, struct slice bytes);
void stage_get(struct stage *s, const char *name, struct buf *ret); // fails the test when missing
bool stage_has(struct stage *s, const char *name);

// log.<first>: creates `first` to `last`. snapshot.<last>: of creates 1 to `last`.
void stage_put_log(struct stage *s, int64_t first, int64_t last);
void stage_put_snapshot(struct stage *s, int64_t last, enum names_method method);

// A tree of creates 1 to `last`, as text.
void stage_print_history(int64_t last, struct buf *to);

// Recover; on ERR_OK `text` and `report` say what there is.
enum err stage_recover(struct stage *s);

// The power goes at the n-th operation from now; and comes back after a crash.
void stage_cut_power_in(struct stage *s, uint64_t operations);
void stage_crash(struct stage *s);

#endif
