// SPDX-License-Identifier: Apache-2.0
//
// The table of watchers and its two questions: who is told, and what is told to servers.
#include "client/watchers.h"

#include "base/assert.h"
#include "base/mem.h"
#include "jute/op.h"
#include "jute/path.h"

static struct slice path_of(const struct watcher *w)
{
    return slice_of(w->path, w->path_len);
}

static struct watcher *of_link(struct table_link *l)
{
    return CONTAINER_OF(l, struct watcher, link);
}

static struct watcher *of_all(struct list *l)
{
    return CONTAINER_OF(l, struct watcher, all);
}

static bool is_same(struct paddock_watch a, struct paddock_watch b)
{
    return a.fn == b.fn && a.ctx == b.ctx;
}

// The first registration on `path` from link `l` on, or NULL.
static struct watcher *on_path(struct table_link *l, struct slice path)
{
    while (l != NULL && !slice_equal(path_of(of_link(l)), path)) {
        l = table_next(l);
    }
    return l != NULL ? of_link(l) : NULL;
}

static struct watcher *first_on(const struct watchers *ws, struct slice path)
{
    return on_path(table_first(&ws->by_path, table_hash(path)), path);
}

static struct watcher *next_on(const struct watcher *w)
{
    return on_path(table_next(&w->link), path_of(w));
}

// ---- listeners ----

static uint64_t listener_hash(struct paddock_watch watch)
{
    struct paddock_watch key;
    memset(&key, 0, sizeof(key)); // no padding of unknown contents
    key.fn = watch.fn;
    key.ctx = watch.ctx;
    return table_hash(slice_of(&key, sizeof(key)));
}

static struct listener *find_listener(const struct watchers *ws, struct paddock_watch watch)
{
    struct table_link *l = table_first(&ws->by_listener, listener_hash(watch));
    for (; l != NULL; l = table_next(l)) {
        struct listener *found = CONTAINER_OF(l, struct listener, link);
        if (is_same(found->watch, watch)) {
            return found;
        }
    }
    return NULL;
}

static struct listener *ref_listener(struct watchers *ws, struct paddock_watch watch)
{
    struct listener *found = find_listener(ws, watch);
    if (found == NULL) {
        found = mem_try_alloc(sizeof(*found));
        if (found == NULL) {
            return NULL;
        }
        *found = (struct listener){.watch = watch};
        list_init(&found->order);
        table_insert(&ws->by_listener, &found->link, listener_hash(watch));
    }
    found->refs++;
    return found;
}

static void unref_listener(struct watchers *ws, struct listener *l)
{
    if (--l->refs == 0) {
        ASSERT(l->registered == 0);
        table_remove(&ws->by_listener, &l->link);
        mem_free(l);
    }
}

// A listener with its first watch hears of the states that come, not of those that were.
static void note_registered(struct watchers *ws, struct listener *l)
{
    if (l->registered++ == 0) {
        l->told = ws->state_events;
        list_push_back(&ws->listeners, &l->order);
    }
}

static void note_unregistered(struct listener *l)
{
    if (--l->registered == 0) {
        list_remove(&l->order);
    }
}

uint64_t watchers_begin_state_event(struct watchers *ws)
{
    return ++ws->state_events;
}

bool watchers_next_listener(struct watchers *ws, uint64_t number, struct paddock_watch *ret)
{
    LIST_FOREACH_SAFE (at, tmp, &ws->listeners) {
        struct listener *l = CONTAINER_OF(at, struct listener, order);
        if (l->told >= number) {
            continue; // newer than the event; those that were told are at the end
        }
        l->told = number;
        list_remove(&l->order);
        list_push_back(&ws->listeners, &l->order);
        if (l->watch.fn != NULL) {
            *ret = l->watch;
            return true;
        }
    }
    return false;
}

// ---- life of a watcher ----

