// Why benchmarks regressed, in the words that all formats share: three lines each, the worst first.
// Returns raw text; each format escapes it for itself.
#pragma once

#include <string>
#include <vector>

#include "core/model/report.h"

namespace melisai::report {

struct EvidenceText {
  std::string benchmark;
  /// "lock wait: futex off-CPU 3 ms → 41 ms per run, from Cache::get (cache.cpp:88) (96 % sure)"
  std::string cause;
  std::string functions;  ///< "Functions: Cache::get (src/cache.cpp:88) 3 ms → 41 ms; ..."; or ""
  std::string advice;     ///< "Next: hold the lock ...; see flame/parse.svg"; may be ""
};

constexpr std::size_t kEvidenceShown = 3;  ///< benchmarks; the rest is counted

/// At most kEvidenceShown, in the order of the report.
std::vector<EvidenceText> evidence_texts(const Report& report);
/// "2 more regressions are explained in report.json"; "" when all are shown.
std::string evidence_left_out(const Report& report);

}  // namespace melisai::report
