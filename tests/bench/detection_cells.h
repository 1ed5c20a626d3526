// What the gate and its peers say about many windows of one source, as counts and as a table.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/stats/paired_test.h"
#include "tests/bench/detection_noise.h"
#include "tests/bench/detection_peers.h"

namespace melisai::bench {

constexpr std::array kChanges{0.0, 0.025, 0.05, 0.10};
enum ChangeIndex : std::size_t { equal, half_of_threshold, threshold, twice_the_threshold };

/// Windows of one source with one injected change.
struct Cell {
  int windows = 0;
  int red = 0;
  int clear = 0;  ///< improved included
  std::array<int, kPeers> peers{};
  std::vector<int> pairs;  ///< used, of each window

  double share(int count) const { return static_cast<double>(count) / windows; }
  int open() const { return windows - red - clear; }
  double mean_pairs() const;
  int most_pairs(double quantile) const;  ///< of so many windows; 0 < quantile < 1
};

struct Row {
  std::string group;
  std::string name;
  std::array<Cell, kChanges.size()> cells;
};

/// Each change sees the same windows.
Row judge_source(const NamedSource& source, const stats::PairedTest& test, int windows,
                 std::uint64_t seed);

/// All windows of several rows together.
Row pooled(const std::vector<Row>& rows, const std::string& name);

/// Markdown, with a line for each group of several rows.
std::string table_of(const std::vector<Row>& rows);

/// "0.4"; rates in per cent.
std::string per_cent(double share);
std::string decimal(double value);

}  // namespace melisai::bench
