// Bisection: the flow of one search for a culprit: bad against good, commit after commit against
// good, the culprit against its parent. Read run() first. Used by bisect.cpp only.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/bisect.h"
#include "core/bisect_comparer.h"
#include "core/bisect_result.h"
#include "core/preparation.h"

namespace melisai {

class Bisection {
 public:
  Bisection(const BisectRequest& request, World& world);

  /// Reads what there is to do; changes and measures nothing. Stops: git, configuration.
  Step<void> prepare();
  /// Once prepared.
  BisectPlan plan() const;
  /// The whole search, recorded as a run of the store. What was found before a Stop is in result().
  Step<void> run();

  const BisectResult& result() const { return result_; }

 private:
  Step<void> begin();
  Step<void> compare_bad_with_good();
  Step<void> search();
  Step<bool> settle();
  bool search_anew(const std::string& slow);
  Step<void> keep_report(const Step<void>& flow);

  Step<recover::Judged> ask(const std::string& base, const std::string& sha);
  Step<BisectStep> compare_with_parent(const std::string& sha, const std::string& parent);
  void record(BisectStep step);
  void end_with(BisectResult::Kind kind, const std::string& reason = "");
  bool only_merges_are_left() const;
  const GitCommit& commit(const std::string& sha) const;
  std::vector<GitCommit> suspects() const;
  std::vector<BisectSkip> skipped() const;
  double confidence() const;

  const BisectRequest& request_;
  World& world_;
  std::chrono::nanoseconds start_;
  BisectResult result_;
  Report report_;  ///< bad against good; what the store keeps
  OpenedRepository repository_;
  std::vector<GitCommit> commits_;
  std::unordered_map<std::string, std::size_t> index_;  ///< sha -> place in commits_
  Project project_;
  run::Plan plan_;
  std::vector<recover::Candidate> candidates_;
  std::optional<recover::BisectSearch> search_;
  int searches_ = 1;
  recover::BisectRule rule_;
  std::optional<RunLog> log_;
  store::RunContext context_;
  std::optional<BisectComparer> comparer_;
  std::optional<run::BuildSlot> good_;  ///< the build that every commit is compared with
};

}  // namespace melisai
