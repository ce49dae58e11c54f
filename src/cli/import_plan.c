// SPDX-License-Identifier: Apache-2.0
//
// Decisions of an import.
#include "cli/import_plan.h"

#include "base/mem.h"
#include "cli/node_order.h"

static struct import_decision decide_new(const struct import_rules *rules, const struct node *want)
{
    struct import_decision d = {.step = IMPORT_CREATE};
    if (want->kind == NODE_EPHEMERAL) {
        d.step = IMPORT_SKIP_EPHEMERAL;
    } else if (!rules->skips_acl && want->has_acl && node_acl_is_masked(want)) {
        d.step = IMPORT_REFUSE_HIDDEN;
    }
    return d;
}

// Ephemeral nodes belong to who made them: they go only with their parents.
static struct import_decision decide_extra(const struct import_rules *rules,
                                           const struct node *have, bool is_parent_deleted)
{
    bool is_kept = !rules->deletes || (have->kind == NODE_EPHEMERAL && !is_parent_deleted);
    return (struct import_decision){.step = is_kept ? IMPORT_NOTHING : IMPORT_DELETE};
}

static struct import_decision decide_both(const struct import_rules *rules, const struct node *want,
                                          const struct node *have)
{
    struct import_decision d = {.step = IMPORT_NOTHING};
    bool wants_acl = !rules->skips_acl && !(want->has_acl && node_acl_is_masked(want));
    if (want->kind == NODE_EPHEMERAL) {
        d.step = IMPORT_SKIP_EPHEMERAL;
        return d;
    }
    d.change = node_change_between(have, want, wants_acl);
    d.change.data = d.change.data && want->has_data;
    if (d.change.is_unknown) {
        d.step = IMPORT_REFUSE_UNREADABLE;
    } else if (d.change.kind) {
        d.step = IMPORT_REFUSE_KIND;
    } else if (node_change_is_any(d.change)) {
        d.step = rules->overwrites ? IMPORT_CHANGE : IMPORT_LEAVE;
    }
    return d;
}

struct import_decision import_decide(const struct import_rules *rules, const struct node *want,
                                     const struct node *have, bool is_parent_deleted)
{
    if (have == NULL) {
        return decide_new(rules, want);
    }
    return want == NULL ? decide_extra(rules, have, is_parent_deleted)
                        : decide_both(rules, want, have);
}

// ---- nodes to be deleted ----

void import_deletes_push(struct import_deletes *d, const char *path)
{
    if (d->count == d->cap) {
        d->cap = 2 * d->cap + 16;
        d->paths = mem_realloc(d->paths, d->cap * sizeof(*d->paths));
    }
    d->paths[d->count++] = mem_strdup(path);
}

bool import_deletes_covers(const struct import_deletes *d, const char *path)
{
    return d->count > 0 && node_is_within(path, d->paths[d->count - 1]);
}

char *import_deletes_pop(struct import_deletes *d, const char *path)
{
    bool is_behind = d->count > 0 && (path == NULL || !import_deletes_covers(d, path));
    return is_behind ? d->paths[--d->count] : NULL;
}

void import_deletes_fini(struct import_deletes *d)
{
    while (d->count > 0) {
        mem_free(d->paths[--d->count]);
    }
    mem_free(d->paths);
}
