// SPDX-License-Identifier: Apache-2.0
//
// From a history to the known changes of each node.
#include "sim/ledger.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/mem.h"

enum { FIRST_CAP = 256 };

bool ledger_is_done(const struct annals *h, const struct annals_item *answer)
{
    const struct annals_part *parts = annals_parts(h, answer);
    bool is_done = answer->code == ZK_OK;
    for (size_t i = 0; i < answer->part_count && is_done; i++) {
        is_done = parts[i].code == ZK_OK;
    }
    return is_done;
}

// ---- what answers tell ----

static struct ledger_change *add_change(struct ledger *l, struct ledger_change change)
{
    if (l->count == l->cap) {
        l->cap = l->cap == 0 ? FIRST_CAP : l->cap * 2;
        l->changes = mem_realloc(l->changes, l->cap * sizeof(l->changes[0]));
    }
    l->changes[l->count] = change;
    return &l->changes[l->count++];
}

static void learn_write(struct ledger *l, int32_t item, const struct annals_part *p)
{
    struct ledger_change c = {.node = p->made != ANNALS_NONE ? p->made : p->node,
                              .zxid = l->history->items[item].zxid,
                              .value = p->value,
                              .owner = -1,
                              .item = item,
                              .is_answered = true};
    if (annals_is_create(p->type)) {
        c.kind = CHANGE_CREATE;
        c.czxid = c.zxid;
        c.seen_until = c.zxid;
        bool is_ephemeral = p->mode == CREATE_EPHEMERAL || p->mode == CREATE_EPHEMERAL_SEQUENTIAL;
        c.owner = is_ephemeral ? l->history->items[item].session : 0;
    } else if (p->type == OP_SET_DATA) {
        c.kind = CHANGE_SET;
        c.version = p->stat.version;
        c.czxid = p->stat.czxid;
    } else {
        c.kind = CHANGE_DELETE;
    }
    add_change(l, c);
}

static void learn_stat(struct ledger *l, int32_t item, const struct annals_part *p)
{
    const struct jute_stat *s = &p->stat;
    struct ledger_change c = {.node = p->made != ANNALS_NONE ? p->made : p->node,
                              .zxid = s->czxid,
                              .kind = CHANGE_CREATE,
                              .czxid = s->czxid,
                              .value = s->mzxid == s->czxid ? p->found : 0,
                              .owner = s->ephemeral_owner,
                              .item = item,
                              .seen_until = l->history->items[item].zxid};
    if (c.zxid == 0) { // a node that was always there
        return;
    }
    add_change(l, c);
    if (s->mzxid != s->czxid) {
        c.kind = CHANGE_SET;
        c.zxid = s->mzxid;
        c.version = s->version;
        c.value = p->found;
        add_change(l, c);
    }
}

static void learn_answer(struct ledger *l, int32_t number)
{
    const struct annals *h = l->history;
    const struct annals_item *item = &h->items[number];
    bool is_write = annals_is_write(item->type);
    if (is_write && !ledger_is_done(h, item)) {
        return;
    }
    const struct annals_part *parts = annals_parts(h, item);
    for (size_t i = 0; i < item->part_count; i++) {
        if (is_write && annals_is_change(parts[i].type)) {
            learn_write(l, number, &parts[i]);
        }
        if (parts[i].has_stat) {
            learn_stat(l, number, &parts[i]);
        }
    }
}

// ---- putting it in order ----

static int compare_changes(const void *a, const void *b)
{
    const struct ledger_change *x = a;
    const struct ledger_change *y = b;
    if (x->node != y->node) {
        return x->node < y->node ? -1 : 1;
    }
    if (x->zxid != y->zxid) {
        return x->zxid < y->zxid ? -1 : 1;
    }
    if (x->is_answered != y->is_answered) {
        return x->is_answered ? -1 : 1;
    }
    return (x->item > y->item) - (x->item < y->item);
}

static bool agree(const struct ledger_change *a, const struct ledger_change *b)
{
    return a->kind == b->kind && a->version == b->version && a->czxid == b->czxid &&
           (a->value == b->value || a->value == 0 || b->value == 0) &&
           (a->owner == b->owner || a->owner == -1 || b->owner == -1 || a->kind == CHANGE_SET);
}

static void merge_into(struct ledger *l, struct ledger_change *to, const struct ledger_change *from)
{
    if (!agree(to, from) || (to->is_answered && from->is_answered)) {
        l->conflict[0] = to->item;
        l->conflict[1] = from->item;
    }
    to->value = to->value != 0 ? to->value : from->value;
    to->owner = to->owner != -1 ? to->owner : from->owner;
    to->seen_until = from->seen_until > to->seen_until ? from->seen_until : to->seen_until;
}

