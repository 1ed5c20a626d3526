#include "tests/bench/detection_cells.h"

#include <algorithm>
#include <cstdio>
#include <numeric>

#include "core/gate/gate.h"

namespace melisai::bench {
namespace {

std::string print(const char* format, double value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

void count(Cell& cell, const Window& window, const stats::PairedTest& test) {
  const Metric metric{.name = "time", .unit = "ns", .better = Better::lower, .tier = Tier::time};
  const BenchmarkResult result = gate::judge_recording(
      {.id = {"bench", "time"}, .metric = metric, .base = window.base, .head = window.head}, {},
      test, 1);
  ++cell.windows;
  cell.red += result.decision == Decision::regressed;
  cell.clear += result.decision == Decision::clear || result.decision == Decision::improved;
  cell.pairs.push_back(result.pairs);
  const std::array<bool, kPeers> alarms = peers_alarm(window);
  for (std::size_t i = 0; i < alarms.size(); ++i) cell.peers[i] += alarms[i];
}

std::string pairs_text(const Cell& cell) {
  return decimal(cell.mean_pairs()) + " (" + std::to_string(cell.most_pairs(0.9)) + ")";
}

std::string line_of(const Row& row) {
  const Cell& same = row.cells[equal];
  const Cell& slow = row.cells[threshold];
  const Cell& slower = row.cells[twice_the_threshold];
  const auto rate = [](const Cell& cell, int number) { return per_cent(cell.share(number)); };
  std::string line = "| " + row.name + " | " + rate(same, same.red) + " | " +
                     rate(same, same.clear) + " | " + rate(same, same.open()) + " | " +
                     pairs_text(same) + " | " +
                     rate(row.cells[half_of_threshold], row.cells[half_of_threshold].red) + " | " +
                     rate(slow, slow.red) + " | " + rate(slow, slow.clear) + " | " +
                     rate(slow, slow.open()) + " | " + pairs_text(slow) + " | " +
                     rate(slower, slower.red) + " | " + pairs_text(slower) + " |";
  for (std::size_t i = 0; i < kPeers; ++i)
    line += " " + rate(same, same.peers[i]) + " / " + rate(slow, slow.peers[i]) + " |";
  return line + "\n";
}

std::string header() {
  std::string titles =
      "| noise | equal: red | clear | open | pairs (p90) | +2.5 %: red | +5 %: red | clear | open "
      "| pairs (p90) | +10 %: red | pairs (p90) |";
  std::string rule = "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|";
  for (const std::string_view name : kPeerNames) {
    titles += " " + std::string(name) + " |";
    rule += "--:|";
  }
  return titles + "\n" + rule + "\n";
}

}  // namespace

std::string per_cent(double share) { return print(share < 0.01 ? "%.2f" : "%.1f", share * 100); }
std::string decimal(double value) { return print("%.1f", value); }

double Cell::mean_pairs() const {
  return std::accumulate(pairs.begin(), pairs.end(), 0.0) / static_cast<double>(pairs.size());
}

int Cell::most_pairs(double quantile) const {
  std::vector<int> sorted = pairs;
  const auto at = static_cast<std::ptrdiff_t>(quantile * static_cast<double>(sorted.size()));
  std::nth_element(sorted.begin(), sorted.begin() + at, sorted.end());
  return sorted[static_cast<std::size_t>(at)];
}

Row judge_source(const NamedSource& source, const stats::PairedTest& test, int windows,
                 std::uint64_t seed) {
  Row row{.group = source.group, .name = source.name, .cells = {}};
  test::Noise noise(seed);
  for (int i = 0; i < windows; ++i) {
    const Window window = source.source(noise);
    for (std::size_t change = 0; change < kChanges.size(); ++change)
      count(row.cells[change], slowed(window, kChanges[change]), test);
  }
  return row;
}

Row pooled(const std::vector<Row>& rows, const std::string& name) {
  Row all{.group = "", .name = name, .cells = {}};
  for (const Row& row : rows) {
    for (std::size_t change = 0; change < kChanges.size(); ++change) {
      Cell& to = all.cells[change];
      const Cell& from = row.cells[change];
      to.windows += from.windows;
      to.red += from.red;
      to.clear += from.clear;
      to.pairs.insert(to.pairs.end(), from.pairs.begin(), from.pairs.end());
      for (std::size_t i = 0; i < kPeers; ++i) to.peers[i] += from.peers[i];
    }
  }
  return all;
}

std::string table_of(const std::vector<Row>& rows) {
  std::string text = header();
  for (std::size_t from = 0; from < rows.size();) {
    std::size_t to = from;
    while (to < rows.size() && rows[to].group == rows[from].group) ++to;
    const std::vector<Row> group(rows.begin() + static_cast<std::ptrdiff_t>(from),
                                 rows.begin() + static_cast<std::ptrdiff_t>(to));
    text += line_of(pooled(group, "**" + rows[from].group + "**"));
    for (const Row& row : group) text += line_of(row);
    from = to;
  }
  return text;
}

}  // namespace melisai::bench
