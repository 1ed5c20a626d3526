#include <time.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>

#include "core/base/clock.h"
#include "core/base/units.h"
#include "core/serve/commands.h"
#include "core/serve/daemon_lock.h"
#include "core/serve/find_run.h"
#include "core/serve/terminal_text.h"

namespace melisai::serve {
namespace {

constexpr std::size_t kPieceBytes = 64 << 10;
constexpr Milliseconds kPause{200};
constexpr Milliseconds kPatience{5'000};  // for a daemon that is started again
constexpr const char* kWorkLog = "work.log";

/// Reads files as they grow: a cursor for each, and nothing of them in memory.
class Reader {
 public:
  Reader(std::string directory, const Print& print)
      : directory_(std::move(directory)), print_(print) {}

  /// False when standard output is gone.
  bool print_new() {
    for (const std::string& file : files())
      if (!print_file(file)) return false;
    return true;
  }

 private:
  /// Oldest first; the log of `work` itself, which is mostly empty, last.
  std::vector<std::string> files() const {
    std::error_code error;
    std::vector<std::filesystem::directory_entry> entries;
    for (std::filesystem::directory_iterator at(directory_ + "/logs", error), end;
         !error && at != end; at.increment(error))
      if (at->is_regular_file(error) && !at->is_symlink(error)) entries.push_back(*at);
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
      std::error_code ignored;
      return std::pair(a.last_write_time(ignored), a.path()) <
             std::pair(b.last_write_time(ignored), b.path());
    });
    std::vector<std::string> paths;
    for (const auto& entry : entries) paths.push_back(entry.path().string());
    paths.push_back(directory_ + "/" + kWorkLog);
    return paths;
  }

  bool print_file(const std::string& path) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"),
                                                               std::fclose);
    if (!file) return true;
    long& cursor = cursors_[path];
    std::fseek(file.get(), cursor, SEEK_SET);
    static thread_local std::array<char, kPieceBytes> piece;
    while (const std::size_t got = std::fread(piece.data(), 1, piece.size(), file.get())) {
      if (path != last_ && !print_("==> " + path.substr(path.rfind('/') + 1) + " <==\n"))
        return false;
      last_ = path;
      cursor += static_cast<long>(got);
      if (!print_(std::string_view(piece.data(), got))) return false;
    }
    return true;
  }

  std::string directory_;
  const Print& print_;
  std::map<std::string, long> cursors_;
  std::string last_;  // whose text came last
};

/// Says when nobody is left who could end what is followed.
class Attendance {
 public:
  explicit Attendance(const std::string& state_dir) : state_dir_(state_dir) {}
  bool is_given_up() {
    const auto now = clock_.monotonic();
    if (has_daemon(state_dir_)) seen_ = now;
    return now - seen_ >= kPatience;
  }

 private:
  const std::string& state_dir_;
  SystemClock clock_;
  std::chrono::nanoseconds seen_ = clock_.monotonic();
};

std::string left_alone(const PipelineRun& run) {
  if (run.state == PipelineRun::State::running) return name_of(run) + ": " + std::string(kNoDaemon);
  return name_of(run) + ": " + std::string(to_string(run.state)) + ", and no daemon is running";
}

void pause_for_more() {
  const timespec interval{.tv_sec = 0, .tv_nsec = std::chrono::nanoseconds(kPause).count()};
  clock_nanosleep(CLOCK_MONOTONIC, 0, &interval, nullptr);
}

}  // namespace

Result<int> logs(const LogsRequest& request, const Print& raw,
                 const std::function<bool()>& interrupted) {
  TerminalText shown;
  const Print print = [&](std::string_view text) {
    return request.for_terminal ? raw(shown.of(text)) : raw(text);
  };
  MELISAI_TRY(const store::Queue queue, open_queue(request.state_dir));
  MELISAI_TRY(PipelineRun run, find_run(request.run, queue));
  std::map<int, Reader> readers;
  Attendance attendance(request.state_dir);
  while (true) {
    // The state before the text: what an attempt wrote last is printed when it has ended.
    MELISAI_TRY(run, queue.run(run.id));
    MELISAI_TRY(const std::vector<Attempt> attempts, queue.attempts(run.id));
    for (const Attempt& attempt : attempts) {
      const auto [reader, is_new] = readers.try_emplace(attempt.number, attempt.directory, print);
      if (is_new && attempts.size() > 1)
        print("==> attempt " + std::to_string(attempt.number) + " <==\n");
      if (!reader->second.print_new())
        return Error{Errc::io, "the log could not be written to standard output"};
    }
    if (!request.follow || run.state == PipelineRun::State::finished || interrupted()) break;
    if (attendance.is_given_up()) return Error{Errc::unavailable, left_alone(run)};
    pause_for_more();
  }
  if (run.outcome)
    print(name_of(run) + ": " + std::string(to_string(*run.outcome)) +
          (run.reason.empty() ? "" : ": " + run.reason) + "\n");
  else if (!has_daemon(request.state_dir))
    print(left_alone(run) + "\n");
  return 0;
}

}  // namespace melisai::serve
