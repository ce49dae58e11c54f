// SPDX-License-Identifier: Apache-2.0
//
// Quota checks.
#include "server/quota.h"

#include "jute/path.h"
#include "tree/quota_text.h"

#include "server/stats.h"

// One limited quantity of a subtree.
struct measure {
    const char *name;
    int64_t used, delta, soft, hard; // limits: -1 none
};

static enum zk_code check_measure(struct prep *p, struct slice quota_path, const struct measure *m)
{
    bool is_limited = m->soft > -1 || m->hard > -1;
    if (m->delta == 0 || !is_limited) {
        return ZK_OK;
    }
    bool is_hard = m->hard > -1;
    int64_t limit = is_hard ? m->hard : m->soft;
    int64_t wanted = (int64_t)((uint64_t)m->used + (uint64_t)m->delta);
    if (wanted <= limit) {
        return ZK_OK;
    }
    struct log_line l;
    if (log_begin(&l, p->log, EVENT_QUOTA_EXCEEDED)) {
        log_slice(&l, "path", quota_path);
        log_str(&l, "quantity", m->name);
        log_str(&l, "limit", is_hard ? "hard" : "soft");
        log_i64(&l, "allowed", limit);
        log_i64(&l, "wanted", wanted);
        log_end(&l);
    }
    return is_hard ? ZK_QUOTA_EXCEEDED : ZK_OK;
}

static enum zk_code check(struct prep *p, struct slice path, int64_t count_delta,
                          int64_t bytes_delta)
{
    struct tree_quota quota;
    if (!p->config->enforce_quota || !tree_quota_find(p->tree, path, &quota)) {
        return ZK_OK;
    }
    if (quota.is_malformed) {
        return ZK_MARSHALLING_ERROR;
    }
    struct measure count = {"count", quota.used_count, count_delta, quota.count,
                            quota.count_hard_limit};
    struct measure bytes = {"bytes", quota.used_bytes, bytes_delta, quota.bytes,
                            quota.byte_hard_limit};
    enum zk_code code = check_measure(p, quota.path, &count);
    code = code != ZK_OK ? code : check_measure(p, quota.path, &bytes);
    if (code != ZK_OK && p->stats != NULL) {
        stats_path(p->stats, STATS_QUOTA_EXCEEDED_PER_NAMESPACE, path, 0);
    }
    return code;
}

enum zk_code quota_check_create(struct prep *p, struct slice path, size_t data_len)
{
    return check(p, path, 1, (int64_t)data_len);
}

enum zk_code quota_check_set_data(struct prep *p, struct slice path, uint64_t old_len,
                                  size_t new_len)
{
    return check(p, path, 0, (int64_t)new_len - (int64_t)old_len);
}

// ---- what Java servers do not survive ----

enum zk_code quota_check_poison_create(struct slice path)
{
    return slice_equal_str(path, "/zookeeper/quota/zookeeper_limits") ? ZK_BAD_ARGUMENTS : ZK_OK;
}

static bool is_usage_node(struct slice path)
{
    return slice_starts_with(path, slice_str("/zookeeper/quota/")) &&
           slice_equal_str(path_name(path), "zookeeper_stats");
}

enum zk_code quota_check_poison_data(struct slice path, struct slice data)
{
    if (!is_usage_node(path)) {
        return ZK_OK;
    }
    struct quota_text text = {0};
    enum err e = quota_text_parse(data, &text);
    quota_text_fini(&text);
    return e == ERR_OK ? ZK_OK : ZK_BAD_ARGUMENTS;
}
