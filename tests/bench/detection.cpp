// What the gate finds, what it calls red without reason, and what that costs in pairs: on recorded
// and on generated noise, beside the rules of other gates. Prints Markdown.
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/files.h"
#include "core/gate/gate.h"
#include "core/replay.h"
#include "tests/bench/detection_cells.h"
#include "tests/bench/detection_designs.h"

namespace melisai::bench {
namespace {

struct Options {
  int windows = 2'000;  ///< of each source
  int suites = 2'000;   ///< of each kind of noise
  std::uint64_t seed = 1;
};

/// One required figure.
struct Figure {
  std::string what;
  double limit = 0;
  double measured = 0;
  bool at_least = false;
  int decimals = 1;

  bool is_met() const { return at_least ? measured >= limit : measured <= limit; }
};

void print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

std::string with_decimals(double value, int decimals) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  return text.data();
}

std::vector<Row> judge_sources(const std::vector<NamedSource>& sources,
                               const stats::PairedTest& test, const Options& options) {
  std::vector<Row> rows;
  rows.reserve(sources.size());
  for (const NamedSource& source : sources)
    rows.push_back(judge_source(source, test, options.windows, options.seed + rows.size()));
  return rows;
}

/// What must hold on the pinned recordings of one time metric.
struct PinnedGoals {
  std::string metric;
  double found_mean;
  double found_worst;
  double pairs_equal;
  double pairs_slow;
};

void add_pinned(const std::vector<Row>& rows, const PinnedGoals& goals,
                std::vector<Figure>& figures) {
  std::vector<Row> group;
  for (const Row& row : rows)
    if (row.group == "pairs-b, one CPU, " + goals.metric) group.push_back(row);
  if (group.empty()) return;
  const Row all = pooled(group, "");
  double clear = 0, found = 1, alarms = 0;
  for (const Row& row : group) {
    clear = std::max(clear, row.cells[threshold].share(row.cells[threshold].clear));
    found = std::min(found, row.cells[threshold].share(row.cells[threshold].red));
    alarms = std::max(alarms, row.cells[equal].share(row.cells[equal].red));
  }
  const Cell& same = all.cells[equal];
  const Cell& slow = all.cells[threshold];
  const std::string on = "pinned " + goals.metric + ": ";
  figures.push_back({on + "clear at +5 %, worst program, %", 5, clear * 100});
  figures.push_back(
      {on + "found at +5 %, mean, %", goals.found_mean, slow.share(slow.red) * 100, true});
  figures.push_back({on + "found at +5 %, worst program, %", goals.found_worst, found * 100, true});
  figures.push_back({on + "red when equal, pooled, %", 1, same.share(same.red) * 100, false, 2});
  figures.push_back({on + "red when equal, worst program, %", 2.5, alarms * 100, false, 2});
  figures.push_back({on + "mean pairs when equal", goals.pairs_equal, same.mean_pairs()});
  figures.push_back({on + "mean pairs at +5 %", goals.pairs_slow, slow.mean_pairs()});
  figures.push_back({on + "stretch, mean pairs when equal", 8, same.mean_pairs()});
  figures.push_back({on + "stretch, mean pairs at +5 %", 12, slow.mean_pairs()});
}

void recorded(const stats::PairedTest& test, const Options& options, std::vector<Figure>& figures) {
  print("\n### Recorded noise\n\n");
  const char* shared = std::getenv("MELISAI_SHARED_DIR");
  const std::string directory =
      std::string(shared != nullptr ? shared : MELISAI_SOURCE_DIR "/../shared") + "/noise";
  const std::vector<NamedSource> sources = recorded_sources(directory);
  if (sources.empty()) return print("Skipped: no recording in " + directory + ".\n");
  const std::vector<Row> rows = judge_sources(sources, test, options);
  print(table_of(rows));
  add_pinned(rows, {"wall time", 95, 78, 15, 20}, figures);
  add_pinned(rows, {"CPU time", 97, 90, 13, 17}, figures);
}

void generated_noise(const stats::PairedTest& test, const Options& options) {
  print("\n### Generated noise\n\n");
  std::vector<NamedSource> sources;
  for (const Shape& shape : generated_shapes())
    for (const double ratio : {0.25, 0.5, 1.0, 2.0})
      sources.push_back(
          {shape.name, with_decimals(ratio, 2) + " δ", generated(shape, ratio * std::log1p(0.05))});
  print(table_of(judge_sources(sources, test, options)));
}

void bounds(const stats::PairedTest& test, const Options& options, std::vector<Figure>& figures) {
  print(
      "\n### One stage without confirmation against Wald's bound, Gaussian noise\n\n"
      "| σ/δ | equal: pairs | bound | ratio | slow: pairs | bound | ratio | alarms % | misses % "
      "|\n|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n");
  const auto judge = [&](double ratio) {
    const OneStage stage = one_stage(ratio, test, 4 * options.windows, options.seed);
    const WaldPairs bound = wald_pairs(ratio);
    print("| " + with_decimals(ratio, 1) + " | " + decimal(stage.pairs_equal) + " | " +
          decimal(bound.equal) + " | " + with_decimals(stage.pairs_equal / bound.equal, 2) + " | " +
          decimal(stage.pairs_slow) + " | " + decimal(bound.slow) + " | " +
          with_decimals(stage.pairs_slow / bound.slow, 2) + " | " + per_cent(stage.alarms) + " | " +
          per_cent(stage.misses) + " |\n");
    return stage;
  };
  const OneStage quiet = judge(0.5);
  const OneStage same = judge(1);
  const OneStage noisy = judge(2);
  const WaldPairs bound = wald_pairs(1);
  const WaldPairs far = wald_pairs(2);
  figures.push_back(
      {"one stage, δ = σ: times the bound, equal", 1.6, same.pairs_equal / bound.equal, false, 2});
  figures.push_back(
      {"one stage, δ = σ: times the bound, slow", 1.8, same.pairs_slow / bound.slow, false, 2});
  figures.push_back({"one stage, δ = σ/2: times the bound, equal", 1.35,
                     noisy.pairs_equal / far.equal, false, 2});
  figures.push_back(
      {"one stage, δ = σ/2: times the bound, slow", 1.5, noisy.pairs_slow / far.slow, false, 2});
  figures.push_back({"one stage, δ = 2σ: mean pairs, equal", 5, quiet.pairs_equal});
  figures.push_back({"one stage, δ = 2σ: mean pairs, slow", 5, quiet.pairs_slow});
}

void suites(const stats::PairedTest& test, const Options& options, std::vector<Figure>& figures) {
  print(
      "\n### Suites of 40 benchmarks × 3 metrics, nothing slower\n\n"
      "| noise | σ/δ | suites | red | decided % |\n|---|--:|--:|--:|--:|\n");
  // Far above the threshold chance has the most room, and every series costs all its pairs.
  constexpr int kFewer = 10;
  for (const auto& [ratio, count] :
       {std::pair{0.5, options.suites}, std::pair{2.0, options.suites / kFewer}}) {
    for (const char* noise : {"Gaussian", "t3", "outliers", "correlated"}) {
      const Suites all = judge_suites(noise, ratio, test, count, options.seed);
      const double decided = static_cast<double>(all.decided) / all.suites;
      print("| " + all.noise + " | " + with_decimals(ratio, 1) + " | " +
            std::to_string(all.suites) + " | " + std::to_string(all.red) + " | " +
            per_cent(decided) + " |\n");
      const std::string on =
          std::string("suites, ") + noise + ", σ = " + with_decimals(ratio, 1) + " δ: ";
      figures.push_back({on + "red of " + std::to_string(count), 0.017 * count,
                         static_cast<double>(all.red), false, 0});
      if (ratio <= 0.5) figures.push_back({on + "decided, %", 98, decided * 100, true});
    }
  }
}

/// 5,000 series of 60 pairs; `spread_over_delta`: the noisier, the more looks.
std::string pairs_file(double spread_over_delta, std::uint64_t seed) {
  constexpr int kSeries = 5'000;
  test::Noise noise(seed);
  std::string text;
  for (int pair = 0; pair < kWindow; ++pair) {
    for (int series = 0; series < kSeries; ++series) {
      const double head = 100 * std::exp(spread_over_delta * std::log1p(0.05) * noise.normal());
      text += R"({"series": "bench)" + std::to_string(series) +
              R"(/wall_ms", "a": 100.125, "b": )" + with_decimals(head, 4) + R"(, "first": "a"})" +
              "\n";
    }
  }
  return text;
}

