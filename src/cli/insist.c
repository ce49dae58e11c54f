// SPDX-License-Identifier: Apache-2.0
//
// Trying again at once is right: a request made while no server is reached waits for one.
#include "cli/insist.h"

int insist(struct paddock *zk, const struct paddock_op *op, struct paddock_result **ret)
{
    struct paddock_result *r = NULL;
    int code = paddock_call(zk, op, &r);
    for (unsigned tries = 1; code == PADDOCK_CONNECTION_LOSS && tries < INSIST_TRIES_MAX; tries++) {
        paddock_result_free(r);
        r = NULL;
        code = paddock_call(zk, op, &r);
    }
    *ret = r;
    return code;
}
