// SPDX-License-Identifier: Apache-2.0
//
// Many campaigns, each in a process of its own beside others, so that an assertion that fails costs
// one seed and has its number. A failing schedule is cut down: trouble after trouble is dropped
// while what is left still fails in the same way.
#ifndef PADDOCK_SIM_BATCH_H
#define PADDOCK_SIM_BATCH_H

#include "sim/campaign.h"

enum { BATCH_JOBS_MAX = 64, NAMED_ALL = -1 };

struct batch_options {
    uint64_t seed;  // the first one
    uint64_t count; // of seeds
    double seconds; // end after so many; 0: when all were run
    int jobs;       // processes at a time
    int voters;     // as in schedule_make
    int64_t trouble_ms;
    uint64_t failures_max; // then the others are not begun
    enum plant plant;
    int named;           // run that schedule of named.h instead; NAMED_ALL; 0
    const char *dropped; // of the one schedule that is replayed; NULL
    bool is_whole;       // failing schedules are not cut down
    bool is_rolling;     // zxids roll over
    bool is_governed;    // members change
    bool has_guests;     // some clients are the library's
    bool is_blind;       // as in struct campaign_options
    bool is_verbose;     // the servers' logs, in this process
};

struct batch_totals {
    uint64_t runs, failures, steps, answers, writes, starts, power_cuts, elections, compared;
    uint64_t refusals, reconfigurations, lost, not_sent, returns, sessions;
    uint64_t counts[TROUBLE_KINDS];
    int64_t virtual_ms;
    double seconds;
};

// Print each failure with its replay, and at the end a summary. Returns whether all were right.
bool batch_run(const struct batch_options *options, struct batch_totals *ret);

void batch_print(const struct batch_totals *t);

#endif
