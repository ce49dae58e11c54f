// SPDX-License-Identifier: Apache-2.0
//
// Slices of the tree, one after the other, into the file.
#include "store/snapsave.h"

#include "base/limits.h"
#include "store/snapfile.h"

static enum err write_slices(struct snapwrite *w, struct snapfile *f, struct store_error *e)
{
    struct buf slice = {0};
    enum err err = ERR_OK;
    for (bool more = true; more && err == ERR_OK;) {
        bool seal;
        buf_clear(&slice);
        more = snapwrite_slice(w, LIMIT_SNAPSHOT_SLICE_BYTES, &slice, &seal);
        err = snapfile_write(f, buf_slice(&slice), seal, e);
    }
    buf_fini(&slice);
    return err;
}

enum err snapsave(struct port_files *fs, const char *dir, struct tree *t,
                  const struct snapsave_options *options, struct store_error *e)
{
    struct snapfile *f;
    enum err err = snapfile_open(fs, dir, tree_last_zxid(t), options->method, &f, e);
    if (err != ERR_OK) {
        return err;
    }
    struct snapwrite *w = snapwrite_new(t, &options->parts);
    err = write_slices(w, f, e);
    snapwrite_free(w);
    if (err != ERR_OK) {
        snapfile_abort(f);
        return err;
    }
    return options->is_unnamed ? snapfile_finish_unnamed(f, e) : snapfile_finish(f, NULL, e);
}
