// SPDX-License-Identifier: Apache-2.0
//
// Which node decides about a write, and whether its list permits it.
#include "server/eager.h"

#include "jute/op.h"
#include "jute/path.h"
#include "server/acl.h"
#include "server/server_priv.h"
#include "tree/znode.h"

// What a request needs; without a path it needs nothing that is looked at here.
struct need {
    struct slice path;
    int32_t perm;
    const struct jute_acl_vec *acl; // that it would set; NULL: none
};

static void need_of_parent(struct need *need, struct slice path, int32_t perm)
{
    if (path_is_valid(path) && path.len > 1) {
        need->path = path_parent(path);
        need->perm = perm;
    }
}

static void need_of_node(struct need *need, struct slice path, int32_t perm)
{
    if (path_is_valid(path)) {
        need->path = path;
        need->perm = perm;
    }
}

struct decoded {
    struct jute_create_request create;
    struct jute_path_version delete;
    struct jute_set_data_request set_data;
    struct jute_set_acl_request set_acl;
};

// What does not decode is refused elsewhere. Source: ZooKeeperServer.effectiveACLPath.
static struct need find_need(const struct request *request, struct jute_in *in, struct decoded *d)
{
    struct need need = {.path = slice_null()};
    if (request->type == OP_CREATE || request->type == OP_CREATE2) {
        if (jute_create_request_decode(in, &d->create)) {
            need_of_parent(&need, d->create.path, PERM_CREATE);
            need.acl = &d->create.acl;
        }
    } else if (request->type == OP_DELETE) {
        if (jute_path_version_decode(in, &d->delete)) {
            need_of_parent(&need, d->delete.path, PERM_DELETE);
        }
    } else if (request->type == OP_SET_DATA) {
        if (jute_set_data_request_decode(in, &d->set_data)) {
            need_of_node(&need, d->set_data.path, PERM_WRITE);
        }
    } else if (request->type == OP_SET_ACL) {
        if (jute_set_acl_request_decode(in, &d->set_acl)) {
            need_of_node(&need, d->set_acl.path, PERM_ADMIN);
            need.acl = &d->set_acl.acl;
        }
    }
    return need;
}

// A node that is not here may be one that the leader has.
static enum zk_code check(struct server *s, const struct request *request, const struct need *need)
{
    struct jute_acl_vec unused;
    enum zk_code code = ZK_OK;
    if (slice_is_null(need->path)) {
        return ZK_OK;
    }
    if (need->acl != NULL) {
        code = acl_fix_up(&s->auth, need->acl, request->ids, s->prep.arena, &unused);
        code = code == ZK_INVALID_ACL ? code : ZK_OK;
    }
    const struct znode *node = tree_find(s->tree, need->path);
    if (code == ZK_OK && node != NULL) {
        code = acl_check(&s->auth, tree_acl(s->tree, znode_acl_id(node)), need->perm, request->ids);
    }
    return code;
}

enum zk_code eager_check(struct server *s, const struct request *request)
{
    bool is_member = s->pipeline.mode == PIPELINE_LEARNING || s->pipeline.mode == PIPELINE_LEADING;
    if (!s->config->enable_eager_acl_check || !is_member || conn_has_writes(request->conn)) {
        return ZK_OK;
    }
    struct jute_in in;
    struct decoded decoded;
    jute_in_init(&in, request->body, s->prep.arena, s->prep.string_max);
    const struct need need = find_need(request, &in, &decoded);
    enum zk_code code = check(s, request, &need);
    arena_reset(s->prep.arena);
    return code;
}
