// SPDX-License-Identifier: Apache-2.0
//
// Comparing.
#include "sim/account.h"

#include <string.h>

#include "sim/model.h"

// ---- requests ----

// The library asks for a stat with each create and for one with each list.
static bool is_type(int32_t asked, int32_t sent)
{
    return asked == sent || (asked == OP_CREATE && sent == OP_CREATE2) ||
           (asked == OP_GET_CHILDREN && sent == OP_GET_CHILDREN2) ||
           (annals_is_create(asked) && annals_is_create(sent));
}

static bool is_part(const struct annals_part *asked, const struct annals_part *sent)
{
    bool has_version =
        asked->type == OP_SET_DATA || asked->type == OP_DELETE || asked->type == OP_CHECK;
    bool has_mode = annals_is_create(asked->type) || asked->type == OP_ADD_WATCH ||
                    asked->type == OP_REMOVE_WATCHES;
    return is_type(asked->type, sent->type) && asked->node == sent->node &&
           asked->value == sent->value && asked->watch == sent->watch &&
           (!has_version || asked->version == sent->version) &&
           (!has_mode || asked->mode == sent->mode) &&
           (asked->type != OP_CREATE_TTL || asked->ttl_ms == sent->ttl_ms);
}

bool account_is_request(const struct annals *h, const struct annals_item *call, int32_t type,
                        const struct annals_part *parts, size_t count)
{
    const struct annals_part *sent = annals_parts(h, call);
    bool is_right = is_type(type, call->type) && call->part_count == count;
    for (size_t i = 0; i < count && is_right; i++) {
        is_right = is_part(&parts[i], &sent[i]);
    }
    return is_right;
}

// ---- answers ----

static bool is_stat(const struct jute_stat *a, const struct paddock_stat *b)
{
    return a->czxid == b->czxid && a->mzxid == b->mzxid && a->pzxid == b->pzxid &&
           a->ctime == b->ctime_ms && a->mtime == b->mtime_ms && a->version == b->version &&
           a->cversion == b->cversion && a->aversion == b->aversion &&
           a->ephemeral_owner == b->ephemeral_owner && a->data_length == b->data_length &&
           a->num_children == b->num_children;
}

static bool are_names(const struct annals *h, const struct annals_part *p,
                      const struct paddock_result *r)
{
    bool is_right = r->string_count == p->name_count;
    for (size_t i = 0; i < p->name_count && is_right; i++) {
        const char *path = annals_path(h, h->names[p->first_name + i]);
        const char *name = r->strings[i][0] == '/' ? path : strrchr(path, '/') + 1;
        is_right = strcmp(r->strings[i], name) == 0;
    }
    return is_right;
}

static uint32_t value_of(const struct paddock_bytes *data)
{
    uint32_t value = 0;
    return model_value(data->bytes, data->len, &value) ? value : 0;
}

static bool is_part_answer(struct annals *h, const struct annals_part *p,
                           const struct paddock_result *r)
{
    if (r->code != p->code || p->code != ZK_OK) {
        return r->code == p->code;
    }
    if (annals_is_create(p->type) &&
        (r->path == NULL || annals_node(h, slice_str(r->path)) != p->made)) {
        return false;
    }
    return (!p->has_stat || is_stat(&p->stat, &r->stat)) &&
           (p->type != OP_GET_DATA || value_of(&r->data) == p->found) &&
           (!p->has_names || are_names(h, p, r));
}

static bool is_done(const struct annals *h, const struct annals_item *answer)
{
    for (size_t i = 0; i < answer->part_count; i++) {
        if (annals_parts(h, answer)[i].code != ZK_OK) {
            return false;
        }
    }
    return true;
}

// One of writes has the code of its first part that fails, and then parts with nothing but codes;
// one of reads is done part by part.
static bool is_multi_answer(struct annals *h, const struct annals_item *answer,
                            const struct paddock_result *r)
{
    bool is_refused = answer->type == OP_MULTI && !is_done(h, answer);
    bool is_right = r->part_count == answer->part_count && (r->code != PADDOCK_OK) == is_refused;
    for (size_t i = 0; i < answer->part_count && is_right; i++) {
        const struct annals_part *p = &annals_parts(h, answer)[i];
        is_right = is_refused ? r->parts[i].code == p->code : is_part_answer(h, p, &r->parts[i]);
    }
    return is_right;
}

bool account_is_answer(struct annals *h, const struct annals_item *answer,
                       const struct paddock_result *r)
{
    if (r->zxid != answer->zxid) {
        return false;
    }
    bool is_many = answer->type == OP_MULTI || answer->type == OP_MULTI_READ;
    if (is_many && answer->code == ZK_OK) {
        return is_multi_answer(h, answer, r);
    }
    return is_many ? r->code == answer->code : is_part_answer(h, annals_parts(h, answer), r);
}

// ---- fates ----

const char *account_of(struct annals *h, int32_t call, const struct paddock_result *r)
{
    int32_t answer = call != ANNALS_NONE ? h->items[call].answer : ANNALS_NONE;
    switch (r->fate) {
    case PADDOCK_ANSWERED:
        if (answer == ANNALS_NONE) {
            return "is answered though no answer came";
        }
        return account_is_answer(h, &h->items[answer], r) ? NULL : "has another answer than came";
    case PADDOCK_NOT_SENT:
        return call == ANNALS_NONE ? NULL : "is not sent, though it left";
    case PADDOCK_UNKNOWN: // of one that is overdue, only a part may have left
        if (call == ANNALS_NONE && r->code != PADDOCK_OPERATION_TIMEOUT) {
            return "may have been executed, though it never left";
        }
        return answer == ANNALS_NONE ? NULL : "has no answer, though one came";
    }
    return "has no fate";
}
