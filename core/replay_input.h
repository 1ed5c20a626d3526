// Recorded pairs for replay: JSON lines, one pair a line in time order, series in any order among
// each other. What a line may hold: PairLines. Hostile input ends in an Error that names the place.
// Private to replay.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/lines.h"
#include "core/base/result.h"
#include "core/model/metric.h"
#include "core/model/project.h"

namespace melisai {

/// How a series is to be judged, as far as its lines say; the defaults where they do not.
struct RecordedTraits {
  Better better = Better::lower;
  Tier tier = Tier::explain;  ///< promises nothing: no clock and no floor of a count
  Level level = Level::fail;
  std::optional<double> threshold;  ///< kThresholdMin to kThresholdMax; nothing: as without a rule
  Level health = Level::off;        ///< of the host, in the same run; fail: it has a vote too
  int counted =
      0;  ///< series that were judged without pairs, in the same run; each has a share too
  bool operator==(const RecordedTraits&) const = default;

  /// Takes its share of the suite's false alarms; else it is only shown.
  bool gates() const { return better != Better::unknown && level != Level::off; }
};

struct RecordedSeries {
  std::string name;  ///< as recorded; not empty
  RecordedTraits traits;
  std::vector<double> base;  ///< finite, below kRecordedValueMax in size; in time order
  std::vector<double> head;  ///< as many
};

constexpr int kRecordedCountedMax = 100'000;
constexpr double kRecordedValueMax = 1e150;  ///< what the gate can square and sum
constexpr std::size_t kRecordedNameBytesMax = 1'000;
constexpr std::size_t kRecordedLineBytesMax = 64 << 10;

struct RecordedLimits {
  std::size_t series_max = 100'000;
  std::size_t pairs_max = 10'000'000;  ///< of all series together
};

/// Lines {"series": NAME, "a": BASE, "b": HEAD} that may also have the keys of RecordedTraits, the
/// same in every line of a series; other keys are ignored, blank lines too. Feed it bytes, then
/// finish().
class PairLines {
 public:
  /// `source`: what messages call the input.
  explicit PairLines(std::string source, RecordedLimits limits = {})
      : cutter_(std::move(source), kRecordedLineBytesMax), limits_(limits) {}

  /// More bytes, cut anywhere. Errors: parse, limit. After one, nothing more may be added.
  Result<void> add(std::string_view bytes);
  /// The last line needs no line break. In the order in which the series first came; not empty.
  /// Errors: those of add(); parse when there is no pair.
  Result<std::vector<RecordedSeries>> finish();

 private:
  Result<void> add_line(std::string_view line);
  Result<RecordedSeries*> series_named(const std::string& name, const RecordedTraits& traits);
  Error wrong(const std::string& what) const;
  Error above_limit(const std::string& what) const;

  LineCutter cutter_;
  RecordedLimits limits_;
  std::size_t pairs_ = 0;
  std::vector<RecordedSeries> series_;
  std::unordered_map<std::string, std::size_t> index_;
};

/// `file`: "-" for standard input. Errors: those of PairLines; not_found, io, interrupted.
Result<std::vector<RecordedSeries>> read_recorded(const std::string& file);

}  // namespace melisai
