// SPDX-License-Identifier: Apache-2.0
//
// Preparing a reconfig: a transaction that sets /zookeeper/config to the text of the configuration
// to be. What it becomes, the executor says; the rights are looked at last.
// Source: PrepRequestProcessor.pRequest2Txn, case reconfig.
#include "jute/op.h"
#include "server/prep_priv.h"

static enum zk_code make_text(struct prep *p, const struct prep_txn *t,
                              const struct jute_reconfig_request *r, struct slice *ret)
{
    struct buf text = {0};
    enum zk_code code = p->reconfig(p->reconfig_ctx, r, t->zxid, &text);
    if (code == ZK_OK) {
        *ret = arena_copy(p->arena, buf_slice(&text));
    }
    buf_fini(&text);
    return code;
}

static void record_config(struct prep *p, const struct prep_txn *t, struct change *node,
                          struct slice text)
{
    changes_edit(p->changes, node);
    node->now.stat.version = -1;
    node->now.stat.mtime = t->wall_ms;
    node->now.stat.mzxid = t->zxid;
    changes_set_data(p->changes, node, text);
    changes_edited(p->changes, node);
}

enum zk_code prep_op_reconfig(struct prep *p, const struct prep_txn *t,
                              const struct jute_reconfig_request *r, struct txn_op *ret)
{
    if (!p->config->reconfig_enabled) {
        return ZK_RECONFIG_DISABLED;
    }
    enum zk_code code = sessions_check(p->sessions, t->request->session_id, t->request->link);
    if (code != ZK_OK) {
        return code;
    }
    if (p->reconfig == NULL) {
        return ZK_UNIMPLEMENTED; // a standalone server knows no other members
    }
    struct slice text;
    code = make_text(p, t, r, &text);
    if (code != ZK_OK) {
        return code;
    }
    struct slice path = slice_str("/zookeeper/config");
    struct change *node = changes_find(p->changes, path);
    if (node == NULL) {
        return ZK_NO_NODE;
    }
    code = acl_check(p->auth, changes_acl(p->changes, node), PERM_WRITE, t->request->ids);
    if (code != ZK_OK) {
        return code;
    }
    record_config(p, t, node, text);
    ret->type = OP_RECONFIG;
    ret->set_data = (struct jute_set_data_txn){.path = path, .data = text, .version = -1};
    return ZK_OK;
}
