// Which names are whole disks of this machine, and what /sys/block says about one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace melisai::plugins::procfs {

class Disks {
 public:
  explicit Disks(const std::string& sys) : directory_(sys + "/block") {}
  bool readable() const;
  /// No partition, and nothing that is made of other disks or of memory.
  bool whole(std::string_view name) const;
  /// Sorted.
  std::vector<std::string> names() const;
  std::string directory(std::string_view name) const;
  /// Of a hypervisor: nobody here knows what it is made of.
  bool is_virtual(std::string_view name) const;
  /// Nothing for a virtual one.
  std::optional<bool> rotational(std::string_view name) const;

 private:
  bool is_made_of_others(std::string_view name) const;

  std::string directory_;
};

}  // namespace melisai::plugins::procfs
