// SPDX-License-Identifier: Apache-2.0
//
// The only place where numbers of <errno.h> become `enum err`: above host/ nobody sees an errno.
#ifndef PADDOCK_HOST_ERRNO_H
#define PADDOCK_HOST_ERRNO_H

#include "base/err.h"
#include "base/trace.h"

// `number` is positive, as in errno. Never ERR_OK; what has no row of its own is ERR_IO.
enum err host_err(int number);

// The same for a call that failed on `object` (a path; NULL: none): traces the number, which is
// lost behind this line.
enum err host_failed(struct trace_sink *trace, const char *call, const char *object, int number);

// The same for a libuv status, which is a negative errno.
enum err host_err_uv(int status);

#endif
