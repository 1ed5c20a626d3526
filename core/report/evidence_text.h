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
  /// "Next: hold the lock ...; see flame/parse.svg; found in 4 s (counts 1 s, stacks 3 s)"; or ""
  std::string advice;
};

/// " (96 % sure)"; "" where nothing is known.
std::string sureness(const Evidence& evidence);

constexpr std::size_t kEvidenceShown = 3;  ///< benchmarks; the rest is counted

/// At most kEvidenceShown, in the order of the report.
std::vector<EvidenceText> evidence_texts(const Report& report);
/// The same as lines of their own: "why parse/BM_Small: lock wait: ...", "Functions: ...", ...
std::vector<std::string> evidence_lines(const Report& report);
/// "2 more regressions are explained in report.json"; "" when all are shown.
std::string evidence_left_out(const Report& report);

}  // namespace melisai::report
