// SPDX-License-Identifier: Apache-2.0
//
// The heap behind the timers. Every move of a slot also writes its new place into the timer, so
// stopping finds it without a search.
#include "port/timers.h"

#include "base/assert.h"
#include "base/mem.h"

void timers_init(struct timers *ts)
{
    *ts = (struct timers){0};
}

bool timers_try_reserve(struct timers *ts, size_t count)
{
    if (ts->cap >= count) {
        return true;
    }
    struct timers_slot *slots = mem_try_realloc(ts->slots, count * sizeof(*slots));
    if (slots == NULL) {
        return false;
    }
    ts->slots = slots;
    ts->cap = count;
    return true;
}

void timers_fini(struct timers *ts)
{
    for (size_t i = 0; i < ts->count; i++) {
        ts->slots[i].timer->impl = NULL;
    }
    mem_free(ts->slots);
    *ts = (struct timers){0};
}

static bool is_before(const struct timers_slot *a, const struct timers_slot *b)
{
    return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void put(struct timers *ts, size_t place, struct timers_slot slot)
{
    ts->slots[place] = slot;
    slot.timer->impl = (void *)(uintptr_t)(place + 1);
}

static void sift_up(struct timers *ts, size_t place, struct timers_slot slot)
{
    while (place > 0) {
        size_t parent = (place - 1) / 2;
        if (!is_before(&slot, &ts->slots[parent])) {
            break;
        }
        put(ts, place, ts->slots[parent]);
        place = parent;
    }
    put(ts, place, slot);
}

static void sift_down(struct timers *ts, size_t place, struct timers_slot slot)
{
    for (;;) {
        size_t child = 2 * place + 1;
        if (child >= ts->count) {
            break;
        }
        if (child + 1 < ts->count && is_before(&ts->slots[child + 1], &ts->slots[child])) {
            child++;
        }
        if (!is_before(&ts->slots[child], &slot)) {
            break;
        }
        put(ts, place, ts->slots[child]);
        place = child;
    }
    put(ts, place, slot);
}

void timers_start(struct timers *ts, struct port_timer *timer, int64_t due)
{
    ASSERT(timer->fire != NULL);
    timers_stop(ts, timer);
    if (ts->count == ts->cap) {
        ts->cap = ts->cap > 0 ? ts->cap * 2 : 16;
        ts->slots = mem_realloc(ts->slots, ts->cap * sizeof(*ts->slots));
    }
    struct timers_slot slot = {.due = due, .order = ts->next_order++, .timer = timer};
    ts->count++;
    sift_up(ts, ts->count - 1, slot);
}

void timers_stop(struct timers *ts, struct port_timer *timer)
{
    if (timer->impl == NULL) {
        return;
    }
    size_t place = (size_t)(uintptr_t)timer->impl - 1;
    ASSERT(place < ts->count);
    ASSERT(ts->slots[place].timer == timer);
    timer->impl = NULL;
    struct timers_slot last = ts->slots[--ts->count];
    if (place == ts->count) {
        return;
    }
    if (place > 0 && is_before(&last, &ts->slots[(place - 1) / 2])) {
        sift_up(ts, place, last);
    } else {
        sift_down(ts, place, last);
    }
}

bool timers_next_due(const struct timers *ts, int64_t *ret)
{
    if (ts->count == 0) {
        return false;
    }
    *ret = ts->slots[0].due;
    return true;
}

void timers_fire(struct timers *ts, int64_t now)
{
    const uint64_t first_new = ts->next_order;
    // What a callback starts is due at now or later and ordered behind, so it ends the loop.
    while (ts->count > 0 && ts->slots[0].due <= now && ts->slots[0].order < first_new) {
        struct port_timer *timer = ts->slots[0].timer;
        timers_stop(ts, timer);
        timer->fire(timer);
    }
}
