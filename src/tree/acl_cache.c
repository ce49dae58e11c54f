// SPDX-License-Identifier: Apache-2.0
//
// Two tables over the same entries: by list (to find the id of what a transaction carries) and by
// id. An entry without references leaves the first at once, and the second at the next sweep.
#include "tree/acl_cache.h"

#include "base/assert.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/mem.h"

struct acl_entry {
    struct hmap_link list_link;
    struct hmap_link id_link; // `spare` is the newest pass that had it
    struct acl_entry *next_unused;
    struct jute_acl_vec acl; // items and bytes lie behind the entry
    uint64_t refs;
    int32_t id;
    bool is_listed; // in by_list
    bool is_unused; // in the list of the sweep
};

struct acl_renamed {
    int64_t file_id;
    int32_t id;
};

static uint32_t hash_of_id(const struct acl_cache *c, int32_t id)
{
    return (uint32_t)hash_keyed(c->hash_seed, slice_of(&id, sizeof(id)));
}

static uint32_t hash_of_list(const struct acl_cache *c, const struct jute_acl_vec *acl)
{
    uint64_t h = c->hash_seed + (uint64_t)acl->count;
    for (int32_t i = 0; i < acl->count; i++) {
        const struct jute_acl *a = &acl->items[i];
        h = hash_keyed(h + (uint32_t)a->perms, a->id.scheme);
        h = hash_keyed(h, a->id.id);
    }
    return (uint32_t)h;
}

static size_t copy_slice(uint8_t *to, struct slice from, struct slice *ret)
{
    if (slice_is_null(from)) {
        *ret = slice_null();
        return 0;
    }
    if (from.len > 0) {
        memcpy(to, from.data, from.len);
    }
    *ret = slice_of(to, from.len);
    return from.len;
}

static struct acl_entry *entry_new(int32_t id, const struct jute_acl_vec *acl)
{
    size_t item_bytes = (size_t)acl->count * sizeof(struct jute_acl);
    size_t text_bytes = 0;
    for (int32_t i = 0; i < acl->count; i++) {
        text_bytes += acl->items[i].id.scheme.len + acl->items[i].id.id.len;
    }
    struct acl_entry *e = mem_zalloc(sizeof(*e) + item_bytes + text_bytes);
    e->id = id;
    e->acl.count = acl->count;
    e->acl.items = (struct jute_acl *)(void *)(e + 1);
    uint8_t *text = (uint8_t *)(e + 1) + item_bytes;
    for (int32_t i = 0; i < acl->count; i++) {
        struct jute_acl *to = &e->acl.items[i];
        to->perms = acl->items[i].perms;
        text += copy_slice(text, acl->items[i].id.scheme, &to->id.scheme);
        text += copy_slice(text, acl->items[i].id.id, &to->id.id);
    }
    return e;
}

void acl_cache_init(struct acl_cache *c, uint64_t hash_seed)
{
    *c = (struct acl_cache){.hash_seed = hash_seed};
    hmap_init(&c->by_list);
    hmap_init(&c->by_id);
    c->open_item = (struct jute_acl){
        .perms = 31, .id = {.scheme = slice_str("world"), .id = slice_str("anyone")}};
    c->open = (struct jute_acl_vec){.count = 1, .items = &c->open_item};
}

void acl_cache_fini(struct acl_cache *c)
{
    struct hmap_link *l = hmap_any(&c->by_id);
    while (l != NULL) {
        struct hmap_link *after = hmap_after(&c->by_id, l);
        mem_free(CONTAINER_OF(l, struct acl_entry, id_link));
        l = after;
    }
    hmap_fini(&c->by_list);
    hmap_fini(&c->by_id);
    mem_free(c->renamed);
}

static struct acl_entry *entry_of_id(const struct acl_cache *c, int32_t id)
{
    if (c->recent != NULL && c->recent->id == id) {
        return c->recent;
    }
    uint32_t hash = hash_of_id(c, id);
    for (struct hmap_link *l = hmap_first(&c->by_id, hash); l != NULL; l = hmap_next(l, hash)) {
        struct acl_entry *e = CONTAINER_OF(l, struct acl_entry, id_link);
        if (e->id == id) {
            return e;
        }
    }
    return NULL;
}

static struct acl_entry *entry_of_list(const struct acl_cache *c, const struct jute_acl_vec *acl,
                                       uint32_t hash)
{
    for (struct hmap_link *l = hmap_first(&c->by_list, hash); l != NULL; l = hmap_next(l, hash)) {
        struct acl_entry *e = CONTAINER_OF(l, struct acl_entry, list_link);
        if (jute_acl_vec_equal(&e->acl, acl)) {
            return e;
        }
    }
    return NULL;
}

static int32_t next_id(struct acl_cache *c)
{
    do {
        c->last_id = c->last_id == INT32_MAX ? 1 : c->last_id + 1;
    } while (entry_of_id(c, c->last_id) != NULL);
    return c->last_id;
}

static struct acl_entry *entry_add(struct acl_cache *c, int32_t id, const struct jute_acl_vec *acl,
                                   uint32_t hash)
{
    struct acl_entry *e = entry_new(id, acl);
    hmap_insert(&c->by_list, &e->list_link, hash);
    hmap_insert(&c->by_id, &e->id_link, hash_of_id(c, id));
    e->is_listed = true;
    return e;
}

