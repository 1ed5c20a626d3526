// Stacks as a collector tells them: addresses, each with the file that it lies in. Names of
// functions in programs are the reader's business, who has more time and more files.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "plugins/common/mapped_processes.h"

namespace melisai::plugins {

struct TakenStack {
  std::uint32_t pid = 0;
  std::string comm;
  bool off_cpu = false;
  std::uint64_t count = 0;
  std::uint64_t total_ns = 0;            // off the CPU
  std::vector<std::uint64_t> user;       // the innermost first
  std::vector<std::uint64_t> top = {};   // words of the user stack, from its top on
  std::vector<std::string> kernel = {};  // the same, by name

  std::uint64_t weight() const { return off_cpu ? total_ns : count; }
};

struct StackJson {
  using Json = nlohmann::ordered_json;
  /// The heaviest first: {"pid","comm","count","total_ns","user":[[file, offset]],"kernel":[]}. A
  /// user frame without a file is [-1, address]. All but the innermost are return addresses.
  /// "top" has such places too: words on top of the user stack that may be return addresses of
  /// functions without frames, or left over from calls that have ended.
  Json stacks = Json::array();
  /// Of these stacks alone: {"path","build_id"}, and "inode" where no build id is known.
  Json files = Json::array();
  Json folded = Json::array();        // the heaviest, as melisai folds them
  std::uint64_t left_out = 0;         // weight of those that a result has no room for
  std::uint64_t folded_left_out = 0;  // the same of `folded`
};

/// Where addresses of processes lie.
struct Places {
  std::function<std::optional<Location>(std::uint32_t pid, std::uint64_t address)> find;
  const std::vector<MappedFile>& files;  // may grow while places are looked for
};
StackJson to_json(std::vector<TakenStack> stacks, const Places& places);

}  // namespace melisai::plugins
