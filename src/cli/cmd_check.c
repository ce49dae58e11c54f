// SPDX-License-Identifier: Apache-2.0
//
// paddock check: says what an examination found, and repairs when told to.
#include <inttypes.h>

#include "cli/cli.h"
#include "cli/examine.h"
#include "cli/json.h"
#include "cli/repair.h"

static const char *const java_texts[] = {
    [JAVA_STARTS] = "starts",
    [JAVA_REFUSES] = "refuses to start",
    [JAVA_LOSES] = "starts, and loses transactions",
    [JAVA_UNSURE] = "may read something else than what is meant",
};
static const char *const java_names[] = {
    [JAVA_STARTS] = "starts",
    [JAVA_REFUSES] = "refuses",
    [JAVA_LOSES] = "loses",
    [JAVA_UNSURE] = "unsure",
};

// ---- text ----

static const char *colour_of(const struct cli *c, enum damage_kind kind)
{
    switch (damage_grade(kind)) {
    case DAMAGE_REMARK:
        return cli_colour(c, 'd');
    case DAMAGE_SELF:
        return cli_colour(c, 'y');
    case DAMAGE_REAL:
        return cli_colour(c, 'r');
    }
    return "";
}

static void print_findings(struct cli *c, const struct examination *x)
{
    struct buf text = {0};
    for (size_t i = 0; i < x->damages.count; i++) {
        const struct damage *d = &x->damages.items[i];
        buf_clear(&text);
        damage_text(d, &text);
        (void)fprintf(c->out, "%s%s%s", colour_of(c, d->kind), buf_cstr(&text), cli_colour(c, '0'));
    }
    buf_fini(&text);
}

static void print_verdicts(struct cli *c, const struct examination *x)
{
    uint64_t records = 0;
    for (size_t i = 0; i < x->log_count; i++) {
        records += x->logs[i].records;
    }
    (void)fprintf(c->out, "%s: %zu snapshots, %zu logs with %" PRIu64 " transactions%s\n",
                  datadir_root(x->dir), x->snapshots.count, x->log_count, records,
                  x->is_running ? "; a server runs on it" : "");
    if (x->is_startable) {
        (void)fprintf(c->out,
                      "paddockd: starts at zxid 0x%" PRIx64 " with %" PRIu64
                      " nodes (from %s and %" PRIu64 " transactions)\n",
                      (uint64_t)x->recovered.last_zxid, x->nodes,
                      x->recovered.snapshot[0] != '\0' ? x->recovered.snapshot : "nothing",
                      x->recovered.txns_replayed);
    } else {
        (void)fprintf(c->out, "paddockd: refuses to start\n");
    }
    (void)fprintf(c->out, "Apache ZooKeeper 3.9: %s%s%s\n", java_texts[x->java],
                  x->java_why[0] != '\0' ? ": " : "", x->java_why);
    size_t bad = damage_count(&x->damages, DAMAGE_SELF);
    (void)fprintf(c->out, bad == 0 ? "%sno damage%s\n" : "%sdamage was found%s\n",
                  cli_colour(c, bad == 0 ? 'g' : 'r'), cli_colour(c, '0'));
}

// ---- JSON ----

static struct json *log_json(const struct log_facts *f)
{
    struct json *o = json_new_object();
    json_put(o, "name", json_new_cstr(f->name));
    json_put(o, "bytes", json_new_int((int64_t)f->bytes));
    json_put(o, "transactions", json_new_int((int64_t)f->records));
    json_put(o, "first_zxid", f->records > 0 ? cli_json_hex(f->first_zxid) : json_new_null());
    json_put(o, "last_zxid", f->records > 0 ? cli_json_hex(f->last_zxid) : json_new_null());
    return o;
}

static struct json *paddockd_json(const struct examination *x)
{
    struct json *o = json_new_object();
    json_put(o, "starts", json_new_bool(x->is_startable));
    json_put(o, "why", x->is_startable ? json_new_null() : json_new_cstr(x->refusal.text));
    if (x->is_startable) {
        json_put(o, "last_zxid", cli_json_hex(x->recovered.last_zxid));
        json_put(o, "nodes", json_new_int((int64_t)x->nodes));
        json_put(o, "digest", cli_json_hex((int64_t)x->digest));
        json_put(o, "digest_mismatches", json_new_int((int64_t)x->digest_mismatches));
        json_put(o, "snapshot", json_new_cstr(x->recovered.snapshot));
        json_put(o, "transactions_replayed", json_new_int((int64_t)x->recovered.txns_replayed));
    }
    json_put(o, "notes", json_new_text(buf_slice(&x->notes)));
    return o;
}

static struct json *java_json(const struct examination *x)
{
    struct json *o = json_new_object();
    json_put(o, "verdict", json_new_cstr(java_names[x->java]));
    json_put(o, "why", x->java_why[0] != '\0' ? json_new_cstr(x->java_why) : json_new_null());
    return o;
}

static struct json *document(const struct examination *x)
{
    struct json *o = json_new_object();
    json_put(o, "data_dir", json_new_cstr(datadir_root(x->dir)));
    json_put(o, "log_dir", json_new_cstr(datadir_log_root(x->dir)));
    json_put(o, "is_clean", json_new_bool(damage_count(&x->damages, DAMAGE_SELF) == 0));
    json_put(o, "is_running", json_new_bool(x->is_running));
    struct json *findings = json_new_array(), *logs = json_new_array(),
                *snapshots = json_new_array();
    for (size_t i = 0; i < x->damages.count; i++) {
        json_append(findings, damage_json(&x->damages.items[i]));
    }
    for (size_t i = 0; i < x->log_count; i++) {
        json_append(logs, log_json(&x->logs[i]));
    }
    for (size_t i = 0; i < x->snapshots.count; i++) {
        json_append(snapshots, json_new_cstr(x->snapshots.items[i].name));
    }
    json_put(o, "findings", findings);
    json_put(o, "snapshots", snapshots);
    json_put(o, "logs", logs);
    json_put(o, "paddockd", paddockd_json(x));
    json_put(o, "java", java_json(x));
    return o;
}