// Sort, and make one of what tells the same.
static void put_in_order(struct ledger *l)
{
    if (l->count == 0) {
        return;
    }
    qsort(l->changes, l->count, sizeof(l->changes[0]), compare_changes);
    size_t kept = 1;
    for (size_t i = 1; i < l->count; i++) {
        struct ledger_change *last = &l->changes[kept - 1];
        const struct ledger_change *c = &l->changes[i];
        if (c->node == last->node && c->zxid == last->zxid) {
            merge_into(l, last, c);
        } else {
            l->changes[kept++] = *c;
        }
    }
    l->count = kept;
}

static int compare_children(const void *a, const void *b)
{
    const struct ledger_change *x = *(const struct ledger_change *const *)a;
    const struct ledger_change *y = *(const struct ledger_change *const *)b;
    return (x->zxid > y->zxid) - (x->zxid < y->zxid);
}

static int32_t parent_of(const struct ledger *l, const struct ledger_change *c)
{
    return annals_parent(l->history, c->node);
}

// first[node] to first[node + 1] are the node's; likewise children of each parent.
static void index_changes(struct ledger *l)
{
    size_t nodes = l->history->node_count;
    l->first = mem_zalloc((nodes + 1) * sizeof(size_t));
    l->first_child = mem_zalloc((nodes + 2) * sizeof(size_t));
    l->children = mem_alloc(l->count * sizeof(struct ledger_change *));
    for (size_t i = 0; i < l->count; i++) {
        l->first[l->changes[i].node + 1]++;
        int32_t parent = parent_of(l, &l->changes[i]);
        if (l->changes[i].kind != CHANGE_SET && parent != ANNALS_NONE) {
            l->first_child[parent + 2]++;
            l->child_count++;
        }
    }
    for (size_t n = 1; n <= nodes; n++) {
        l->first[n] += l->first[n - 1];
        l->first_child[n + 1] += l->first_child[n];
    }
    for (size_t i = 0; i < l->count; i++) { // moves first_child[n + 1] to the end of n's
        int32_t parent = parent_of(l, &l->changes[i]);
        if (l->changes[i].kind != CHANGE_SET && parent != ANNALS_NONE) {
            l->children[l->first_child[parent + 1]++] = &l->changes[i];
        }
    }
    for (size_t n = 0; n < nodes; n++) {
        size_t count = l->first_child[n + 1] - l->first_child[n];
        qsort(l->children + l->first_child[n], count, sizeof(l->children[0]), compare_children);
    }
}

// ---- requests without an answer ----

static bool has_place(const struct annals_item *answer)
{
    return annals_is_write(answer->type) && answer->code != ZK_SYSTEM_ERROR;
}

// The zxid of the first answer that the client of a call got on a later connection. Where reads may
// show the past, of the first write: it passed through the leader behind what was under way.
static int64_t ceiling_of(const struct annals *h, size_t call)
{
    for (size_t i = call + 1; i < h->count; i++) {
        const struct annals_item *item = &h->items[i];
        if (item->kind == ANNALS_ANSWER && item->client == h->items[call].client &&
            item->connection > h->items[call].connection && item->xid > 0 &&
            (!h->may_be_stale || has_place(item))) {
            return item->zxid;
        }
    }
    return INT64_MAX;
}

static bool is_sequential(const struct annals_part *p)
{
    return annals_is_create(p->type) &&
           (p->mode == CREATE_PERSISTENT_SEQUENTIAL || p->mode == CREATE_EPHEMERAL_SEQUENTIAL);
}

static void note_open(struct ledger *l, size_t call)
{
    const struct annals_item *item = &l->history->items[call];
    const struct annals_part *parts = annals_parts(l->history, item);
    int64_t ceiling = ceiling_of(l->history, call);
    for (size_t i = 0; i < item->part_count; i++) {
        if (l->open_count == l->open_cap) {
            l->open_cap = l->open_cap == 0 ? FIRST_CAP : l->open_cap * 2;
            l->open = mem_realloc(l->open, l->open_cap * sizeof(l->open[0]));
        }
        l->open[l->open_count++] = (struct ledger_open){.node = parts[i].node,
                                                        .type = parts[i].type,
                                                        .call = (int32_t)call,
                                                        .is_sequential = is_sequential(&parts[i]),
                                                        .floor = l->floors[call],
                                                        .ceiling = ceiling};
    }
}

static void note_call(struct ledger *l, size_t call)
{
    const struct annals *h = l->history;
    const struct annals_item *item = &h->items[call];
    const struct annals_part *parts = annals_parts(h, item);
    for (size_t i = 0; i < item->part_count; i++) {
        l->may_vanish[parts[i].node] |= annals_is_create(parts[i].type) &&
                                        parts[i].mode != CREATE_PERSISTENT &&
                                        parts[i].mode != CREATE_PERSISTENT_SEQUENTIAL;
        if (parts[i].value != 0) {
            l->writers[parts[i].value] = (int32_t)call;
        }
    }
    if (item->answer == ANNALS_NONE && annals_is_write(item->type)) {
        note_open(l, call);
    }
}

