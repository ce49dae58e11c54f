// SPDX-License-Identifier: Apache-2.0
//
// A list of frames. They hold secrets, so they are wiped before their memory goes.
#include "client/credentials.h"

#include <string.h>

#include "base/mem.h"

struct credential *credential_new(struct slice frame)
{
    struct credential *c = mem_try_alloc(sizeof(*c) + frame.len);
    if (c != NULL) {
        *c = (struct credential){.frame_len = frame.len};
        memcpy(c->frame, frame.data, frame.len);
        list_init(&c->link);
    }
    return c;
}

void credential_free(struct credential *c)
{
    if (c != NULL) {
        explicit_bzero(c->frame, c->frame_len);
        mem_free(c);
    }
}

void credentials_init(struct credentials *cs)
{
    *cs = (struct credentials){0};
    list_init(&cs->list);
}

static struct credential *of_link(struct list *l)
{
    return CONTAINER_OF(l, struct credential, link);
}

static struct slice frame_of(const struct credential *c)
{
    return slice_of(c->frame, c->frame_len);
}

void credentials_fini(struct credentials *cs)
{
    LIST_FOREACH_SAFE (at, tmp, &cs->list) {
        credential_free(of_link(at));
    }
    credentials_init(cs);
}

void credentials_add(struct credentials *cs, struct credential *c)
{
    LIST_FOREACH (at, &cs->list) {
        if (slice_equal(frame_of(of_link(at)), frame_of(c))) {
            credential_free(c);
            return;
        }
    }
    list_push_back(&cs->list, &c->link);
    cs->count++;
}

enum err credentials_tell(const struct credentials *cs, struct buf *to)
{
    size_t size = 0;
    LIST_FOREACH (at, &cs->list) {
        size += of_link(at)->frame_len;
    }
    if (buf_try_reserve(to, size) == NULL) {
        return ERR_NO_MEMORY;
    }
    LIST_FOREACH (at, &cs->list) {
        buf_append_slice(to, frame_of(of_link(at)));
    }
    return ERR_OK;
}
