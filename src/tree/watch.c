// SPDX-License-Identifier: Apache-2.0
//
// Three tables. Two find a watched path, data and child; one finds the entry of a pair (path,
// watcher), so that adding a watch stays cheap when thousands watch one path or one client watches
// thousands:
//
//     paths[table] --hash(path)--> watched { path, entries } <--+
//                                              |                | watched
//                                              v                |
//     pairs --hash(path, watcher)--> entry { modes, in the list of its path, in that of its watcher
//     }
//
// A standard watch of one client costs the record of its path (32 bytes and the path), an entry of
// 72 bytes from a slab, and two buckets.
//
// A recursive watch is found from below: only while there are any, a trigger also looks at the
// ancestors of its path.
#include "tree/watch.h"

#include "base/arena.h"
#include "base/assert.h"
#include "base/hash.h"
#include "base/hmap.h"
#include "base/mem.h"
#include "tree/slab.h"

enum { TABLES = 2, ENTRIES_PER_CHUNK = 1024 };

struct watched {
    struct hmap_link link; // `spare` is the length of the path
    struct watch_entry *entries;
    uint8_t path[];
};

struct watch_entry {
    struct hmap_link link; // in pairs; `spare` is modes and, at bit 8, the table
    struct list of_watcher;
    struct watcher *watcher;
    struct watched *watched;
    struct watch_entry *next, *prev; // of the same path
};

struct watches {
    uint64_t hash_seed;
    struct hmap paths[TABLES];
    struct hmap pairs;
    struct slab entries;
    uint64_t recursive_count[TABLES];
    uint64_t entry_count[TABLES];
    uint64_t watcher_count; // with `is_counted`
    uint64_t trigger_count;
    struct watch_fired *fired;
    size_t fired_count, fired_cap;
    struct arena fired_paths;
};

void watcher_init(struct watcher *w)
{
    *w = (struct watcher){.mark = 0};
    list_init(&w->entries);
}

struct watches *watches_new(uint64_t hash_seed)
{
    struct watches *ws = mem_zalloc(sizeof(*ws));
    ws->hash_seed = hash_seed;
    hmap_init(&ws->paths[WATCH_DATA]);
    hmap_init(&ws->paths[WATCH_CHILD]);
    hmap_init(&ws->pairs);
    slab_init(&ws->entries, sizeof(struct watch_entry), ENTRIES_PER_CHUNK);
    arena_init(&ws->fired_paths);
    return ws;
}

static void paths_free(struct hmap *paths)
{
    struct hmap_link *l = hmap_any(paths);
    while (l != NULL) {
        struct hmap_link *after = hmap_after(paths, l);
        mem_free(CONTAINER_OF(l, struct watched, link));
        l = after;
    }
    hmap_fini(paths);
}

void watches_free(struct watches *ws)
{
    if (ws == NULL) {
        return;
    }
    paths_free(&ws->paths[WATCH_DATA]);
    paths_free(&ws->paths[WATCH_CHILD]);
    hmap_fini(&ws->pairs);
    slab_fini(&ws->entries);
    arena_fini(&ws->fired_paths);
    mem_free(ws->fired);
    mem_free(ws);
}

// ---- entries ----

static unsigned modes_of(const struct watch_entry *e)
{
    return e->link.spare & 0xff;
}

static enum watch_table table_of(const struct watch_entry *e)
{
    return (enum watch_table)(e->link.spare >> 8);
}

static struct slice path_of(const struct watched *p)
{
    return slice_of(p->path, p->link.spare);
}

static uint32_t hash_of_path(const struct watches *ws, struct slice path)
{
    return (uint32_t)hash_keyed(ws->hash_seed, path);
}

static uint32_t hash_of_pair(const struct watches *ws, const struct watched *p,
                             const struct watcher *w)
{
    const void *pair[2] = {p, w};
    return (uint32_t)hash_keyed(ws->hash_seed, slice_of(pair, sizeof(pair)));
}

