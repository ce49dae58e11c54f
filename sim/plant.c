// SPDX-License-Identifier: Apache-2.0
//
// The planted bugs.
#include "sim/plant.h"

#include <string.h>

static const char *const names[PLANTS] = {
#define X(id, name) name,
    PLANTS_OF(X)
#undef X
};

const char *plant_name(enum plant plant)
{
    return names[plant];
}

bool plant_parse(const char *name, enum plant *ret)
{
    for (int p = 0; p < PLANTS; p++) {
        if (strcmp(name, names[p]) == 0) {
            *ret = (enum plant)p;
            return true;
        }
    }
    return false;
}

// One group in which only this server has weight.
static void count_alone(struct planted *planted, const struct cluster_options *o, int number)
{
    struct buf *to = &planted->only[number];
    buf_append_str(to, "group.1=");
    for (int i = 0; i < o->voters; i++) {
        buf_printf(to, "%s%d", i > 0 ? ":" : "", i + 1);
    }
    buf_append_str(to, "\n");
    for (int i = 0; i < o->voters; i++) {
        buf_printf(to, "weight.%d=%d\n", i + 1, i == number ? 1 : 0);
    }
}

void plant_prepare(enum plant plant, uint64_t seed, struct cluster_options *options,
                   struct planted *ret)
{
    *ret = (struct planted){.plant = plant};
    if (plant == PLANT_LONE_LEADER) {
        count_alone(ret, options, (int)(seed % (uint64_t)options->voters));
    } else if (plant == PLANT_TWO_LEADERS) {
        count_alone(ret, options, 0);
        count_alone(ret, options, 1);
    }
    for (int i = 0; i < SCHEDULE_SERVERS_MAX; i++) {
        options->only[i] = ret->only[i].len > 0 ? buf_cstr(&ret->only[i]) : NULL;
    }
}

// Another byte in the data of the first write to a shared node that passes.
static void flip(void *ctx, uint8_t *bytes, size_t len)
{
    enum { PATH = 5, LENGTH = 4, BEHIND = 6 };
    struct planted *planted = ctx;
    for (size_t i = 0; i + PATH + LENGTH + BEHIND < len && !planted->is_flipped; i++) {
        if (memcmp(bytes + i, "/s/k", 4) == 0) {
            bytes[i + PATH + LENGTH + BEHIND] ^= 1;
            planted->is_flipped = true;
        }
    }
}

void plant_begin(struct planted *planted, struct cluster *c)
{
    for (int i = 0; i < c->count; i++) {
        struct sim_node *node = cluster_node(c, i);
        node->disk.sync_lies = planted->plant == PLANT_LYING_DISKS;
        node->disk.log_sync_lies = planted->plant == PLANT_LYING_LOGS;
        if (planted->plant == PLANT_FLIPPED_BYTE && i != 0) {
            struct way *way = way_make(node, cluster_node(c, 0));
            way->tamper = flip;
            way->ctx = planted;
        }
    }
}

void plant_fini(struct planted *planted)
{
    for (int i = 0; i < SCHEDULE_SERVERS_MAX; i++) {
        buf_fini(&planted->only[i]);
    }
}
