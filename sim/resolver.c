// SPDX-License-Identifier: Apache-2.0
//
// An answer is an event of the machine that asked; what it says is decided when it comes, so a name
// that moves meanwhile has moved.
#include "sim/resolver.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "sim/node.h"

enum { ANSWER_NS = 300000 };

struct sim_name {
    struct list link; // of the world
    char *text;
    struct port_address addresses[PORT_RESOLVED_MAX];
    size_t count;
};

struct lookup {
    struct port_timer answer; // of the node
    struct port_question *question;
    struct sim_node *node;
    uint16_t port;
    bool fails;
    char host[];
};

// ---- names ----

static struct sim_name *find_name(struct world *w, const char *text)
{
    LIST_FOREACH (it, &w->names) {
        struct sim_name *name = CONTAINER_OF(it, struct sim_name, link);
        if (strcmp(name->text, text) == 0) {
            return name;
        }
    }
    return NULL;
}

void names_set(struct world *w, const char *text, const struct port_address *addresses,
               size_t count)
{
    ASSERT(count <= PORT_RESOLVED_MAX);
    struct sim_name *name = find_name(w, text);
    if (name == NULL) {
        name = mem_zalloc(sizeof(*name));
        name->text = mem_strdup(text);
        list_push_back(&w->names, &name->link);
    }
    if (count > 0) {
        memcpy(name->addresses, addresses, count * sizeof(*addresses));
    }
    name->count = count;
}

void names_fini(struct world *w)
{
    while (!list_is_empty(&w->names)) {
        struct sim_name *name = CONTAINER_OF(w->names.next, struct sim_name, link);
        list_remove(&name->link);
        mem_free(name->text);
        mem_free(name);
    }
}

// "10.0.0.1"
static bool parse_numeric(const char *text, struct port_address *ret)
{
    unsigned part[4];
    char end;
    if (sscanf(text, "%3u.%3u.%3u.%3u%c", &part[0], &part[1], &part[2], &part[3], &end) != 4) {
        return false;
    }
    struct port_address a = {0};
    for (int i = 0; i < 4; i++) {
        if (part[i] > UINT8_MAX) {
            return false;
        }
        a.bytes[i] = (uint8_t)part[i];
    }
    *ret = a;
    return true;
}

// ---- questions ----

static size_t find_addresses(const struct lookup *l, struct port_address *ret)
{
    size_t count = 0;
    const struct sim_name *name = find_name(l->node->world, l->host);
    if (parse_numeric(l->host, &ret[0])) {
        count = 1;
    } else if (name != NULL && !l->fails) {
        count = name->count;
        memcpy(ret, name->addresses, count * sizeof(*ret));
    }
    for (size_t i = 0; i < count; i++) {
        ret[i].port = l->port;
    }
    return count;
}

static void answer(struct port_timer *event)
{
    struct lookup *l = CONTAINER_OF(event, struct lookup, answer);
    struct port_question *q = l->question;
    struct port_address addresses[PORT_RESOLVED_MAX];
    size_t count = find_addresses(l, addresses);
    q->impl = NULL;
    mem_free(l);
    q->answered(q, count > 0 ? ERR_OK : ERR_UNRESOLVED, addresses, count);
}

static bool happens(struct world *w, uint64_t one_in)
{
    return one_in > 0 && world_chance(w, one_in);
}

static enum err resolve(struct port_resolver *port, const char *host, uint16_t number,
                        struct port_question *q)
{
    struct sim_resolver *r = CONTAINER_OF(port, struct sim_resolver, port);
    struct world *w = r->node->world;
    ASSERT(q->impl == NULL);
    size_t size = strlen(host) + 1;
    struct lookup *l = mem_try_alloc(sizeof(*l) + size);
    if (l == NULL) {
        return ERR_NO_MEMORY;
    }
    *l = (struct lookup){.answer = {.fire = answer}, .question = q, .node = r->node};
    l->port = number;
    l->fails = happens(w, r->fail_one_in);
    memcpy(l->host, host, size);
    r->questions++;
    int64_t delay_ns = world_delay(w, ANSWER_NS);
    if (happens(w, r->slow_one_in)) {
        delay_ns += (int64_t)RESOLVER_SLOW_MS * 1000000;
    }
    timers_start(&r->node->events, &l->answer, w->now_ns + delay_ns);
    q->impl = l;
    return ERR_OK;
}

static void cancel(struct port_resolver *port, struct port_question *q)
{
    (void)port;
    struct lookup *l = q->impl;
    if (l != NULL) {
        timers_stop(&l->node->events, &l->answer);
        q->impl = NULL;
        mem_free(l);
    }
}

void resolver_init(struct sim_resolver *r, struct sim_node *node)
{
    *r = (struct sim_resolver){.port = {.resolve = resolve, .cancel = cancel}, .node = node};
}