static struct watched *watched_find(const struct watches *ws, enum watch_table table,
                                    struct slice path, uint32_t hash)
{
    const struct hmap *paths = &ws->paths[table];
    for (struct hmap_link *l = hmap_first(paths, hash); l != NULL; l = hmap_next(l, hash)) {
        struct watched *p = CONTAINER_OF(l, struct watched, link);
        if (l->spare == path.len && memcmp(p->path, path.data, path.len) == 0) {
            return p;
        }
    }
    return NULL;
}

static struct watched *watched_add(struct watches *ws, enum watch_table table, struct slice path,
                                   uint32_t hash)
{
    ASSERT(path.len < UINT32_MAX);
    struct watched *p = mem_alloc(sizeof(*p) + path.len);
    p->entries = NULL;
    p->link.spare = (uint32_t)path.len;
    if (path.len > 0) {
        memcpy(p->path, path.data, path.len);
    }
    hmap_insert(&ws->paths[table], &p->link, hash);
    return p;
}

static struct watch_entry *pair_find(const struct watches *ws, const struct watched *p,
                                     const struct watcher *w, uint32_t hash)
{
    for (struct hmap_link *l = hmap_first(&ws->pairs, hash); l != NULL; l = hmap_next(l, hash)) {
        struct watch_entry *e = CONTAINER_OF(l, struct watch_entry, link);
        if (e->watched == p && e->watcher == w) {
            return e;
        }
    }
    return NULL;
}

static struct watch_entry *entry_find(const struct watches *ws, enum watch_table table,
                                      struct slice path, const struct watcher *w)
{
    const struct watched *p = watched_find(ws, table, path, hash_of_path(ws, path));
    return p != NULL ? pair_find(ws, p, w, hash_of_pair(ws, p, w)) : NULL;
}

static void count_watcher(struct watches *ws, struct watcher *w, bool is_counted)
{
    ws->watcher_count += (uint64_t)is_counted - (uint64_t)w->is_counted;
    w->is_counted = is_counted;
}

static struct watch_entry *entry_add(struct watches *ws, enum watch_table table, struct watched *p,
                                     struct watcher *w, uint32_t hash)
{
    struct watch_entry *e = slab_alloc(&ws->entries);
    e->link.spare = (uint32_t)table << 8;
    e->watcher = w;
    e->watched = p;
    e->prev = NULL;
    e->next = p->entries;
    if (p->entries != NULL) {
        p->entries->prev = e;
    }
    p->entries = e;
    list_push_back(&w->entries, &e->of_watcher);
    hmap_insert(&ws->pairs, &e->link, hash);
    ws->entry_count[table]++;
    if (table == WATCH_DATA) {
        w->data_count++;
        count_watcher(ws, w, true);
    }
    return e;
}

static void watched_free_if_empty(struct watches *ws, enum watch_table table, struct watched *p)
{
    if (p->entries == NULL) {
        hmap_remove(&ws->paths[table], &p->link);
        mem_free(p);
    }
}

// Unlink an entry from everything but leave its path, perhaps without entries.
static void entry_free(struct watches *ws, struct watch_entry *e)
{
    if (e->prev != NULL) {
        e->prev->next = e->next;
    } else {
        e->watched->entries = e->next;
    }
    if (e->next != NULL) {
        e->next->prev = e->prev;
    }
    list_remove(&e->of_watcher);
    hmap_remove(&ws->pairs, &e->link);
    ws->entry_count[table_of(e)]--;
    e->watcher->data_count -= table_of(e) == WATCH_DATA;
    slab_free(&ws->entries, e);
}

static void set_modes(struct watches *ws, struct watch_entry *e, unsigned modes)
{
    enum watch_table table = table_of(e);
    ws->recursive_count[table] += (modes & WATCH_RECURSIVE) != 0;
    ws->recursive_count[table] -= (modes_of(e) & WATCH_RECURSIVE) != 0;
    e->link.spare = ((uint32_t)table << 8) | modes;
}

