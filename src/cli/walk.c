// SPDX-License-Identifier: Apache-2.0
//
// An explicit stack of families. The children of up to AHEAD siblings are fetched by one multi
// read, so a walk needs one round trip for many nodes; servers that know no multi read are asked
// node by node, and so are walks that watch.
#include "cli/walk.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/node_order.h"

enum { AHEAD = 64 };

// ---- names ----

int walk_by_name(const void *a, const void *b)
{
    return node_order(*(const char *const *)a, *(const char *const *)b);
}

struct names {
    char **items;
    size_t count;
    bool is_known; // false: not asked for yet
};

static void names_take(struct names *n, const struct paddock_result *r)
{
    *n = (struct names){.items = mem_alloc((r->string_count + 1) * sizeof(*n->items)),
                        .count = r->string_count,
                        .is_known = true};
    for (size_t i = 0; i < n->count; i++) {
        n->items[i] = mem_strdup(r->strings[i]);
    }
    qsort(n->items, n->count, sizeof(*n->items), walk_by_name);
}

static void names_fini(struct names *n)
{
    for (size_t i = 0; i < n->count; i++) {
        mem_free(n->items[i]);
    }
    mem_free(n->items);
    *n = (struct names){0};
}

// ---- a family: the children of one node, and what is known of the next ones' children ----

struct family {
    char *parent;
    struct names names;
    size_t next;                // to be walked into
    size_t ahead_from, ahead_n; // names whose children are in `ahead`
    struct names ahead[AHEAD];
};

struct walk {
    struct cli *cli;
    struct paddock *zk;
    bool is_watching;
    bool is_single; // the server knows no multi read
    walk_visit_fn *enter, *leave;
    void *ctx;
    struct family **stack;
    size_t depth, cap;
};

static char *path_of(const char *parent, const char *name)
{
    struct buf path = {0};
    buf_printf(&path, "%s/%s", parent[1] == '\0' ? "" : parent, name);
    char *text = mem_strdup(buf_cstr(&path));
    buf_fini(&path);
    return text;
}

static void push(struct walk *w, char *parent, struct names names)
{
    if (w->depth == w->cap) {
        w->cap = w->cap > 0 ? 2 * w->cap : 16;
        w->stack = mem_realloc(w->stack, w->cap * sizeof(*w->stack));
    }
    struct family *f = mem_alloc(sizeof(*f));
    memset(f, 0, sizeof(*f));
    f->parent = parent;
    f->names = names;
    w->stack[w->depth++] = f;
}

static void family_free(struct family *f)
{
    for (size_t i = 0; i < f->ahead_n; i++) {
        names_fini(&f->ahead[i]);
    }
    names_fini(&f->names);
    mem_free(f->parent);
    mem_free(f);
}

// ---- asking ----

static int ask_one(struct walk *w, const char *path, bool is_root, struct names *ret)
{
    struct paddock_op op = {
        .type = PADDOCK_OP_GET_CHILDREN, .path = path, .watch = cli_watch(w->is_watching)};
    struct paddock_result *r;
    int code;
    int status = cli_try(w->cli, &op, &code, &r);
    if (status == CLI_DONE && code == PADDOCK_OK) {
        names_take(ret, r);
    } else if (status == CLI_DONE && (code != PADDOCK_NO_NODE || is_root)) {
        status = cli_fail_code(w->cli, code, r != NULL ? r->fate : PADDOCK_NOT_SENT, path);
    } else {
        ret->is_known = true; // gone meanwhile
    }
    paddock_result_free(r);
    return status;
}

