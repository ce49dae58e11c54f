// SPDX-License-Identifier: Apache-2.0
//
// What the programs call themselves, and the release of Apache ZooKeeper whose behaviour they have.
#ifndef PADDOCK_MAIN_VERSION_H
#define PADDOCK_MAIN_VERSION_H

#define PADDOCK_VERSION "0.1.0"
#define PADDOCK_ZOOKEEPER_VERSION "3.9.5"

// As the four-letter words print it; tools cut the numbers out of it. `built` is like
// "2026-11-21 00:00 UTC". Source: Version.getFullVersion and the pom's build.time.
#define PADDOCK_VERSION_TEXT(built)                                                                \
    PADDOCK_ZOOKEEPER_VERSION "-paddock-" PADDOCK_VERSION ", built on " built

// The text of this build; the build writes its date (tools/build_date.sh).
extern const char version_text[];

#endif
