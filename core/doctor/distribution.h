// Distributions: which package manager, and what packages are called there. Private to core/doctor.
#pragma once

#include <string>
#include <string_view>

#include "core/doctor/doctor.h"

namespace melisai::doctor {

enum class Package { perf, bpftrace, bcc, kernel_headers, bubblewrap };

Distribution read_distribution(const std::string& root);

/// "apt-get", "dnf", "yum", "pacman", "zypper"; "" for a distribution that we do not know.
std::string_view package_manager(const Distribution& distribution);

/// "apt-get install linux-perf"; "" when the distribution, or its name for the package, is unknown.
std::string install_command(const Distribution& distribution, Package package);

}  // namespace melisai::doctor
