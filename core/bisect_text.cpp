#include <algorithm>
#include <cmath>

#include "core/base/text.h"
#include "core/base/units.h"
#include "core/bisect_result.h"
#include "core/report/report.h"

namespace melisai {
namespace {

constexpr std::size_t kSuspectsShown = 20;
constexpr std::size_t kSkippedShown = 20;
constexpr std::size_t kWhyCharactersMax = 300;

/// Never more than is proven: 0.9467 -> "94 %".
std::string confidence_text(double confidence) {
  return std::to_string(static_cast<int>(std::floor(confidence * 100 + 1e-9))) + " %";
}

/// "cli cpu_time +9.8 % (+8.1 to +11.2 %)"
std::string effect_text(const BenchmarkResult& result) {
  return printable(result.name) + " " + printable(result.metric.name) + " " +
         report::change_text(result) + " (" + report::interval_text(result) + ")";
}

std::string commit_text(const GitCommit& commit) {
  return short_sha(commit.sha) + " \"" + printable(commit.subject) + "\"";
}

std::string commit_text(const CommitInfo& commit) {
  return short_sha(commit.sha) + " (" + printable(commit.ref) + ")";
}

std::string answer_text(const BisectStep& step) {
  const bool against_parent = step.base == BisectBase::parent;
  switch (step.judged.answer) {
    case recover::Answer::slow: return against_parent ? "slower than parent" : "slow";
    case recover::Answer::fast: return against_parent ? "like its parent" : "fast";
    case recover::Answer::unknown: return "unknown";
  }
  return "unknown";
}

std::string steps_text(const BisectResult& result) {
  if (result.steps.empty()) return "";
  report::Table table({{.title = "commit"},
                       {.title = "answer"},
                       {.title = "change", .align = report::Align::right},
                       {.title = "interval", .align = report::Align::right},
                       {.title = "pairs", .align = report::Align::right},
                       {.title = "subject"}});
  for (const BisectStep& step : result.steps) {
    const BenchmarkResult& measured = step.judged.result;
    const bool is_measured = measured.pairs > 0;
    table.add({short_sha(step.commit.sha), answer_text(step),
               is_measured ? report::change_text(measured) : "-",
               is_measured ? report::interval_text(measured) : "-",
               is_measured ? std::to_string(measured.pairs) : "-", step.commit.subject});
  }
  return "\nTried, in this order:\n" + table.text();
}

/// Of a range all of them: they are the result.
std::string suspects_text(const BisectResult& result) {
  const std::vector<GitCommit>& all = result.suspects;
  if (all.size() < 2) return "";
  const bool is_range = result.kind == BisectResult::Kind::range;
  const std::size_t shown = is_range ? all.size() : std::min(all.size(), kSuspectsShown);
  std::string text = "\nSuspects, oldest first:\n";
  for (std::size_t i = 0; i < shown; ++i) text += "  " + commit_text(all[i]) + "\n";
  if (shown < all.size())
    text += "  and " + std::to_string(all.size() - shown) + " more (--json has all)\n";
  return text;
}

std::string skipped_text(const BisectResult& result) {
  const std::vector<BisectSkip>& all = result.skipped;
  if (all.empty()) return "";
  std::string text = "\nNot tried or without an answer:\n";
  for (std::size_t i = 0; i < std::min(all.size(), kSkippedShown); ++i)
    text += "  " + commit_text(all[i].commit) + ": " +
            report::clip(report::one_line(all[i].why), kWhyCharactersMax) + "\n";
  if (all.size() > kSkippedShown)
    text += "  and " + std::to_string(all.size() - kSkippedShown) + " more (--json has all)\n";
  return text;
}

}  // namespace

std::string short_sha(const std::string& sha) { return sha.substr(0, 12); }

std::string headline(const BisectResult& result) {
  const std::string sure = "; confidence " + confidence_text(result.confidence);
  switch (result.kind) {
    case BisectResult::Kind::culprit: {
      const bool by_parent = result.steps.back().base == BisectBase::parent;
      return "culprit: " + commit_text(result.suspects.front()) + ": " +
             effect_text(*result.alone) + " against " +
             (by_parent ? "its parent" : "the good commit") + sure;
    }
    case BisectResult::Kind::range:
      return "range: the culprit is one of " + std::to_string(result.suspects.size()) +
             " commits that cannot be told apart" + sure;
    case BisectResult::Kind::cannot_tell: return "cannot tell: " + printable(result.reason);
    case BisectResult::Kind::not_slower:
      return "cannot tell: bad is not slower than good, nothing to bisect: " +
             printable(result.reason);
  }
  return "";
}

std::string to_short_text(const BisectResult& result) {
  const bool is_range = result.kind == BisectResult::Kind::range;
  return headline(result) + "\n" + (is_range ? suspects_text(result) : "");
}

std::string to_text(const BisectResult& result) {
  std::string text = headline(result) + "\n";
  if (result.bad_against_good)
    text += "bad " + commit_text(result.bad) + " against good " + commit_text(result.good) + ": " +
            effect_text(*result.bad_against_good) + ", " +
            report::count_of(static_cast<std::size_t>(result.bad_against_good->pairs), "pair") +
            "\n";
  return text + suspects_text(result) + steps_text(result) + skipped_text(result);
}

std::string to_text(const BisectPlan& plan, const BisectResult& range) {
  std::string text = report::count_of(plan.commits, "commit") + " after good " +
                     commit_text(range.good) + " up to bad " + commit_text(range.bad) + "\n";
  text += "first: bad is measured against good; the search goes on only if it is slower\n";
  text += "then: " + report::count_of(static_cast<std::size_t>(plan.steps), "step") +
          " when each one halves what is left";
  text += plan.first ? ", the first one at " + commit_text(*plan.first) + "\n" : "\n";
  text += "at last: the culprit is measured against its parent\n";
  if (plan.merges.empty()) return text;
  text += "never tried: " + report::count_of(plan.merges.size(), "merge") + "\n";
  for (std::size_t i = 0; i < std::min(plan.merges.size(), kSkippedShown); ++i)
    text += "  " + commit_text(plan.merges[i]) + "\n";
  if (plan.merges.size() > kSkippedShown)
    text +=
        "  and " + std::to_string(plan.merges.size() - kSkippedShown) + " more (--json has all)\n";
  return text;
}

std::string to_line(const BisectStep& step) {
  std::string text = commit_text(step.commit) + ": " + answer_text(step);
  if (step.judged.answer == recover::Answer::unknown)
    return text + ": " + report::clip(report::one_line(step.judged.why), kWhyCharactersMax);
  return text + ", " + effect_text(step.judged.result) + ", " +
         report::count_of(static_cast<std::size_t>(step.judged.result.pairs), "pair");
}

}  // namespace melisai
