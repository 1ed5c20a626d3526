// The tables of the store and how an older file becomes a newer one. A version is never changed
// after its release: append a step to migrations(), and a fixture to tests/data/store/.
#pragma once

#include <span>
#include <string_view>

#include "core/store/sqlite.h"

namespace melisai::store {

/// "melg" in the file's header: tells our files from others.
inline constexpr int kApplicationId = 0x6d656c67;

/// Step i, as SQL, brings version i to i + 1. Version 0 is an empty file.
using Migrations = std::span<const std::string_view>;
Migrations migrations();

/// 0 for an empty file. Errors: io for the file of another program; unavailable for a version
/// above `known`, naming both.
Result<int> version_of(const Database& database, int known);

/// To the newest version of `steps`, in one transaction that survives a power cut.
Result<void> migrate(const Database& database, Migrations steps);

}  // namespace melisai::store
