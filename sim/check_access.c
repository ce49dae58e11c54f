// SPDX-License-Identifier: Apache-2.0
//
// Access. Who may set a node or its ACL follows from the ACL that the node has at that zxid:
// Alice's nodes are hers, the others everybody's. A write is refused with NoAuth exactly where it
// has to be, and getACL shows that ACL. A client is Alice from its auth request on, for one
// connection.
#include "sim/check.h"

#include "base/mem.h"

static const char name[] = "access";

struct fact { // a node has this ACL from a zxid on
    int32_t node;
    int32_t item;
    int64_t zxid;
    enum annals_acl acl;
};

struct access {
    const struct ledger *l;
    struct fact *facts;
    size_t count;
    bool *is_guarded; // by node: somebody may have given it Alice's ACL
    bool *is_alice;   // by connection
    struct finding *ret;
};

static bool gives_acl(int32_t type)
{
    return annals_is_create(type) || type == OP_SET_ACL;
}

static void collect(struct access *a)
{
    const struct annals *h = a->l->history;
    for (size_t i = 0; i < h->count; i++) {
        const struct annals_item *item = &h->items[i];
        const struct annals_part *p = annals_parts(h, item);
        for (size_t k = 0; k < item->part_count; k++) {
            a->is_guarded[p[k].node] |= gives_acl(p[k].type) && p[k].acl == ANNALS_ACL_ALICE;
            bool is_done = item->kind == ANNALS_ANSWER && ledger_is_done(h, item);
            if (is_done && gives_acl(p[k].type) && p[k].made == ANNALS_NONE) {
                a->facts[a->count++] = (struct fact){p[k].node, (int32_t)i, item->zxid, p[k].acl};
            } else if (is_done && annals_is_create(p[k].type)) {
                a->facts[a->count++] = (struct fact){p[k].made, (int32_t)i, item->zxid, p[k].acl};
            }
        }
    }
}

// The ACL of a node right after a zxid; NULL when it is not certain.
static const struct fact *acl_at(const struct access *a, int32_t node, int64_t zxid)
{
    const struct fact *last = NULL;
    for (size_t i = 0; i < a->count; i++) {
        const struct fact *f = &a->facts[i];
        if (f->node == node && f->zxid <= zxid && (last == NULL || f->zxid > last->zxid)) {
            last = f;
        }
    }
    if (last == NULL || ledger_presence(a->l, node, zxid) != IS_PRESENT) {
        return NULL;
    }
    const struct ledger_change *change = ledger_last(a->l, node, zxid);
    bool is_other_life = change->czxid > last->zxid; // made by a request without an answer
    bool is_in_doubt = ledger_hidden(a->l, node, OP_SET_ACL, last->zxid, zxid) > 0 ||
                       ledger_hidden(a->l, node, OP_DELETE, last->zxid, zxid) > 0 ||
                       ledger_hidden_creates(a->l, node, last->zxid, zxid) > 0;
    return is_other_life || is_in_doubt ? NULL : last;
}

static bool check_write(const struct access *a, int32_t number, const struct annals_part *p)
{
    const struct annals_item *item = &a->l->history->items[number];
    const struct fact *f = acl_at(a, p->node, item->zxid - 1);
    bool is_refused = p->code == ZK_NO_AUTH;
    bool needs_check = p->type == OP_SET_DATA || p->type == OP_SET_ACL;
    bool must_refuse =
        needs_check && f != NULL && f->acl == ANNALS_ACL_ALICE && !a->is_alice[item->connection];
    bool must_not = !needs_check || !a->is_guarded[p->node] || a->is_alice[item->connection] ||
                    (f != NULL && f->acl == ANNALS_ACL_WORLD);
    if ((is_refused && must_not) || (must_refuse && !is_refused)) {
        return finding_report(
            a->ret, name,
            (int32_t[]){f != NULL ? f->item : ANNALS_NONE, number, ANNALS_NONE, ANNALS_NONE},
            "%s of %s answers %s to %s", op_name(p->type), annals_path(a->l->history, p->node),
            zk_code_name(p->code), a->is_alice[item->connection] ? "Alice" : "somebody");
    }
    return true;
}

static bool check_shown(const struct access *a, int32_t number, const struct annals_part *p)
{
    const struct fact *f = acl_at(a, p->node, a->l->history->items[number].zxid);
    if (p->code != ZK_OK || f == NULL || f->acl == p->acl) {
        return true;
    }
    return finding_report(a->ret, name, (int32_t[]){f->item, number, ANNALS_NONE, ANNALS_NONE},
                          "getACL of %s shows another ACL than it has",
                          annals_path(a->l->history, p->node));
}

static bool take(const struct access *a, int32_t number)
{
    const struct annals *h = a->l->history;
    const struct annals_item *item = &h->items[number];
    if (item->kind == ANNALS_CALL && item->type == OP_AUTH) {
        a->is_alice[item->connection] = true;
    }
    bool is_right = true;
    for (size_t i = 0; item->kind == ANNALS_ANSWER && i < item->part_count && is_right; i++) {
        const struct annals_part *p = annals_parts(h, item) + i;
        if (p->type == OP_GET_ACL) {
            is_right = check_shown(a, number, p);
        } else if (annals_is_write(item->type) && item->code != ZK_SYSTEM_ERROR &&
                   item->type != OP_MULTI && item->type != OP_CLOSE_SESSION) {
            is_right = check_write(a, number, p);
        }
    }
    return is_right;
}

bool check_access(const struct ledger *l, struct finding *ret)
{
    const struct annals *h = l->history;
    struct access a = {.l = l, .ret = ret};
    a.facts = mem_alloc((h->part_count + 1) * sizeof(struct fact));
    a.is_guarded = mem_zalloc(h->node_count * sizeof(bool));
    a.is_alice = mem_zalloc((size_t)(h->connections + 1) * sizeof(bool));
    collect(&a);
    size_t kept = 0; // only the guarded nodes are looked up
    for (size_t i = 0; i < a.count; i++) {
        if (a.is_guarded[a.facts[i].node]) {
            a.facts[kept++] = a.facts[i];
        }
    }
    a.count = kept;
    bool is_right = true;
    for (int32_t i = 0; i < (int32_t)h->count && is_right; i++) {
        is_right = take(&a, i);
    }
    mem_free(a.facts);
    mem_free(a.is_guarded);
    mem_free(a.is_alice);
    return is_right;
}
