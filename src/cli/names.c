// SPDX-License-Identifier: Apache-2.0
//
// One row per name. zkServer.sh, zkServer-initialize.sh and zkCleanup.sh are small scripts (bin/),
// because zookeeper-env.sh and java.env are for a shell to read.
#include "cli/names.h"

#include <string.h>

#include "cli/toolkit.h"
#include "cli/zkcli.h"

static const struct {
    const char *name;
    names_run *run;
} names[] = {
    {"zkCli.sh", zkcli_run},
    {"zkTxnLogToolkit.sh", toolkit_log},
    {"zkSnapShotToolkit.sh", toolkit_snapshot},
    {"zkSnapshotRecursiveSummaryToolkit.sh", toolkit_summary},
    {"zkSnapshotComparer.sh", toolkit_compare},
    {"PurgeTxnLog", toolkit_purge}, // what zkCleanup.sh runs
};

names_run *names_find(const char *argv0)
{
    const char *slash = argv0 != NULL ? strrchr(argv0, '/') : NULL;
    const char *name = slash != NULL ? slash + 1 : argv0;
    for (size_t i = 0; name != NULL && i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i].name, name) == 0) {
            return names[i].run;
        }
    }
    return NULL;
}