void watches_add(struct watches *ws, enum watch_table table, struct slice path, struct watcher *w,
                 enum watch_mode mode)
{
    uint32_t path_hash = hash_of_path(ws, path);
    struct watched *p = watched_find(ws, table, path, path_hash);
    if (p == NULL) {
        p = watched_add(ws, table, path, path_hash);
    }
    uint32_t hash = hash_of_pair(ws, p, w);
    struct watch_entry *e = pair_find(ws, p, w, hash);
    if (e == NULL) {
        e = entry_add(ws, table, p, w, hash);
    }
    set_modes(ws, e, modes_of(e) | (unsigned)mode);
}

bool watches_remove(struct watches *ws, enum watch_table table, struct slice path,
                    struct watcher *w, unsigned modes)
{
    struct watch_entry *e = entry_find(ws, table, path, w);
    if (e == NULL || (modes_of(e) & modes) == 0) {
        return false;
    }
    set_modes(ws, e, modes_of(e) & ~modes);
    if (modes_of(e) == 0) {
        struct watched *p = e->watched;
        entry_free(ws, e);
        watched_free_if_empty(ws, table, p);
        if (w->data_count == 0) {
            count_watcher(ws, w, false);
        }
    }
    return true;
}

bool watches_has(const struct watches *ws, enum watch_table table, struct slice path,
                 const struct watcher *w, unsigned modes)
{
    const struct watch_entry *e = entry_find(ws, table, path, w);
    return e != NULL && (modes_of(e) & modes) != 0;
}

void watches_drop_watcher(struct watches *ws, struct watcher *w)
{
    LIST_FOREACH_SAFE (l, tmp, &w->entries) {
        struct watch_entry *e = CONTAINER_OF(l, struct watch_entry, of_watcher);
        enum watch_table table = table_of(e);
        struct watched *p = e->watched;
        set_modes(ws, e, 0);
        entry_free(ws, e);
        watched_free_if_empty(ws, table, p);
    }
    count_watcher(ws, w, false);
    for (size_t i = 0; i < ws->fired_count; i++) {
        if (ws->fired[i].watcher == w) {
            ws->fired[i].watcher = NULL;
        }
    }
}

// ---- firing ----

struct firing {
    struct watches *ws;
    struct watch_fired event; // `path` null until the first watcher is found
    struct slice path;
    bool skip_marked;
};

// One event per watcher and trigger. The mark of the previous trigger is this one's number less
// one.
static void fire(struct firing *f, struct watcher *w)
{
    struct watches *ws = f->ws;
    uint64_t mark = w->mark;
    w->mark = ws->trigger_count;
    if (mark == ws->trigger_count || (f->skip_marked && mark == ws->trigger_count - 1)) {
        return;
    }
    if (slice_is_null(f->event.path)) {
        f->event.path = arena_copy(&ws->fired_paths, f->path);
    }
    if (ws->fired_count == ws->fired_cap) {
        ws->fired_cap = ws->fired_cap == 0 ? 64 : ws->fired_cap * 2;
        ws->fired = mem_realloc(ws->fired, ws->fired_cap * sizeof(ws->fired[0]));
    }
    ws->fired[ws->fired_count] = f->event;
    ws->fired[ws->fired_count].watcher = w;
    ws->fired_count++;
}

static void fire_path(struct firing *f, enum watch_table table)
{
    struct watches *ws = f->ws;
    struct watched *p = watched_find(ws, table, f->path, hash_of_path(ws, f->path));
    if (p == NULL) {
        return;
    }
    struct watch_entry *e = p->entries;
    while (e != NULL) {
        struct watch_entry *next = e->next;
        fire(f, e->watcher);
        set_modes(ws, e, modes_of(e) & ~(unsigned)WATCH_STANDARD);
        if (modes_of(e) == 0) {
            entry_free(ws, e);
        }
        e = next;
    }
    watched_free_if_empty(ws, table, p);
}

static void fire_recursive(struct firing *f, enum watch_table table, struct slice ancestor)
{
    const struct watches *ws = f->ws;
    const struct watched *p = watched_find(ws, table, ancestor, hash_of_path(ws, ancestor));
    for (const struct watch_entry *e = p != NULL ? p->entries : NULL; e != NULL; e = e->next) {
        if ((modes_of(e) & WATCH_RECURSIVE) != 0) {
            fire(f, e->watcher);
        }
    }
}

