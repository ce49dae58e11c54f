// SPDX-License-Identifier: Apache-2.0
//
// Manual pages in mdoc(7), made from the command table. Text goes through `say`, which keeps roff
// from reading commands into it.
#include "cli/help.h"

#include <string.h>

#include "base/buf.h"
#include "cli/args.h"

static const char date[] = "November 21, 2026";

// ---- text ----

static void say_char(char c, FILE *to)
{
    if (c == '\\') {
        (void)fputs("\\e", to);
    } else {
        (void)fputc(c, to);
    }
}

static bool is_capital(char c)
{
    return c >= 'A' && c <= 'Z';
}

// One word of a macro's line: a word that could be a macro's name, or punctuation, is text.
static void say_word(const char *word, size_t len, FILE *to)
{
    bool is_short = len <= 3 && (is_capital(word[0]) || len == 1);
    (void)fputs(is_short || word[0] == '.' || word[0] == '\'' ? "\\&" : "", to);
    for (size_t i = 0; i < len; i++) {
        if (word[i] == '"') {
            (void)fputs("\\(dq", to);
        } else {
            say_char(word[i], to);
        }
    }
}

static void say_words(const char *text, FILE *to)
{
    for (text += strspn(text, " \n"); *text != '\0'; text += strspn(text, " \n")) {
        size_t len = strcspn(text, " \n");
        (void)fputc(' ', to);
        say_word(text, len, to);
        text += len;
    }
    (void)fputc('\n', to);
}

// Filled text: a line of output for each sentence, .Pp for an empty line.
static void say(const char *text, FILE *to)
{
    bool is_line_start = true, is_behind_stop = false;
    for (; *text != '\0'; text++) {
        if (strncmp(text, "\n\n", 2) == 0) {
            (void)fputs("\n.Pp\n", to);
            is_line_start = true;
            text++;
        } else if (*text == '\n' || (*text == ' ' && is_behind_stop && is_capital(text[1]))) {
            (void)fputc('\n', to);
            is_line_start = true;
        } else {
            (void)fputs(is_line_start && (*text == '.' || *text == '\'') ? "\\&" : "", to);
            say_char(*text, to);
            is_line_start = false;
        }
        is_behind_stop = *text == '.';
    }
    (void)fputc('\n', to);
}

// Lines as they are.
static void say_lines(const char *lines, FILE *to)
{
    (void)fputs(".Bd -literal -offset indent\n", to);
    for (bool is_start = true; *lines != '\0'; lines++) {
        (void)fputs(is_start && (*lines == '.' || *lines == '\'') ? "\\&" : "", to);
        say_char(*lines, to);
        is_start = *lines == '\n';
    }
    (void)fputs("\n.Ed\n", to);
}

// ---- flags and parameters ----

static void flag_forms(const struct cli_flag *f, const char *before, FILE *to)
{
    if (f->letter != 0) {
        (void)fprintf(to, "%sFl %c", before, f->letter);
    }
    if (f->name != NULL) {
        (void)fprintf(to, "%sFl -%s", f->letter != 0 ? " , " : before, f->name);
    }
    if (f->value != NULL) {
        (void)fprintf(to, " Ar");
        say_words(f->value, to);
    } else {
        (void)fputc('\n', to);
    }
}

static void list_flags(const struct cli_flag *flags, size_t count, FILE *to)
{
    for (size_t i = 0; i < count; i++) {
        flag_forms(&flags[i], ".It ", to);
        say(flags[i].help != NULL ? flags[i].help : "", to);
        if (flags[i].words != NULL) {
            (void)fputs("One of", to);
            say_words(flags[i].words, to);
        }
    }
}

static void synopsis(const struct cli_command *command, FILE *to)
{
    (void)fprintf(to, ".Nm paddock\n.Op Ar option ...\n.Cm %s\n", command->name);
    for (size_t i = 0; i < command->flag_count; i++) {
        const struct cli_flag *f = &command->flags[i];
        (void)fprintf(to, ".Op Fl %s%.1s", f->letter != 0 ? "" : "-",
                      f->letter != 0 ? &f->letter : "");
        (void)fprintf(to, "%s", f->letter != 0 ? "" : f->name);
        (void)fprintf(to, "%s%s\n", f->value != NULL ? " Ar " : "",
                      f->value != NULL ? f->value : "");
    }
    for (size_t i = 0; i < command->param_count; i++) {
        const struct cli_param *p = &command->params[i];
        bool is_optional = p->count == CLI_OPTIONAL || p->count == CLI_ANY;
        bool is_many = p->count == CLI_SOME || p->count == CLI_ANY;
        (void)fprintf(to, ".%sAr %s%s\n", is_optional ? "Op " : "", p->name, is_many ? " ..." : "");
    }
    if (command->rest != NULL) {
        (void)fprintf(to, ".Fl - Ar");
        say_words(command->rest, to);
    }
}

