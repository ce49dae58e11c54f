// SPDX-License-Identifier: Apache-2.0
//
// Quotas. A node /zookeeper/quota<P>/zookeeper_limits limits the subtree P; zookeeper_stats beside
// it holds what P uses. The table here knows every limited P by its hash, so finding the longest
// one that covers a path costs a look-up per component while there are quotas, and nothing without.
//
// The usage text is rewritten in place at every create, delete and setData below P: no version, no
// zxid, no watch, no digest changes, only data and its length. Quotas on the root are ignored.
// Source: DataTree.updateQuotaStat, updateQuotaForPath, setupQuota, Quotas, PathTrie.
#include "base/mem.h"
#include "tree/quota_text.h"
#include "tree/tree_priv.h"

#define QUOTA_ROOT "/zookeeper/quota"
#define LIMITS_NAME "zookeeper_limits"
#define STATS_NAME "zookeeper_stats"

// The three paths lie behind it in one block: /zookeeper/quota<P>/zookeeper_limits holds P, too.
struct quota_limit {
    struct hmap_link link; // by the hash of P
    struct slice path;     // P
    struct slice limits_path, stats_path;
    uint32_t limits_hash, stats_hash;
};

static uint8_t *append_text(uint8_t *to, struct slice text)
{
    memcpy(to, text.data, text.len);
    return to + text.len;
}

static struct quota_limit *limit_new(const struct tree *t, struct slice path)
{
    struct slice root = slice_str(QUOTA_ROOT);
    struct slice limits = slice_str("/" LIMITS_NAME);
    struct slice stats = slice_str("/" STATS_NAME);
    size_t base = root.len + path.len;
    struct quota_limit *q = mem_zalloc(sizeof(*q) + 2 * base + limits.len + stats.len);
    uint8_t *text = (uint8_t *)(q + 1);
    q->limits_path = slice_of(text, base + limits.len);
    q->path = slice_of(text + root.len, path.len);
    text = append_text(append_text(append_text(text, root), path), limits);
    q->stats_path = slice_of(text, base + stats.len);
    append_text(append_text(append_text(text, root), path), stats);
    q->limits_hash = tree_path_hash(t, q->limits_path);
    q->stats_hash = tree_path_hash(t, q->stats_path);
    return q;
}

static struct quota_limit *limit_find(const struct tree *t, struct slice path, uint32_t hash)
{
    for (struct hmap_link *l = hmap_first(&t->quotas, hash); l != NULL; l = hmap_next(l, hash)) {
        struct quota_limit *q = CONTAINER_OF(l, struct quota_limit, link);
        if (slice_equal(q->path, path)) {
            return q;
        }
    }
    return NULL;
}

static void limit_add(struct tree *t, struct slice path)
{
    uint32_t hash = tree_path_hash(t, path);
    if (limit_find(t, path, hash) == NULL) {
        hmap_insert(&t->quotas, &limit_new(t, path)->link, hash);
    }
}

// The limited path that covers `path` and is longest; NULL when none does.
static struct quota_limit *limit_covering(const struct tree *t, struct slice path)
{
    if (t->quotas.count == 0) {
        return NULL;
    }
    while (path.len > 1) {
        struct quota_limit *q = limit_find(t, path, tree_path_hash(t, path));
        if (q != NULL) {
            return q;
        }
        const uint8_t *slash = memrchr(path.data, '/', path.len);
        path.len = slash != NULL ? (size_t)(slash - path.data) : 0;
    }
    return NULL;
}

void quota_fini(struct tree *t)
{
    struct hmap_link *l = hmap_any(&t->quotas);
    while (l != NULL) {
        struct hmap_link *after = hmap_after(&t->quotas, l);
        mem_free(CONTAINER_OF(l, struct quota_limit, link));
        l = after;
    }
    hmap_fini(&t->quotas);
}

// ---- usage ----

static void write_usage(struct tree *t, struct znode *stats, const struct quota_text *q)
{
    struct buf text = {0};
    quota_text_print(q, &text);
    tree_set_data(t, stats, buf_slice(&text));
    buf_fini(&text);
}

// Java stops at a usage text that does not parse; here it stays as it is.
void quota_account(struct tree *t, struct slice path, int64_t count, int64_t bytes)
{
    const struct quota_limit *q = limit_covering(t, path);
    if (q == NULL) {
        return;
    }
    struct znode *stats = tree_find_hashed(t, q->stats_path, q->stats_hash);
    if (stats == NULL) {
        return;
    }
    struct quota_text usage;
    // The keys of `usage` borrow the text that write_usage replaces, but it prints before.
    if (quota_text_parse(znode_data(stats), &usage) == ERR_OK) {
        usage.count = (int64_t)((uint64_t)usage.count + (uint64_t)count);
        usage.bytes = (int64_t)((uint64_t)usage.bytes + (uint64_t)bytes);
        write_usage(t, stats, &usage);
    }
    quota_text_fini(&usage);
}

