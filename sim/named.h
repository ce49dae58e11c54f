// SPDX-License-Identifier: Apache-2.0
//
// Schedules by name: the conditions of bugs that Apache ZooKeeper had, each recreated by a script
// (script.h) and passed. A script leaves small times to the seed, so one script is many schedules.
#ifndef PADDOCK_SIM_NAMED_H
#define PADDOCK_SIM_NAMED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct script;

struct named {
    int number;      // of the ticket, "ZOOKEEPER-number"
    const char *bug; // what went wrong, in two sentences
    int voters;
    const char *extra;       // text for every zoo.cfg; NULL
    const char *const *only; // text for single ones, by server; NULL
    bool may_fail;           // disks fail
    bool (*run)(struct script *s);
};

extern const struct named named_schedules[];
extern const size_t named_count;

const struct named *named_find(int number); // NULL

// False: *failure says why.
bool named_run(const struct named *n, uint64_t seed, bool is_verbose, char failure[512]);

#endif