void throughput(const Options& options, std::vector<Figure>& figures) {
  print("\n### Throughput: replay of 5,000 series × 60 pairs on one core\n\n");
  const auto directory = TemporaryDirectory::make("/tmp", "detection");
  if (!directory) return print("Skipped: " + directory.error().message + ".\n");
  for (const double ratio : {0.5, 1.0, 2.0}) {
    ReplayRequest request{.file = directory->path() + "/pairs.jsonl"};
    request.json = true;
    const Result<void> written = write_file(request.file, pairs_file(ratio, options.seed));
    if (!written) return print("Skipped: " + written.error().message + ".\n");
    const auto start = std::chrono::steady_clock::now();
    const Result<int> code = replay(request, [](std::string_view) { return true; });
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (!code) return print("Failed: " + code.error().message + ".\n");
    print("- σ = " + with_decimals(ratio, 1) + " δ: " + with_decimals(took.count(), 2) + " s\n");
    figures.push_back({"replay of 5,000 × 60, σ = " + with_decimals(ratio, 1) + " δ, s", 2,
                       took.count(), false, 2});
  }
}

void print_figures(const std::vector<Figure>& figures) {
  print("\n### Required figures\n\n| figure | limit | measured | |\n|---|--:|--:|---|\n");
  for (const Figure& figure : figures)
    print("| " + figure.what + " | " + (figure.at_least ? "≥ " : "≤ ") +
          with_decimals(figure.limit, figure.decimals) + " | " +
          with_decimals(figure.measured, figure.decimals) + " | " +
          (figure.is_met() ? "met" : "**not met**") + " |\n");
}

bool read_options(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name = argv[i];
    const long value = i + 1 < argc ? std::atol(argv[i + 1]) : 0;
    if (value <= 0) return false;
    if (name == "--windows")
      options.windows = static_cast<int>(value);
    else if (name == "--suites")
      options.suites = static_cast<int>(value);
    else if (name == "--seed")
      options.seed = static_cast<std::uint64_t>(value);
    else
      return false;
  }
  return true;
}

int run(int argc, char** argv) {
  Options options;
  if (!read_options(argc, argv, options)) {
    std::fputs("usage: detection [--windows N] [--suites N] [--seed N]; all at least 1\n", stderr);
    return 2;
  }
  const std::unique_ptr<stats::PairedTest> test = stats::make_paired_test();
  std::vector<Figure> figures;
  print("Rates in per cent of " + std::to_string(options.windows) +
        " windows of 60 pairs; \"red\": called regressed; peers: equal / +5 %.\n");
  recorded(*test, options, figures);
  generated_noise(*test, options);
  bounds(*test, options, figures);
  suites(*test, options, figures);
  throughput(options, figures);
  print_figures(figures);
  return 0;
}

}  // namespace
}  // namespace melisai::bench

int main(int argc, char** argv) { return melisai::bench::run(argc, argv); }
