#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>

#include "core/report/report.h"
#include "core/report/text.h"

namespace melisai::report {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

class SetClock final : public Clock {
 public:
  std::chrono::nanoseconds monotonic() const override { return time; }
  std::chrono::system_clock::time_point now() const override { return {}; }
  std::chrono::nanoseconds time = 1h;
};

/// A stream whose whole output can be read back.
class MemoryStream {
 public:
  MemoryStream() : stream_(open_memstream(&data_, &size_)) {}
  ~MemoryStream() {
    std::fclose(stream_);
    std::free(data_);
  }
  MemoryStream(const MemoryStream&) = delete;
  MemoryStream& operator=(const MemoryStream&) = delete;

  std::FILE* stream() { return stream_; }
  std::string text() {
    std::fflush(stream_);
    return {data_, size_};
  }

 private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::FILE* stream_;
};

PairProgress some_pair() {
  PairProgress progress;
  progress.benchmark = "parse/BM_Small";
  progress.pairs = 7;
  progress.pairs_max = 60;
  progress.low = -0.012;
  progress.high = 0.034;
  progress.decided = 2;
  progress.benchmarks = 5;
  progress.pairs_expected = 20;
  progress.time_left = 90s;
  return progress;
}

StageResult some_stage(StageResult::Status status) {
  StageResult stage;
  stage.name = "build";
  stage.side = "head";
  stage.status = status;
  stage.seconds = 12.3;
  return stage;
}

class Progress : public ::testing::Test {
 protected:
  std::unique_ptr<ProgressSink> make(bool is_terminal, TerminalStyle style = {}) {
    return make_terminal_progress(out_.stream(), is_terminal, style, clock_);
  }
  MemoryStream out_;
  SetClock clock_;
};

TEST_F(Progress, RedrawsOneLineOnATerminal) {
  const auto progress = make(true);
  progress->pair_finished(some_pair());
  EXPECT_EQ(
      out_.text(),
      "\r\x1b[Kparse/BM_Small  pair 7 of ~20 (max 60)  -1.2 % to +3.4 %  decided 2/5  "
      "at most 1 min 30 s left");
}

TEST_F(Progress, DrawsAtMostTenTimesASecond) {
  const auto progress = make(true);
  progress->pair_finished(some_pair());
  const std::size_t once = out_.text().size();
  clock_.time += 99ms;
  progress->pair_finished(some_pair());
  EXPECT_EQ(out_.text().size(), once);
  clock_.time += 1ms;
  progress->pair_finished(some_pair());
  EXPECT_EQ(out_.text().size(), 2 * once);
}

TEST_F(Progress, NeverWrapsALine) {
  PairProgress pair = some_pair();
  pair.benchmark = std::string(300, 'x') + "日本語";
  for (const int width : {0, 30, 80, 100}) {
    MemoryStream out;
    {
      const auto progress =
          make_terminal_progress(out.stream(), true, {.color = false, .width = width}, clock_);
      progress->stage_started(std::string(300, 's'), "head");
      progress->stage_finished(some_stage(StageResult::Status::failed));
      progress->pair_finished(pair);
    }
    std::string line;
    for (const char c : plain_lines(out.text()) + "\n") {
      if (c != '\n') {
        line += c;
        continue;
      }
      EXPECT_LT(display_width(line), std::max(width, 20)) << line;
      line.clear();
    }
  }
}

TEST_F(Progress, LeavesACleanLineBehind) {
  make(true)->pair_finished(some_pair());
  EXPECT_THAT(out_.text(), EndsWith("\r\x1b[K"));
}

TEST_F(Progress, KeepsFinishedStagesAndNotesAboveTheLine) {
  const auto progress = make(true);
  progress->stage_started("build", "head");
  progress->stage_finished(some_stage(StageResult::Status::passed));
  progress->note("3 benchmarks are measured");
  EXPECT_EQ(
      out_.text(),
      "\r\x1b[Kbuild (head) ...\r\x1b[Kbuild (head): passed, 12.3 s\n3 benchmarks are measured\n");
}

TEST_F(Progress, ColoursAFailedStageOnlyWhenAsked) {
  make(true, {.color = true})->stage_finished(some_stage(StageResult::Status::failed));
  EXPECT_THAT(out_.text(), HasSubstr("\x1b[1;31mbuild (head): failed"));
  MemoryStream plain;
  make_terminal_progress(plain.stream(), true, {.color = false}, clock_)
      ->stage_finished(some_stage(StageResult::Status::failed));
  EXPECT_EQ(plain.text(), "build (head): failed, 12.3 s\n");
}

TEST_F(Progress, WritesWholeLinesWithTheTimeElsewhere) {
  const auto progress = make(false, {.color = true});
  progress->stage_started("build", "head");
  clock_.time += 12'300ms;
  StageResult stage = some_stage(StageResult::Status::failed);
  stage.message = "exit code 2";
  progress->stage_finished(stage);
  progress->note("done");
  EXPECT_EQ(out_.text(),
            "[   0 s] build (head): started\n[  12 s] build (head): failed, exit code 2, 12.3 s\n[ "
            " 12 s] done\n");
}

TEST_F(Progress, WritesEveryTenthPairElsewhere) {
  const auto progress = make(false);
  for (int i = 0; i < 25; ++i) progress->pair_finished(some_pair());
  const std::string text = out_.text();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_THAT(text, Not(HasSubstr("\r")));
}

TEST_F(Progress, SaysWhenNothingIsKnownYet) {
  PairProgress pair = some_pair();
  pair.low = -std::numeric_limits<double>::infinity();
  pair.high = std::numeric_limits<double>::infinity();
  pair.confirming = true;
  pair.pairs_expected = 0;
  make(true)->pair_finished(pair);
  EXPECT_THAT(out_.text(), HasSubstr("confirming  pair 7 (max 60)  interval not known yet"));
}

TEST_F(Progress, PrintsNoControlCharacterOfANameOrNote) {
  const std::string hostile =
      "a\x1b[2Jb\r\n\x07"
      "c";
  for (const bool is_terminal : {true, false}) {
    MemoryStream out;
    const auto progress = make_terminal_progress(out.stream(), is_terminal, {}, clock_);
    PairProgress pair = some_pair();
    pair.benchmark = hostile;
    StageResult stage = some_stage(StageResult::Status::failed);
    stage.name = stage.side = stage.message = hostile;
    progress->stage_started(hostile, hostile);
    progress->stage_finished(stage);
    progress->note(hostile);
    for (int i = 0; i < 10; ++i) {
      progress->pair_finished(pair);
      clock_.time += 1s;
    }
    const std::string text = out.text();
    EXPECT_THAT(text, Not(HasSubstr("\x1b[2J")));
    EXPECT_THAT(text, Not(HasSubstr("\x07")));
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), is_terminal ? 2 : 4);
  }
}

}  // namespace
}  // namespace melisai::report
