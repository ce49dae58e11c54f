// SPDX-License-Identifier: Apache-2.0
//
// What a change of the configuration means to this server: its connections, and its files.
#include "server/ensemble_priv.h"

static void log_config(struct ensemble *e, const char *what, struct slice text)
{
    struct log_line l;
    if (log_begin(&l, e->server->log, EVENT_ENSEMBLE_CONFIG)) {
        log_str(&l, "what", what);
        log_slice(&l, "config", text);
        log_end(&l);
    }
}

void ensemble_see_config(struct ensemble *e, struct slice text)
{
    log_config(e, "proposed", text);
    if (e->mesh != NULL) {
        mesh_configure(e->mesh, zab_committed_config(e->zab), zab_seen_config(e->zab));
    }
}

void ensemble_activate_config(struct ensemble *e, struct slice text)
{
    log_config(e, "in force", text);
    if (e->mesh != NULL) {
        mesh_configure(e->mesh, zab_committed_config(e->zab), zab_seen_config(e->zab));
    }
}
