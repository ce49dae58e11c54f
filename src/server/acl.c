// SPDX-License-Identifier: Apache-2.0
//
// Access control lists.
#include "server/acl.h"

#include "base/limits.h"
#include "jute/op.h"

static bool is_world_anyone(const struct jute_id *id)
{
    return slice_equal_str(id->scheme, "world") && slice_equal_str(id->id, "anyone");
}

static bool matches_any(const struct auth *a, const struct jute_id *wanted, const struct ids *ids)
{
    for (int32_t i = 0; i < ids->count; i++) {
        const struct jute_id *have = &ids->items[i];
        if (slice_equal(have->scheme, wanted->scheme) &&
            auth_matches(a, wanted->scheme, have->id, wanted->id)) {
            return true;
        }
    }
    return false;
}

static bool grants(const struct auth *a, const struct jute_acl *entry, int32_t wanted,
                   const struct ids *ids)
{
    if ((entry->perms & wanted) == 0) {
        return false;
    }
    return is_world_anyone(&entry->id) || matches_any(a, &entry->id, ids);
}

enum zk_code acl_check(const struct auth *a, const struct jute_acl_vec *acl, int32_t wanted,
                       const struct ids *ids)
{
    if (acl == NULL || acl->count <= 0 || a->config->skip_acl) {
        return ZK_OK;
    }
    for (int32_t i = 0; i < acl->count; i++) {
        if (grants(a, &acl->items[i], wanted, ids)) {
            return ZK_OK;
        }
    }
    return ids_has_scheme(ids, slice_str("super")) ? ZK_OK : ZK_NO_AUTH;
}

static bool is_duplicate(const struct jute_acl_vec *acl, int32_t at)
{
    const struct jute_acl *entry = &acl->items[at];
    for (int32_t i = 0; i < at; i++) {
        const struct jute_acl *earlier = &acl->items[i];
        if (earlier->perms == entry->perms && slice_equal(earlier->id.scheme, entry->id.scheme) &&
            slice_equal(earlier->id.id, entry->id.id)) {
            return true;
        }
    }
    return false;
}

static void append(struct jute_acl_vec *to, int32_t perms, struct jute_id id)
{
    to->items[to->count++] = (struct jute_acl){.perms = perms, .id = id};
}

// The entries that "auth" stands for.
static enum zk_code expand_auth(const struct auth *a, int32_t perms, const struct ids *ids,
                                struct jute_acl_vec *to)
{
    int32_t before = to->count;
    for (int32_t i = 0; i < ids->count; i++) {
        if (auth_is_expandable(a, ids->items[i].scheme)) {
            append(to, perms, ids->items[i]);
        }
    }
    return to->count > before ? ZK_OK : ZK_INVALID_ACL;
}

static enum zk_code fix_entry(const struct auth *a, const struct jute_acl *entry,
                              const struct ids *ids, struct jute_acl_vec *to)
{
    const struct jute_id *id = &entry->id;
    if (slice_is_null(id->scheme)) {
        return ZK_INVALID_ACL;
    }
    if (slice_equal_str(id->scheme, "auth")) {
        return expand_auth(a, entry->perms, ids, to);
    }
    if (!is_world_anyone(id)) {
        bool is_world = slice_equal_str(id->scheme, "world");
        enum zk_code code = is_world && slice_is_null(id->id)
                                ? ZK_MARSHALLING_ERROR
                                : auth_check_acl_id(a, id->scheme, id->id);
        if (code != ZK_OK) {
            return code;
        }
    }
    append(to, entry->perms, *id);
    return ZK_OK;
}

static bool is_auth_entry(const struct jute_acl *entry)
{
    return slice_equal_str(entry->id.scheme, "auth");
}

// Upper bound of the entries after expansion.
static size_t expanded_max(const struct jute_acl_vec *acl, const struct ids *ids)
{
    size_t max = 0;
    for (int32_t i = 0; i < acl->count; i++) {
        max += is_auth_entry(&acl->items[i]) ? (size_t)ids->count : 1;
    }
    return max;
}

enum zk_code acl_fix_up(const struct auth *a, const struct jute_acl_vec *acl, const struct ids *ids,
                        struct arena *arena, struct jute_acl_vec *ret)
{
    if (acl->count <= 0 || acl->count > LIMIT_ACL_ENTRIES) {
        return ZK_INVALID_ACL; // Java has no limit, and compares every entry with every other
    }
    if (acl->count == 1 && is_world_anyone(&acl->items[0].id)) { // nearly always
        *ret = *acl;
        return ZK_OK;
    }
    struct jute_acl_vec fixed = {
        .items = arena_alloc(arena, (expanded_max(acl, ids) + 1) * sizeof(struct jute_acl)),
    };
    for (int32_t i = 0; i < acl->count; i++) {
        if (is_duplicate(acl, i)) {
            continue;
        }
        enum zk_code code = fix_entry(a, &acl->items[i], ids, &fixed);
        if (code != ZK_OK) {
            return code;
        }
    }
    *ret = fixed;
    return ZK_OK;
}
