#include "core/flame/difference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace melisai::flame {
namespace {

Stacks folded(const std::string& text) {
  return parse_folded(text, {.process_first = true}).stacks;
}

const FunctionChange& change_of(const std::vector<FunctionChange>& changes,
                                const std::string& name) {
  for (const FunctionChange& change : changes)
    if (change.function.name == name) return change;
  static const FunctionChange none;
  ADD_FAILURE() << name << " is not in the table";
  return none;
}

TEST(CompareFunctions, FindsTheFunctionThatGrew) {
  const auto changes = compare_functions({.base = {folded("app;main;f 100\napp;main;g 38\n")},
                                          .head = {folded("app;main;f 101\napp;main;g 182\n")}});
  EXPECT_EQ(changes.front().function.name, "g");
  EXPECT_DOUBLE_EQ(changes.front().growth(), 144);
  EXPECT_GT(changes.front().confidence, 0.999);
  EXPECT_LT(change_of(changes, "f").confidence, 0.5);
  const FunctionChange& main = change_of(changes, "main");
  EXPECT_DOUBLE_EQ(main.base.total, 138);
  EXPECT_DOUBLE_EQ(main.base.self, 0);
  EXPECT_DOUBLE_EQ(changes.front().head.share, 182.0 / 283);
}

TEST(CompareFunctions, BlamesWhoAskedForIt) {
  const std::string lock = ";pthread_mutex_lock;futex_wait_[k];schedule_[k] ";
  const auto changes = compare_functions({.base = {folded("app;main;Cache::get" + lock + "3\n")},
                                          .head = {folded("app;main;Cache::get" + lock + "41\n")}});
  EXPECT_EQ(changes.front().function.name, "Cache::get");
  EXPECT_DOUBLE_EQ(changes.front().head.own, 41);
  EXPECT_DOUBLE_EQ(changes.front().head.self, 0);
  EXPECT_DOUBLE_EQ(change_of(changes, "schedule").head.self, 41);
  EXPECT_DOUBLE_EQ(change_of(changes, "schedule").head.own, 0);
}

TEST(CompareFunctions, KnowsWhatServesItsCaller) {
  const auto serves = [](const std::string& name, FrameKind kind = FrameKind::program) {
    return serves_its_caller({name, kind});
  };
  for (const char* name :
       {"malloc", "operator new(unsigned long)", "std::vector<int>::push_back(int const&)",
        "void std::__introsort_loop<int*, long>(int*, int*)", "_int_malloc",
        "std::map<a::B, int>::operator[](a::B const&)", "__memcpy_avx_unaligned_erms"})
    EXPECT_TRUE(serves(name)) << name;
  for (const char* name :
       {"main", "parse(std::string const&)", "std::vector<int> ns::parse<char>(std::string)",
        "Cache::get(int) const", "mallocator::run()", "ns::operator<(A, B)"})
    EXPECT_FALSE(serves(name)) << name;
  EXPECT_TRUE(serves("anything", FrameKind::library));
  EXPECT_TRUE(serves("vfs_read", FrameKind::kernel));
  EXPECT_FALSE(serves("malloc", FrameKind::jit));
}

TEST(CompareFunctions, AsksWhoCalledTheKernelWhereTheProgramIsHidden) {
  const std::string call = "app;[libc.so.6];wait4;do_syscall_64_[k];schedule_[k] ";
  const auto changes =
      compare_functions({.base = {folded(call + "3\n")}, .head = {folded(call + "41\n")}});
  EXPECT_DOUBLE_EQ(change_of(changes, "wait4").head.own, 41);
  EXPECT_DOUBLE_EQ(change_of(changes, "schedule").head.own, 0);
}

TEST(CompareFunctions, CountsRecursionOnce) {
  const auto changes = compare_functions(
      {.base = {folded("app;main;f;f;f 10\n")}, .head = {folded("app;main;f;f 12\n")}});
  EXPECT_DOUBLE_EQ(change_of(changes, "f").base.total, 10);
}

TEST(CompareFunctions, SaysNothingWithoutASide) {
  EXPECT_TRUE(compare_functions({.base = {folded("app;main 1\n")}, .head = {}}).empty());
  EXPECT_TRUE(compare_functions({}).empty());
  EXPECT_EQ(compare_functions({.base = {Stacks()}, .head = {Stacks()}}).size(), 0u);
}

// Of profiles without a difference, few find one: at 95 % confidence at most one in twenty, however
// many functions there are, and also where whole runs differ by more than counting explains.
class FalseGrowth : public ::testing::TestWithParam<double> {};

TEST_P(FalseGrowth, IsRare) {
  std::mt19937 random(11);
  std::normal_distribution<double> run(0, GetParam());
  int wrong = 0;
  constexpr int kTrials = 300;
  for (int trial = 0; trial < kTrials; ++trial) {
    Runs runs;
    for (std::vector<Stacks>* side : {&runs.base, &runs.head})
      for (int i = 0; i < 3; ++i) {
        Stacks& stacks = side->emplace_back();
        for (int f = 0; f < 20; ++f) {
          const double mean = (10.0 + 20.0 * f) * std::exp(run(random));
          stacks.add(std::vector<StackFrame>{{"main"}, {"f" + std::to_string(f)}},
                     std::poisson_distribution<int>(mean)(random));
        }
      }
    for (const FunctionChange& change : compare_functions(runs))
      if (change.confidence > 0.95) {
        ++wrong;
        break;
      }
  }
  EXPECT_LE(wrong, kTrials / 20);
}
INSTANTIATE_TEST_SUITE_P(Noise, FalseGrowth, ::testing::Values(0.0, 0.1, 0.3));

TEST(CompareFunctions, TrustsLessWhereRunsDiffer) {
  const auto runs_of = [](std::vector<int> base, std::vector<int> head) {
    Runs runs;
    for (const int count : base) runs.base.push_back(folded("app;f " + std::to_string(count)));
    for (const int count : head) runs.head.push_back(folded("app;f " + std::to_string(count)));
    return compare_functions(runs).front().confidence;
  };
  const double steady = runs_of({100, 101, 99}, {140, 141, 139});
  const double wild = runs_of({60, 150, 90}, {200, 80, 140});
  EXPECT_GT(steady, 0.999);
  EXPECT_LT(wild, 0.95);
}

}  // namespace
}  // namespace melisai::flame
