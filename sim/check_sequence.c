// SPDX-License-Identifier: Apache-2.0
//
// Sequential nodes. The number in a name is the count of creates under the parent before it. So
// along the zxids of one parent's sequential creates the numbers increase, none comes twice, and
// from one to the next they grow by the creates in between: the known ones, and at most those
// without an answer besides. (Parents of sequential nodes are not deleted here.)
#include "sim/check.h"

#include <inttypes.h>
#include <stdlib.h>

static const char name[] = "sequence";

enum { DIGITS = 10 };

static bool is_sequential(const struct ledger *l, const struct ledger_change *c)
{
    const struct annals_item *item = &l->history->items[c->item];
    const struct annals_part *p = annals_parts(l->history, item);
    return c->kind == CHANGE_CREATE && c->is_answered && item->part_count == 1 &&
           p->made != p->node;
}

static int64_t number_of(const struct ledger *l, const struct ledger_change *c)
{
    const char *path = annals_path(l->history, c->node);
    size_t len = strlen(path);
    return len > DIGITS ? strtoll(path + len - DIGITS, NULL, 10) : -1;
}

// Creates under `parent` that may have been done in (after, until] and that nobody answered.
static int64_t in_doubt(const struct ledger *l, int32_t parent, int64_t after, int64_t until)
{
    int64_t count = 0;
    for (size_t i = 0; i < l->open_count; i++) {
        const struct ledger_open *o = &l->open[i];
        count += annals_is_create(o->type) && annals_parent(l->history, o->node) == parent &&
                 o->floor < until && o->ceiling > after;
    }
    return count;
}

static bool check_parent(const struct ledger *l, int32_t parent, struct finding *ret)
{
    const struct ledger_change *last = NULL;
    int64_t known = 0; // creates since `last`, it included, that an answer or a Stat tells
    int64_t seen = 0;  // those of them that only a Stat tells, so that they are in doubt, too
    for (size_t i = l->first_child[parent]; i < l->first_child[parent + 1]; i++) {
        const struct ledger_change *c = l->children[i];
        if (is_sequential(l, c)) {
            int64_t before = last != NULL ? number_of(l, last) : -1;
            int64_t step = number_of(l, c) - before;
            int64_t doubt = last != NULL ? in_doubt(l, parent, last->zxid, c->zxid) : INT32_MAX;
            if (step < 1 || (last != NULL && (step < known || step > known - seen + doubt))) {
                return finding_report(ret, name,
                                      (int32_t[]){last != NULL ? last->item : ANNALS_NONE, c->item,
                                                  ANNALS_NONE, ANNALS_NONE},
                                      "the number of %s comes after %" PRId64 ", with %" PRId64
                                      " creates in between and %" PRId64 " in doubt",
                                      annals_path(l->history, c->node), before, known - 1, doubt);
            }
            last = c;
            known = 0;
            seen = 0;
        }
        known += c->kind == CHANGE_CREATE;
        seen += c->kind == CHANGE_CREATE && !c->is_answered;
    }
    return true;
}

bool check_sequence(const struct ledger *l, struct finding *ret)
{
    bool is_right = true;
    for (int32_t node = 0; node < (int32_t)l->history->node_count && is_right; node++) {
        is_right = check_parent(l, node, ret);
    }
    return is_right;
}
