// SPDX-License-Identifier: Apache-2.0
//
// A binary heap of pointers.
#include "client/deadlines.h"

#include "base/assert.h"
#include "base/mem.h"

enum { CAP_FIRST = 64 };

void deadlines_fini(struct deadlines *ds)
{
    ASSERT(ds->count == 0);
    mem_free(ds->heap);
    *ds = (struct deadlines){0};
}

bool deadlines_try_room(struct deadlines *ds)
{
    if (ds->count < ds->cap) {
        return true;
    }
    size_t cap = ds->cap > 0 ? ds->cap * 2 : CAP_FIRST;
    struct deadline **heap = mem_try_realloc(ds->heap, cap * sizeof(struct deadline *));
    if (heap == NULL) {
        return false;
    }
    ds->heap = heap;
    ds->cap = cap;
    return true;
}

static void put(struct deadlines *ds, size_t place, struct deadline *d)
{
    ds->heap[place] = d;
    d->place = place + 1;
}

static void sift_up(struct deadlines *ds, size_t place, struct deadline *d)
{
    while (place > 0 && d->due_ms < ds->heap[(place - 1) / 2]->due_ms) {
        put(ds, place, ds->heap[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    put(ds, place, d);
}

static void sift_down(struct deadlines *ds, size_t place, struct deadline *d)
{
    for (size_t child = 2 * place + 1; child < ds->count; child = 2 * place + 1) {
        if (child + 1 < ds->count && ds->heap[child + 1]->due_ms < ds->heap[child]->due_ms) {
            child++;
        }
        if (d->due_ms <= ds->heap[child]->due_ms) {
            break;
        }
        put(ds, place, ds->heap[child]);
        place = child;
    }
    put(ds, place, d);
}

void deadlines_enter(struct deadlines *ds, struct deadline *d)
{
    ASSERT(ds->count < ds->cap && d->place == 0);
    ds->count++;
    sift_up(ds, ds->count - 1, d);
}

void deadlines_leave(struct deadlines *ds, struct deadline *d)
{
    if (d->place == 0) {
        return;
    }
    size_t place = d->place - 1;
    ASSERT(place < ds->count && ds->heap[place] == d);
    d->place = 0;
    struct deadline *last = ds->heap[--ds->count];
    if (last == d) {
        return;
    }
    if (place > 0 && last->due_ms < ds->heap[(place - 1) / 2]->due_ms) {
        sift_up(ds, place, last);
    } else {
        sift_down(ds, place, last);
    }
}

struct deadline *deadlines_first(const struct deadlines *ds)
{
    return ds->count > 0 ? ds->heap[0] : NULL;
}