void watchers_init(struct watchers *ws)
{
    *ws = (struct watchers){0};
    table_init(&ws->by_path);
    table_init(&ws->by_listener);
    list_init(&ws->all);
    list_init(&ws->listeners);
}

static void take_out(struct watchers *ws, struct watcher *w)
{
    table_remove(&ws->by_path, &w->link);
    list_remove(&w->all);
    ws->recursive_count -= w->kind == WATCHER_RECURSIVE ? 1 : 0;
    note_unregistered(w->listener);
    unref_listener(ws, w->listener);
    mem_free(w);
}

void watchers_fini(struct watchers *ws)
{
    ASSERT(ws->pending == 0);
    LIST_FOREACH_SAFE (at, tmp, &ws->all) {
        take_out(ws, of_all(at));
    }
    ASSERT(ws->by_listener.count == 0);
    table_fini(&ws->by_path);
    table_fini(&ws->by_listener);
}

struct watcher *watchers_new(struct watchers *ws, struct slice path, struct paddock_watch watch)
{
    struct watcher *w = mem_try_alloc(sizeof(*w) + path.len);
    struct listener *l = w != NULL ? ref_listener(ws, watch) : NULL;
    if (l == NULL) {
        mem_free(w);
        return NULL;
    }
    *w = (struct watcher){.listener = l, .path_len = path.len};
    memcpy(w->path, path.data, path.len);
    list_init(&w->all);
    ws->pending++;
    return w;
}

void watchers_drop(struct watchers *ws, struct watcher *w)
{
    if (w == NULL) {
        return;
    }
    ws->pending--;
    unref_listener(ws, w->listener);
    mem_free(w);
}

static struct watcher *find_twin(const struct watchers *ws, const struct watcher *w)
{
    struct watcher *at = first_on(ws, path_of(w));
    while (at != NULL && (at->kind != w->kind || at->listener != w->listener)) {
        at = next_on(at);
    }
    return at;
}

// The connection in force knows of `w`: it belongs behind those that it must still be told.
static void mark_told(struct watchers *ws, struct watcher *w)
{
    w->connection = ws->connection;
    list_remove(&w->all);
    list_push_back(&ws->all, &w->all);
}

void watchers_add(struct watchers *ws, struct watcher *w, enum watcher_kind kind)
{
    w->kind = kind;
    struct watcher *twin = find_twin(ws, w);
    if (twin != NULL) {
        mark_told(ws, twin);
        watchers_drop(ws, w);
        return;
    }
    ws->pending--;
    table_insert(&ws->by_path, &w->link, table_hash(path_of(w)));
    mark_told(ws, w);
    ws->recursive_count += kind == WATCHER_RECURSIVE ? 1 : 0;
    note_registered(ws, w->listener);
}

// ---- who is told ----

// What to collect: kinds on one path, of one listener or of all.
struct wanted {
    struct slice path;
    unsigned kinds;
    struct paddock_watch watch; // fn NULL: all
};

// Count distinct listeners that have a callback; append them to `to` unless NULL; forget the
// watchers of the kinds in `leaving`.
static size_t collect(struct watchers *ws, const struct wanted *q, unsigned leaving,
                      struct paddock_watch *to)
{
    size_t count = 0;
    struct watcher *next;
    for (struct watcher *w = first_on(ws, q->path); w != NULL; w = next) {
        next = next_on(w);
        struct listener *l = w->listener;
        if ((q->kinds & 1U << w->kind) == 0 ||
            (q->watch.fn != NULL && !is_same(q->watch, l->watch))) {
            continue;
        }
        if (l->counted != ws->collections && l->watch.fn != NULL) {
            l->counted = ws->collections;
            if (to != NULL) {
                to[count] = l->watch;
            }
            count++;
        }
        if ((leaving & 1U << w->kind) != 0) {
            take_out(ws, w); // may free the listener
        }
    }
    return count;
}

