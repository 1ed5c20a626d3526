// How long names take: stacks of a profile through core/symbols and core/flame, on files of this
// machine, and how much longer by melisai-gate-symbols. Prints tables for tests/bench/README.md.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "core/flame/flame.h"
#include "core/naming/naming.h"
#include "core/symbols/image.h"
#include "core/symbols/symbols.h"

namespace melisai {
namespace {

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

constexpr std::size_t kSamples = 100'000;
constexpr std::size_t kDepth = 24;
// A profile comes back to the same code: so many different places in one file.
constexpr std::size_t kPlaces = 5'000;

long peak_kib() {
  long peak = 0;
  if (std::FILE* status = std::fopen("/proc/self/status", "r")) {
    char line[256];
    while (std::fgets(line, sizeof line, status) != nullptr)
      if (std::sscanf(line, "VmHWM: %ld", &peak) == 1) break;
    std::fclose(status);
  }
  return peak;
}

void measure(const std::string& path) {
  auto start = Clock::now();
  const auto file = symbols::Images({}).open(1, {.path = path});
  if (!file) {
    std::printf("| %s | %s |\n", path.c_str(), file.error().message.c_str());
    return;
  }
  Bytes left = symbols::kTablesBytesMax;
  const auto table = symbols::Images({}).symbols(*file, path, left);
  const double index_ms = ms_since(start);
  const std::uint64_t size = std::filesystem::file_size(path);
  std::mt19937_64 random(1);
  std::vector<std::uint64_t> offsets;
  for (std::size_t i = 0; i < kPlaces; ++i) offsets.push_back(random() % size);

  CollectedStacks collected{.files = {{path, file->build_id()}}, .stacks = {}};
  for (std::size_t i = 0; i < kSamples; ++i) {
    CollectedStack stack{.pid = 1, .comm = "app", .count = 1};
    for (std::size_t depth = 0; depth < kDepth; ++depth)
      stack.user.push_back({0, offsets[random() % (depth < 4 ? kPlaces : 50 + depth)]});
    stack.kernel = {"schedule", "do_syscall_64"};
    collected.stacks.push_back(std::move(stack));
  }
  start = Clock::now();
  symbols::Symbolizer symbolizer;
  const flame::Named named = flame::name_stacks(collected, flame::Weight::count, symbolizer);
  const double named_ms = ms_since(start);
  start = Clock::now();
  const std::string folded = flame::to_folded(named.stacks);
  const double folded_ms = ms_since(start);
  start = Clock::now();
  const flame::Runs runs{.base = {named.stacks}, .head = {named.stacks}};
  const auto changes = flame::compare_functions(runs);
  const double compared_ms = ms_since(start);
  start = Clock::now();
  const std::string svg = flame::render_svg(runs, {.title = path});
  std::printf("| %s | %zu | %.1f | %.0f | %.0f | %.0f | %.0f | %ld |\n",
              std::filesystem::path(path).filename().c_str(), table ? table->size() : 0, index_ms,
              named_ms, folded_ms, compared_ms, ms_since(start), peak_kib() / 1024);
}

constexpr int kRuns = 6;  // three of each side
constexpr const char* kLeast =
    R"({"files":[],"stacks":[{"pid":1,"comm":"a","count":1,"user":[],"kernel":["k"]}]})";
constexpr std::size_t kDifferent = 10'000;
constexpr int kTimes = 9;

/// 100,000 samples as a collector tells them: equal stacks are one.
std::string told_stacks(const std::string& path) {
  const std::uint64_t size = std::filesystem::file_size(path);
  std::mt19937_64 random(1);
  std::vector<std::string> frames;
  for (std::size_t i = 0; i < kPlaces; ++i)
    frames.push_back("[0," + std::to_string(random() % size) + "]");
  std::string json = R"({"files":[{"path":")" + path + R"("}],"stacks":[)";
  for (std::size_t i = 0; i < kDifferent; ++i) {
    json += i == 0 ? "" : ",";
    json += R"({"pid":999999999,"comm":"app","count":)" + std::to_string(kSamples / kDifferent) +
            R"(,"kernel":["schedule","do_syscall_64"],"user":[)";
    for (std::size_t depth = 0; depth < kDepth; ++depth)
      json += (depth == 0 ? "" : ",") + frames[random() % (depth < 4 ? kPlaces : 50 + depth)];
    json += "]}";
  }
  return json + "]}";
}

template <class Work>
double median_ms(Work work) {
  std::vector<double> times;
  for (int i = 0; i < kTimes; ++i) {
    const auto start = Clock::now();
    work();
    times.push_back(ms_since(start));
  }
  std::nth_element(times.begin(), times.begin() + kTimes / 2, times.end());
  return times[kTimes / 2];
}

void measure_process(const std::string& path) {
  const std::string json = told_stacks(path);
  const auto collected = collected_stacks_from_json(json);
  const auto least_json = collected_stacks_from_json(kLeast);
  if (!collected || !least_json) return;
  const auto fails = [](const auto& result) {
    if (!result) std::printf("%s\n", result.error().message.c_str());
  };
  const double start_ms = median_ms([&] {
    naming::Namer namer;
    fails(namer.name_stacks(*least_json, flame::Weight::count));
  });
  const auto here = [&](int times) {
    return median_ms([&] {
      symbols::Symbolizer symbolizer;
      for (int i = 0; i < times; ++i)
        flame::name_stacks(*collected, flame::Weight::count, symbolizer);
    });
  };
  const auto there = [&](int times) {
    return median_ms([&] {
      naming::Namer namer;
      for (int i = 0; i < times; ++i) fails(namer.name_stacks(*collected, flame::Weight::count));
    });
  };
  std::printf("| %s | %.1f | %.1f | %.0f | %.0f | %.0f | %.0f |\n",
              std::filesystem::path(path).filename().c_str(),
              static_cast<double>(json.size()) / 1e6, start_ms, here(1), there(1), here(kRuns),
              there(kRuns));
}

}  // namespace
}  // namespace melisai

int main(int argc, char** argv) {
  std::printf(
      "| file | functions | index ms | names ms | folded ms | table ms | SVG ms | peak MiB "
      "so far |\n|---|--:|--:|--:|--:|--:|--:|--:|\n");
  std::vector<std::string> files(argv + 1, argv + argc);
  if (files.empty()) files = {std::filesystem::read_symlink("/proc/self/exe").string()};
  for (const std::string& file : files) melisai::measure(file);
  std::printf(
      "\n| file | JSON MB | start and end ms | here ms | by the process ms | six here ms | six by "
      "the "
      "process ms |\n|---|--:|--:|--:|--:|--:|--:|\n");
  for (const std::string& file : files) melisai::measure_process(file);
  return 0;
}
