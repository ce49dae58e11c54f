// SPDX-License-Identifier: Apache-2.0
//
// errno to enum err, one row each.
#include "host/errno.h"

#include <errno.h>
#include <stddef.h>

static const struct {
    int number;
    enum err err;
} rows[] = {
    {EINVAL, ERR_INVALID},
    {ENAMETOOLONG, ERR_INVALID},
    {ENOENT, ERR_NOT_FOUND},
    {ENOTDIR, ERR_NOT_FOUND},
    {EEXIST, ERR_EXISTS},
    {ENOTEMPTY, ERR_EXISTS},
    {EACCES, ERR_ACCESS},
    {EPERM, ERR_ACCESS},
    {ENOSPC, ERR_NO_SPACE},
    {EDQUOT, ERR_NO_SPACE},
    {EROFS, ERR_READ_ONLY},
    {EMFILE, ERR_TOO_MANY_FILES},
    {ENFILE, ERR_TOO_MANY_FILES},
    {ENOMEM, ERR_NO_MEMORY},
    {ENOBUFS, ERR_NO_MEMORY},
    {EFBIG, ERR_TOO_BIG},
    {EWOULDBLOCK, ERR_LOCKED},
    {EADDRINUSE, ERR_ADDRESS_IN_USE},
    {EADDRNOTAVAIL, ERR_ADDRESS},
    {EAFNOSUPPORT, ERR_ADDRESS},
    {EPIPE, ERR_CLOSED},
    {ECONNRESET, ERR_CONNECTION},
    {ECONNREFUSED, ERR_CONNECTION},
    {ECONNABORTED, ERR_CONNECTION},
    {ETIMEDOUT, ERR_CONNECTION},
    {EHOSTUNREACH, ERR_CONNECTION},
    {ENETUNREACH, ERR_CONNECTION},
    {ENETDOWN, ERR_CONNECTION},
    {ENOTCONN, ERR_CONNECTION},
    {EOPNOTSUPP, ERR_UNSUPPORTED},
    {ENOSYS, ERR_UNSUPPORTED},
};

enum err host_err(int number)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].number == number) {
            return rows[i].err;
        }
    }
    return ERR_IO;
}

enum err host_failed(struct trace_sink *trace_to, const char *call, const char *object, int number)
{
    enum err e = host_err(number);
    trace(trace_to, "%s %s failed: errno %d, %s", call, object != NULL ? object : "", number,
          err_name(e));
    return e;
}

enum err host_err_uv(int status)
{
    return host_err(-status);
}
