// Durations of tests as JavaScript's test runners report them. Private to mocha.cpp, jest.cpp and
// playwright.cpp.
#pragma once

#include <optional>
#include <string>

#include "core/measure/formats/builder.h"

namespace melisai::formats {

struct JsTest {
  std::string name;
  std::string failed;                  ///< not empty: why
  std::optional<double> milliseconds;  ///< nothing for a test that did not run
};

inline Result<void> add_test(const JsTest& test, ReadingsBuilder& builder) {
  constexpr double kMillisecond = 1e6;
  if (!test.failed.empty()) builder.fail(test.name, test.failed);
  if (!test.failed.empty() || !test.milliseconds) return {};
  return builder.add(test.name, wall_time(), *test.milliseconds * kMillisecond);
}

}  // namespace melisai::formats
