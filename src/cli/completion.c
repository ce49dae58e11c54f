// SPDX-License-Identifier: Apache-2.0
//
// Scripts that complete `paddock` in bash, zsh and fish. The first two share their tables, which
// are functions of case statements; paths are asked for with `paddock completion --paths`.
#include "cli/help.h"

#include <string.h>

#include "base/buf.h"
#include "cli/args.h"

// ---- the tables of bash and zsh ----

static const char *kind_name(enum cli_kind kind)
{
    switch (kind) {
    case CLI_TEXT:
    case CLI_NUMBER:
        return "text";
    case CLI_PATH:
        return "path";
    case CLI_FILE:
        return "file";
    case CLI_WORD:
        return "word";
    }
    return "text";
}

static void kind_row(const char *pattern, enum cli_kind kind, const char *words, FILE *to)
{
    (void)fprintf(to, "    %s) kind='%s%s%s' ;;\n", pattern, kind_name(kind),
                  kind == CLI_WORD ? " " : "", kind == CLI_WORD ? words : "");
}

static void flag_rows(const char *command, const struct cli_flag *flags, size_t count, FILE *to)
{
    for (size_t i = 0; i < count; i++) {
        const struct cli_flag *f = &flags[i];
        struct buf pattern = {0};
        if (f->letter != 0) {
            buf_printf(&pattern, "'%s:-%c'%s", command, f->letter, f->name != NULL ? " | " : "");
        }
        if (f->name != NULL) {
            buf_printf(&pattern, "'%s:--%s'", command, f->name);
        }
        if (f->value != NULL) {
            kind_row(buf_cstr(&pattern), f->kind, f->words, to);
        }
        buf_fini(&pattern);
    }
}

static void param_rows(const struct cli_command *command, FILE *to)
{
    for (size_t i = 0; i < command->param_count; i++) {
        const struct cli_param *p = &command->params[i];
        struct buf pattern = {0};
        if (p->count == CLI_SOME || p->count == CLI_ANY) {
            buf_printf(&pattern, "'%s:'[0-9]*", command->name);
        } else {
            buf_printf(&pattern, "'%s:%zu'", command->name, i + 1);
        }
        kind_row(buf_cstr(&pattern), p->kind, p->words, to);
        buf_fini(&pattern);
    }
}

// What stands behind a flag or at a place of a command: `_paddock_kind get:1` sets `kind`.
static void print_kinds(FILE *to)
{
    (void)fputs("_paddock_kind()\n{\n    kind=''\n    case $1 in\n", to);
    flag_rows("", cli_program_flags, cli_program_flag_count, to);
    for (size_t i = 0; i < command_count(); i++) {
        const struct cli_command *command = command_at(i);
        flag_rows(command->name, command->flags, command->flag_count, to);
        param_rows(command, to);
    }
    (void)fputs("    esac\n}\n\n", to);
}

static void flag_words(const struct cli_flag *flags, size_t count, FILE *to)
{
    for (size_t i = 0; i < count; i++) {
        if (flags[i].letter != 0) {
            (void)fprintf(to, " -%c", flags[i].letter);
        }
        if (flags[i].name != NULL) {
            (void)fprintf(to, " --%s", flags[i].name);
        }
    }
}

// The flags of a command: `_paddock_flags get` sets `kind`.
static void print_flags(FILE *to)
{
    (void)fputs("_paddock_flags()\n{\n    case $1 in\n    '') kind='word", to);
    flag_words(cli_program_flags, cli_program_flag_count, to);
    (void)fputs("' ;;\n", to);
    for (size_t i = 0; i < command_count(); i++) {
        const struct cli_command *command = command_at(i);
        (void)fprintf(to, "    %s) kind='word", command->name);
        flag_words(command->flags, command->flag_count, to);
        for (size_t f = 0; f < cli_common_flag_count; f++) {
            if (command->is_json_able || strcmp(cli_common_flags[f].name, "json") != 0) {
                flag_words(&cli_common_flags[f], 1, to);
            }
        }
        (void)fputs("' ;;\n", to);
    }
    (void)fputs("    esac\n}\n\n_paddock_commands='", to);
    for (size_t i = 0; i < command_count(); i++) {
        const struct cli_command *command = command_at(i);
        if (command->group != CLI_GROUP_SHELL) {
            (void)fprintf(to, "%s%s", i > 0 ? " " : "", command->name);
        }
    }
    (void)fputs("'\n\n", to);
}

