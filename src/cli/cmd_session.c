// SPDX-License-Identifier: Apache-2.0
//
// `addauth`, `whoami`, `sync`: about this session and the server it speaks to.
// Source: org.apache.zookeeper.cli.AddAuthCommand, WhoAmICommand, SyncCommand.
#include "cli/cli.h"
#include "cli/json.h"

// ---- addauth ----

// zkCli does not wait for the answer: what it says of a refusal is the event AuthFailed.
static int run_addauth(struct cli *c, const struct cli_call *call)
{
    struct paddock_op op = {.type = PADDOCK_OP_ADD_AUTH,
                            .scheme = cli_param(call, 0),
                            .data = paddock_text(cli_param(call, 1))};
    struct paddock_result *r;
    int code;
    int status = cli_try(c, &op, &code, &r);
    if (status == CLI_DONE && code != PADDOCK_OK && c->style == CLI_STYLE_PADDOCK) {
        status = cli_fail(c, CLI_NO, "%s refuses the credential for %s: %s", cli_servers(c),
                          op.scheme, cli_code_text(c, code));
    }
    paddock_result_free(r);
    return status;
}

static const struct cli_param addauth_params[] = {
    {.name = "SCHEME", .help = "as digest"},
    {.name = "CREDENTIAL", .count = CLI_OPTIONAL, .help = "as user:password"}};

const struct cli_command cli_addauth = {
    .name = "addauth",
    .group = CLI_GROUP_SESSION,
    .summary = "add a credential to this session (for one command: --auth)",
    CLI_PARAMS(addauth_params),
    .zkcli_usage = "addauth scheme auth",
    .run = run_addauth,
};

// ---- whoami ----

static int run_whoami(struct cli *c, const struct cli_call *call)
{
    (void)call;
    struct paddock_op op = {.type = PADDOCK_OP_WHO_AM_I};
    struct paddock_result *r;
    int status = cli_call(c, &op, &r);
    if (status != CLI_DONE) {
        return status;
    }
    struct json *users = json_new_array();
    if (!c->is_json) {
        (void)fprintf(c->out, "Auth scheme: User\n");
    }
    for (size_t i = 0; i < r->acl_count; i++) {
        struct json *o = json_new_object();
        json_put(o, "scheme", json_new_cstr(r->acl[i].scheme));
        json_put(o, "user", json_new_cstr(r->acl[i].id));
        json_append(users, o);
        if (!c->is_json) {
            (void)fprintf(c->out, "%s: %s\n", r->acl[i].scheme, r->acl[i].id);
        }
    }
    if (c->is_json) {
        status = cli_print_json(c, users);
    } else {
        json_free(users);
    }
    paddock_result_free(r);
    return status;
}

const struct cli_command cli_whoami = {
    .name = "whoami",
    .group = CLI_GROUP_SESSION,
    .summary = "print as whom the server knows this session",
    .zkcli_usage = "whoami ",
    .is_json_able = true,
    .run = run_whoami,
};

// ---- sync ----

enum { SYNC_TIMEOUT_MS = 30000 };

static int run_sync(struct cli *c, const struct cli_call *call)
{
    struct paddock_op op = {
        .type = PADDOCK_OP_SYNC, .path = cli_param(call, 0), .timeout_ms = SYNC_TIMEOUT_MS};
    struct paddock_result *r;
    int code;
    int status = cli_try(c, &op, &code, &r);
    if (status != CLI_DONE) {
        return status;
    }
    if (code == PADDOCK_OK) {
        (void)fprintf(c->out, "Sync is OK\n");
    } else if (c->style == CLI_STYLE_ZKCLI) {
        (void)fprintf(c->out, "Sync has failed. rc=%d\n", code);
    } else {
        status = cli_fail_code(c, code, r != NULL ? r->fate : PADDOCK_NOT_SENT, op.path);
    }
    paddock_result_free(r);
    return status;
}

static const struct cli_param sync_params[] = {{.name = "PATH", .kind = CLI_PATH}};

const struct cli_command cli_sync = {
    .name = "sync",
    .group = CLI_GROUP_SESSION,
    .summary = "wait until the server has caught up with the leader",
    CLI_PARAMS(sync_params),
    .zkcli_usage = "sync path",
    .run = run_sync,
};
