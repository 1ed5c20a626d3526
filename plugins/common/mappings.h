// Which file lies where in the memory of a process, also of one that is gone: the kernel tells of
// each executable mapping when it is made, through perf events that count nothing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "plugins/common/perf_ring.h"

namespace melisai::plugins {

struct MappedFile {
  std::string path;      // as the process saw it; "//anon", "[vdso]"
  std::string build_id;  // hexadecimal; "" when the kernel did not tell
  auto operator<=>(const MappedFile&) const = default;
};

struct Location {
  std::size_t file = 0;      // in files()
  std::uint64_t offset = 0;  // in it
};

class Mappings {
 public:
  /// Watches the tree of `root_pid`, with 0 every process. Throws std::runtime_error.
  explicit Mappings(std::int64_t root_pid, std::string proc_root);
  ~Mappings();
  Mappings(const Mappings&) = delete;
  Mappings& operator=(const Mappings&) = delete;

  /// Takes what the kernel has told; to be called now and then, before there is no more room.
  void take();

  /// Where `address` of a process is; of one that was there before, and still is, /proc is asked.
  std::optional<Location> find(std::uint32_t pid, std::uint64_t address);
  const std::vector<MappedFile>& files() const { return files_; }
  std::uint64_t lost() const { return lost_; }  // that we did not take in time

 private:
  struct Mapping {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint64_t offset = 0;
    std::size_t file = 0;
  };
  void open(std::int64_t root_pid, int cpu);
  void apply(const PerfRings::Record& record);
  void apply_mapping(const PerfRings::Record& record);
  void read_proc(std::uint32_t pid);
  void add(std::uint32_t pid, Mapping mapping, MappedFile file);
  std::optional<Location> look_up(std::uint32_t pid, std::uint64_t address) const;

  bool whole_host_;
  std::string proc_root_;
  PerfRings rings_;
  std::map<std::uint32_t, std::vector<Mapping>> processes_;  // the newest last
  std::map<std::uint32_t, bool> asked_;
  std::vector<MappedFile> files_;
  std::map<MappedFile, std::size_t> numbers_;
  std::size_t count_ = 0;
  std::uint64_t lost_ = 0;
};

}  // namespace melisai::plugins