// ---- what reads them ----

// From `line`, an array of words before the one at the cursor, which is `cur`: what may stand there
// (`kind`), and the options to ask the server with. Both shells understand it.
static const char walk_words[] = "_paddock_place()\n"
                                 "{\n"
                                 "    command='' options=() position=0\n"
                                 "    local word open='' rest=''\n"
                                 "    for word in \"${line[@]}\"; do\n"
                                 "        if [[ -n $open ]]; then\n"
                                 "            if [[ -z $command ]]; then options+=(\"$word\"); fi\n"
                                 "            open=''\n"
                                 "        elif [[ $word == -- ]]; then\n"
                                 "            rest=yes\n"
                                 "        elif [[ $word == -* ]]; then\n"
                                 "            if [[ -z $command ]]; then options+=(\"$word\"); fi\n"
                                 "            _paddock_kind \"$command:$word\"\n"
                                 "            if [[ -n $kind ]]; then open=$word; fi\n"
                                 "        elif [[ -z $command ]]; then\n"
                                 "            command=$word\n"
                                 "        else\n"
                                 "            position=$((position + 1))\n"
                                 "        fi\n"
                                 "    done\n"
                                 "    if [[ -n $rest ]]; then\n"
                                 "        kind=file\n"
                                 "    elif [[ -n $open ]]; then\n"
                                 "        _paddock_kind \"$command:$open\"\n"
                                 "    elif [[ $cur == -* ]]; then\n"
                                 "        _paddock_flags \"$command\"\n"
                                 "    elif [[ -z $command ]]; then\n"
                                 "        kind=\"word $_paddock_commands\"\n"
                                 "    else\n"
                                 "        _paddock_kind \"$command:$((position + 1))\"\n"
                                 "    fi\n"
                                 "}\n\n";

// bash cuts words at ':' and '=', too: the line is cut again, and what stands before the last of
// them in the word is taken off the answers.
static const char bash_end[] =
    "_paddock()\n"
    "{\n"
    "    local text=${COMP_LINE:0:COMP_POINT} cur='' kind='' command position i\n"
    "    local -a line options\n"
    "    read -ra line <<<\"$text\"\n"
    "    if [[ $text != *' ' ]]; then\n"
    "        cur=${line[-1]}\n"
    "        unset 'line[-1]'\n"
    "    fi\n"
    "    line=(\"${line[@]:1}\")\n"
    "    _paddock_place\n"
    "    COMPREPLY=()\n"
    "    case $kind in\n"
    "    path)\n"
    "        compopt -o nospace\n"
    "        mapfile -t COMPREPLY < <(paddock \"${options[@]}\" completion --paths \"$cur\" "
    "2>/dev/null)\n"
    "        for i in \"${!COMPREPLY[@]}\"; do\n"
    "            printf -v 'COMPREPLY[i]' '%q' \"${COMPREPLY[i]}\"\n"
    "        done\n"
    "        ;;\n"
    "    file)\n"
    "        compopt -o filenames\n"
    "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
    "        ;;\n"
    "    word*) mapfile -t COMPREPLY < <(compgen -W \"${kind#word}\" -- \"$cur\") ;;\n"
    "    esac\n"
    "    if [[ $cur == *[:=]* ]]; then\n"
    "        COMPREPLY=(\"${COMPREPLY[@]#\"${cur%\"${cur##*[:=]}\"}\"}\")\n"
    "    fi\n"
    "}\n"
    "complete -F _paddock paddock\n";

static const char zsh_end[] =
    "_paddock()\n"
    "{\n"
    "    local cur=$PREFIX kind='' command position\n"
    "    local -a line options found\n"
    "    line=(\"${(@Q)words[2,CURRENT-1]}\")\n"
    "    (( CURRENT == 2 )) && line=()\n"
    "    _paddock_place\n"
    "    case $kind in\n"
    "    path)\n"
    "        found=(\"${(@f)$(paddock \"${options[@]}\" completion --paths \"${(Q)cur}\" "
    "2>/dev/null)}\")\n"
    "        compadd -S '' -- \"${found[@]}\"\n"
    "        ;;\n"
    "    file) _files ;;\n"
    "    word*) compadd -- ${=kind#word} ;;\n"
    "    esac\n"
    "}\n"
    "compdef _paddock paddock\n";

// ---- fish ----

