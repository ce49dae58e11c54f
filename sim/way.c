// SPDX-License-Identifier: Apache-2.0
//
// Ways are few: a list of the machine where they begin.
#include "sim/way.h"

#include "base/mem.h"
#include "sim/node.h"

void ways_fini(struct list *ways)
{
    LIST_FOREACH_SAFE (it, tmp, ways) {
        list_remove(it);
        mem_free(CONTAINER_OF(it, struct way, link));
    }
}

static struct way *find(const struct sim_node *from, const struct sim_node *to)
{
    LIST_FOREACH (it, &from->net.ways) {
        struct way *way = CONTAINER_OF(it, struct way, link);
        if (way->to == to) {
            return way;
        }
    }
    return NULL;
}

const struct way *way_find(const struct sim_node *from, const struct sim_node *to)
{
    return from != NULL && to != NULL ? find(from, to) : NULL;
}

struct way *way_make(struct sim_node *from, const struct sim_node *to)
{
    struct way *way = find(from, to);
    if (way == NULL) {
        way = mem_zalloc(sizeof(*way));
        way->to = to;
        list_push_back(&from->net.ways, &way->link);
    }
    return way;
}

bool way_is_cut(const struct sim_node *from, const struct sim_node *to)
{
    const struct way *way = way_find(from, to);
    return way != NULL && way->cuts > 0;
}

int64_t way_delay_ns(const struct sim_node *from, const struct sim_node *to)
{
    const struct way *way = way_find(from, to);
    return way != NULL ? way->delay_ns : 0;
}
