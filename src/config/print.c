// SPDX-License-Identifier: Apache-2.0
//
// The configuration as text: one diagnostic, everything in force, and the reference documentation.
// All three are made from keys.def.
#include <inttypes.h>
#include <string.h>

#include "base/assert.h"
#include "config/config.h"
#include "config/sources.h"
#include "config/value.h"

static const char *severity_name(enum config_severity severity)
{
    switch (severity) {
    case CONFIG_NOTE:
        return "note";
    case CONFIG_WARNING:
        return "warning";
    case CONFIG_ERROR:
        return "error";
    }
    ASSERT(false);
    return "";
}

void config_print_diag(const struct config_diag *d, struct buf *out)
{
    if (d->file != NULL) {
        buf_append_str(out, d->file);
        if (d->line > 0) {
            buf_printf(out, ":%u", d->line);
        }
        buf_append_str(out, ": ");
    }
    buf_printf(out, "%s: %s\n", severity_name(d->severity), d->text);
}

// ---- what is in force ----

// Yes/no switches are printed in their own words.
static void print_bool(const struct config_row *row, bool value, struct buf *out)
{
    bool is_yes_no = row->kind == CONFIG_KIND_UNLESS && strcmp(row->default_text, "true") != 0 &&
                     strcmp(row->default_text, "false") != 0;
    buf_append_str(out, is_yes_no ? (value ? "yes" : "no") : value ? "true" : "false");
}

static bool is_set(const struct config *cfg, enum config_key key)
{
    return cfg->sources->entries[key].rank != CONFIG_RANK_DEFAULT;
}

// Of a row without a field: as it was written.
static const char *bare_text(const struct config *cfg, enum config_key key)
{
    return is_set(cfg, key) ? cfg->sources->entries[key].text : config_row(key)->default_text;
}

static void print_value(const struct config *cfg, enum config_key key, struct buf *out)
{
    const struct config_row *row = config_row(key);
    const void *field = config_field_const(cfg, key);
    if (field == NULL) {
        buf_append_str(out, bare_text(cfg, key));
        return;
    }
    switch (row->kind) {
    case CONFIG_KIND_BOOL:
    case CONFIG_KIND_FLAG:
    case CONFIG_KIND_UNLESS:
        print_bool(row, *(const bool *)field, out);
        return;
    case CONFIG_KIND_INT:
        buf_printf(out, "%" PRId32, *(const int32_t *)field);
        return;
    case CONFIG_KIND_LONG:
        buf_printf(out, "%" PRId64, *(const int64_t *)field);
        return;
    case CONFIG_KIND_REAL:
        buf_printf(out, "%g", *(const double *)field);
        return;
    case CONFIG_KIND_TEXT: {
        const char *text = *(const char *const *)field;
        buf_append_str(out, text != NULL ? text : "");
        return;
    }
    case CONFIG_KIND_CHOICE:
    case CONFIG_KIND_CLASS:
    case CONFIG_KIND_LINES:
    case CONFIG_KIND_MANY:
        break;
    }
    ASSERT(false && "rows of these kinds have no field");
}

static bool is_secret(enum config_key key)
{
    return strcmp(config_row(key)->unit, "password") == 0 || key == CONFIG_KEY_super_digest;
}

static void print_line(const char *name, const char *value, const char *origin, struct buf *out)
{
    buf_printf(out, "%-45s %-30s # %s\n", name, value[0] != 0 ? value : "-", origin);
}

static void print_row(const struct config *cfg, enum config_key key, struct buf *out)
{
    struct buf value = {0};
    if (is_secret(key) && is_set(cfg, key)) {
        buf_append_str(&value, "(hidden)");
    } else if (key == CONFIG_KEY_client_port && !cfg->has_client_port) {
        buf_clear(&value);
    } else {
        print_value(cfg, key, &value);
    }
    print_line(config_key_name(key), buf_cstr(&value), config_origin(cfg, key), out);
    buf_fini(&value);
}

void config_print(const struct config *cfg, struct buf *out)
{
    for (unsigned i = 0; i < CONFIG_KEY_COUNT; i++) {
        enum config_key key = (enum config_key)i;
        enum config_kind kind = config_row(key)->kind;
        bool has_lines = kind == CONFIG_KIND_MANY || kind == CONFIG_KIND_LINES;
        if (!has_lines && (config_row(key)->state == CONFIG_WORKS || is_set(cfg, key))) {
            print_row(cfg, key, out);
        }
    }
    const struct config_sources *s = cfg->sources;
    for (size_t i = 0; i < s->line_count; i++) {
        const struct config_line *line = &s->lines[i];
        struct buf origin = {0};
        buf_append_str(&origin, line->place.file);
        if (line->place.line > 0) {
            buf_printf(&origin, ":%u", line->place.line);
        }
        print_line(line->name, line->text, buf_cstr(&origin), out);
        buf_fini(&origin);
    }
}

// ---- docs/configuration.md ----