// Single quotes keep everything but themselves and the backslash.
static void fish_text(const char *text, FILE *to)
{
    (void)fputc('\'', to);
    for (; text != NULL && *text != '\0'; text++) {
        (void)fputs(*text == '\'' || *text == '\\' ? "\\" : "", to);
        (void)fputc(*text, to);
    }
    (void)fputc('\'', to);
}

static const char fish_head[] =
    "# What stands before the command goes to the question for paths, too.\n"
    "function __paddock_paths\n"
    "    set -l line (commandline -opc)\n"
    "    set -l options\n"
    "    set -l open 0\n"
    "    for word in $line[2..-1]\n"
    "        if test $open = 1\n"
    "            set open 0\n"
    "            set -a options $word\n"
    "        else if string match -q -- '-*' $word\n"
    "            set -a options $word\n"
    "            contains -- $word -s --server -t --timeout -a --auth --color; and set open 1\n"
    "        else\n"
    "            break\n"
    "        end\n"
    "    end\n"
    "    paddock $options completion --paths (commandline -ct) 2>/dev/null\n"
    "end\n"
    "complete -c paddock -f\n";

static void fish_values(enum cli_kind kind, const char *words, FILE *to)
{
    switch (kind) {
    case CLI_TEXT:
    case CLI_NUMBER:
        break;
    case CLI_PATH:
        (void)fputs(" -a '(__paddock_paths)'", to);
        break;
    case CLI_FILE:
        (void)fputs(" -F", to);
        break;
    case CLI_WORD:
        (void)fputs(" -a ", to);
        fish_text(words, to);
        break;
    }
}

static void fish_flags(const char *condition, const struct cli_flag *flags, size_t count, FILE *to)
{
    for (size_t i = 0; i < count; i++) {
        const struct cli_flag *f = &flags[i];
        (void)fprintf(to, "complete -c paddock -n '%s'", condition);
        if (f->letter != 0 && f->letter != '?') {
            (void)fprintf(to, " -s %c", f->letter);
        }
        if (f->name != NULL) {
            (void)fprintf(to, " -l %s", f->name);
        }
        if (f->value != NULL) {
            (void)fputs(f->kind == CLI_FILE ? " -r" : " -x", to);
            fish_values(f->kind, f->words, to);
        }
        (void)fputs(" -d ", to);
        fish_text(f->help, to);
        (void)fputc('\n', to);
    }
}

static void fish_command(const struct cli_command *command, FILE *to)
{
    struct buf condition = {0};
    buf_printf(&condition, "__fish_seen_subcommand_from %s", command->name);
    (void)fprintf(to, "complete -c paddock -n __fish_use_subcommand -a %s -d ", command->name);
    fish_text(command->summary, to);
    (void)fputc('\n', to);
    fish_flags(buf_cstr(&condition), command->flags, command->flag_count, to);
    fish_flags(buf_cstr(&condition), cli_common_flags, cli_common_flag_count, to);
    for (size_t i = 0; i < command->param_count && i < 1; i++) {
        (void)fprintf(to, "complete -c paddock -n '%s'", buf_cstr(&condition));
        fish_values(command->params[i].kind, command->params[i].words, to);
        (void)fputc('\n', to);
    }
    buf_fini(&condition);
}

static void print_fish(FILE *to)
{
    (void)fputs(fish_head, to);
    fish_flags("__fish_use_subcommand", cli_program_flags, cli_program_flag_count, to);
    for (size_t i = 0; i < command_count(); i++) {
        if (command_at(i)->group != CLI_GROUP_SHELL) {
            fish_command(command_at(i), to);
        }
    }
}

bool help_completion(const char *shell, FILE *to)
{
    bool is_bash = strcmp(shell, "bash") == 0, is_zsh = strcmp(shell, "zsh") == 0;
    if (strcmp(shell, "fish") == 0) {
        (void)fputs("# SPDX-License-Identifier: Apache-2.0\n", to);
        print_fish(to);
        return true;
    }
    if (!is_bash && !is_zsh) {
        return false;
    }
    (void)fputs(is_zsh ? "#compdef paddock\n" : "", to);
    (void)fputs("# SPDX-License-Identifier: Apache-2.0\n", to);
    print_kinds(to);
    print_flags(to);
    (void)fputs(walk_words, to);
    (void)fputs(is_zsh ? zsh_end : bash_end, to);
    return true;
}
