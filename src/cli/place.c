// SPDX-License-Identifier: Apache-2.0
//
// A path begins with a slash, a list of servers never does.
#include "cli/place.h"

#include <string.h>

#include "base/mem.h"

int place_open(struct cli *c, const char *text, struct place *ret)
{
    *ret = (struct place){.cli = *c, .path = text};
    if (text[0] != '/') {
        size_t len = strcspn(text, "/");
        ret->servers = mem_alloc(len + 1);
        memcpy(ret->servers, text, len);
        ret->servers[len] = '\0';
        ret->path = text[len] != '\0' ? text + len : "/";
        ret->cli.servers = ret->servers;
        ret->cli.zk = NULL;
        int status = cli_check_path(c, ret->path, false);
        return status == CLI_DONE ? cli_session(&ret->cli, &ret->zk) : status;
    }
    int status = cli_check_path(c, ret->path, false);
    status = status == CLI_DONE ? cli_session(c, &ret->zk) : status;
    ret->cli.zk = c->zk;
    return status;
}

void place_close(struct place *p)
{
    if (p->servers != NULL) {
        paddock_close(p->cli.zk);
        mem_free(p->servers);
    }
    *p = (struct place){0};
}

bool place_is_same_ensemble(const struct place *a, const struct place *b)
{
    return strcmp(cli_servers(&a->cli), cli_servers(&b->cli)) == 0;
}
