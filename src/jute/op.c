// SPDX-License-Identifier: Apache-2.0
//
// Facts about operation codes, from the list in op.h. A code comes from the network, so each lookup
// answers for every integer.
#include "jute/op.h"

enum op_kind op_kind(int32_t type)
{
    switch (type) {
#define X(name, code, java, lop, kind)                                                             \
    case code:                                                                                     \
        return OP_KIND_##kind;
        ZK_OPS(X)
#undef X
    }
    return OP_KIND_NONE;
}

const char *op_name(int32_t type)
{
    switch (type) {
#define X(name, code, java, lop, kind)                                                             \
    case code:                                                                                     \
        return java;
        ZK_OPS(X)
#undef X
    }
    return "unknown";
}

const char *op_last_name(int32_t type)
{
    switch (type) {
#define X(name, code, java, lop, kind)                                                             \
    case code:                                                                                     \
        return lop;
        ZK_OPS(X)
#undef X
    }
    return "NA";
}
