#include "core/acknowledged.h"

#include "core/gate/gate.h"

namespace melisai {
namespace {

/// What was accepted for one commit was looked at there, by its name: whoever proposes a change
/// names its benchmarks, and a benchmark that is called "*" is one.
void acknowledge_named(std::vector<BenchmarkResult>& results, const Acknowledgement& accepted,
                       const std::string& today) {
  for (BenchmarkResult& row : results) {
    const bool has_stars = accepted.metric.find_first_of("*?") != std::string::npos;
    if (row.acknowledged || accepted.benchmark != row.name ||
        (has_stars && accepted.metric != row.metric.name))
      continue;
    std::vector<BenchmarkResult> one{std::move(row)};
    gate::acknowledge(one, {accepted}, today);
    row = std::move(one.front());
  }
}

}  // namespace

std::vector<std::string> acknowledge_slowdowns(std::vector<BenchmarkResult>& results,
                                               const store::Store& store,
                                               const std::string& project, const std::string& head,
                                               const std::string& today) {
  const auto stored = store.acknowledgements(project);
  if (!stored) return {"acknowledgements cannot be read: " + stored.error().message};
  std::vector<Acknowledgement> accepted;
  for (const store::StoredAcknowledgement& entry : *stored)
    if (entry.commit.empty()) accepted.push_back(entry.what);
  gate::acknowledge(results, accepted, today);
  for (const store::StoredAcknowledgement& entry : *stored)
    if (!entry.commit.empty() && entry.commit == head)
      acknowledge_named(results, entry.what, today);

  std::vector<std::string> remarks;
  for (const BenchmarkResult& row : results) {
    if (row.decision != Decision::regressed || row.acknowledged) continue;
    for (const Acknowledgement& each : accepted)
      if (each.until < today && gate::concerns(each, row))
        remarks.push_back("the acknowledgement of " + row.name + " " + row.metric.name +
                          " expired with " + each.until);
  }
  return remarks;
}

}  // namespace melisai
