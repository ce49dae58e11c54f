// SPDX-License-Identifier: Apache-2.0
//
// The block of an event: struct, targets, path.
#include "client/delivery.h"

#include "base/mem.h"

struct event_delivery *event_delivery_new(const struct paddock_event *event, struct slice path,
                                          size_t target_count)
{
    size_t targets_size = target_count * sizeof(struct paddock_watch);
    struct event_delivery *d = mem_try_alloc(sizeof(*d) + targets_size + path.len + 1);
    if (d == NULL) {
        return NULL;
    }
    *d = (struct event_delivery){
        .delivery = {.type = DELIVERY_EVENT}, .event = *event, .target_count = target_count};
    char *text = (char *)(d->targets + target_count);
    memcpy(text, path.data, path.len);
    text[path.len] = 0;
    d->event.path = text;
    list_init(&d->delivery.link);
    return d;
}