// Nodes and bytes of a subtree, its top included.
static void count_usage(const struct znode *top, struct quota_text *ret)
{
    ret->count = (int64_t)znode_descendant_count(top) + 1;
    ret->bytes = 0;
    const struct znode *n = top;
    while (n != NULL) {
        ret->bytes += (int64_t)znode_data_len(n);
        const struct znode *next = znode_first_child(n);
        while (next == NULL && n != top) {
            next = n->next_sibling;
            n = n->parent;
        }
        n = next;
    }
}

static void recount(struct tree *t, struct slice path, struct slice stats_path)
{
    struct znode *stats = tree_find(t, stats_path);
    if (stats == NULL) {
        return;
    }
    struct quota_text usage = {.count = 0, .bytes = 0};
    const struct znode *top = tree_find(t, path);
    if (top != NULL) {
        count_usage(top, &usage);
    }
    write_usage(t, stats, &usage);
}

// ---- nodes below /zookeeper/quota that come and go ----

// P of a parent /zookeeper/quota<P>; false when it is elsewhere.
static bool limited_path(struct slice parent, struct slice *ret)
{
    struct slice root = slice_str(QUOTA_ROOT);
    if (!slice_starts_with(parent, root)) {
        return false;
    }
    struct slice rest = slice_skip(parent, root.len);
    if (rest.len > 0 && rest.data[0] != '/') {
        return false;
    }
    *ret = rest;
    return true;
}

void quota_node_created(struct tree *t, struct slice parent, struct slice name)
{
    struct slice path;
    if (!limited_path(parent, &path)) {
        return;
    }
    if (slice_equal_str(name, LIMITS_NAME) && path.len > 0) {
        limit_add(t, path);
    }
    if (slice_equal_str(name, STATS_NAME)) {
        struct buf stats_path = {0};
        buf_append_slice(&stats_path, parent);
        buf_append_str(&stats_path, "/" STATS_NAME);
        recount(t, path, buf_slice(&stats_path));
        buf_fini(&stats_path);
    }
}

void quota_node_deleted(struct tree *t, struct slice parent, struct slice name)
{
    struct slice path;
    if (t->quotas.count == 0 || !slice_equal_str(name, LIMITS_NAME) ||
        !limited_path(parent, &path)) {
        return;
    }
    struct quota_limit *q = limit_find(t, path, tree_path_hash(t, path));
    if (q != NULL) {
        hmap_remove(&t->quotas, &q->link);
        mem_free(q);
    }
}

// After a snapshot: every childless zookeeper_limits below /zookeeper/quota.
void quota_load(struct tree *t)
{
    const struct znode *top = tree_find(t, slice_str(QUOTA_ROOT));
    struct buf path = {0};
    const struct znode *n = top;
    while (n != NULL) {
        if (znode_child_count(n) == 0 && slice_equal_str(znode_name(n), LIMITS_NAME)) {
            buf_clear(&path);
            znode_path(n->parent, &path);
            struct slice parent = buf_slice(&path);
            struct slice limited = slice_skip(parent, sizeof(QUOTA_ROOT) - 1);
            if (limited.len > 0) {
                limit_add(t, limited);
                struct quota_limit *q = limit_find(t, limited, tree_path_hash(t, limited));
                recount(t, q->path, q->stats_path);
            }
        }
        const struct znode *next = znode_first_child(n);
        while (next == NULL && n != top) {
            next = n->next_sibling;
            n = n->parent;
        }
        n = next;
    }
    buf_fini(&path);
}

// ---- for those who check ----

// Read the limits and the usage; false when a text is damaged.
static bool read_quota(const struct znode *limits, const struct znode *stats,
                       struct tree_quota *ret)
{
    struct quota_text l = {.count = -1};
    struct quota_text u = {.count = -1};
    bool is_read = quota_text_parse(znode_data(limits), &l) == ERR_OK &&
                   (stats == NULL || quota_text_parse(znode_data(stats), &u) == ERR_OK);
    ret->count = l.count;
    ret->bytes = l.bytes;
    ret->count_hard_limit = quota_text_value(&l, "countHardLimit");
    ret->byte_hard_limit = quota_text_value(&l, "byteHardLimit");
    ret->used_count = u.count;
    ret->used_bytes = u.bytes;
    quota_text_fini(&l);
    quota_text_fini(&u);
    return is_read;
}

bool tree_quota_find(const struct tree *t, struct slice path, struct tree_quota *ret)
{
    const struct quota_limit *q = limit_covering(t, path);
    if (q == NULL) {
        return false;
    }
    const struct znode *limits = tree_find_hashed(t, q->limits_path, q->limits_hash);
    if (limits == NULL) {
        return false;
    }
    const struct znode *stats = tree_find_hashed(t, q->stats_path, q->stats_hash);
    struct tree_quota quota = {.path = q->path};
    quota.is_malformed = !read_quota(limits, stats, &quota);
    if (!quota.is_malformed && stats == NULL) {
        return false;
    }
    *ret = quota;
    return true;
}
