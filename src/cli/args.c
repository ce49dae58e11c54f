// SPDX-License-Identifier: Apache-2.0
//
// One pass over the words. A word is, in this order: behind a flag that wants a value, that value;
// "--", the end of flags; a parameter; a flag by its whole name; or letters.
#include "cli/args.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"

const struct cli_flag cli_common_flags[] = {
    {.name = "json", .help = "print JSON: one document, or one object a line"},
    {.name = "quiet", .help = "no progress, no remarks"},
    {.name = "yes", .help = "do not ask"},
    {.name = "help", .help = "say what the command does and takes"},
};
const size_t cli_common_flag_count = sizeof(cli_common_flags) / sizeof(cli_common_flags[0]);

const struct cli_flag cli_program_flags[] = {
    {.letter = 's',
     .name = "server",
     .value = "HOST:PORT,...",
     .help = "the servers, and behind a slash the path that stands for / (localhost:2181; else "
             "$PADDOCK_SERVER)"},
    {.letter = 't',
     .name = "timeout",
     .value = "MS",
     .kind = CLI_NUMBER,
     .help = "session timeout, and the longest wait for a connection (30000)"},
    {.letter = 'a',
     .name = "auth",
     .value = "SCHEME:CREDENTIAL",
     .is_repeatable = true,
     .help = "add this credential to the session, as digest:user:password"},
    {.letter = 'r',
     .name = "read-only",
     .help = "be content with a server that has lost its quorum"},
    {.name = "color",
     .value = "WHEN",
     .kind = CLI_WORD,
     .words = "auto always never",
     .help = "colours: on a terminal unless NO_COLOR is set (auto)"},
    {.name = "json", .help = "print JSON: one document, or one object a line"},
    {.letter = 'q', .name = "quiet", .help = "no progress, no remarks"},
    {.name = "yes", .help = "do not ask"},
    {.letter = 'h', .name = "help", .help = "this text, or that of a command"},
    {.letter = 'V', .name = "version", .help = "print the version"},
};
const size_t cli_program_flag_count = sizeof(cli_program_flags) / sizeof(cli_program_flags[0]);

struct parse {
    struct cli_call *call;
    const struct cli_flag *open; // wants the next word as its value
    const char *open_word;
    size_t param_max;
    bool is_past_flags; // a "--" was seen
    bool is_lax;
    char *why;
};

static bool is_named(const struct cli_flag *f, const char *name, size_t len)
{
    return f->name != NULL && strlen(f->name) == len && strncmp(f->name, name, len) == 0;
}

static const struct cli_flag *find_name(const struct cli_command *command, const char *name,
                                        size_t len)
{
    for (size_t i = 0; i < command->flag_count; i++) {
        if (is_named(&command->flags[i], name, len)) {
            return &command->flags[i];
        }
    }
    for (size_t i = 0; i < cli_common_flag_count; i++) {
        if (is_named(&cli_common_flags[i], name, len)) {
            return &cli_common_flags[i];
        }
    }
    return NULL;
}

static const struct cli_flag *find_letter(const struct cli_command *command, char letter)
{
    for (size_t i = 0; i < command->flag_count; i++) {
        if (command->flags[i].letter == letter) {
            return &command->flags[i];
        }
    }
    return NULL;
}

static bool is_parameter(const char *word)
{
    return word[0] != '-' || word[1] == '\0' || (word[1] >= '0' && word[1] <= '9');
}

void call_give(struct cli_call *call, const struct cli_flag *flag, const char *value)
{
    call->given[call->given_count++] = (struct cli_given){.flag = flag, .value = value};
}

static void give(struct parse *p, const struct cli_flag *flag, const char *value)
{
    call_give(p->call, flag, value);
}

static bool refuse(struct parse *p, const char *format, const char *word)
{
    // The formats are this file's own and take one word.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    (void)snprintf(p->why, CLI_WHY_BYTES, format, word);
#pragma GCC diagnostic pop
    return false;
}

static bool take_named(struct parse *p, const struct cli_flag *flag, const char *word,
                       const char *value)
{
    if (flag->value == NULL) {
        if (value != NULL) {
            return refuse(p, "%s takes no value", word);
        }
        give(p, flag, NULL);
    } else if (value != NULL) {
        give(p, flag, value);
    } else {
        p->open = flag;
        p->open_word = word;
    }
    return true;
}

static bool take_letters(struct parse *p, const char *word)
{
    for (const char *at = word + 1; *at != '\0'; at++) {
        const struct cli_flag *flag = find_letter(p->call->command, *at);
        if (flag == NULL) {
            return refuse(p, "unknown flag: %s", word);
        }
        if (flag->value != NULL) {
            const char *value = at[1] == '=' ? at + 2 : at + 1;
            return take_named(p, flag, word, at[1] != '\0' ? value : NULL);
        }
        give(p, flag, NULL);
    }
    return true;
}

