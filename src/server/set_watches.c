// SPDX-License-Identifier: Apache-2.0
//
// Re-registration of watches. The persistent lists need no look at the tree: their owner is told of
// what happens from now on.
#include "server/set_watches.h"

#include "server/server_priv.h"

enum { EVENT_ZXID = -1 }; // these events belong to no transaction

// What happened to a path since the client last looked; 0: nothing.
typedef int missed_event(const struct znode *node, int64_t relative_zxid);

static int missed_data(const struct znode *node, int64_t relative_zxid)
{
    if (node == NULL) {
        return WATCH_EVENT_DELETED;
    }
    struct jute_stat_persisted stat;
    znode_stat_stored(node, &stat);
    return stat.mzxid > relative_zxid ? WATCH_EVENT_DATA_CHANGED : 0;
}

static int missed_exist(const struct znode *node, int64_t relative_zxid)
{
    (void)relative_zxid;
    return node != NULL ? WATCH_EVENT_CREATED : 0;
}

static int missed_child(const struct znode *node, int64_t relative_zxid)
{
    if (node == NULL) {
        return WATCH_EVENT_DELETED;
    }
    struct jute_stat_persisted stat;
    znode_stat_stored(node, &stat);
    return stat.pzxid > relative_zxid ? WATCH_EVENT_CHILDREN_CHANGED : 0;
}

static bool set_standard(struct conn *c, const struct jute_str_vec *paths, enum watch_table table,
                         missed_event *missed, int64_t relative_zxid)
{
    struct server *s = c->server;
    for (int32_t i = 0; i < paths->count; i++) {
        struct slice path = paths->items[i];
        if (slice_is_null(path)) {
            return false;
        }
        int event = missed(tree_find(s->tree, path), relative_zxid);
        if (event != 0) {
            reply_event(c, (enum watch_event)event, EVENT_ZXID, path);
        } else {
            watches_add(s->watches, table, path, &c->watcher, WATCH_STANDARD);
        }
    }
    return paths->count >= 0;
}

static bool set_persistent(struct conn *c, const struct jute_str_vec *paths, enum watch_mode mode)
{
    struct watches *ws = c->server->watches;
    for (int32_t i = 0; i < paths->count; i++) {
        watches_add(ws, WATCH_DATA, paths->items[i], &c->watcher, mode);
        if (mode == WATCH_PERSISTENT) {
            watches_add(ws, WATCH_CHILD, paths->items[i], &c->watcher, mode);
        }
    }
    return paths->count >= 0;
}

enum zk_code set_watches(struct conn *c, const struct jute_set_watches2 *q)
{
    int64_t zxid = q->relative_zxid;
    bool is_ok = set_standard(c, &q->data, WATCH_DATA, missed_data, zxid) &&
                 set_standard(c, &q->exist, WATCH_DATA, missed_exist, zxid) &&
                 set_standard(c, &q->child, WATCH_CHILD, missed_child, zxid) &&
                 set_persistent(c, &q->persistent, WATCH_PERSISTENT) &&
                 set_persistent(c, &q->persistent_recursive, WATCH_RECURSIVE);
    return is_ok ? ZK_OK : ZK_MARSHALLING_ERROR;
}