// ---- repair ----

static size_t repairable(const struct examination *x, bool is_lossy)
{
    size_t count = 0;
    for (size_t i = 0; i < x->damages.count; i++) {
        const struct damage *d = &x->damages.items[i];
        count += d->repair != REPAIR_NONE && (is_lossy || !d->is_lossy) ? 1 : 0;
    }
    return count;
}

static void say_mended(struct cli *c, const struct repair_report *r, struct json *document_json)
{
    if (document_json != NULL) {
        struct json *o = json_new_object();
        json_put(o, "mended", json_new_int((int64_t)r->mended));
        json_put(o, "not_mended", json_new_int((int64_t)r->refused));
        json_put(o, "kept_in", r->kept_in[0] != '\0' ? json_new_cstr(r->kept_in) : json_new_null());
        json_put(document_json, "repair", o);
        return;
    }
    (void)fprintf(c->out, "repaired: %zu of the findings%s%s\n", r->mended,
                  r->kept_in[0] != '\0' ? "; what was removed is in " : "", r->kept_in);
    if (r->refused > 0) {
        (void)fprintf(c->out,
                      "left: %zu that give up transactions which cannot be read; --lossy mends "
                      "them\n",
                      r->refused);
    }
}

// Repair, and look again: what is left is the answer. *ret: the second examination's directory.
static int run_repair(struct cli *c, const struct cli_call *call, struct examination *x,
                      struct repair_report *ret)
{
    bool is_lossy = cli_has(call, "lossy");
    size_t count = repairable(x, is_lossy);
    *ret = (struct repair_report){0};
    if (count == 0 && damage_count(&x->damages, DAMAGE_SELF) == 0) {
        return CLI_DONE;
    }
    if (count > 0 && !c->is_json) {
        print_findings(c, x);
    }
    if (count > 0 &&
        !cli_confirm(c, true, "repair %zu of these in %s%s?", count, datadir_root(x->dir),
                     is_lossy ? ", giving up what cannot be read" : "")) {
        return cli_fail(c, CLI_NO, "nothing was changed");
    }
    int status = repair(x, is_lossy, ret);
    if (status != CLI_DONE) {
        return status;
    }
    const char *data_dir = cli_param(call, 0), *log_dir = cli_value(call, "log-dir");
    examination_fini(x);
    return examine(c, data_dir, log_dir, x);
}

static int report(struct cli *c, const struct cli_call *call, struct examination *x)
{
    struct repair_report mended = {0};
    bool is_repair = cli_has(call, "repair");
    int status = is_repair ? run_repair(c, call, x, &mended) : CLI_DONE;
    if (status != CLI_DONE) {
        return status;
    }
    struct json *o = c->is_json ? document(x) : NULL;
    if (is_repair) {
        say_mended(c, &mended, o);
    }
    if (o != NULL) {
        (void)cli_print_json(c, o);
    } else {
        print_findings(c, x);
        print_verdicts(c, x);
    }
    return damage_count(&x->damages, DAMAGE_SELF) == 0 ? CLI_DONE : CLI_NO;
}

static int run(struct cli *c, const struct cli_call *call)
{
    if (cli_has(call, "lossy") && !cli_has(call, "repair")) {
        return cli_fail(c, CLI_USAGE, "--lossy says how to --repair");
    }
    struct examination x;
    int status = examine(c, cli_param(call, 0), cli_value(call, "log-dir"), &x);
    if (status == CLI_DONE) {
        status = report(c, call, &x);
    }
    examination_fini(&x);
    return status;
}

static const struct cli_flag flags[] = {
    {.name = "log-dir",
     .value = "DIR",
     .kind = CLI_FILE,
     .help = "the dataLogDir, when it is not the data directory"},
    {.name = "repair", .help = "mend what can be mended without loss, after asking"},
    {.name = "lossy", .help = "with --repair: also give up transactions that cannot be read"},
};
static const struct cli_param params[] = {
    {.name = "DATADIR",
     .kind = CLI_FILE,
     .help = "the dataDir of a server, which holds version-2"}};

const struct cli_command cli_check = {
    .name = "check",
    .group = CLI_GROUP_FILES,
    .summary = "find every damage in a data directory",
    .details =
        "Reads all snapshots and logs of a server of ZooKeeper or Paddock and says what is wrong "
        "with them: torn ends, wrong checksums, missing transactions, damaged or missing "
        "snapshots, files that do not belong there, epochs that contradict each other, access "
        "rights; for each what it means and what to do. It also rehearses the start: whether "
        "paddockd starts, at which zxid, and what Apache ZooKeeper does with the same files, which "
        "now and then is to leave out transactions without a word.\n\n"
        "Nothing is changed without --repair, and nothing at all while a server runs on the "
        "directory. A repair throws nothing away: what it removes or replaces is kept in "
        "`damaged-<time>` beside version-2. Without --lossy it mends only what loses no "
        "transaction that a server acknowledged.\n\n"
        "A torn end of the last log is no loss: it was never acknowledged.",
    CLI_FLAGS(flags),
    CLI_PARAMS(params),
    .examples = "check /var/lib/zookeeper # is it whole?\n"
                "check --json /var/lib/zookeeper # for monitoring\n"
                "check --repair /var/lib/zookeeper # mend it, asking first\n"
                "check --repair --lossy --yes /var/lib/zookeeper # the last resort",
    .exits = "1 there is damage",
    .is_json_able = true,
    .run = run,
};
