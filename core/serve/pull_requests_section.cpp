#include "core/serve/pull_requests_section.h"

#include <array>

#include "core/base/text.h"

namespace melisai::serve {
namespace {

using namespace std::chrono_literals;
using Run = PullRequestOptions::Run;

constexpr ConfigRange<Milliseconds> kAgeRange = {.min = 1s, .max = 24h};
constexpr ConfigRange<Milliseconds> kTimeoutRange = {.min = 10s, .max = 24h};
constexpr std::size_t kLabelBytesMax = 200;

Run run_of(const std::string& word) {
  if (word == "same_repository") return Run::same_repository;
  return word == "none" ? Run::none : Run::all;
}

}  // namespace

PullRequestOptions read_pull_requests(const ConfigValue& section, Reading& reading) {
  constexpr std::array<std::string_view, 3> kRuns = {"all", "same_repository", "none"};
  PullRequestOptions options;
  ConfigMap map(section, reading.errors);
  options.run = run_of(std::string(map.one_of("run", kRuns, "all")));
  options.approval_label = map.string("approval_label", options.approval_label);
  options.approval_age = map.duration("approval_age", options.approval_age, kAgeRange);
  options.approval_timeout =
      map.duration("approval_timeout", options.approval_timeout, kTimeoutRange);
  map.finish();
  if (options.approval_label.size() > kLabelBytesMax ||
      printable(options.approval_label) != options.approval_label)
    map.fail("approval_label", "a label has at most " + std::to_string(kLabelBytesMax) +
                                   " bytes without control characters");
  return options;
}

}  // namespace melisai::serve
