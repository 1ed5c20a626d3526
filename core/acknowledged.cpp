#include "core/acknowledged.h"

#include "core/gate/gate.h"

namespace melisai {

std::vector<std::string> acknowledge_slowdowns(std::vector<BenchmarkResult>& results,
                                               const store::Store& store,
                                               const std::string& project, const std::string& head,
                                               const std::string& today) {
  const auto stored = store.acknowledgements(project);
  if (!stored) return {"acknowledgements cannot be read: " + stored.error().message};
  std::vector<Acknowledgement> accepted;
  for (const store::StoredAcknowledgement& entry : *stored)
    if (entry.commit.empty() || entry.commit == head) accepted.push_back(entry.what);
  gate::acknowledge(results, accepted, today);

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
