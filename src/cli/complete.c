// SPDX-License-Identifier: Apache-2.0
//
// Completion in the shell: a word that begins with "/" is a path and its candidates come from the
// server, a dash begins a flag of the line's command, the first word is a command.
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cli/args.h"
#include "cli/shell.h"
#include "cli/tokens.h"

enum { PATH_TIMEOUT_MS = 2000 }; // a slow server must not freeze the prompt

static void add_commands(const struct cli *c, const char *prefix, struct cli_words *to)
{
    for (size_t i = 0; i < command_count(); i++) {
        const char *name = command_at(i)->name;
        bool is_known = c->style == CLI_STYLE_PADDOCK || command_at(i)->zkcli_usage != NULL;
        if (is_known && strncmp(name, prefix, strlen(prefix)) == 0) {
            to->add(to, name);
        }
    }
}

static void add_flags(const struct cli_flag *flags, size_t count, const char *prefix,
                      struct cli_words *to)
{
    for (size_t i = 0; i < count; i++) {
        const struct cli_flag *f = &flags[i];
        struct buf word = {0};
        if (f->name != NULL) {
            buf_printf(&word, "--%s", f->name);
        } else {
            buf_printf(&word, "-%c", f->letter);
        }
        if (strncmp(buf_cstr(&word), prefix, strlen(prefix)) == 0) {
            to->add(to, buf_cstr(&word));
        }
        buf_fini(&word);
    }
}

static void add_words(const char *words, const char *prefix, struct cli_words *to)
{
    for (words += strspn(words, " "); *words != '\0'; words += strspn(words, " ")) {
        struct buf word = {0};
        buf_append(&word, words, strcspn(words, " "));
        if (strncmp(buf_cstr(&word), prefix, strlen(prefix)) == 0) {
            to->add(to, buf_cstr(&word));
        }
        words += word.len;
        buf_fini(&word);
    }
}

// Words of the first parameter: on, off.
static void add_values(const struct cli_command *command, const char *prefix, struct cli_words *to)
{
    if (command->param_count > 0 && command->params[0].words != NULL) {
        add_words(command->params[0].words, prefix, to);
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_children(const struct paddock_result *r, const char *dir, const char *prefix,
                         struct cli_words *to)
{
    const char **names = mem_alloc((r->string_count + 1) * sizeof(*names));
    for (size_t i = 0; i < r->string_count; i++) {
        names[i] = r->strings[i];
    }
    qsort(names, r->string_count, sizeof(*names), by_name);
    for (size_t i = 0; i < r->string_count; i++) {
        if (strncmp(names[i], prefix, strlen(prefix)) == 0) {
            struct buf path = {0};
            buf_printf(&path, "%s%s%s", dir, dir[1] != '\0' ? "/" : "", names[i]);
            to->add(to, buf_cstr(&path));
            buf_fini(&path);
        }
    }
    mem_free(names);
}

void shell_complete_path(struct cli *c, const char *word, struct cli_words *to)
{
    if (c->zk == NULL) {
        return;
    }
    const char *slash = strrchr(word, '/');
    size_t dir_len = slash > word ? (size_t)(slash - word) : 1;
    struct buf dir = {0};
    buf_append(&dir, word, dir_len);
    struct paddock_op op = {
        .type = PADDOCK_OP_GET_CHILDREN, .path = buf_cstr(&dir), .timeout_ms = PATH_TIMEOUT_MS};
    struct paddock_result *r = NULL;
    if (paddock_call(c->zk, &op, &r) == PADDOCK_OK) {
        add_children(r, buf_cstr(&dir), slash + 1, to);
    }
    paddock_result_free(r);
    buf_fini(&dir);
}

void shell_complete(void *cli, const char *line, size_t cursor, struct cli_words *to)
{
    struct cli *c = cli;
    size_t start = cursor;
    while (start > 0 && line[start - 1] != ' ') {
        start--;
    }
    struct buf word = {0};
    buf_append(&word, line + start, cursor - start);
    struct tokens before;
    tokens_split(line, &before);
    const struct cli_command *command = before.count > 0 ? command_find(before.words[0]) : NULL;
    if (line[strspn(line, " ")] == '\0' || start == strspn(line, " ")) {
        add_commands(c, buf_cstr(&word), to);
    } else if (word.len > 0 && word.data[0] == '/') {
        shell_complete_path(c, buf_cstr(&word), to);
    } else if (word.len > 0 && word.data[0] == '-' && command != NULL) {
        add_flags(command->flags, command->flag_count, buf_cstr(&word), to);
        if (c->style == CLI_STYLE_PADDOCK) {
            add_flags(cli_common_flags, cli_common_flag_count, buf_cstr(&word), to);
        }
    } else if (command != NULL) {
        add_values(command, buf_cstr(&word), to);
    }
    tokens_fini(&before);
    buf_fini(&word);
}
