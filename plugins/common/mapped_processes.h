// What is mapped where in the memory of processes, from what the kernel tells of it. Whoever is
// watched decides how much that is, so it has limits; what is beyond them is counted.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/common/perf_ring.h"

namespace melisai::plugins {

struct MappedFile {
  std::string path;         // as the process saw it; "//anon", "[vdso]"
  std::string build_id;     // hexadecimal; "" when the kernel did not tell
  std::uint64_t inode = 0;  // where there is no build id; 0: not known
  auto operator<=>(const MappedFile&) const = default;
};

struct Location {
  std::size_t file = 0;      // in files()
  std::uint64_t offset = 0;  // in it
};

class MappedProcesses {
 public:
  /// A record of MMAP2, COMM or FORK; others are ignored.
  void apply(const PerfRings::Record& record);
  /// The text of /proc/PID/maps, of a process that was there before.
  void read_maps(std::uint32_t pid, std::string_view text);

  std::optional<Location> find(std::uint32_t pid, std::uint64_t address) const;
  const std::vector<MappedFile>& files() const { return files_; }
  std::uint64_t left_out() const { return left_out_; }  // mappings and processes

 private:
  struct Mapping {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint64_t offset = 0;
    std::size_t file = 0;
    bool operator==(const Mapping&) const = default;
  };
  // Shared: a child has what its parent has, until one of them maps more. The newest last.
  using Mapped = std::shared_ptr<std::vector<Mapping>>;

  static bool has_already(const std::vector<Mapping>& mapped, const Mapping& mapping);
  void apply_mapping(const PerfRings::Record& record);
  void add(std::uint32_t pid, Mapping mapping, MappedFile file);
  void set(std::uint32_t pid, Mapped mapped);

  std::map<std::uint32_t, Mapped> processes_;
  std::vector<MappedFile> files_;
  std::map<MappedFile, std::size_t> numbers_;
  std::size_t count_ = 0;  // mappings, those that are shared once
  std::uint64_t left_out_ = 0;
};

}  // namespace melisai::plugins