// The proper ancestors of `path`, "/" last. Source: PathParentIterator.
static void fire_ancestors(struct firing *f, enum watch_table table)
{
    struct slice path = f->path;
    while (path.len > 1) {
        const uint8_t *slash = memrchr(path.data, '/', path.len);
        if (slash == NULL) {
            return;
        }
        path.len = slash > path.data ? (size_t)(slash - path.data) : 1;
        fire_recursive(f, table, path);
    }
}

void watches_trigger(struct watches *ws, enum watch_table table, struct slice path,
                     enum watch_event event, int64_t zxid, int64_t acl_id, bool also_skip_marked)
{
    ws->trigger_count++;
    if (ws->entry_count[table] == 0) {
        return;
    }
    struct firing f = {.ws = ws,
                       .event = {.event = event, .zxid = zxid, .acl_id = acl_id},
                       .path = path,
                       .skip_marked = also_skip_marked};
    bool has_recursive = ws->recursive_count[table] > 0;
    fire_path(&f, table);
    if (has_recursive) {
        fire_ancestors(&f, table);
    }
}

const struct watch_fired *watches_fired(const struct watches *ws, size_t *ret_count)
{
    *ret_count = ws->fired_count;
    return ws->fired;
}

void watches_clear_fired(struct watches *ws)
{
    if (ws->fired_count > 0) {
        ws->fired_count = 0;
        arena_reset(&ws->fired_paths);
    }
}

// ---- numbers and dumps ----

uint64_t watches_count(const struct watches *ws)
{
    return ws->entry_count[WATCH_DATA] + ws->entry_count[WATCH_CHILD];
}

// A watcher whose data watches have all fired still counts until it removes one or goes, as in
// Java.
void watches_summary(const struct watches *ws, struct watches_summary *ret)
{
    *ret = (struct watches_summary){.watchers = ws->watcher_count,
                                    .paths = ws->paths[WATCH_DATA].count,
                                    .total = ws->entry_count[WATCH_DATA]};
}

void watches_each(const struct watches *ws,
                  void (*each)(void *ctx, struct slice path, struct watcher *w), void *ctx)
{
    const struct hmap *paths = &ws->paths[WATCH_DATA];
    for (struct hmap_link *l = hmap_any(paths); l != NULL; l = hmap_after(paths, l)) {
        const struct watched *p = CONTAINER_OF(l, struct watched, link);
        for (const struct watch_entry *e = p->entries; e != NULL; e = e->next) {
            each(ctx, path_of(p), e->watcher);
        }
    }
}

void watches_of_each(const struct watcher *w,
                     void (*each)(void *ctx, struct slice path, const struct watcher *w), void *ctx)
{
    LIST_FOREACH (l, &w->entries) {
        const struct watch_entry *e = CONTAINER_OF(l, struct watch_entry, of_watcher);
        if (table_of(e) == WATCH_DATA) {
            each(ctx, path_of(e->watched), w);
        }
    }
}

bool watches_check(const struct watches *ws)
{
    uint64_t total = 0;
    for (int table = 0; table < TABLES; table++) {
        const struct hmap *paths = &ws->paths[table];
        uint64_t entries = 0;
        uint64_t recursive = 0;
        for (struct hmap_link *l = hmap_any(paths); l != NULL; l = hmap_after(paths, l)) {
            const struct watched *p = CONTAINER_OF(l, struct watched, link);
            if (p->entries == NULL) {
                return false;
            }
            for (const struct watch_entry *e = p->entries; e != NULL; e = e->next) {
                entries++;
                recursive += (modes_of(e) & WATCH_RECURSIVE) != 0;
                if (modes_of(e) == 0 || e->watched != p || (int)table_of(e) != table) {
                    return false;
                }
            }
        }
        if (entries != ws->entry_count[table] || recursive != ws->recursive_count[table]) {
            return false;
        }
        total += entries;
    }
    return total == ws->pairs.count && total == ws->entries.item_count;
}
