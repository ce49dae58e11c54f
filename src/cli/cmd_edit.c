// SPDX-License-Identifier: Apache-2.0
//
// `edit`: the data of a node in the user's editor, written back only when it is still the version
// that was read. What could not be written stays in the file, and its name is said.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "jute/utf8.h"

enum { LOOK_MS = 50, CHUNK_BYTES = 64 * 1024 };

struct editing {
    struct cli *cli;
    const char *path;
    struct buf file; // its name
};

// ---- the file ----

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
}

// "/tmp/paddock-Ab12Cd-config.json": editors choose their mode by the end of a name.
static int name_length(struct editing *e)
{
    const char *folder = e->cli->host->env("TMPDIR");
    const char *name = strrchr(e->path, '/') + 1;
    buf_printf(&e->file, "%s/paddock-XXXXXX-", folder != NULL && *folder != '\0' ? folder : "/tmp");
    size_t before = e->file.len - 1;
    for (; *name != '\0' && e->file.len - before < 100; name++) {
        buf_put_u8(&e->file, is_plain(*name) ? (uint8_t)*name : '_');
    }
    return (int)(e->file.len - before);
}

// Readable by its owner only. False after cli_fail.
static bool make_file(struct editing *e, struct slice data)
{
    int suffix = name_length(e);
    (void)buf_cstr(&e->file);
    int fd = mkstemps((char *)e->file.data, suffix);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    bool is_good = f != NULL && fwrite(data.data, 1, data.len, f) == data.len;
    is_good = f != NULL && fclose(f) == 0 && is_good;
    if (!is_good) {
        (void)cli_fail(e->cli, CLI_TROUBLE, "cannot write %s", buf_cstr(&e->file));
    }
    return is_good;
}

static bool read_file(struct editing *e, struct buf *ret)
{
    FILE *f = fopen(buf_cstr(&e->file), "r");
    size_t got = 1;
    while (f != NULL && got > 0) {
        got = fread(buf_reserve(ret, CHUNK_BYTES), 1, CHUNK_BYTES, f);
        ret->len += got;
    }
    bool is_good = f != NULL && ferror(f) == 0;
    if (f != NULL) {
        (void)fclose(f);
    }
    if (!is_good) {
        (void)cli_fail(e->cli, CLI_TROUBLE, "cannot read %s", buf_cstr(&e->file));
    }
    return is_good;
}

// ---- the editor ----

static const char *editor(const struct cli *c)
{
    const char *visual = c->host->env("VISUAL"), *plain = c->host->env("EDITOR");
    return visual != NULL && *visual != '\0' ? visual
           : plain != NULL && *plain != '\0' ? plain
                                             : "vi";
}

// The variable may hold arguments, so a shell takes it apart.
static int run_editor(struct editing *e)
{
    struct cli_host *host = e->cli->host;
    struct buf line = {0};
    buf_printf(&line, "%s \"$1\"", editor(e->cli));
    const char *const argv[] = {"/bin/sh",          "-c", buf_cstr(&line), "paddock",
                                buf_cstr(&e->file), NULL};
    struct cli_child *child = host->child_start(argv, NULL);
    int exit_code = CLI_TROUBLE;
    while (child != NULL && !host->child_is_done(child, &exit_code)) {
        host->lock();
        (void)host->wait(LOOK_MS);
        host->unlock();
        (void)host->interrupted(); // an interrupt on the terminal is the editor's business
    }
    buf_fini(&line);
    return exit_code;
}

// Editors end the last line; data that did not end so before shall not now.
static void drop_last_newline(struct buf *text, struct slice before)
{
    bool had_one = before.len > 0 && before.data[before.len - 1] == '\n';
    if (!had_one && text->len > 0 && text->data[text->len - 1] == '\n') {
        text->len--;
    }
}

// ---- writing back ----

