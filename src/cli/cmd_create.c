// SPDX-License-Identifier: Apache-2.0
//
// `create`. Source: org.apache.zookeeper.cli.CreateCommand, EphemeralType.
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "cli/acl_text.h"
#include "cli/cli.h"
#include "cli/json.h"

static const int64_t TTL_MS_MAX = INT64_C(1099511627775); // 40 bits

// The flags that exclude each other, in the order in which zkCli finds them.
static const char *clash(const struct cli_call *call)
{
    bool e = cli_has(call, "e"), s = cli_has(call, "s"), c = cli_has(call, "c");
    bool t = cli_has(call, "t");
    if (c && (e || s)) {
        return "-c cannot be combined with -s or -e. Containers cannot be ephemeral or sequential.";
    }
    if (t && e) {
        return "TTLs cannot be used with Ephemeral znodes";
    }
    return t && c ? "TTLs cannot be used with Container znodes" : NULL;
}

static enum paddock_mode mode_of(const struct cli_call *call)
{
    bool e = cli_has(call, "e"), s = cli_has(call, "s"), t = cli_has(call, "t");
    if (cli_has(call, "c")) {
        return PADDOCK_CONTAINER;
    }
    if (t) {
        return s ? PADDOCK_PERSISTENT_SEQUENTIAL_TTL : PADDOCK_PERSISTENT_TTL;
    }
    if (e) {
        return s ? PADDOCK_EPHEMERAL_SEQUENTIAL : PADDOCK_EPHEMERAL;
    }
    return s ? PADDOCK_PERSISTENT_SEQUENTIAL : PADDOCK_PERSISTENT;
}

static int ttl_of(struct cli *c, const char *text, int64_t *ret)
{
    char *end;
    errno = 0;
    intmax_t ttl = strtoimax(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0) {
        return cli_fail(c, CLI_USAGE, "-t argument must be a long value");
    }
    if (ttl <= 0 || ttl > TTL_MS_MAX) {
        return cli_fail(c, CLI_USAGE, "ttl must be positive and cannot be larger than: %" PRId64,
                        TTL_MS_MAX);
    }
    *ret = ttl;
    return CLI_DONE;
}

static int create(struct cli *c, const struct paddock_op *op)
{
    struct paddock_result *r;
    int status = cli_call(c, op, &r);
    if (status != CLI_DONE) {
        return status;
    }
    if (c->is_json) {
        struct json *o = json_new_object();
        json_put(o, "path", json_new_cstr(r->path));
        status = cli_print_json(c, o);
    } else if (!c->is_quiet) {
        (void)fflush(c->out);
        (void)fprintf(c->err, "Created %s\n", r->path);
    }
    paddock_result_free(r);
    return status;
}

static int run(struct cli *c, const struct cli_call *call)
{
    const char *why = clash(call);
    int64_t ttl_ms = 0;
    if (why != NULL) {
        return cli_fail(c, CLI_USAGE, "%s", why);
    }
    if (cli_has(call, "t") && ttl_of(c, cli_value(call, "t"), &ttl_ms) != CLI_DONE) {
        return CLI_USAGE;
    }
    struct acl_list acl = {0};
    const char *acl_text = cli_param(call, 2);
    if (acl_text != NULL && acl_list_parse(acl_text, c->err, &acl) > 0 &&
        c->style == CLI_STYLE_PADDOCK) {
        acl_list_fini(&acl);
        return CLI_USAGE;
    }
    struct paddock_op op = {
        .type = PADDOCK_OP_CREATE,
        .path = cli_param(call, 0),
        .data = paddock_text(cli_param(call, 1)),
        .acl = acl.items,
        .acl_count = acl.count,
        .mode = mode_of(call),
        .ttl_ms = ttl_ms,
    };
    int status = create(c, &op);
    acl_list_fini(&acl);
    return status;
}

static const struct cli_flag flags[] = {
    {.letter = 's', .help = "sequential: the server adds a number to the name"},
    {.letter = 'e', .help = "ephemeral: it goes with this session (in the shell)"},
    {.letter = 'c', .help = "a container: it goes when its last child has gone"},
    {.letter = 't',
     .value = "MS",
     .kind = CLI_NUMBER,
     .help = "it goes when it has no children and was not changed for so long"},
};
static const struct cli_param params[] = {
    {.name = "PATH", .kind = CLI_PATH},
    {.name = "DATA", .count = CLI_OPTIONAL, .help = "without it the data is null"},
    {.name = "ACL", .count = CLI_OPTIONAL, .help = "scheme:id:perms,... (world:anyone:cdrwa)"}};

const struct cli_command cli_create = {
    .name = "create",
    .group = CLI_GROUP_NODES,
    .summary = "make a node; its path goes to stderr, as in zkCli",
    CLI_FLAGS(flags),
    CLI_PARAMS(params),
    .zkcli_usage = "create [-s] [-e] [-c] [-t ttl] path [data] [acl]",
    .examples = "paddock create /app hello\n"
                "paddock create -s /app/job- '' digest:u:hash=:cdrwa,world:anyone:r",
    .is_json_able = true,
    .run = run,
};