// The children of the family's next members, as many as one request may ask for. A refusal of one
// node is found again when it is asked alone.
static void ask_many(struct walk *w, struct family *f)
{
    size_t left = f->names.count - f->next, n = left < AHEAD ? left : AHEAD;
    struct paddock_op parts[AHEAD] = {0};
    char *paths[AHEAD];
    for (size_t i = 0; i < n; i++) {
        paths[i] = path_of(f->parent, f->names.items[f->next + i]);
        parts[i] = (struct paddock_op){.type = PADDOCK_OP_GET_CHILDREN, .path = paths[i]};
    }
    struct paddock_op op = {.type = PADDOCK_OP_MULTI_READ, .parts = parts, .part_count = n};
    struct paddock_result *r = NULL;
    (void)paddock_call(w->zk, &op, &r);
    w->is_single = r == NULL || r->part_count != n;
    for (size_t i = 0; i < n; i++) {
        f->ahead[i] = (struct names){0};
        if (!w->is_single && r->parts[i].code == PADDOCK_OK) {
            names_take(&f->ahead[i], &r->parts[i]);
        }
        mem_free(paths[i]);
    }
    f->ahead_from = f->next;
    f->ahead_n = n;
    paddock_result_free(r);
}

static int children_of_next(struct walk *w, struct family *f, const char *path, struct names *ret)
{
    bool is_many = !w->is_watching && !w->is_single && f->names.count > 1;
    if (is_many && f->next >= f->ahead_from + f->ahead_n) {
        ask_many(w, f);
    }
    if (f->next >= f->ahead_from && f->next < f->ahead_from + f->ahead_n) {
        struct names *known = &f->ahead[f->next - f->ahead_from];
        *ret = *known;
        *known = (struct names){0};
    }
    return ret->is_known ? CLI_DONE : ask_one(w, path, false, ret);
}

// ---- walking ----

static int enter_all(struct walk *w, const char *parent, const struct names *names)
{
    int status = CLI_DONE;
    for (size_t i = 0; status == CLI_DONE && i < names->count; i++) {
        char *path = path_of(parent, names->items[i]);
        status = w->enter(w->cli, path, w->ctx);
        mem_free(path);
    }
    return status;
}

// Takes `path` and `names`.
static int descend(struct walk *w, char *path, struct names names)
{
    int status = w->enter != NULL ? enter_all(w, path, &names) : CLI_DONE;
    push(w, path, names);
    return status;
}

static int step(struct walk *w)
{
    struct family *f = w->stack[w->depth - 1];
    if (w->cli->host->interrupted() != 0) {
        return cli_fail(w->cli, CLI_INTERRUPTED, "interrupted");
    }
    if (f->next == f->names.count) {
        w->depth--;
        int status = w->leave != NULL ? w->leave(w->cli, f->parent, w->ctx) : CLI_DONE;
        family_free(f);
        return status;
    }
    ASSERT(f->names.items != NULL); // there is one to come
    char *path = path_of(f->parent, f->names.items[f->next]);
    struct names names = {0};
    int status = children_of_next(w, f, path, &names);
    f->next++;
    if (status != CLI_DONE) {
        mem_free(path);
        return status;
    }
    return descend(w, path, names);
}

int walk(struct cli *c, const char *root, bool is_watching, walk_visit_fn *enter,
         walk_visit_fn *leave, void *ctx)
{
    struct walk w = {
        .cli = c, .is_watching = is_watching, .enter = enter, .leave = leave, .ctx = ctx};
    struct names names = {0};
    int status = ask_one(&w, root, true, &names);
    w.zk = c->zk;
    if (status == CLI_DONE && enter != NULL) {
        status = enter(c, root, ctx);
    }
    if (status == CLI_DONE) {
        status = descend(&w, mem_strdup(root), names);
    } else {
        names_fini(&names);
    }
    while (status == CLI_DONE && w.depth > 0) {
        status = step(&w);
    }
    while (w.depth > 0) {
        family_free(w.stack[--w.depth]);
    }
    mem_free(w.stack);
    return status;
}

// ---- ls -R ----

static int print_path(struct cli *c, const char *path, void *ctx)
{
    (void)ctx;
    if (c->is_json) {
        struct buf text = {0};
        struct json *name = json_new_cstr(path);
        json_print(name, false, &text);
        json_free(name);
        (void)fprintf(c->out, "{\"path\":%s}\n", buf_cstr(&text));
        buf_fini(&text);
    } else {
        (void)fprintf(c->out, "%s\n", path);
    }
    return ferror(c->out) ? CLI_TROUBLE : CLI_DONE;
}