int32_t acl_cache_intern(struct acl_cache *c, const struct jute_acl_vec *acl)
{
    if (acl->count < 0) {
        return ACL_ID_OPEN;
    }
    struct acl_entry *e = c->recent;
    if (e == NULL || !e->is_listed || !jute_acl_vec_equal(&e->acl, acl)) {
        uint32_t hash = hash_of_list(c, acl);
        e = entry_of_list(c, acl, hash);
        if (e == NULL) {
            e = entry_add(c, next_id(c), acl, hash);
        }
        c->recent = e;
    }
    c->count += e->refs == 0;
    e->refs++;
    return e->id;
}

void acl_cache_ref(struct acl_cache *c, int32_t id)
{
    if (id != ACL_ID_OPEN) {
        struct acl_entry *e = entry_of_id(c, id);
        ASSERT(e != NULL);
        c->count += e->refs == 0;
        e->refs++;
    }
}

static void entry_unlist(struct acl_cache *c, struct acl_entry *e)
{
    if (e->is_listed) {
        hmap_remove(&c->by_list, &e->list_link);
        e->is_listed = false;
    }
}

void acl_cache_unref(struct acl_cache *c, int32_t id)
{
    if (id == ACL_ID_OPEN) {
        return;
    }
    struct acl_entry *e = entry_of_id(c, id);
    ASSERT(e != NULL && e->refs > 0);
    e->refs--;
    if (e->refs > 0) {
        return;
    }
    c->count--;
    entry_unlist(c, e);
    if (!e->is_unused) {
        e->is_unused = true;
        e->next_unused = c->unused;
        c->unused = e;
    }
}

static void entry_free(struct acl_cache *c, struct acl_entry *e)
{
    if (c->recent == e) {
        c->recent = NULL;
    }
    entry_unlist(c, e);
    hmap_remove(&c->by_id, &e->id_link);
    mem_free(e);
}

void acl_cache_sweep(struct acl_cache *c)
{
    while (c->unused != NULL && !c->is_held) {
        struct acl_entry *e = c->unused;
        c->unused = e->next_unused;
        e->is_unused = false;
        if (e->refs == 0) {
            entry_free(c, e);
        }
    }
}

const struct jute_acl_vec *acl_cache_find(const struct acl_cache *c, int64_t id)
{
    if (id == ACL_ID_OPEN) {
        return &c->open;
    }
    const struct acl_entry *e = id == (int32_t)id ? entry_of_id(c, (int32_t)id) : NULL;
    return e != NULL ? &e->acl : NULL;
}

uint64_t acl_cache_references(const struct acl_cache *c)
{
    uint64_t sum = 0;
    for (struct hmap_link *l = hmap_any(&c->by_id); l != NULL; l = hmap_after(&c->by_id, l)) {
        sum += CONTAINER_OF(l, struct acl_entry, id_link)->refs;
    }
    return sum;
}

void acl_cache_hold(struct acl_cache *c, bool is_held)
{
    c->is_held = is_held;
}

bool acl_cache_step(struct acl_cache *c, size_t index, uint32_t pass,
                    void (*each)(void *ctx, int64_t id, const struct jute_acl_vec *acl), void *ctx)
{
    if (index >= c->by_id.bucket_count) {
        return false;
    }
    for (struct hmap_link *l = hmap_bucket(&c->by_id, index); l != NULL; l = l->next) {
        if (l->spare != pass) {
            l->spare = pass;
            const struct acl_entry *e = CONTAINER_OF(l, struct acl_entry, id_link);
            each(ctx, e->id, &e->acl);
        }
    }
    return true;
}

// Renamed ids are looked for first: the name that one of them got may be an id of the file, too.
bool acl_cache_loaded_id(const struct acl_cache *c, int64_t file_id, int32_t *ret_id)
{
    bool is_taken = false;
    for (size_t i = 0; i < c->renamed_count; i++) {
        if (c->renamed[i].file_id == file_id) {
            *ret_id = c->renamed[i].id;
            return true;
        }
        is_taken = is_taken || c->renamed[i].id == file_id;
    }
    if (is_taken || file_id != (int32_t)file_id || entry_of_id(c, (int32_t)file_id) == NULL) {
        return false;
    }
    *ret_id = (int32_t)file_id;
    return true;
}

enum err acl_cache_load(struct acl_cache *c, int64_t file_id, const struct jute_acl_vec *acl)
{
    int32_t id;
    if (acl->count < 0 || file_id == ACL_ID_OPEN || acl_cache_loaded_id(c, file_id, &id)) {
        return ERR_CORRUPT;
    }
    id = (int32_t)file_id;
    if (file_id <= 0 || file_id > INT32_MAX || entry_of_id(c, id) != NULL) {
        id = next_id(c);
        c->renamed = mem_realloc(c->renamed, (c->renamed_count + 1) * sizeof(c->renamed[0]));
        c->renamed[c->renamed_count++] = (struct acl_renamed){.file_id = file_id, .id = id};
    } else if (id > c->last_id) {
        c->last_id = id;
    }
    uint32_t hash = hash_of_list(c, acl);
    struct acl_entry *same = entry_of_list(c, acl, hash);
    if (same != NULL) {
        entry_unlist(c, same); // the later id is the one that new nodes get, as in Java
    }
    entry_add(c, id, acl, hash);
    return ERR_OK;
}

void acl_cache_load_end(struct acl_cache *c)
{
    mem_free(c->renamed);
    c->renamed = NULL;
    c->renamed_count = 0;
    struct hmap_link *l = hmap_any(&c->by_id);
    while (l != NULL) {
        struct hmap_link *after = hmap_after(&c->by_id, l);
        struct acl_entry *e = CONTAINER_OF(l, struct acl_entry, id_link);
        if (e->refs == 0) {
            entry_free(c, e);
        }
        l = after;
    }
}