static int write_back(struct editing *e, const struct buf *text, int32_t version)
{
    struct cli *c = e->cli;
    struct paddock_op op = {.type = PADDOCK_OP_SET,
                            .path = e->path,
                            .data = paddock_bytes_of(buf_slice(text).data, text->len),
                            .is_versioned = true,
                            .version = version};
    struct paddock_result *r = NULL;
    int code = PADDOCK_OK;
    int status = cli_try(c, &op, &code, &r);
    enum paddock_fate fate = r != NULL ? r->fate : PADDOCK_NOT_SENT;
    if (status == CLI_DONE && code == PADDOCK_BAD_VERSION) {
        status =
            cli_fail(c, CLI_NO, "%s was changed by somebody else while you edited it", e->path);
    } else if (status == CLI_DONE && code != PADDOCK_OK) {
        status = cli_fail_code(c, code, fate, e->path);
    } else if (r != NULL && !c->is_quiet) {
        (void)fprintf(c->err, "%s has version %" PRId32 " now\n", e->path, r->stat.version);
    }
    paddock_result_free(r);
    return status;
}

static int edit(struct editing *e, struct slice before, int32_t version)
{
    struct cli *c = e->cli;
    if (!make_file(e, before)) {
        return CLI_TROUBLE;
    }
    int exit_code = run_editor(e);
    struct buf text = {0};
    int status = CLI_DONE;
    bool is_kept = false;
    if (exit_code != 0) {
        status =
            cli_fail(c, CLI_TROUBLE, "%s ended with %d; nothing was changed", editor(c), exit_code);
        is_kept = true;
    } else if (!read_file(e, &text)) {
        status = CLI_TROUBLE;
        is_kept = true;
    } else {
        drop_last_newline(&text, before);
        if (text.len == before.len && memcmp(buf_slice(&text).data, before.data, text.len) == 0) {
            (void)fprintf(c->err, "%s", c->is_quiet ? "" : "nothing was changed\n");
        } else {
            status = write_back(e, &text, version);
            is_kept = status != CLI_DONE;
        }
    }
    if (is_kept) {
        (void)fprintf(c->err, "your text is in %s\n", buf_cstr(&e->file));
    } else {
        (void)remove(buf_cstr(&e->file));
    }
    buf_fini(&text);
    return status;
}

static bool is_text(struct slice s)
{
    return utf8_repair_room(s) == 0 && memchr(s.data, '\0', s.len) == NULL;
}

static int run(struct cli *c, const struct cli_call *call)
{
    struct editing e = {.cli = c, .path = cli_param(call, 0)};
    struct paddock_op op = {.type = PADDOCK_OP_GET, .path = e.path};
    struct paddock_result *r;
    int status = cli_call(c, &op, &r);
    if (status != CLI_DONE) {
        return status;
    }
    struct slice data = slice_of(r->data.bytes != NULL ? r->data.bytes : "", r->data.len);
    if (!is_text(data) && !cli_has(call, "b")) {
        status = cli_fail(c, CLI_NO, "the data of %s is no text; --binary edits it all the same",
                          e.path);
    } else {
        status = edit(&e, data, r->stat.version);
    }
    buf_fini(&e.file);
    paddock_result_free(r);
    return status;
}

static const struct cli_flag flags[] = {
    {.letter = 'b', .name = "binary", .help = "also when the data is no text"}};
static const struct cli_param params[] = {{.name = "PATH", .kind = CLI_PATH}};

const struct cli_command cli_edit = {
    .name = "edit",
    .group = CLI_GROUP_TREES,
    .summary = "change the data of a node in your editor",
    .details =
        "Opens the data in $VISUAL, else $EDITOR, else vi, in a file that only you can read, and "
        "writes it back when the editor has ended well and something was changed. It is written "
        "only "
        "if nobody else has changed the node since; else, and when the write fails in any way, "
        "your "
        "text is kept in the file and its name is printed.\n\n"
        "A newline at the very end, which editors add, is dropped unless the data ended with one "
        "before. The session stays alive while you think.",
    CLI_FLAGS(flags),
    CLI_PARAMS(params),
    .examples = "edit /app/config.json # look, change, save, quit\n"
                "EDITOR='sed -i s/debug/info/' paddock edit /app/config # by a program",
    .exits = "1 somebody else was faster, or the data is no text\n"
             "5 the editor did not start or did not end well",
    .run = run,
};
