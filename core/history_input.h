// Histories for `history`: values over commits, many series of them. The CSV reader; hostile input
// ends in an Error that names the place. Private to history.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/lines.h"
#include "core/base/result.h"
#include "core/model/metric.h"

namespace melisai {

/// One value per commit, in the order of the commits; three vectors of one length.
struct HistorySeries {
  std::string name;
  std::string unit;  ///< "" when it is not known
  Better better = Better::lower;
  std::vector<double> values;          ///< finite
  std::vector<std::int64_t> indexes;   ///< strictly ascending
  std::vector<std::uint32_t> commits;  ///< numbers in Histories::commits
};

struct Histories {
  std::vector<HistorySeries> series;     ///< in order of appearance
  std::vector<std::string> commits{""};  ///< each once; number 0 is "no commit known"
  std::size_t points = 0;
  std::vector<std::string> warnings;  ///< sentences: what was left out, and why
};

constexpr std::size_t kHistorySeriesMax = 100'000;
constexpr std::size_t kHistoryPointsMax = 10'000'000;  ///< of all series together
constexpr std::size_t kHistoryFieldBytesMax = 1'000;
constexpr std::size_t kHistoryLineBytesMax = 64 << 10;
constexpr double kHistoryValueMax = 1e150;
constexpr std::size_t kCommitDigits = 12;  ///< of those that are shown to people

/// Collects points; both the CSV reader and the store's fill one.
class HistoryBuilder {
 public:
  /// The series of that name, made when it is new. Stays valid until the next call. Errors: limit,
  /// without a place.
  Result<HistorySeries*> series(std::string_view name);
  /// Errors: limit, without a place.
  Result<void> add(HistorySeries& series, std::int64_t index, double value,
                   std::string_view commit);
  Histories take() { return std::move(histories_); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  template <class T>
  using ByText = std::unordered_map<std::string, T, Hash, std::equal_to<>>;

  Histories histories_;
  ByText<std::size_t> series_;
  ByText<std::uint32_t> commits_;
  std::size_t last_series_ = 0;
};

/// CSV: a header with the columns series, index, value and, if there is one, commit, in any order
/// among others, then one point a line, a series' lines in ascending index. Fields may be quoted; a
/// byte order mark, CRLF and blank lines are tolerated. Feed it bytes, then finish().
class HistoryLines {
 public:
  /// `source`: what messages call the input.
  explicit HistoryLines(std::string source) : cutter_(std::move(source), kHistoryLineBytesMax) {}

  /// More bytes, cut anywhere. Errors: parse, limit. After one, nothing more may be added.
  Result<void> add(std::string_view bytes);
  /// The last line needs no line break. Errors: those of add(); parse when there is no header or no
  /// point.
  Result<Histories> finish();

 private:
  enum Column { kSeries, kIndex, kValue, kCommit, kColumns };

  Result<void> add_line(std::string_view line);
  Result<void> split(std::string_view line);
  Result<void> read_header();
  Result<void> read_point();
  Error wrong(const std::string& what) const;
  Error with_place(const Error& error) const;

  LineCutter cutter_;
  bool has_header_ = false;
  std::array<std::optional<std::size_t>, kColumns> columns_;
  std::size_t width_ = 0;                 ///< fields of the header
  std::vector<std::string_view> fields_;  ///< of this line; into it, or into unquoted_
  std::vector<std::string> unquoted_;
  HistoryBuilder builder_;
};

/// `file`: "-" for standard input. Errors: those of HistoryLines; not_found, io, interrupted.
Result<Histories> read_histories(const std::string& file);

}  // namespace melisai
