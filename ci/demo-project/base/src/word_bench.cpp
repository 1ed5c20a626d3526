#include <benchmark/benchmark.h>

#include "word_index.h"

namespace {

const std::string kText = word_index::sample_text(5'000);

void BM_Split(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(word_index::split(kText));
}
BENCHMARK(BM_Split);

void BM_Count(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(word_index::count(kText));
}
BENCHMARK(BM_Count);

void BM_Checksum(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(word_index::checksum(kText));
}
BENCHMARK(BM_Checksum);

}  // namespace
