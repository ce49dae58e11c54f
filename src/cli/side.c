// SPDX-License-Identifier: Apache-2.0
//
// Words to streams.
#include "cli/side.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "store/gz_stream.h"

// ---- the word ----

static char *copy(const char *text, size_t len)
{
    char *to = mem_alloc(len + 1);
    memcpy(to, text, len);
    to[len] = '\0';
    return to;
}

// "snapshot.<hex>", perhaps packed, as servers name them; every other file is one of export.
static enum side_kind kind_of_file(const char *file)
{
    const char *slash = strrchr(file, '/');
    const char *name = slash != NULL ? slash + 1 : file;
    return strncmp(name, "snapshot.", strlen("snapshot.")) == 0 ? SIDE_SNAPSHOT : SIDE_EXPORT;
}

static void set_file(struct side *s, const char *file, size_t len, const char *root)
{
    s->where = copy(file, len);
    s->root = mem_strdup(root);
    s->kind = kind_of_file(s->where);
}

// FILE or FILE:/PATH.
static bool parse_file(const char *word, bool (*is_file)(void *ctx, const char *path), void *ctx,
                       bool is_forced, struct side *ret)
{
    if (is_file(ctx, word)) {
        set_file(ret, word, strlen(word), "/");
        return true;
    }
    for (const char *colon = strstr(word, ":/"); colon != NULL; colon = strstr(colon + 1, ":/")) {
        char *file = copy(word, (size_t)(colon - word));
        bool is_one = is_file(ctx, file);
        mem_free(file);
        if (is_one) {
            set_file(ret, word, (size_t)(colon - word), colon + 1);
            return true;
        }
    }
    if (is_forced) {
        set_file(ret, word, strlen(word), "/");
    }
    return is_forced;
}

bool side_parse(const char *word, bool (*is_file)(void *ctx, const char *path), void *ctx,
                struct side *ret)
{
    bool is_file_forced = strncmp(word, "file:", 5) == 0,
         is_zk_forced = strncmp(word, "zk:", 3) == 0;
    const char *rest = word + (is_file_forced ? 5 : is_zk_forced ? 3 : 0);
    *ret = (struct side){.kind = SIDE_SERVER};
    if (!is_zk_forced && parse_file(rest, is_file, ctx, is_file_forced, ret)) {
        return true;
    }
    const char *slash = strchr(rest, '/');
    size_t servers_len = slash != NULL ? (size_t)(slash - rest) : strlen(rest);
    if (slash != rest) {
        ret->where = copy(rest, servers_len);
    }
    ret->root = mem_strdup(slash != NULL ? slash : "/");
    // A name without a port and without a path is a file that is not there, more likely.
    return is_zk_forced || slash == rest || strchr(ret->where, ':') != NULL;
}

// ---- opening ----

static int open_server(struct side *s)
{
    struct paddock *zk;
    int status = cli_check_path(&s->cli, s->root, false);
    if (status == CLI_DONE) {
        status = cli_session(&s->cli, &zk);
    }
    if (status == CLI_DONE) {
        s->stream = node_stream_server(&s->cli, zk, &s->options);
    }
    return status;
}

int side_open(struct side *s, struct cli *c, bool wants_acl, bool wants_ephemerals,
              bool wants_zookeeper)
{
    s->cli = *c;
    s->cli.zk = NULL;
    if (s->kind == SIDE_SERVER && s->where != NULL) {
        s->cli.servers = s->where;
    }
    s->options = (struct node_server_options){.root = s->root,
                                              .wants_acl = wants_acl,
                                              .wants_ephemerals = wants_ephemerals,
                                              .wants_zookeeper = wants_zookeeper};
    switch (s->kind) {
    case SIDE_SERVER:
        return open_server(s);
    case SIDE_SNAPSHOT:
        s->stream = node_stream_snapshot(c, s->where, &s->options);
        break;
    case SIDE_EXPORT:
        s->stream = node_stream_export(c, s->where, false);
        break;
    }
    return s->stream != NULL ? CLI_DONE : CLI_NO;
}

void side_fini(struct side *s)
{
    node_stream_close(s->stream);
    paddock_close(s->cli.zk);
    mem_free(s->where);
    mem_free(s->root);
}
