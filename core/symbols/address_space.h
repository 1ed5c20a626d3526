// Which mapping an address of a process lies in, also when the process is long gone: mappings come
// from /proc/PID/maps while it lives, or from perf's records as they happen. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "core/symbols/image.h"

namespace melisai::symbols {

/// The mappings of one process. Numbers of mappings stay valid.
class AddressSpace {
 public:
  /// Later mappings hide earlier ones where they overlap; beyond kMappingsMax they are counted
  /// only.
  void add(const Mapping& mapping);
  /// The program was replaced: what comes now hides all that was. Stacks counted before the exec
  /// still resolve where nothing new lies.
  void exec();

  const Mapping* find(std::uint64_t address) const;
  std::size_t left_out() const { return left_out_; }

 private:
  using Generation = std::map<std::uint64_t, Mapping>;  // by start; apart from each other
  std::vector<Generation> generations_{1};              // newest last
  std::size_t size_ = 0;
  std::size_t left_out_ = 0;
};

constexpr std::size_t kProcessesMax = 100'000;

/// All processes of a window, by process id.
class AddressSpaces {
 public:
  /// The address space of `pid`, empty when new; beyond kProcessesMax one that all others share.
  AddressSpace& of(std::uint32_t pid);
  /// The child starts with a copy of what its parent has.
  void fork(std::uint32_t parent, std::uint32_t child);
  const AddressSpace* find(std::uint32_t pid) const;

 private:
  std::map<std::uint32_t, AddressSpace> spaces_;
  AddressSpace excess_;
};

}  // namespace melisai::symbols
