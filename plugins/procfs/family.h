// The parts of one window, kept apart: one that throws has an error of its own and the others do
// not notice.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/procfs/part.h"

namespace melisai::plugins::procfs {

class Family {
 public:
  struct Member {
    std::string_view name;  // of the collector, "cpu_utilization"
    std::unique_ptr<Part> (*make)(const Options& options);
  };
  /// `members` must outlive the family.
  explicit Family(std::span<const Member> members) : members_(members) {}

  /// Makes the parts of a new window.
  void start(const Options& options, Time now);
  void sample(Time now);
  /// One result of each part: {"data":{},"errors":[],"truncated":false}, in UTF-8 on one line.
  /// Throws the parts away.
  using Take = std::function<void(std::string_view name, std::string_view json)>;
  void stop(Time now, const Take& take);

 private:
  struct Running {
    std::string_view name;
    std::unique_ptr<Part> part;       // none: could not start
    std::vector<std::string> errors;  // what it threw
  };
  std::span<const Member> members_;
  std::vector<Running> running_;
};

}  // namespace melisai::plugins::procfs