static void read_history(struct ledger *l)
{
    const struct annals *h = l->history;
    int64_t floor = 0;
    for (size_t i = 0; i < h->count; i++) {
        const struct annals_item *item = &h->items[i];
        l->floors[i] = floor;
        if (item->kind == ANNALS_CALL) {
            note_call(l, i);
        } else if (item->kind == ANNALS_ANSWER) {
            learn_answer(l, (int32_t)i);
            floor = item->zxid > floor ? item->zxid : floor;
            const struct annals_part *p = annals_parts(h, item);
            for (size_t k = 0; k < item->part_count; k++) {
                if (p[k].made != ANNALS_NONE) {
                    l->may_vanish[p[k].made] |= l->may_vanish[p[k].node];
                }
            }
        }
    }
}

void ledger_init(struct ledger *l, const struct annals *h)
{
    *l = (struct ledger){.history = h, .conflict = {ANNALS_NONE, ANNALS_NONE}};
    l->may_vanish = mem_zalloc(h->node_count * sizeof(bool));
    l->floors = mem_zalloc((h->count + 1) * sizeof(int64_t));
    l->writers = mem_alloc((h->values + 1) * sizeof(int32_t));
    for (size_t i = 0; i <= h->values; i++) {
        l->writers[i] = ANNALS_NONE;
    }
    read_history(l);
    put_in_order(l);
    index_changes(l);
}

void ledger_fini(struct ledger *l)
{
    mem_free(l->changes);
    mem_free(l->first);
    mem_free((void *)l->children);
    mem_free(l->first_child);
    mem_free(l->open);
    mem_free(l->may_vanish);
    mem_free(l->floors);
    mem_free(l->writers);
}

// ---- questions ----

const struct ledger_change *ledger_next(const struct ledger *l, int32_t node, int64_t zxid)
{
    size_t low = l->first[node];
    size_t high = l->first[node + 1];
    size_t end = high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (l->changes[middle].zxid <= zxid) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < end ? &l->changes[low] : NULL;
}

const struct ledger_change *ledger_last(const struct ledger *l, int32_t node, int64_t zxid)
{
    const struct ledger_change *next = ledger_next(l, node, zxid);
    size_t at = next != NULL ? (size_t)(next - l->changes) : l->first[node + 1];
    return at > l->first[node] ? &l->changes[at - 1] : NULL;
}

const struct ledger_change *ledger_next_child(const struct ledger *l, int32_t parent, int64_t zxid)
{
    size_t low = l->first_child[parent];
    size_t high = l->first_child[parent + 1];
    size_t end = high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (l->children[middle]->zxid <= zxid) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < end ? l->children[low] : NULL;
}

static bool may_fall(const struct ledger_open *o, int64_t after, int64_t until)
{
    int64_t low = o->floor > after ? o->floor : after;
    int64_t high = o->ceiling < until ? o->ceiling : until;
    return low < high;
}

size_t ledger_hidden(const struct ledger *l, int32_t node, int32_t type, int64_t after,
                     int64_t until)
{
    size_t count = 0;
    for (size_t i = 0; i < l->open_count; i++) {
        const struct ledger_open *o = &l->open[i];
        count += o->node == node && o->type == type && may_fall(o, after, until);
    }
    return count;
}

static bool may_make(const struct ledger *l, const struct ledger_open *o, int32_t node)
{
    const struct annals *h = l->history;
    if (!o->is_sequential) {
        return o->node == node && annals_is_create(o->type);
    }
    const char *prefix = annals_path(h, o->node);
    return annals_parent(h, node) == annals_parent(h, o->node) &&
           strncmp(annals_path(h, node), prefix, strlen(prefix)) == 0;
}

size_t ledger_hidden_creates(const struct ledger *l, int32_t node, int64_t after, int64_t until)
{
    size_t count = 0;
    for (size_t i = 0; i < l->open_count; i++) {
        const struct ledger_open *o = &l->open[i];
        count += may_make(l, o, node) && may_fall(o, after, until);
    }
    return count;
}

// The create of the life that a change belongs to, when it is known.
static const struct ledger_change *birth_of(const struct ledger *l, const struct ledger_change *c)
{
    return c->kind == CHANGE_DELETE ? NULL : ledger_last(l, c->node, c->czxid);
}

enum ledger_presence ledger_presence(const struct ledger *l, int32_t node, int64_t zxid)
{
    const struct ledger_change *last = ledger_last(l, node, zxid);
    int64_t since = last != NULL ? last->zxid : 0;
    if (last == NULL || last->kind == CHANGE_DELETE) {
        return ledger_hidden_creates(l, node, since, zxid) > 0 ? IS_UNKNOWN : IS_ABSENT;
    }
    const struct ledger_change *birth = birth_of(l, last);
    if (birth != NULL && birth->seen_until >= zxid) {
        return IS_PRESENT;
    }
    since = birth != NULL && birth->seen_until > since ? birth->seen_until : since;
    bool may_be_gone = l->may_vanish[node] || ledger_hidden(l, node, OP_DELETE, since, zxid) > 0;
    return may_be_gone ? IS_UNKNOWN : IS_PRESENT;
}
