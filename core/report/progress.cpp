#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>

#include "core/base/units.h"
#include "core/report/report.h"
#include "core/report/summary.h"
#include "core/report/text.h"

namespace melisai::report {
namespace {

using std::chrono::nanoseconds;

constexpr nanoseconds kRedrawInterval = std::chrono::milliseconds(100);
constexpr int kPairsPerPlainLine = 10;
constexpr std::size_t kNoteCharactersMax = 600;
constexpr int kWidthMin = 20;
constexpr int kWidthMax = 400;

std::string interval_of(const PairProgress& progress) {
  const bool low = std::isfinite(progress.low);
  const bool high = std::isfinite(progress.high);
  if (low && high) return format_effect(progress.low) + " to " + format_effect(progress.high);
  return high ? "up to " + format_effect(progress.high) : "interval not known yet";
}

/// What follows the benchmark's name, so that a narrow line loses the name's middle and not the
/// numbers.
std::string numbers_of(const PairProgress& progress) {
  std::string out = progress.confirming ? "  confirming" : "";
  out += "  pair " + std::to_string(progress.pairs);
  // A forecast beyond what there may be says only that it may stay open.
  if (progress.pairs_expected > progress.pairs && progress.pairs_expected <= progress.pairs_max)
    out += " of ~" + std::to_string(progress.pairs_expected);
  out += " (max " + std::to_string(progress.pairs_max) + ")";
  out += "  " + interval_of(progress);
  out +=
      "  decided " + std::to_string(progress.decided) + "/" + std::to_string(progress.benchmarks);
  return out + "  at most " + format_duration(progress.time_left) + " left";
}

std::string stage_title(const std::string& name, const std::string& side) {
  return one_line(name) + (side.empty() ? "" : " (" + one_line(side) + ")");
}

std::string stage_outcome(const StageResult& stage) {
  std::string out =
      stage_title(stage.name, stage.side) + ": " + std::string(to_string(stage.status));
  if (!stage.message.empty()) out += ", " + clip(one_line(stage.message), kNoteCharactersMax);
  return out + ", " + seconds_text(stage.seconds);
}

/// A line that is drawn again and again, with finished stages and notes above it.
class LiveProgress final : public ProgressSink {
 public:
  LiveProgress(std::FILE* stream, TerminalStyle style, const Clock& clock)
      : stream_(stream), style_(style), clock_(clock) {
    style_.width = std::clamp(style_.width, kWidthMin, kWidthMax);
  }
  ~LiveProgress() override { write(drawn_ ? kClear : ""); }
  LiveProgress(const LiveProgress&) = delete;
  LiveProgress& operator=(const LiveProgress&) = delete;

  void stage_started(const std::string& name, const std::string& side) override {
    draw(stage_title(name, side) + " ...");
  }

  void stage_finished(const StageResult& stage) override {
    const bool failed = stage.status == StageResult::Status::failed;
    const std::string line = fit(stage_outcome(stage), style_.width - 1);
    print(failed && style_.color ? "\x1b[1;31m" + line + "\x1b[0m" : line);
  }

  void pair_finished(const PairProgress& progress) override {
    const nanoseconds now = clock_.monotonic();
    // Pairs can take a millisecond; terminals and people cannot follow that.
    if (ever_drawn_pair_ && now - last_pair_ < kRedrawInterval) return;
    ever_drawn_pair_ = true;
    last_pair_ = now;
    const std::string numbers = numbers_of(progress);
    const int room = std::max(8, style_.width - 1 - display_width(numbers));
    draw(fit(one_line(progress.benchmark), room) + numbers);
  }

  void note(const std::string& sentence) override {
    print(clip(one_line(sentence), kNoteCharactersMax));
  }

 private:
  static constexpr const char* kClear = "\r\x1b[K";

  void draw(const std::string& line) {
    // One column stays free: a full line would wrap, and a wrapped line cannot be cleared.
    write(kClear + fit(line, style_.width - 1));
    drawn_ = true;
  }

  void print(const std::string& line) {
    write((drawn_ ? kClear : "") + line + "\n");
    drawn_ = false;
  }

  void write(const std::string& text) {
    if (text.empty()) return;
    std::fputs(text.c_str(), stream_);
    std::fflush(stream_);
  }

  std::FILE* stream_;
  TerminalStyle style_;
  const Clock& clock_;
  bool drawn_ = false;
  bool ever_drawn_pair_ = false;
  nanoseconds last_pair_{0};
};

/// Whole lines with the time since the start, for logs of CI systems.
class PlainProgress final : public ProgressSink {
 public:
  PlainProgress(std::FILE* stream, const Clock& clock)
      : stream_(stream), clock_(clock), start_(clock.monotonic()) {}

  void stage_started(const std::string& name, const std::string& side) override {
    print(stage_title(name, side) + ": started");
  }

  void stage_finished(const StageResult& stage) override { print(stage_outcome(stage)); }

  void pair_finished(const PairProgress& progress) override {
    if (++pairs_ % kPairsPerPlainLine == 0)
      print(clip(one_line(progress.benchmark), 120) + numbers_of(progress));
  }

  void note(const std::string& sentence) override {
    print(clip(one_line(sentence), kNoteCharactersMax));
  }

 private:
  void print(const std::string& line) {
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(clock_.monotonic() - start_).count();
    std::fprintf(stream_, "[%4lld s] %s\n", static_cast<long long>(seconds), line.c_str());
    std::fflush(stream_);
  }

  std::FILE* stream_;
  const Clock& clock_;
  nanoseconds start_;
  int pairs_ = 0;
};

}  // namespace

std::unique_ptr<ProgressSink> make_terminal_progress(std::FILE* stream, bool is_terminal,
                                                     TerminalStyle style, const Clock& clock) {
  if (is_terminal) return std::make_unique<LiveProgress>(stream, style, clock);
  return std::make_unique<PlainProgress>(stream, clock);
}

}  // namespace melisai::report
