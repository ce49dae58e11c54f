// SPDX-License-Identifier: Apache-2.0
//
// What the programs call themselves, and the release of Apache ZooKeeper whose behaviour they have.
#ifndef PADDOCK_MAIN_VERSION_H
#define PADDOCK_MAIN_VERSION_H

#define PADDOCK_VERSION "0.1.0"
#define PADDOCK_ZOOKEEPER_VERSION "3.9.5"
#define PADDOCK_RELEASED "2026-11-21 00:00 UTC"

// As the four-letter words print it; tools cut the numbers out of it.
#define PADDOCK_VERSION_TEXT                                                                       \
    PADDOCK_ZOOKEEPER_VERSION "-paddock-" PADDOCK_VERSION ", built on " PADDOCK_RELEASED

#endif