static bool take_flag(struct parse *p, const char *word)
{
    const char *name = word + (word[1] == '-' ? 2 : 1);
    const char *equals = strchr(name, '=');
    size_t len = equals != NULL ? (size_t)(equals - name) : strlen(name);
    const struct cli_flag *flag = find_name(p->call->command, name, len);
    if (flag == NULL && len == 1) {
        flag = find_letter(p->call->command, *name);
    }
    if (flag != NULL) {
        return take_named(p, flag, word, equals != NULL ? equals + 1 : NULL);
    }
    return name == word + 1 ? take_letters(p, word) : refuse(p, "unknown flag: %s", word);
}

static bool take_word(struct parse *p, const char *word)
{
    if (p->open != NULL) {
        give(p, p->open, word);
        p->open = NULL;
        return true;
    }
    if (!p->is_past_flags && strcmp(word, "--") == 0) {
        p->is_past_flags = true;
        return true;
    }
    if (!p->is_past_flags && !is_parameter(word)) {
        return take_flag(p, word);
    }
    if (p->call->param_count < p->param_max) {
        p->call->params[p->call->param_count++] = word;
        return true;
    }
    return p->is_lax || refuse(p, "one argument too many: %s", word);
}

static size_t param_max(const struct cli_command *command)
{
    size_t n = command->param_count;
    bool is_open = n > 0 && (command->params[n - 1].count == CLI_SOME ||
                             command->params[n - 1].count == CLI_ANY);
    return is_open ? SIZE_MAX : n;
}

static bool is_complete(struct parse *p)
{
    if (p->open != NULL) {
        return refuse(p, "%s wants a value", p->open_word);
    }
    const struct cli_call *call = p->call;
    for (size_t i = call->param_count; i < call->command->param_count; i++) {
        enum cli_count count = call->command->params[i].count;
        if (count == CLI_ONE || count == CLI_SOME) {
            return refuse(p, "%s is missing", call->command->params[i].name);
        }
    }
    return true;
}

void call_init(struct cli_call *call, const struct cli_command *command, const char *const *words)
{
    size_t letters = 0, count = 0;
    for (; words[count] != NULL; count++) {
        letters += strlen(words[count]); // "-abc" gives three flags
    }
    *call = (struct cli_call){.command = command};
    call->given = mem_alloc((letters + count + 1) * sizeof(*call->given));
    call->params = mem_alloc((count + 1) * sizeof(*call->params));
}

bool call_parse(struct cli_call *ret, const struct cli_command *command, const char *const *words,
                bool is_lax, char why[CLI_WHY_BYTES])
{
    call_init(ret, command, words);
    struct parse p = {.call = ret, .param_max = param_max(command), .is_lax = is_lax, .why = why};
    for (size_t i = 0; words[i] != NULL; i++) {
        if (p.open == NULL && strcmp(words[i], "--") == 0 && command->rest != NULL) {
            ret->rest = words + i + 1;
            break;
        }
        if (!take_word(&p, words[i])) {
            return false;
        }
    }
    // --help wants no parameters.
    return cli_has(ret, "help") || is_complete(&p);
}

bool call_parse_before(struct cli_call *ret, const struct cli_command *options,
                       const char *const *words, size_t *ret_stop, char why[CLI_WHY_BYTES])
{
    call_init(ret, options, words);
    struct parse p = {.call = ret, .why = why};
    size_t i = 0;
    for (; words[i] != NULL && (p.open != NULL || !is_parameter(words[i])); i++) {
        if (!take_word(&p, words[i])) {
            return false;
        }
    }
    *ret_stop = i;
    return is_complete(&p);
}

void call_fini(struct cli_call *call)
{
    mem_free(call->given);
    mem_free(call->params);
    *call = (struct cli_call){0};
}

// ---- reading a call ----

static bool is_flag(const struct cli_flag *f, const char *flag)
{
    return (f->letter == flag[0] && flag[0] != '\0' && flag[1] == '\0') ||
           (f->name != NULL && strcmp(f->name, flag) == 0);
}

size_t cli_value_count(const struct cli_call *call, const char *flag)
{
    size_t count = 0;
    for (size_t i = 0; i < call->given_count; i++) {
        count += is_flag(call->given[i].flag, flag) ? 1 : 0;
    }
    return count;
}

bool cli_has(const struct cli_call *call, const char *flag)
{
    return cli_value_count(call, flag) > 0;
}

const char *cli_value_at(const struct cli_call *call, const char *flag, size_t i)
{
    for (size_t at = 0; at < call->given_count; at++) {
        if (is_flag(call->given[at].flag, flag) && i-- == 0) {
            return call->given[at].value;
        }
    }
    return NULL;
}

const char *cli_value(const struct cli_call *call, const char *flag)
{
    size_t count = cli_value_count(call, flag);
    return count > 0 ? cli_value_at(call, flag, count - 1) : NULL;
}

size_t cli_param_count(const struct cli_call *call)
{
    return call->param_count;
}

const char *cli_param(const struct cli_call *call, size_t i)
{
    return i < call->param_count ? call->params[i] : NULL;
}

const char *const *cli_rest(const struct cli_call *call)
{
    return call->rest;
}