static unsigned kinds_of(enum paddock_event_type type)
{
    switch (type) {
    case PADDOCK_EVENT_CREATED:
    case PADDOCK_EVENT_DATA_CHANGED:
        return WATCHER_SET_DATA | 1 << WATCHER_PERSISTENT;
    case PADDOCK_EVENT_CHILDREN_CHANGED:
        return WATCHER_SET_CHILD | 1 << WATCHER_PERSISTENT;
    case PADDOCK_EVENT_DELETED:
        return WATCHER_SET_DATA | WATCHER_SET_CHILD | 1 << WATCHER_PERSISTENT;
    case PADDOCK_EVENT_SESSION:
    case PADDOCK_EVENT_DATA_WATCH_REMOVED:
    case PADDOCK_EVENT_CHILD_WATCH_REMOVED:
    case PADDOCK_EVENT_PERSISTENT_WATCH_REMOVED:
        break;
    }
    return 0;
}

// Recursive watchers on the path and above it; they hear nothing of children.
// Source: ZKWatchManager.addPersistentWatches.
static size_t collect_recursive(struct watchers *ws, struct slice path, struct paddock_watch *to)
{
    size_t count = 0;
    struct wanted q = {.path = path, .kinds = 1 << WATCHER_RECURSIVE};
    while (true) {
        count += collect(ws, &q, 0, to != NULL ? to + count : NULL);
        if (q.path.len <= 1) {
            return count;
        }
        q.path = path_parent(q.path);
        if (q.path.len == 0) {
            q.path = slice_str("/");
        }
    }
}

static size_t collect_fired(struct watchers *ws, enum paddock_event_type type, struct slice path,
                            struct paddock_watch *to)
{
    ws->collections++;
    struct wanted q = {.path = path, .kinds = kinds_of(type)};
    unsigned leaving = to != NULL ? WATCHER_SET_DATA | WATCHER_SET_CHILD : 0;
    size_t count = collect(ws, &q, leaving, to);
    if (type != PADDOCK_EVENT_CHILDREN_CHANGED && ws->recursive_count > 0) {
        count += collect_recursive(ws, path, to != NULL ? to + count : NULL);
    }
    return count;
}

size_t watchers_count_fired(struct watchers *ws, enum paddock_event_type type, struct slice path)
{
    return collect_fired(ws, type, path, NULL);
}

void watchers_take_fired(struct watchers *ws, enum paddock_event_type type, struct slice path,
                         struct paddock_watch *to)
{
    (void)collect_fired(ws, type, path, to);
}

// ---- removal ----

unsigned watchers_find(const struct watchers *ws, struct slice path, unsigned kinds,
                       struct paddock_watch watch)
{
    unsigned found = 0;
    for (struct watcher *w = first_on(ws, path); w != NULL; w = next_on(w)) {
        if (watch.fn == NULL || is_same(watch, w->listener->watch)) {
            found |= kinds & 1U << w->kind;
        }
    }
    return found;
}

bool watchers_has_others(const struct watchers *ws, struct slice path, struct paddock_watch watch)
{
    if (ws->pending > 0) {
        return true;
    }
    for (struct watcher *w = first_on(ws, path); w != NULL; w = next_on(w)) {
        if (!is_same(watch, w->listener->watch)) {
            return true;
        }
    }
    return false;
}

size_t watchers_count_removed(struct watchers *ws, struct slice path, unsigned kinds,
                              struct paddock_watch watch)
{
    ws->collections++;
    struct wanted q = {.path = path, .kinds = kinds, .watch = watch};
    return collect(ws, &q, 0, NULL);
}

void watchers_take_removed(struct watchers *ws, struct slice path, unsigned kinds,
                           struct paddock_watch watch, struct paddock_watch *to)
{
    ws->collections++;
    struct wanted q = {.path = path, .kinds = kinds, .watch = watch};
    (void)collect(ws, &q, kinds, to);
}

// ---- what a server is told again ----

void watchers_reconnected(struct watchers *ws)
{
    ws->connection++;
}

