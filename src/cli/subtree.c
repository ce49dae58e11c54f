// SPDX-License-Identifier: Apache-2.0
//
// Families and their members. A family is the children of one node: their names are known, and
// members are made of them one by one, each with its requests under way. `order` holds the families
// that are not done, as the walk will come to them, so the next request is always one for its first
// family with names left:
//
//     /a ── family [b c d e ..]      order: family of b, family of a
//           │ b answered ── family [x y ..]
//           │ c asked
//           └ d e ..: names only
//
// 1. A family is in `order` while it has names left or members without an answer; so it is there
//    when a member's own family comes in, which goes before it.
// 2. Answers come in the order of the requests (paddock.h, 2), so waiting for the first member is
//    waiting for the oldest request, except where one had to be repeated.
#include "cli/subtree.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/buf.h"
#include "base/list.h"
#include "base/mem.h"
#include "cli/insist.h"
#include "cli/reply.h"
#include "cli/walk.h"

enum {
    WINDOW_MAX = 512,                   // requests under way
    AHEAD_NODES_MAX = 4096,             // asked for and not yet handed out
    AHEAD_BYTES_MAX = 32 * 1024 * 1024, // of their answers
    NEAR_MAX = 64,                      // of the family at hand, when the above is too much
    LOOK_MS = 100,                      // between looks for a signal
};

enum ask { ASK_CHILDREN, ASK_DATA, ASK_ACL, ASK_STAT };
enum { ASKS = ASK_STAT + 1 };

struct family;

struct member {
    struct member *next; // of its family
    struct family *of;
    struct family *family; // its children; NULL: none, or not known
    const char *name;
    size_t index;
    unsigned waiting; // requests under way
    bool is_gone, has_stat;
    int code;
    struct paddock_stat stat;
    struct reply replies[ASK_STAT]; // what is kept of the answers
};

struct family {
    struct member *parent; // NULL: the root is the only member
    const char **names;    // of the parent's reply
    size_t count, next;    // `next` is to be made a member
    size_t depth;          // of the members
    struct member *first, *last;
    size_t made;       // members there are
    size_t unanswered; // of them
    struct list order;
};

// One request.
struct query {
    struct query *next; // answered ones
    struct subtree *subtree;
    struct member *member;
    enum ask ask;
    unsigned tries;
    struct reply reply;
};

struct subtree {
    struct cli *cli;
    struct paddock *zk;
    struct subtree_options options;
    const char *root_name; // that of "/" is ""
    struct family top;
    struct list order;
    struct family *family; // at hand
    struct member *at;     // handed out last
    bool is_left, is_done;
    int exit_code;
    size_t ahead_nodes, ahead_bytes;
    size_t typical_bytes; // of an answer: the biggest of late
    struct buf path, asked_path;

    // Under the host's lock.
    struct query *answered, *last_answered;
    size_t under_way, ring_at;
    bool is_abandoned; // closed: the last answer frees
};

// ---- paths ----

static bool is_slash(const char *path)
{
    return path[0] == '/' && path[1] == '\0';
}

static const char *path_of(const struct subtree *s, const struct member *m, struct buf *to)
{
    const char *root = s->options.path;
    size_t root_len = is_slash(root) ? 0 : strlen(root), len = root_len;
    for (const struct member *i = m; i->of->parent != NULL; i = i->of->parent) {
        len += strlen(i->name) + 1;
    }
    if (len == 0) {
        root_len = len = 1;
    }
    buf_clear(to);
    uint8_t *text = buf_reserve(to, len + 1);
    memcpy(text, root, root_len);
    text[len] = '\0';
    for (const struct member *i = m; i->of->parent != NULL; i = i->of->parent) {
        size_t name_len = strlen(i->name);
        len -= name_len;
        memcpy(text + len, i->name, name_len);
        text[--len] = '/';
    }
    return (const char *)text;
}

// ---- asking ----

static void free_whole(struct subtree *s);

// Thread: the library's.
static void on_done(struct paddock *zk, const struct paddock_result *result, void *ctx)
{
    (void)zk;
    struct query *q = ctx;
    struct subtree *s = q->subtree;
    const struct cli_host *host = s->cli->host;
    reply_copy(&q->reply, result);
    host->lock();
    s->under_way--;
    bool is_last = s->is_abandoned && s->under_way == 0;
    if (s->is_abandoned) {
        reply_fini(&q->reply);
        mem_free(q);
    } else {
        *(s->answered == NULL ? &s->answered : &s->last_answered->next) = q;
        s->last_answered = q;
        if (s->under_way <= s->ring_at) {
            host->ring();
        }
    }
    host->unlock();
    if (is_last) {
        free_whole(s);
    }
}

