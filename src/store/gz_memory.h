// SPDX-License-Identifier: Apache-2.0
//
// zlib allocates through base/mem.h, as everything does. It is never refused: the sizes follow from
// the window, not from anybody's data.
#ifndef PADDOCK_STORE_GZ_MEMORY_H
#define PADDOCK_STORE_GZ_MEMORY_H

#include <zlib.h>

// Before deflateInit2 or inflateInit2.
void gz_memory_use(z_stream *z);

#endif
