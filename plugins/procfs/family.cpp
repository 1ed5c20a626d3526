#include "plugins/procfs/family.h"

#include <exception>
#include <utility>

namespace melisai::plugins::procfs {
namespace {

/// False when `work` threw; `errors` then says what.
template <typename Work>
bool guarded(std::vector<std::string>& errors, Work work) {
  try {
    work();
    return true;
  } catch (const std::exception& exception) {
    errors.emplace_back(exception.what());
  } catch (...) {
    errors.emplace_back("threw something that is no std::exception");
  }
  return false;
}

constexpr std::size_t kTextBytesMax = 1'000'000;  // what a worker takes of one part

// File names and names of processes need not be UTF-8; JSON must be.
std::string to_text(const Findings& findings) {
  const nlohmann::ordered_json json = {
      {"data", findings.data}, {"errors", findings.errors}, {"truncated", findings.truncated}};
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

void Family::start(const Options& options, Time now) {
  running_.clear();
  for (const Member& member : members_) {
    Running running{member.name, nullptr, {}};
    if (!guarded(running.errors, [&] {
          running.part = member.make(options);
          running.part->start(now);
        }))
      running.part.reset();
    running_.push_back(std::move(running));
  }
}

void Family::sample(Time now) {
  for (Running& running : running_)  // one that failed would only fail again
    if (running.errors.empty()) guarded(running.errors, [&] { running.part->sample(now); });
}

void Family::stop(Time now, const Take& take) {
  std::vector<Running> ending;
  ending.swap(running_);
  for (Running& running : ending) {
    Findings findings;
    if (running.part) guarded(running.errors, [&] { findings = running.part->stop(now); });
    findings.errors.insert(findings.errors.end(), running.errors.begin(), running.errors.end());
    std::string text = to_text(findings);
    if (text.size() > kTextBytesMax)
      text = to_text({.data = nlohmann::ordered_json::object(),
                      .errors = {"found more than a report may hold"},
                      .truncated = true});
    take(running.name, text);
  }
}

}  // namespace melisai::plugins::procfs