bool watchers_has_untold(const struct watchers *ws)
{
    return !list_is_empty(&ws->all) && of_all(ws->all.next)->connection != ws->connection;
}

enum { CHUNK_OVERHEAD_BYTES = 4 + 8 + 8 + WATCHER_KINDS * 4 }; // length, header, zxid, counts

// What goes into one frame: lists by kind, and the bytes of it.
struct chunk {
    struct list by_kind[WATCHER_KINDS];
    int32_t counts[WATCHER_KINDS];
    size_t bytes;
};

// Others that watch the same thing: the server must hear of it once.
static void mark_siblings(struct watchers *ws, const struct watcher *w)
{
    for (struct watcher *at = first_on(ws, path_of(w)); at != NULL; at = next_on(at)) {
        if (at != w && at->kind == w->kind) {
            mark_told(ws, at);
        }
    }
}

static void pick_chunk(struct watchers *ws, struct chunk *c)
{
    *c = (struct chunk){.bytes = CHUNK_OVERHEAD_BYTES};
    for (int kind = 0; kind < WATCHER_KINDS; kind++) {
        list_init(&c->by_kind[kind]);
    }
    bool is_first = true;
    while (watchers_has_untold(ws)) {
        struct watcher *w = of_all(ws->all.next);
        size_t bytes = 4 + w->path_len;
        if (!is_first && c->bytes + bytes > WATCHERS_FRAME_BYTES) {
            break;
        }
        is_first = false;
        c->bytes += bytes;
        w->connection = ws->connection;
        list_remove(&w->all);
        list_push_back(&c->by_kind[w->kind], &w->all);
        c->counts[w->kind]++;
        mark_siblings(ws, w);
    }
}

static void put_back(struct watchers *ws, struct chunk *c, bool is_told)
{
    for (int kind = 0; kind < WATCHER_KINDS; kind++) {
        LIST_FOREACH_SAFE (at, tmp, &c->by_kind[kind]) {
            list_remove(at);
            if (is_told) {
                list_push_back(&ws->all, at);
            } else {
                of_all(at)->connection = 0;
                list_push_front(&ws->all, at);
            }
        }
    }
}

static void put_paths(const struct chunk *c, enum watcher_kind kind, struct buf *to)
{
    buf_put_i32(to, c->counts[kind]);
    LIST_FOREACH (at, &c->by_kind[kind]) {
        buf_put_i32(to, (int32_t)of_all(at)->path_len);
        buf_append(to, of_all(at)->path, of_all(at)->path_len);
    }
}

// Old servers know no lasting watches: they are only named when there are some.
// Source: ClientCnxn.primeConnection.
static void put_chunk(const struct chunk *c, int64_t last_zxid, struct buf *to)
{
    bool has_lasting = c->counts[WATCHER_PERSISTENT] + c->counts[WATCHER_RECURSIVE] > 0;
    size_t start = to->len;
    buf_put_i32(to, 0); // the length, when it is known
    buf_put_i32(to, XID_SET_WATCHES);
    buf_put_i32(to, has_lasting ? OP_SET_WATCHES2 : OP_SET_WATCHES);
    buf_put_i64(to, last_zxid);
    put_paths(c, WATCHER_DATA, to);
    put_paths(c, WATCHER_EXIST, to);
    put_paths(c, WATCHER_CHILD, to);
    if (has_lasting) {
        put_paths(c, WATCHER_PERSISTENT, to);
        put_paths(c, WATCHER_RECURSIVE, to);
    }
    be32_store(to->data + start, (uint32_t)(to->len - start - 4));
}

enum err watchers_tell(struct watchers *ws, int64_t last_zxid, struct buf *to)
{
    struct chunk c;
    pick_chunk(ws, &c);
    if (buf_try_reserve(to, c.bytes) == NULL) {
        put_back(ws, &c, false);
        return ERR_NO_MEMORY;
    }
    put_chunk(&c, last_zxid, to);
    put_back(ws, &c, true);
    return ERR_OK;
}