static void fail(struct subtree *s, int code, enum paddock_fate fate, const struct member *m)
{
    if (s->exit_code == CLI_DONE) {
        s->exit_code = cli_fail_code(s->cli, code, fate, path_of(s, m, &s->asked_path));
    }
}

static void send(struct subtree *s, struct query *q)
{
    static const enum paddock_op_type types[] = {[ASK_CHILDREN] = PADDOCK_OP_GET_CHILDREN,
                                                 [ASK_DATA] = PADDOCK_OP_GET,
                                                 [ASK_ACL] = PADDOCK_OP_GET_ACL,
                                                 [ASK_STAT] = PADDOCK_OP_EXISTS};
    struct paddock_op op = {.type = types[q->ask], .path = path_of(s, q->member, &s->asked_path)};
    const struct cli_host *host = s->cli->host;
    host->lock();
    s->under_way++;
    host->unlock();
    int code = paddock_submit(s->zk, &op, on_done, q);
    if (code != PADDOCK_OK) {
        host->lock();
        s->under_way--;
        host->unlock();
        fail(s, code, PADDOCK_NOT_SENT, q->member);
        mem_free(q);
    }
}

static void ask(struct subtree *s, struct member *m, enum ask what)
{
    struct query *q = mem_zalloc(sizeof(*q));
    q->subtree = s;
    q->member = m;
    q->ask = what;
    m->waiting++;
    send(s, q);
}

static bool wants_children(const struct subtree *s, const struct member *m)
{
    return !s->options.has_depth_max || m->of->depth < s->options.depth_max;
}

// The first requests for a node. Without data the list of children has the stat with it; with data
// the stat says whether there are any.
static void ask_first(struct subtree *s, struct member *m)
{
    if (s->options.wants_data) {
        ask(s, m, ASK_DATA);
    } else {
        ask(s, m, wants_children(s, m) ? ASK_CHILDREN : ASK_STAT);
    }
    if (s->options.wants_acl) {
        ask(s, m, ASK_ACL);
    }
}

static struct member *make_member(struct subtree *s, struct family *f)
{
    struct member *m = mem_zalloc(sizeof(*m));
    m->of = f;
    m->index = f->next;
    m->name = f->names[f->next++];
    *(f->first == NULL ? &f->first : &f->last->next) = m;
    f->last = m;
    f->made++;
    f->unanswered++;
    s->ahead_nodes++;
    return m;
}

static struct family *first_unfinished(struct subtree *s)
{
    LIST_FOREACH (l, &s->order) {
        struct family *f = CONTAINER_OF(l, struct family, order);
        if (f->next < f->count) {
            return f;
        }
    }
    return NULL;
}

static size_t window(const struct subtree *s)
{
    size_t n = AHEAD_BYTES_MAX / (s->typical_bytes + 1);
    return n < 1 ? 1 : n > WINDOW_MAX ? WINDOW_MAX : n;
}

// From which family to ask next; NULL: enough is under way. When much is held, only the family at
// hand goes on, and when it is far too much, only when the walk cannot without.
static struct family *next_to_ask(struct subtree *s, size_t under_way)
{
    if (under_way >= window(s)) {
        return NULL;
    }
    if (s->ahead_nodes < AHEAD_NODES_MAX && s->ahead_bytes < AHEAD_BYTES_MAX) {
        return first_unfinished(s);
    }
    size_t near = s->ahead_bytes < 2 * (size_t)AHEAD_BYTES_MAX ? NEAR_MAX : 1;
    struct family *f = s->family;
    return f->next < f->count && f->made < near ? f : NULL;
}

static void family_unlink_done(struct family *f)
{
    if (f->next == f->count && f->unanswered == 0) {
        list_remove(&f->order);
    }
}

static bool is_skipped(struct subtree *s, struct member *m)
{
    return s->options.is_skipped != NULL &&
           s->options.is_skipped(s->options.ctx, path_of(s, m, &s->asked_path));
}

static void ask_ahead(struct subtree *s)
{
    const struct cli_host *host = s->cli->host;
    host->lock();
    size_t under_way = s->under_way;
    host->unlock();
    for (struct family *f = next_to_ask(s, under_way); f != NULL && s->exit_code == CLI_DONE;
         f = next_to_ask(s, under_way)) {
        struct member *m = make_member(s, f);
        if (is_skipped(s, m)) {
            m->is_gone = true;
            f->unanswered--;
            family_unlink_done(f);
        } else {
            ask_first(s, m);
            under_way++;
        }
    }
}

// ---- answers ----

