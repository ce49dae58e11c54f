// SPDX-License-Identifier: Apache-2.0
//
// Trying again at once is right: a request made while no server is reached waits for one.
#include "cli/insist.h"

static int call(struct paddock *zk, const struct paddock_op *op, unsigned *ret_tries,
                struct paddock_result **ret)
{
    struct paddock_result *r = NULL;
    int code = paddock_call(zk, op, &r);
    unsigned tries = 1;
    for (; code == PADDOCK_CONNECTION_LOSS && tries < INSIST_TRIES_MAX; tries++) {
        paddock_result_free(r);
        r = NULL;
        code = paddock_call(zk, op, &r);
    }
    *ret_tries = tries;
    *ret = r;
    return code;
}

int insist(struct paddock *zk, const struct paddock_op *op, struct paddock_result **ret)
{
    unsigned tries;
    return call(zk, op, &tries, ret);
}

int insist_create(struct paddock *zk, const struct paddock_op *op, struct paddock_result **ret)
{
    unsigned tries;
    int code = call(zk, op, &tries, ret);
    return code == PADDOCK_NODE_EXISTS && tries > 1 ? PADDOCK_OK : code;
}
