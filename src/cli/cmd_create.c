// SPDX-License-Identifier: Apache-2.0
//
// The command `create`: a new node, of any kind, with its data and ACL.
// Source: org.apache.zookeeper.cli.CreateCommand, EphemeralType.
#include <inttypes.h>

#include "base/number.h"
#include "cli/acl_text.h"
#include "cli/cli.h"
#include "cli/json.h"

static const int64_t ttl_ms_max = INT64_C(1099511627775); // 40 bits

static const char container_clash[] =
    "-c cannot be combined with -s or -e. Containers cannot be ephemeral or sequential.";

// What a time to live cannot go with.
static const char *ttl_clash(const struct cli_call *call)
{
    bool e = cli_has(call, "e"), c = cli_has(call, "c"), t = cli_has(call, "t");
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

// All that can be wrong with the flags, in the order in which zkCli finds it.
static int check_flags(struct cli *c, const struct cli_call *call, int64_t *ret)
{
    int64_t ttl = 1;
    if (cli_has(call, "c") && (cli_has(call, "e") || cli_has(call, "s"))) {
        return cli_fail(c, CLI_USAGE, "%s", container_clash);
    }
    if (cli_has(call, "t") &&
        !number_parse(slice_str(cli_value(call, "t")), INT64_MIN, INT64_MAX, &ttl)) {
        return cli_fail(c, CLI_USAGE, "-t argument must be a long value");
    }
    if (ttl_clash(call) != NULL) {
        return cli_fail(c, CLI_USAGE, "%s", ttl_clash(call));
    }
    if (ttl <= 0 || ttl > ttl_ms_max) {
        return cli_fail(c, CLI_USAGE, "ttl must be positive and cannot be larger than: %" PRId64,
                        ttl_ms_max);
    }
    *ret = cli_has(call, "t") ? ttl : 0;
    return CLI_DONE;
}

// Two refusals have a line of their own in zkCli, before the one that all commands print.
static int refused(struct cli *c, int code, const struct paddock_result *r, const char *path)
{
    if (c->style == CLI_STYLE_ZKCLI && code == PADDOCK_INVALID_ACL) {
        (void)cli_fail(c, CLI_NO, "KeeperErrorCode = %s for %s", cli_code_text(c, code), path);
    } else if (code == PADDOCK_EPHEMERAL_ON_LOCAL_SESSION) {
        (void)cli_fail(c, CLI_NO, "Unable to create ephemeral node on a local session");
    }
    return cli_fail_code(c, code, r != NULL ? r->fate : PADDOCK_NOT_SENT, path);
}

static int create(struct cli *c, const struct paddock_op *op)
{
    struct paddock_result *r;
    int code;
    int status = cli_try(c, op, &code, &r);
    if (status == CLI_DONE && code != PADDOCK_OK) {
        status = refused(c, code, r, op->path);
    }
    if (status != CLI_DONE) {
        paddock_result_free(r);
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

// Java's client refuses an empty list itself, and knows no path then.
static int refuse_empty_acl(struct cli *c, const struct paddock_op *op)
{
    int status = cli_check_path(c, op->path, op->mode == PADDOCK_PERSISTENT_SEQUENTIAL);
    if (status == CLI_DONE) {
        (void)cli_fail(c, CLI_NO, "KeeperErrorCode = InvalidACL");
        status = cli_fail(c, CLI_NO, "Acl is not valid : null");
    }
    return status;
}

static int run(struct cli *c, const struct cli_call *call)
{
    int64_t ttl_ms = 0;
    int wrong = check_flags(c, call, &ttl_ms);
    if (wrong != CLI_DONE) {
        return wrong;
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
        .is_acl_given = acl_text != NULL,
        .mode = mode_of(call),
        .ttl_ms = ttl_ms,
    };
    bool is_empty = acl_text != NULL && acl.count == 0 && c->style == CLI_STYLE_ZKCLI;
    int status = is_empty ? refuse_empty_acl(c, &op) : create(c, &op);
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
