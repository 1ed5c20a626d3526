#include "plugins/ebpf/findings.h"

namespace melisai::plugins::ebpf {
namespace {

constexpr std::size_t kTextBytesMax = 1'000'000;  // what a worker takes of one part

}  // namespace

std::string to_text(const Findings& findings) {
  // Names of processes and files need not be UTF-8; JSON must be.
  const auto dump = [](const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
  };
  const std::string text = dump({{"data", findings.data},
                                 {"histograms", findings.histograms},
                                 {"events", findings.events},
                                 {"stacks", findings.stacks},
                                 {"errors", findings.errors},
                                 {"truncated", findings.truncated}});
  if (text.size() <= kTextBytesMax) return text;
  std::vector<std::string> errors = findings.errors;
  errors.emplace_back("found more events than a report may hold; ask for fewer with --max-events");
  const std::string without_events = dump({{"data", findings.data},
                                           {"histograms", findings.histograms},
                                           {"errors", errors},
                                           {"truncated", true}});
  if (without_events.size() <= kTextBytesMax) return without_events;
  errors.back() = "found more than a report may hold";
  return dump({{"data", Json::object()}, {"errors", errors}, {"truncated", true}});
}

}  // namespace melisai::plugins::ebpf