static void begin_family(struct member *m)
{
    struct reply *r = &m->replies[ASK_CHILDREN];
    qsort(r->strings, r->string_count, sizeof(*r->strings), walk_by_name);
    struct family *f = mem_zalloc(sizeof(*f));
    f->parent = m;
    f->names = r->strings;
    f->count = r->string_count;
    f->depth = m->of->depth + 1;
    list_insert_before(&m->of->order, &f->order);
    m->family = f;
}

static void finish_member(struct member *m)
{
    ASSERT(m->waiting == 0 && m->of->unanswered > 0);
    if (!m->is_gone && m->replies[ASK_CHILDREN].string_count > 0) {
        begin_family(m);
    }
    m->of->unanswered--;
    family_unlink_done(m->of);
}

static void keep(struct subtree *s, struct query *q)
{
    struct member *m = q->member;
    if (q->ask != ASK_ACL) {
        m->has_stat = true;
        m->stat = q->reply.stat;
    }
    if (q->ask != ASK_STAT) {
        s->ahead_bytes += q->reply.bytes;
        m->replies[q->ask] = q->reply;
        q->reply = (struct reply){0};
    }
    if (q->ask == ASK_DATA && m->stat.num_children > 0 && wants_children(s, m)) {
        ask(s, m, ASK_CHILDREN);
    }
}

// Answers about the node; all others are about the session.
static bool is_about_node(int code)
{
    return code == PADDOCK_NO_AUTH || code == PADDOCK_TOO_BIG ||
           code == PADDOCK_MARSHALLING_ERROR || code == PADDOCK_UNIMPLEMENTED ||
           code == PADDOCK_BAD_ARGUMENTS || code == PADDOCK_SYSTEM_ERROR;
}

static void refuse(struct subtree *s, struct query *q)
{
    struct member *m = q->member;
    int code = q->reply.code;
    if (code == PADDOCK_NO_NODE && m->of->parent != NULL) {
        m->is_gone = true;
    } else if (is_about_node(code)) {
        m->code = code;
        if (!m->has_stat && q->ask != ASK_ACL && q->ask != ASK_STAT) {
            ask(s, m, ASK_STAT);
        }
    } else {
        fail(s, code, q->reply.fate, m);
    }
}

static void take_answer(struct subtree *s, struct query *q)
{
    size_t typical = s->typical_bytes - s->typical_bytes / 64;
    s->typical_bytes = q->reply.bytes > typical ? q->reply.bytes : typical;
    if (q->reply.code == PADDOCK_CONNECTION_LOSS && ++q->tries < INSIST_TRIES_MAX) {
        send(s, q);
        return;
    }
    struct member *m = q->member;
    m->waiting--;
    if (q->reply.code == PADDOCK_OK) {
        keep(s, q);
    } else {
        refuse(s, q);
    }
    reply_fini(&q->reply);
    mem_free(q);
    if (m->waiting == 0) {
        finish_member(m);
    }
}

static void take_answers(struct subtree *s)
{
    const struct cli_host *host = s->cli->host;
    host->lock();
    struct query *q = s->answered;
    s->answered = s->last_answered = NULL;
    host->unlock();
    while (q != NULL) {
        struct query *next = q->next;
        q->next = NULL;
        take_answer(s, q);
        q = next;
    }
}

// Sleep until half of what is under way was answered: every answer would wake us otherwise.
static void wait_for_answers(struct subtree *s)
{
    const struct cli_host *host = s->cli->host;
    host->lock();
    s->ring_at = s->under_way / 2;
    if (s->answered == NULL && s->under_way > 0) {
        (void)host->wait(LOOK_MS);
    }
    host->unlock();
}

// ---- handing out ----

static void member_free(struct member *m)
{
    for (size_t i = 0; i < ASK_STAT; i++) {
        reply_fini(&m->replies[i]);
    }
    mem_free(m);
}

static void pop(struct family *f)
{
    struct member *m = f->first;
    f->first = m->next;
    f->made--;
    member_free(m);
}

static void forget_ahead(struct subtree *s, const struct member *m)
{
    s->ahead_nodes--;
    for (size_t i = 0; i < ASK_STAT; i++) {
        s->ahead_bytes -= m->replies[i].bytes;
    }
}

static void describe(struct subtree *s, struct member *m, struct subtree_node *ret)
{
    const struct reply *children = &m->replies[ASK_CHILDREN], *data = &m->replies[ASK_DATA],
                       *acl = &m->replies[ASK_ACL];
    *ret = (struct subtree_node){
        .path = path_of(s, m, &s->path),
        .name = m->name,
        .depth = m->of->depth,
        .is_last = m->index + 1 == m->of->count,
        .code = m->code,
        .has_stat = m->has_stat,
        .stat = m->stat,
        .data = data->data,
        .has_data = data->block != NULL,
        .acl = acl->acl,
        .acl_count = acl->acl_count,
        .has_acl = acl->block != NULL,
        .names = children->strings,
        .name_count = children->string_count,
    };
}

