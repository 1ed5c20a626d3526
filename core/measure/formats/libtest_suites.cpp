#include "core/measure/formats/libtest_suites.h"

#include <functional>

namespace melisai::formats {

Result<void> LibtestSuites::begin(std::string_view binary) {
  // "Running ..." and "running 3 tests" announce the same binary.
  const bool is_announced_twice = binary.empty() && tests_ == 0;
  if (is_announced_twice) return {};
  MELISAI_CHECK(end());
  binary_ = binary;
  return {};
}

void LibtestSuites::listed(std::string_view name) {
  tests_ = std::hash<std::string>{}(std::to_string(tests_).append(name));
}

Result<void> LibtestSuites::measured(std::string_view name, double ns,
                                     std::optional<double> bytes_per_second) {
  if (rows_.size() == limits_.readings_max)
    return Error{Errc::limit,
                 "more than " + std::to_string(limits_.readings_max) + " results of one binary"};
  listed(name);
  rows_.push_back({std::string(name), ns, bytes_per_second});
  return {};
}

void LibtestSuites::failed(std::string_view name, std::string_view why) {
  listed(name);
  if (failed_.size() < limits_.readings_max) failed_.try_emplace(std::string(name), why);
}

void LibtestSuites::explain(std::string_view name, std::string_view why) {
  if (const auto found = failed_.find(name); found != failed_.end()) found->second = why;
}

std::string LibtestSuites::unique_name(const std::string& name) {
  const std::string identity = binary_.empty() ? std::to_string(tests_) : binary_;
  const std::size_t position = binaries_.try_emplace(identity, binaries_.size()).first->second;
  if (owners_.try_emplace(name, position).first->second == position) return name;
  return binary_.empty() ? name + "#" + std::to_string(position + 1) : binary_ + "/" + name;
}

Result<void> LibtestSuites::end() {
  for (const Row& row : rows_) {
    const std::string name = unique_name(row.name);
    MELISAI_CHECK(builder_.add(name, wall_time(), row.ns));
    if (row.bytes_per_second)
      MELISAI_CHECK(builder_.add(name, throughput("B/s"), *row.bytes_per_second));
  }
  for (const auto& [name, why] : failed_) builder_.fail(unique_name(name), why);
  tests_ = 0;
  rows_.clear();
  failed_.clear();
  binary_.clear();
  return {};
}

}  // namespace melisai::formats
