// SPDX-License-Identifier: Apache-2.0
//
// Pointers first, which need alignment, then the bytes that they point to.
#include "cli/reply.h"

#include <string.h>

#include "base/assert.h"
#include "base/mem.h"

static size_t text_bytes(const struct paddock_result *from)
{
    size_t bytes = from->data.len + 1; // a place even for what is empty
    for (size_t i = 0; i < from->string_count; i++) {
        bytes += strlen(from->strings[i]) + 1;
    }
    for (size_t i = 0; i < from->acl_count; i++) {
        bytes += strlen(from->acl[i].scheme) + strlen(from->acl[i].id) + 2;
    }
    return bytes;
}

static const char *put_text(char **at, const char *text)
{
    size_t len = strlen(text) + 1;
    char *to = *at;
    memcpy(to, text, len);
    *at += len;
    return to;
}

void reply_copy(struct reply *to, const struct paddock_result *from)
{
    *to = (struct reply){.code = from->code, .fate = from->fate, .stat = from->stat};
    if (from->code != PADDOCK_OK) {
        return;
    }
    size_t acl_bytes = from->acl_count * sizeof(*to->acl);
    size_t string_bytes = (from->string_count + 1) * sizeof(*to->strings);
    to->bytes = acl_bytes + string_bytes + text_bytes(from);
    to->block = mem_alloc(to->bytes);
    to->acl = to->block;
    to->strings = (const char **)(void *)((char *)to->block + acl_bytes);
    char *at = (char *)to->block + acl_bytes + string_bytes;
    for (size_t i = 0; i < from->acl_count; i++) {
        to->acl[i] = (struct paddock_acl){.perms = from->acl[i].perms,
                                          .scheme = put_text(&at, from->acl[i].scheme),
                                          .id = put_text(&at, from->acl[i].id)};
    }
    to->acl_count = from->acl_count;
    for (size_t i = 0; i < from->string_count; i++) {
        to->strings[i] = put_text(&at, from->strings[i]);
    }
    to->strings[from->string_count] = NULL;
    to->string_count = from->string_count;
    if (from->data.bytes != NULL) {
        memcpy(at, from->data.bytes, from->data.len);
        to->data = paddock_bytes_of(at, from->data.len);
    }
    ASSERT(at + from->data.len < (char *)to->block + to->bytes);
}

void reply_fini(struct reply *r)
{
    mem_free(r->block);
    *r = (struct reply){0};
}
