// SPDX-License-Identifier: Apache-2.0
//
// The parser takes one word after the other; a flag that wants a value stays open until it has it.
// A word that looks like a flag of the command closes an open flag without a value, which is the
// exception; any other word is its value, even "-x".
#include "cli/zk_args.h"

#include <stdlib.h>
#include <string.h>

#define EXCEPTION "org.apache.commons.cli."

struct parse {
    struct cli_call *call;
    const struct cli_flag *open;
    struct zk_group group;
    char selected; // of the group; 0: none
    struct buf *exception;
};

static const struct cli_flag *find(const struct parse *p, const char *name, size_t len)
{
    const struct cli_command *command = p->call->command;
    for (size_t i = 0; i < command->flag_count; i++) {
        const struct cli_flag *f = &command->flags[i];
        if (f->name != NULL ? strlen(f->name) == len && memcmp(f->name, name, len) == 0
                            : len == 1 && f->letter == name[0]) {
            return f;
        }
    }
    return NULL;
}

static bool unrecognized(struct parse *p, const char *word)
{
    buf_printf(p->exception, EXCEPTION "UnrecognizedOptionException: Unrecognized option: %s",
               word);
    return false;
}

static bool is_open_left(struct parse *p)
{
    if (p->open == NULL) {
        return false;
    }
    char letter[2] = {p->open->letter, '\0'};
    buf_printf(p->exception, EXCEPTION "MissingArgumentException: Missing argument for option: %s",
               p->open->name != NULL ? p->open->name : letter);
    return true;
}

// Only the first value of a flag is ever asked for.
static void give(struct parse *p, const struct cli_flag *flag, const char *value)
{
    for (size_t i = 0; i < p->call->given_count; i++) {
        if (p->call->given[i].flag == flag) {
            return;
        }
    }
    call_give(p->call, flag, value);
}

// Source: DefaultParser.handleOption.
static bool take_flag(struct parse *p, const struct cli_flag *flag)
{
    if (is_open_left(p)) {
        return false;
    }
    bool is_grouped = p->group.letters != NULL && flag->letter != 0 &&
                      strchr(p->group.letters, flag->letter) != NULL;
    if (is_grouped && p->selected != 0 && p->selected != flag->letter) {
        buf_printf(p->exception,
                   EXCEPTION
                   "AlreadySelectedException: The option '%c' was specified but an option "
                   "from this group has already been selected: '%c'",
                   flag->letter, p->selected);
        return false;
    }
    if (is_grouped) {
        p->selected = flag->letter;
    }
    if (flag->value != NULL) {
        p->open = flag;
    } else {
        give(p, flag, NULL);
    }
    return true;
}

static void take_value(struct parse *p, const char *value)
{
    give(p, p->open, value);
    p->open = NULL;
}

// "-abc": letters, the rest of the word being the value of the first that wants one.
static bool take_letters(struct parse *p, const char *word)
{
    for (const char *at = word + 1; *at != '\0'; at++) {
        const struct cli_flag *flag = find(p, at, 1);
        if (flag == NULL) {
            return unrecognized(p, word);
        }
        if (!take_flag(p, flag)) {
            return false;
        }
        if (p->open != NULL && at[1] != '\0') {
            take_value(p, at + 1);
            return true;
        }
    }
    return true;
}

// Source: DefaultParser.handleShortAndLongOption; no flag of zkCli has a long name.
static bool take_dashed(struct parse *p, const char *word)
{
    const char *name = word + 1, *equals = strchr(name, '=');
    const struct cli_flag *flag = find(p, name, strlen(name));
    if (equals == NULL) {
        return flag != NULL      ? take_flag(p, flag)
               : name[1] == '\0' ? unrecognized(p, word)
                                 : take_letters(p, word);
    }
    flag = equals == name + 1 ? find(p, name, 1) : NULL;
    if (flag == NULL || flag->value == NULL) {
        return unrecognized(p, word);
    }
    if (!take_flag(p, flag)) {
        return false;
    }
    take_value(p, equals + 1);
    return true;
}

static bool is_negative_number(const char *word)
{
    char *end;
    (void)strtod(word, &end);
    return end != word && *end == '\0';
}

// Source: DefaultParser.isArgument.
static bool is_value(const struct parse *p, const char *word)
{
    if (word[0] != '-' || word[1] == '\0' || is_negative_number(word)) {
        return true;
    }
    return find(p, word + 1, strcspn(word + 1, "=")) == NULL && find(p, word + 1, 1) == NULL;
}

static bool take_word(struct parse *p, const char *word)
{
    if (p->open != NULL && is_value(p, word)) {
        take_value(p, word);
        return true;
    }
    if (word[0] == '-' && word[1] == '-') {
        return unrecognized(p, word);
    }
    if (word[0] == '-' && word[1] != '\0') {
        return take_dashed(p, word);
    }
    p->call->params[p->call->param_count++] = word;
    return true;
}

// "[-n num soft quota, -b ...]", as OptionGroup.toString has it.
static bool is_group_served(struct parse *p)
{
    static const struct {
        char letter;
        const char *text;
    } quota[] = {{'n', "num soft quota"},
                 {'b', "bytes soft quota"},
                 {'N', "num hard quota"},
                 {'B', "bytes hard quota"}};
    if (!p->group.is_required || p->selected != 0) {
        return true;
    }
    buf_append_str(p->exception, EXCEPTION "MissingOptionException: Missing required option: [");
    for (size_t i = 0; i < sizeof(quota) / sizeof(quota[0]); i++) {
        buf_printf(p->exception, "%s-%c %s", i > 0 ? ", " : "", quota[i].letter, quota[i].text);
    }
    buf_append_str(p->exception, "]");
    return false;
}

bool zk_args_parse(struct cli_call *ret, const struct cli_command *command, struct zk_group group,
                   const char *const *words, struct buf *exception)
{
    call_init(ret, command, words);
    struct parse p = {.call = ret, .group = group, .exception = exception};
    size_t i = 0;
    for (; words[i] != NULL && strcmp(words[i], "--") != 0; i++) {
        if (!take_word(&p, words[i])) {
            return false;
        }
    }
    for (i += words[i] != NULL ? 1 : 0; words[i] != NULL; i++) {
        ret->params[ret->param_count++] = words[i];
    }
    return !is_open_left(&p) && is_group_served(&p);
}

void zk_args_table(const char *descriptions, struct buf *to)
{
    bool has_value = strchr(descriptions, '=') != NULL;
    while (*descriptions != '\0') {
        size_t len = strcspn(descriptions, "\n");
        const char *value = descriptions[1] == '=' ? " <arg>" : has_value ? "      " : "";
        buf_printf(to, " -%c%s   %.*s\n", descriptions[0], value, (int)len - 2, descriptions + 2);
        descriptions += len + (descriptions[len] == '\n' ? 1 : 0);
    }
}
