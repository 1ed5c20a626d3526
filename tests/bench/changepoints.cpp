// Change points on synthetic CI histories and on recorded ones with known alerts, beside the rules
// of other tools. Prints Markdown. Usage: changepoints [SERIES PER CELL]
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "core/base/files.h"
#include "core/stats/change_points.h"
#include "tests/bench/changepoints_rules.h"
#include "tests/unit/stats/synthetic_history.h"

namespace melisai::bench {
namespace {

using test::HistoryShape;
using Values = std::vector<double>;
using Places = std::vector<std::size_t>;

constexpr std::size_t kTolerance = 5;
constexpr std::array kShapes{HistoryShape::gauss, HistoryShape::lognormal, HistoryShape::bimodal};
constexpr std::array kShapeNames{"Gauss", "log-normal", "bimodal"};

bool is_near(std::size_t a, std::size_t b, std::size_t tolerance) {
  return a <= b + tolerance && b <= a + tolerance;
}

bool holds(const Places& places, std::size_t place, std::size_t tolerance = kTolerance) {
  return std::any_of(places.begin(), places.end(),
                     [&](std::size_t other) { return is_near(other, place, tolerance); });
}

struct Cell {
  double commits = 0;
  double false_alarms = 0;  ///< changes that the whole history shows where there is none
  double withdrawn = 0;     ///< that some beginning of it showed, and not the whole
  double hits = 0;
  std::vector<std::size_t> delays;  ///< points of the new level until it was told; sorted
};

/// Every beginning of the history, as CI sees it.
void watch(const HistoryRule& rule, const Values& values, double step, const Places& last,
           Cell& cell) {
  Places told;
  bool is_told = false;
  for (std::size_t points = 1; points <= values.size(); ++points) {
    const Places now = rule.find(std::span(values).first(points));
    for (const std::size_t place : now) {
      const bool real = step != 0 && is_near(place, test::kHistoryStepAt, kTolerance);
      if (real && !is_told) cell.delays.push_back(points - test::kHistoryStepAt);
      is_told = is_told || real;
      if (real || holds(told, place)) continue;
      told.push_back(place);
      if (!holds(last, place)) ++cell.withdrawn;
    }
  }
  if (step != 0 && !is_told) cell.delays.push_back(1'000);
}

Cell measure(const HistoryRule& rule, HistoryShape shape, double step, int series, int watched) {
  test::Noise noise(91'000 + static_cast<std::uint64_t>(1'000 * step));
  Cell cell;
  for (int i = 0; i < series; ++i) {
    const Values values = test::history_with_step(shape, step, noise);
    const Places found = rule.find(values);
    cell.commits += static_cast<double>(values.size());
    cell.hits += step != 0 && holds(found, test::kHistoryStepAt);
    for (const std::size_t place : found)
      cell.false_alarms += step == 0 || !is_near(place, test::kHistoryStepAt, kTolerance);
    if (i < watched) watch(rule, values, step, found, cell);
  }
  std::sort(cell.delays.begin(), cell.delays.end());
  return cell;
}

std::string delay_text(const Cell& cell, double share) {
  const auto rank = static_cast<std::size_t>(share * static_cast<double>(cell.delays.size() - 1));
  const std::size_t delay = cell.delays[rank];
  return delay >= 1'000 ? "never" : std::to_string(delay);
}

void print_synthetic(const std::vector<HistoryRule>& rules, int series) {
  std::printf(
      "| rule | noise | false alarms per 1,000 commits: equal, +2, +5, +10 %% | withdrawn ones, "
      "equal | found of 30: +2, +5, +10 %% | delay at +5 %%: median, 90 %% | at +10 %% |\n"
      "|---|---|---|---|---|---|---|\n");
  for (const HistoryRule& rule : rules) {
    for (std::size_t shape = 0; shape < kShapes.size(); ++shape) {
      std::array<Cell, 4> cells;
      constexpr std::array kSteps{0.0, 0.02, 0.05, 0.10};
      const int watched = series / 5;
      for (std::size_t i = 0; i < cells.size(); ++i)
        cells[i] = measure(rule, kShapes[shape], kSteps[i], series, i == 1 ? 0 : watched);
      std::printf("| %s | %s |", rule.name.c_str(), kShapeNames[shape]);
      for (const Cell& cell : cells) std::printf(" %.2f", 1'000 * cell.false_alarms / cell.commits);
      std::printf(" | %.2f |", 1'000 * cells[0].withdrawn / (200.0 * watched));
      for (std::size_t i = 1; i < cells.size(); ++i)
        std::printf(" %.1f", 30 * cells[i].hits / series);
      std::printf(" | %s, %s | %s, %s |\n", delay_text(cells[2], 0.5).c_str(),
                  delay_text(cells[2], 0.9).c_str(), delay_text(cells[3], 0.5).c_str(),
                  delay_text(cells[3], 0.9).c_str());
      std::fflush(stdout);
    }
  }
}

void print_throughput() {
  constexpr std::size_t kSeries = 10'000, kPoints = 500;
  test::Noise noise(92'000);
  std::vector<Values> all;
  for (std::size_t i = 0; i < kSeries; ++i)
    all.push_back(test::history_noise(kShapes[i % kShapes.size()], kPoints, noise));
  std::atomic<std::size_t> next{0};
  const auto start = std::chrono::steady_clock::now();
  const unsigned threads = std::max(1U, std::thread::hardware_concurrency());
  {
    std::vector<std::jthread> workers;
    for (unsigned i = 0; i < threads; ++i)
      workers.emplace_back([&] {
        for (std::size_t j = next++; j < all.size(); j = next++)
          static_cast<void>(stats::find_change_points(all[j]));
      });
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("\n10,000 series of 500 points, %u threads: %.1f s (limit 10 s)\n", threads,
              took.count());
}

struct Recorded {
  std::string name;
  Values values;
  Places expected;
};

std::string shared_directory() {
  const char* directory = std::getenv("MELISAI_SHARED_DIR");
  return directory != nullptr ? directory : MELISAI_SOURCE_DIR "/../shared";
}

/// Numbers separated by commas; "" has none.
std::vector<std::int64_t> numbers_of(const std::string& text) {
  std::vector<std::int64_t> out;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) out.push_back(std::stoll(part));
  return out;
}

/// Alerts are named by the time of their push.
std::vector<Recorded> treeherder(const std::string& directory) {
  std::vector<Recorded> out;
  std::ifstream expected(directory + "/expected_alerts.tsv");
  for (std::string line; std::getline(expected, line);) {
    const std::size_t tab = line.find('\t');
    if (line.starts_with('#') || line.starts_with("file\t") || tab == std::string::npos) continue;
    const std::string file = line.substr(0, tab);
    const auto text = read_file(directory + "/" + file, 64 << 20);
    if (!text) continue;
    const nlohmann::json json = nlohmann::json::parse(*text);
    std::vector<std::pair<std::int64_t, double>> points;
    for (const auto& row : json.at("test_runs"))
      points.emplace_back(row.at(2).get<std::int64_t>(), row.at(3).get<double>());
    std::stable_sort(points.begin(), points.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    Recorded& recorded = out.emplace_back();
    recorded.name = file;
    for (const std::int64_t time : numbers_of(line.substr(tab + 1)))
      recorded.expected.push_back(static_cast<std::size_t>(
          std::find_if(points.begin(), points.end(),
                       [&](const auto& point) { return point.first == time; }) -
          points.begin()));
    for (const auto& [time, value] : points) recorded.values.push_back(value);
  }
  return out;
}

/// The setting with a smallest magnitude of 5 % and a p value of 0.01.
Recorded tigerbeetle(const std::string& directory) {
  Recorded out{.name = "tigerbeetle", .values = {}, .expected = {15, 71}};
  std::ifstream file(directory + "/series_otava_test.txt");
  for (double value = 0; file >> value;) out.values.push_back(value);
  return out;
}

void print_recorded(const std::vector<HistoryRule>& rules) {
  std::vector<Recorded> all = treeherder(shared_directory() + "/history/treeherder");
  all.push_back(tigerbeetle(shared_directory() + "/history/tigerbeetle"));
  if (all.size() == 1 || all.back().values.empty()) {
    std::printf("\nrecorded histories skipped: none in %s\n", shared_directory().c_str());
    return;
  }
  std::printf("\n| history | points | known alerts |");
  for (const HistoryRule& rule : rules) std::printf(" %s: found, others |", rule.name.c_str());
  std::printf("\n|---|--:|--:|");
  for (std::size_t i = 0; i < rules.size(); ++i) std::printf("--:|");
  for (const Recorded& recorded : all) {
    std::printf("\n| %s | %zu | %zu |", recorded.name.c_str(), recorded.values.size(),
                recorded.expected.size());
    for (const HistoryRule& rule : rules) {
      const Places found = rule.find(recorded.values);
      const auto hits = std::count_if(recorded.expected.begin(), recorded.expected.end(),
                                      [&](std::size_t place) { return holds(found, place, 2); });
      const auto others = std::count_if(found.begin(), found.end(), [&](std::size_t place) {
        return !holds(recorded.expected, place, 2);
      });
      std::printf(" %td, %td |", hits, others);
    }
  }
  std::printf("\n");
}

int run(int series) {
  const std::vector<HistoryRule> rules = {{"melisai-gate", ours},
                                          {"t > 7, as in Perfherder", like_perfherder},
                                          {"110 %, as in gab", like_gab},
                                          {"binary segmentation", binary_segmentation}};
  print_synthetic(rules, series);
  print_throughput();
  print_recorded(rules);
  return 0;
}

}  // namespace
}  // namespace melisai::bench

int main(int argc, char** argv) {
  const int series = argc > 1 ? std::atoi(argv[1]) : 1'000;
  if (series >= 10) return melisai::bench::run(series);
  std::fprintf(stderr, "usage: changepoints [SERIES PER CELL, at least 10]\n");
  return 2;
}
