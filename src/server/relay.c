// SPDX-License-Identifier: Apache-2.0
//
// A queue of askers.
#include "server/relay.h"

#include "base/mem.h"

void relay_clear(struct relay *r)
{
    r->first = 0;
    r->count = 0;
    r->foreign_count = 0;
}

void relay_fini(struct relay *r)
{
    mem_free(r->ring);
    *r = (struct relay){0};
}

static struct relay_question *at(const struct relay *r, size_t i)
{
    return &r->ring[(r->first + i) & (r->cap - 1)];
}

static void grow(struct relay *r)
{
    size_t cap = r->cap == 0 ? 16 : 2 * r->cap;
    struct relay_question *ring = mem_alloc(cap * sizeof(*ring));
    for (size_t i = 0; i < r->count; i++) {
        ring[i] = *at(r, i);
    }
    mem_free(r->ring);
    r->ring = ring;
    r->cap = cap;
    r->first = 0;
}

bool relay_ask(struct relay *r, struct relay_question question)
{
    bool is_foreign = question.link != 0;
    if (is_foreign && r->foreign_count == RELAY_FOREIGN_MAX) {
        return false;
    }
    if (r->count == r->cap) {
        grow(r);
    }
    *at(r, r->count) = question;
    r->count++;
    r->foreign_count += is_foreign ? 1 : 0;
    return true;
}

struct relay_question relay_answer(struct relay *r)
{
    struct relay_question question = {0};
    if (r->count > 0) {
        question = *at(r, 0);
        r->first = (r->first + 1) & (r->cap - 1);
        r->count--;
        r->foreign_count -= question.link != 0 ? 1 : 0;
    }
    return question;
}
