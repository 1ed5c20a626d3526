#include "core/model/report.h"

#include <algorithm>
#include <string_view>

namespace melisai {

std::string_view to_string(Decision decision) {
  switch (decision) {
    case Decision::clear: return "clear";
    case Decision::regressed: return "regressed";
    case Decision::improved: return "improved";
    case Decision::inconclusive: return "inconclusive";
    case Decision::added: return "new";
    case Decision::removed: return "removed";
    case Decision::failed: return "failed";
  }
  return "failed";
}

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass: return "pass";
    case Verdict::regression: return "regression";
    case Verdict::inconclusive: return "inconclusive";
    case Verdict::error: return "error";
  }
  return "error";
}

std::string_view to_string(ReasonCode code) {
  switch (code) {
    case ReasonCode::clear: return "clear";
    case ReasonCode::regressed: return "regressed";
    case ReasonCode::budget: return "budget";
    case ReasonCode::nothing_compared: return "nothing_compared";
    case ReasonCode::collector: return "collector";
    case ReasonCode::build_failed: return "build_failed";
    case ReasonCode::tests_failed: return "tests_failed";
    case ReasonCode::bench_failed: return "bench_failed";
    case ReasonCode::git: return "git";
    case ReasonCode::baseline: return "baseline";
    case ReasonCode::busy: return "busy";
    case ReasonCode::disk: return "disk";
    case ReasonCode::interrupted: return "interrupted";
    case ReasonCode::configuration: return "configuration";
    case ReasonCode::internal: return "internal";
  }
  return "internal";
}

std::string_view to_string(Level level) {
  switch (level) {
    case Level::fail: return "fail";
    case Level::warn: return "warn";
    case Level::off: return "off";
  }
  return "off";
}

std::string_view to_string(StageResult::Status status) {
  switch (status) {
    case StageResult::Status::passed: return "passed";
    case StageResult::Status::failed: return "failed";
    case StageResult::Status::cached: return "cached";
    case StageResult::Status::skipped: return "skipped";
  }
  return "failed";
}

std::string_view to_string(Better better) {
  switch (better) {
    case Better::lower: return "lower";
    case Better::higher: return "higher";
    case Better::unknown: return "unknown";
  }
  return "unknown";
}

static bool has_failed_benchmark(const Report& report) {
  return std::any_of(report.benchmarks.begin(), report.benchmarks.end(), [](const auto& result) {
    return result.gating && result.decision == Decision::failed;
  });
}

int exit_code(const Report& report, FailOn fail_on) {
  constexpr int kPass = 0;
  constexpr int kRegression = 1;
  constexpr int kUsage = 2;
  constexpr int kInconclusive = 3;
  constexpr int kInfrastructure = 4;

  switch (report.reason_code) {
    case ReasonCode::configuration: return kUsage;
    case ReasonCode::build_failed:
    case ReasonCode::tests_failed:
    case ReasonCode::git:
    case ReasonCode::baseline:
    case ReasonCode::busy:
    case ReasonCode::disk: return kInfrastructure;
    default: break;
  }
  switch (report.verdict) {
    case Verdict::pass: return kPass;
    case Verdict::regression:
      if (fail_on != FailOn::never) return kRegression;
      return has_failed_benchmark(report) ? kInfrastructure : kPass;
    case Verdict::inconclusive: return fail_on == FailOn::inconclusive ? kInconclusive : kPass;
    case Verdict::error: return kInfrastructure;
  }
  return kInfrastructure;
}

}  // namespace melisai