// zkCli's way watches the data of the root, too.
int walk_print_paths(struct cli *c, const char *path, bool is_watching)
{
    if (is_watching) {
        struct paddock_op op = {.type = PADDOCK_OP_GET, .path = path, .watch = cli_watch(true)};
        int status = cli_call(c, &op, NULL);
        if (status != CLI_DONE) {
            return status;
        }
    }
    return walk(c, path, is_watching, print_path, NULL, NULL);
}

// ---- setAcl -R ----

// zkCli prints refusals to stdout without a newline; ours are lines on stderr.
static int set_acl(struct cli *c, const char *path, void *ctx)
{
    struct paddock_op op = *(const struct paddock_op *)ctx;
    op.path = path;
    struct paddock_result *r;
    int code;
    int status = cli_try(c, &op, &code, &r);
    if (status == CLI_DONE && code != PADDOCK_OK) {
        if (c->style == CLI_STYLE_ZKCLI) {
            bool is_own = op.acl_count == 0; // Java's client refuses that without a path
            (void)fprintf(c->out, "KeeperErrorCode = %s%s%s", cli_code_text(c, code),
                          is_own ? "" : " for ", is_own ? "" : path);
        } else {
            (void)cli_fail_code(c, code, r != NULL ? r->fate : PADDOCK_NOT_SENT, path);
        }
    }
    paddock_result_free(r);
    return status;
}

int walk_set_acl(struct cli *c, const struct paddock_op *op)
{
    struct paddock_op each = *op;
    return walk(c, op->path, false, set_acl, NULL, &each);
}

// ---- deleteall ----

struct deletion {
    size_t batch; // 0: no transactions
    struct paddock_op *parts;
    size_t count, cap;
    const char *root;
    bool is_refused;
};

static int delete_batch(struct cli *c, struct deletion *d)
{
    struct paddock_op op = {.type = PADDOCK_OP_MULTI, .parts = d->parts, .part_count = d->count};
    struct paddock_result *r;
    int code = PADDOCK_OK;
    int status = cli_try(c, &op, &code, &r);
    paddock_result_free(r);
    for (size_t i = 0; i < d->count; i++) {
        mem_free((void *)(uintptr_t)d->parts[i].path);
    }
    d->count = 0;
    d->is_refused = d->is_refused || code != PADDOCK_OK;
    return status;
}

static int delete_node(struct cli *c, const char *path, void *ctx)
{
    struct deletion *d = ctx;
    if (d->batch == 0) {
        struct paddock_op op = {.type = PADDOCK_OP_DELETE, .path = path};
        return cli_call(c, &op, NULL);
    }
    if (d->is_refused) {
        return CLI_NO; // as Java does: nothing is sent any more
    }
    if (d->count == d->cap) {
        d->cap = d->cap > 0 ? 2 * d->cap : 64;
        d->parts = mem_realloc(d->parts, d->cap * sizeof(*d->parts));
    }
    d->parts[d->count++] = (struct paddock_op){.type = PADDOCK_OP_DELETE, .path = mem_strdup(path)};
    return d->count == d->batch || strcmp(path, d->root) == 0 ? delete_batch(c, d) : CLI_DONE;
}

int walk_delete(struct cli *c, const char *path, int64_t batch, bool *ret_all)
{
    struct deletion d = {.batch = batch > 0 ? (size_t)batch : 0, .root = path};
    int status = walk(c, path, false, NULL, delete_node, &d);
    for (size_t i = 0; i < d.count; i++) {
        mem_free((void *)(uintptr_t)d.parts[i].path);
    }
    mem_free(d.parts);
    *ret_all = !d.is_refused;
    return d.is_refused ? CLI_DONE : status;
}
