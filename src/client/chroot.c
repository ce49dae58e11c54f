// SPDX-License-Identifier: Apache-2.0
//
// The two directions of a chroot.
#include "client/chroot.h"

bool chroot_add(struct slice chroot, struct slice path, struct arena *arena, struct slice *ret)
{
    if (chroot.len == 0 || slice_is_null(path)) {
        *ret = path;
        return true;
    }
    if (slice_equal_str(path, "/")) {
        *ret = chroot;
        return true;
    }
    uint8_t *whole = arena_try_alloc(arena, chroot.len + path.len);
    if (whole == NULL) {
        return false;
    }
    memcpy(whole, chroot.data, chroot.len);
    if (path.len > 0) {
        memcpy(whole + chroot.len, path.data, path.len);
    }
    *ret = slice_of(whole, chroot.len + path.len);
    return true;
}

bool chroot_strip(struct slice chroot, struct slice path, struct slice *ret)
{
    if (chroot.len == 0 || slice_is_null(path)) {
        *ret = path;
        return true;
    }
    if (slice_equal(path, chroot)) {
        *ret = slice_str("/");
        return true;
    }
    if (slice_starts_with(path, chroot) && path.data[chroot.len] == '/') { // a longer path
        *ret = slice_skip(path, chroot.len);
        return true;
    }
    if (slice_equal_str(path, CHROOT_CONFIG_PATH)) {
        *ret = path;
        return true;
    }
    return false;
}
