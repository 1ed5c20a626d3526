// Recorded pairs for replay: JSON lines, one pair a line in time order, series in any order among
// each other. What a line may hold: PairLines. Hostile input ends in an Error that names the place.
// Private to replay.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/lines.h"
#include "core/base/result.h"
#include "core/model/metric.h"

namespace melisai {

struct RecordedSeries {
  std::string name;  ///< as recorded; not empty
  Better better = Better::lower;
  std::vector<double> base;  ///< finite, below kRecordedValueMax in size; in time order
  std::vector<double> head;  ///< as many
};

constexpr double kRecordedValueMax = 1e150;  ///< what the gate can square and sum
constexpr std::size_t kRecordedSeriesMax = 100'000;
constexpr std::size_t kRecordedPairsMax = 10'000'000;  ///< of all series together
constexpr std::size_t kRecordedNameBytesMax = 1'000;
constexpr std::size_t kRecordedLineBytesMax = 64 << 10;

/// Lines {"series": NAME, "a": BASE, "b": HEAD, "better": "lower"|"higher"|"unknown"}; `better` may
/// be absent (lower), other keys are ignored, blank lines too. Feed it bytes, then finish().
class PairLines {
 public:
  /// `source`: what messages call the input.
  explicit PairLines(std::string source) : cutter_(std::move(source), kRecordedLineBytesMax) {}

  /// More bytes, cut anywhere. Errors: parse, limit. After one, nothing more may be added.
  Result<void> add(std::string_view bytes);
  /// The last line needs no line break. In the order in which the series first came.
  Result<std::vector<RecordedSeries>> finish();

 private:
  Result<void> add_line(std::string_view line);
  Result<RecordedSeries*> series_named(const std::string& name, Better better);
  Error wrong(const std::string& what) const;
  Error above_limit(const std::string& what) const;

  LineCutter cutter_;
  std::size_t pairs_ = 0;
  std::vector<RecordedSeries> series_;
  std::unordered_map<std::string, std::size_t> index_;
};

/// `file`: "-" for standard input. Errors: those of PairLines; not_found, io, interrupted.
Result<std::vector<RecordedSeries>> read_recorded(const std::string& file);

}  // namespace melisai