static void list_params(const struct cli_command *command, FILE *to)
{
    for (size_t i = 0; i < command->param_count; i++) {
        const struct cli_param *p = &command->params[i];
        if (p->help != NULL) {
            (void)fprintf(to, ".It Ar %s\n", p->name);
            say(p->help, to);
        }
    }
}

// ---- pages ----

static void head(const char *title, const char *name, const char *summary, FILE *to)
{
    (void)fprintf(to, ".\\\" SPDX-License-Identifier: Apache-2.0\n.Dd %s\n.Dt %s 1\n.Os\n", date,
                  title);
    (void)fprintf(to, ".Sh NAME\n.Nm %s\n.Nd", name);
    say_words(summary, to);
    (void)fputs(".Sh SYNOPSIS\n", to);
}

static void exit_status(const char *more, FILE *to)
{
    (void)fputs(".Sh EXIT STATUS\n.Bl -tag -width 3n -compact\n", to);
    const char *meaning;
    for (size_t i = 0; (meaning = help_exit(i)) != NULL; i++) {
        (void)fprintf(to, ".It %.*s\n", (int)strcspn(meaning, " "), meaning);
        say(meaning + strcspn(meaning, " ") + 1, to);
    }
    (void)fputs(".El\n", to);
    if (more != NULL) {
        (void)fputs(".Pp\nOf this command:\n", to);
        say_lines(more, to);
    }
}

static void page_of(const struct cli_command *command, FILE *to)
{
    struct buf title = {0}, name = {0};
    buf_printf(&name, "paddock-%s", command->name);
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.data[i];
        buf_put_u8(&title, c >= 'a' && c <= 'z' ? (uint8_t)(c - 0x20) : c);
    }
    head(buf_cstr(&title), buf_cstr(&name), command->summary, to);
    synopsis(command, to);
    (void)fputs(".Sh DESCRIPTION\n", to);
    say(command->details != NULL ? command->details : command->summary, to);
    (void)fputs(".Bl -tag -width Ds\n", to);
    list_params(command, to);
    list_flags(command->flags, command->flag_count, to);
    for (size_t i = 0; i < cli_common_flag_count; i++) {
        if (command->is_json_able || strcmp(cli_common_flags[i].name, "json") != 0) {
            list_flags(&cli_common_flags[i], 1, to);
        }
    }
    (void)fputs(".El\n.Pp\nOptions of all commands, which stand before the command, are in\n.Xr "
                "paddock 1 .\n",
                to);
    exit_status(command->exits, to);
    if (command->examples != NULL) {
        (void)fputs(".Sh EXAMPLES\n", to);
        say_lines(command->examples, to);
    }
    (void)fputs(".Sh SEE ALSO\n.Xr paddock 1\n", to);
    buf_fini(&title);
    buf_fini(&name);
}

static void page_of_program(FILE *to)
{
    head("PADDOCK", "paddock", "command line for ZooKeeper ensembles", to);
    (void)fputs(".Nm\n.Op Ar option ...\n.Ar command\n.Op Ar argument ...\n.Nm\n.Op Ar option ...\n"
                ".Sh DESCRIPTION\n",
                to);
    say("Without a command it is an interactive shell: with history, completion, and events of "
        "watches as they come. Under the name zkCli.sh it takes the options of Apache's zkCli and "
        "answers as that does. Data goes to the standard output, everything said about it to the "
        "standard error; colours and progress appear on terminals only.",
        to);
    (void)fputs(".Bl -tag -width Ds\n", to);
    list_flags(cli_program_flags, cli_program_flag_count, to);
    (void)fputs(".El\n.Sh COMMANDS\n.Bl -tag -width Ds -compact\n", to);
    for (size_t i = 0; i < command_count(); i++) {
        (void)fprintf(to, ".It Xr paddock-%s 1\n", command_at(i)->name);
        say(command_at(i)->summary, to);
    }
    (void)fputs(".El\n.Sh ENVIRONMENT\n.Bl -tag -width Ds\n.It Ev PADDOCK_SERVER\n", to);
    say("The servers, where no --server is given.", to);
    (void)fputs(".It Ev NO_COLOR\n", to);
    say("No colours, whatever it is set to.", to);
    (void)fputs(".El\n", to);
    exit_status(NULL, to);
}

void help_manual(const struct cli_command *command, FILE *to)
{
    if (command != NULL) {
        page_of(command, to);
    } else {
        page_of_program(to);
    }
}