static const char doc_head[] =
    "# Configuration\n"
    "\n"
    "<!-- Made by `paddockd --print-config-doc` from src/config/keys.def; do not edit. -->\n"
    "\n"
    "`paddockd zoo.cfg` reads the file that Apache ZooKeeper reads, in the same syntax\n"
    "(`java.util.Properties`), with the same keys, defaults and rules. `paddockd --print-config "
    "zoo.cfg`\n"
    "shows every key in force, its value, and the line it came from; `--check-config` only "
    "reports\n"
    "what is wrong.\n"
    "\n"
    "## How a key is read\n"
    "\n"
    "- A key of the column *zoo.cfg* is set in the file, a name of the column *property* by\n"
    "  `-Dname=value` on the command line. Where a row has both, the file wins, as in Java.\n"
    "- A row without a zoo.cfg name can be set by `-D` only. Java ignores such a name in zoo.cfg "
    "without\n"
    "  a word; here a warning names file and line.\n"
    "- A key that nobody knows is a warning with file and line, and a suggestion where one comes "
    "to mind.\n"
    "  An impossible value is an error with file, line, value and range, and the server does not "
    "start\n"
    "  (exit code 2).\n"
    "- The last of several lines for one key wins; the others are reported.\n"
    "- Numbers of properties may be decimal, `0x` hexadecimal or octal with a leading `0`; numbers "
    "of keys\n"
    "  that have no property are decimal.\n"
    "- Switches: *true or false* in any case. Where Java takes every other text for false, so does "
    "Paddock,\n"
    "  with a warning; where Java refuses it, so does Paddock.\n"
    "\n"
    "## States\n"
    "\n"
    "| State | Meaning |\n"
    "|---|---|\n"
    "| works | The key has its effect. |\n"
    "| no meaning | It belongs to the JVM or to a class of the Java server; it is accepted, and "
    "one line at "
    "start says so. |\n"
    "| client | Java's client reads it, a server does not. |\n"
    "| later: *part* | It belongs to a part that this version does not have; it is checked and "
    "accepted, and "
    "one line at start says so. |\n";

static const char *state_text(enum config_state state)
{
    switch (state) {
    case CONFIG_WORKS:
        return "works";
    case CONFIG_NO_MEANING:
        return "no meaning";
    case CONFIG_CLIENT_ONLY:
        return "client";
    case CONFIG_LATER_ENSEMBLE:
    case CONFIG_LATER_TLS:
    case CONFIG_LATER_SASL:
    case CONFIG_LATER_ADMIN:
    case CONFIG_LATER_METRICS:
    case CONFIG_LATER_AUDIT:
        return "later: ";
    }
    ASSERT(false);
    return "";
}

static void print_doc_range(const struct config_row *row, struct buf *out)
{
    bool is_number = row->kind == CONFIG_KIND_INT || row->kind == CONFIG_KIND_LONG ||
                     row->kind == CONFIG_KIND_REAL;
    if (!is_number) {
        struct buf range = {0};
        config_value_range(row, &range);
        for (const char *c = buf_cstr(&range); *c != 0; c++) {
            buf_append_str(out, *c == '|' ? "\\|" : (const char[]){*c, 0});
        }
        buf_fini(&range);
        return;
    }
    bool is_open_below = row->min <= INT32_MIN;
    bool is_open_above =
        row->max == INT32_MAX || row->max == INT64_MAX || row->max == INT64_C(9007199254740991);
    if (!is_open_below) {
        buf_printf(out, "%" PRId64, row->min);
    }
    if (!is_open_below || !is_open_above) {
        buf_append_str(out, "..");
    }
    if (!is_open_above) {
        buf_printf(out, "%" PRId64, row->max);
    }
    buf_printf(out, "%s%s", is_open_below && is_open_above ? "" : " ", row->unit);
}

static void print_doc_name(const char *name, struct buf *out)
{
    if (name[0] != 0) {
        buf_printf(out, "`%s` |", name);
    } else {
        buf_append_str(out, "- |");
    }
}

static void print_doc_row(const struct config_row *row, struct buf *out)
{
    buf_append_str(out, "| ");
    print_doc_name(row->key, out);
    buf_append_str(out, " ");
    print_doc_name(row->property, out);
    buf_append_str(out, " ");
    print_doc_name(row->default_text, out);
    buf_append_str(out, " ");
    print_doc_range(row, out);
    const char *part = config_state_part(row->state);
    buf_printf(out, " | %s%s | %s |\n", state_text(row->state), part != NULL ? part : "",
               row->help);
}

void config_print_doc(struct buf *out)
{
    buf_append_str(out, doc_head);
    for (unsigned i = 0; i < CONFIG_KEY_COUNT; i++) {
        enum config_key key = (enum config_key)i;
        const char *section = config_section(key);
        if (section != NULL) {
            buf_printf(
                out,
                "\n## %s\n\n| zoo.cfg | property | default | value | state | what it does |\n"
                "|---|---|---|---|---|---|\n",
                section);
        }
        print_doc_row(config_row(key), out);
    }
}
