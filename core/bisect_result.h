// What a bisection found, and how it is shown: text for people, JSON for programs (described in
// core/recover/README.md).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/git.h"
#include "core/model/report.h"
#include "core/recover/recover.h"

namespace melisai {

/// What a comparison is made against.
enum class BisectBase { good, parent };

/// One commit that was tried.
struct BisectStep {
  GitCommit commit;
  BisectBase base = BisectBase::good;
  recover::Judged judged;
  double error = 0;  ///< greatest probability that the answer is wrong
};

struct BisectSkip {
  GitCommit commit;
  std::string why;
};

struct BisectPlan {
  std::size_t commits = 0;
  std::vector<GitCommit> merges;
  int steps = 0;                   ///< when each one halves what is left
  std::optional<GitCommit> first;  ///< nothing: the bad commit is the only one
};

struct BisectResult {
  enum class Kind {
    culprit,      ///< suspects.front(), confirmed against its parent
    range,        ///< one of suspects
    cannot_tell,  ///< suspects may hold what is known
    not_slower    ///< the bad commit is not: there is nothing to search for
  } kind = Kind::cannot_tell;
  CommitInfo good;
  CommitInfo bad;
  std::string reason;               ///< one sentence; empty for culprit and range
  std::vector<GitCommit> suspects;  ///< parents before children
  /// Greatest lower bound of the probability that no answer which led here was wrong; culprit and
  /// range only.
  double confidence = 0;
  std::optional<BenchmarkResult> bad_against_good;  ///< the slowest series searched for
  std::optional<BenchmarkResult> alone;             ///< culprit: the same against its parent
  std::vector<BisectStep> steps;                    ///< in the order of time
  std::vector<BisectSkip> skipped;
};

std::string to_text(const BisectPlan& plan, const BisectResult& range);
std::string to_json(const BisectPlan& plan, const BisectResult& range);

/// The finding in one line.
std::string headline(const BisectResult& result);
/// The same, and the commits of a range.
std::string to_short_text(const BisectResult& result);
/// Headline, what it rests on, the tried commits as a table, what was skipped and why.
std::string to_text(const BisectResult& result);
std::string to_json(const BisectResult& result);

/// A step in one line, for people who wait.
std::string to_line(const BisectStep& step);

/// The first twelve digits.
std::string short_sha(const std::string& sha);

}  // namespace melisai
