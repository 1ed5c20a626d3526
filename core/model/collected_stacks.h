// Stacks as a collector tells them: places in files, still without names of functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace melisai {

/// Offset in a file of CollectedStacks; an address where no file is known.
struct CollectedFrame {
  std::int64_t file = -1;
  std::uint64_t offset = 0;
  bool operator==(const CollectedFrame&) const = default;
};
struct CollectedStack {
  std::uint32_t pid = 0;
  std::string comm;
  double count = 0;                  ///< samples, or events
  double total_ns = 0;               ///< off the CPU; 0 for samples
  std::vector<CollectedFrame> user;  ///< the innermost first; all others are return addresses
  std::vector<CollectedFrame> top;   ///< words on top of it that may be return addresses
  std::vector<std::string> kernel;   ///< the innermost first
  bool operator==(const CollectedStack&) const = default;
};
struct CollectedFile {
  std::string path;         ///< as the process saw it
  std::string build_id;     ///< hexadecimal; "" when not known
  std::uint64_t inode = 0;  ///< where no build id is known; 0: nor is that
  bool operator==(const CollectedFile&) const = default;
};
struct CollectedStacks {
  static constexpr std::size_t kFilesMax = 4'096;
  static constexpr std::size_t kStacksMax = 200'000;
  static constexpr std::size_t kFramesMax = 512;  ///< of one stack
  std::vector<CollectedFile> files;
  std::vector<CollectedStack> stacks;
  bool operator==(const CollectedStacks&) const = default;
};

/// The `data` of the collectors profile and offcputime (plugins/ebpf/stacks.h). Collectors are not
/// trusted: errors (parse, limit) name the place; frames of files that are not there have none.
Result<CollectedStacks> collected_stacks_from_json(std::string_view json);

}  // namespace melisai