static enum subtree_step hand_out(struct subtree *s, struct member *m, bool is_left,
                                  struct subtree_node *ret)
{
    s->at = m;
    s->is_left = is_left;
    describe(s, m, ret);
    return is_left ? SUBTREE_LEAVE : SUBTREE_ENTER;
}

// Until the first member of the family at hand is answered, or there is none.
static void settle(struct subtree *s)
{
    for (;;) {
        take_answers(s);
        ask_ahead(s);
        struct family *f = s->family;
        if (s->cli->host->interrupted() != 0 && s->exit_code == CLI_DONE) {
            s->exit_code = cli_fail(s->cli, CLI_INTERRUPTED, "interrupted");
        }
        bool is_settled = f->first != NULL ? f->first->waiting == 0 : f->next == f->count;
        if (is_settled || s->exit_code != CLI_DONE) {
            return;
        }
        wait_for_answers(s);
    }
}

static enum subtree_step enter_next(struct subtree *s, struct subtree_node *ret)
{
    for (;;) {
        settle(s);
        struct family *f = s->family;
        if (s->exit_code != CLI_DONE) {
            return SUBTREE_FAILED;
        }
        if (f->first == NULL) {
            break;
        }
        forget_ahead(s, f->first);
        if (!f->first->is_gone) {
            return hand_out(s, f->first, false, ret);
        }
        pop(f);
    }
    struct member *parent = s->family->parent;
    if (parent == NULL) {
        s->is_done = true;
        s->at = NULL;
        return SUBTREE_END;
    }
    mem_free(s->family);
    parent->family = NULL;
    s->family = parent->of;
    return hand_out(s, parent, true, ret);
}

enum subtree_step subtree_next(struct subtree *s, struct subtree_node *ret)
{
    struct member *m = s->at;
    if (s->exit_code != CLI_DONE || s->is_done) {
        return s->is_done ? SUBTREE_END : SUBTREE_FAILED;
    }
    if (m != NULL && !s->is_left) {
        reply_fini(&m->replies[ASK_DATA]);
        reply_fini(&m->replies[ASK_ACL]);
        if (m->family == NULL) {
            return hand_out(s, m, true, ret);
        }
        s->family = m->family;
    } else if (m != NULL) {
        pop(m->of);
    }
    return enter_next(s, ret);
}

int subtree_exit_code(const struct subtree *s)
{
    return s->exit_code;
}

// ---- life ----

struct subtree *subtree_open(struct cli *c, struct paddock *zk,
                             const struct subtree_options *options)
{
    struct subtree *s = mem_zalloc(sizeof(*s));
    s->cli = c;
    s->zk = zk;
    s->options = *options;
    s->root_name = strrchr(options->path, '/') != NULL ? strrchr(options->path, '/') + 1 : "";
    s->typical_bytes = AHEAD_BYTES_MAX / 16;
    s->top.names = &s->root_name;
    s->top.count = 1;
    list_init(&s->order);
    list_push_back(&s->order, &s->top.order);
    s->family = &s->top;
    return s;
}

static void free_whole(struct subtree *s)
{
    buf_fini(&s->path);
    buf_fini(&s->asked_path);
    mem_free(s);
}

// Down to a leaf, again and again: without recursion.
static void free_members(struct subtree *s)
{
    struct family *f = &s->top;
    while (f->first != NULL || f->parent != NULL) {
        if (f->first == NULL) {
            struct member *parent = f->parent;
            parent->family = NULL;
            mem_free(f);
            f = parent->of;
        } else if (f->first->family != NULL) {
            f = f->first->family;
        } else {
            pop(f);
        }
    }
}

void subtree_close(struct subtree *s)
{
    if (s == NULL) {
        return;
    }
    free_members(s);
    const struct cli_host *host = s->cli->host;
    host->lock();
    struct query *q = s->answered;
    s->is_abandoned = true;
    bool is_free = s->under_way == 0;
    host->unlock();
    while (q != NULL) {
        struct query *next = q->next;
        reply_fini(&q->reply);
        mem_free(q);
        q = next;
    }
    if (is_free) {
        free_whole(s);
    }
}

// ---- for people ----

void subtree_complain(struct cli *c, const struct subtree_node *node, uint64_t *count)
{
    (void)cli_fail_code(c, node->code, PADDOCK_ANSWERED, node->path);
    ++*count;
}
