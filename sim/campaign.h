// SPDX-License-Identifier: Apache-2.0
//
// A campaign: an ensemble under a schedule, with clients at work, and what must be true of it.
//
//     a leader serves ──► troubles of the schedule ──► everything healed: within a bounded time all
//     servers serve, and writes pass through each ──► quiet ──► all trees are equal ──► everybody
//     stops and starts again ──► the clients find what they know, a visitor reads all nodes
//     ──► the checkers judge the history of the visitors
//
// An actor works through each server, and no other; visitors go to any of them. The inside of the
// servers is looked at all the time (look.h). Of the visitors the last may be guests (guest.h).
#ifndef PADDOCK_SIM_CAMPAIGN_H
#define PADDOCK_SIM_CAMPAIGN_H

#include "sim/actor.h"
#include "sim/annals.h"
#include "sim/cluster.h"
#include "sim/plant.h"
#include "sim/schedule.h"
#include "sim/strike.h"
#include "sim/visitor.h"

struct campaign_options {
    struct schedule schedule;
    enum plant plant;
    bool is_blind; // nobody looks inside: only what clients see is judged
    bool is_verbose;
    void (*tamper)(struct annals *h); // what visitors saw is changed before it is judged; NULL
};

struct campaign_result {
    char failure[512];  // "" when every property held
    char story[2048];   // lines of the history that contradict each other
    char journal[4096]; // the last troubles that were done
    uint64_t steps, trace, answers, writes, starts, power_cuts, elections, compared, refusals;
    uint64_t reconfigurations;
    uint64_t lost, not_sent, returns, sessions; // of guests (guest.h)
    uint64_t counts[TROUBLE_KINDS];
    int64_t virtual_ms;
};

// True when every property held.
bool campaign_run(const struct campaign_options *options, struct campaign_result *ret);

#endif
