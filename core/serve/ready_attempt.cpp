#include "core/serve/ready_attempt.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "core/base/files.h"
#include "core/base/log.h"

namespace melisai::serve {
namespace {

using Json = nlohmann::json;

constexpr const char* kTaskFile = "task";
constexpr std::string_view kNothing = "\n";
constexpr std::size_t kTaskBytesMax = 4096;  // one write to a FIFO is whole up to here

Result<Fd> open_file(const std::string& path, int flags) {
  Fd file(open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW));
  if (file.get() < 0) return error_from_errno(errno, "cannot open " + path);
  return file;
}

/// Up to its end, or to the end of a line. "" when there is nothing.
Result<std::string> read_line(const Fd& file) {
  std::string line;
  char part[kTaskBytesMax];
  while (line.size() <= kTaskBytesMax && !line.ends_with('\n')) {
    const ssize_t size = read(file.get(), part, sizeof part);
    if (size < 0) return error_from_errno(errno, "cannot read which run this process is for");
    if (size == 0) return std::string();
    line.append(part, static_cast<std::size_t>(size));
  }
  return line;
}

}  // namespace

std::string ready_directory(const std::string& state_dir) { return state_dir + "/ready"; }

Result<std::optional<HandedOver>> wait_for_run(const std::string& directory) {
  const std::string path = directory + "/" + kTaskFile;
  MELISAI_TRY(const Fd file, open_file(path, O_RDONLY));
  MELISAI_TRY(const std::string line, read_line(file));
  if (line.empty() || line == kNothing) return std::optional<HandedOver>();
  HandedOver told;
  try {
    const Json json = Json::parse(line);
    json.at("run").get_to(told.run);
    json.at("directory").get_to(told.directory);
  } catch (const Json::exception& error) {
    return Error{Errc::parse, "what " + path + " said is no run: " + error.what()};
  }
  MELISAI_CHECK(remove_tree(directory));
  return std::optional(std::move(told));
}

// The daemon keeps its end open until the process has ended.
Result<void> hand_over(const Fd& task, const HandedOver& run) {
  const std::string line = Json{{"run", run.run}, {"directory", run.directory}}.dump() + "\n";
  if (line.size() > kTaskBytesMax) return Error{Errc::limit, "the state directory's path is long"};
  if (write(task.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size()))
    return error_from_errno(errno, "cannot tell a process its run");
  return {};
}

/// On the loop's thread.
struct ReadyAttempt::Shared {
  std::optional<ProcessTree> tree;
  bool has_ended = false;
  AttemptProcess::Calls calls;  // of who has taken it
};

ReadyAttempt::ReadyAttempt(std::string directory, Fd task)
    : directory_(std::move(directory)),
      task_(std::move(task)),
      shared_(std::make_shared<Shared>()) {}

Result<std::unique_ptr<ReadyAttempt>> ReadyAttempt::start(boost::asio::io_context& loop,
                                                          const MakeRunner& make_runner,
                                                          Command command) {
  const std::string directory = command.cwd;
  MELISAI_CHECK(make_directories(directory, {.private_mode = true}));
  const std::string path = directory + "/" + kTaskFile;
  if (mkfifo(path.c_str(), 0600) != 0) return error_from_errno(errno, "cannot make " + path);
  // For reading too: so that it opens at once, and what is written before the process reads waits.
  MELISAI_TRY(Fd task, open_file(path, O_RDWR | O_NONBLOCK));
  auto ready = std::make_unique<ReadyAttempt>(directory, std::move(task));
  ready->process_ = std::make_unique<AttemptProcess>(
      loop, make_runner, std::move(command),
      AttemptProcess::Calls{.started =
                                [shared = ready->shared_](const ProcessTree& tree) {
                                  shared->tree = tree;
                                  if (shared->calls.started) shared->calls.started(tree);
                                },
                            .ended =
                                [shared = ready->shared_](const Result<Exit>& exit) {
                                  shared->has_ended = true;
                                  if (shared->calls.ended) shared->calls.ended(exit);
                                }});
  return ready;
}

ReadyAttempt::~ReadyAttempt() {
  if (process_ == nullptr) return;
  // Not only the end of the FIFO: who opens one that nobody writes to waits for ever. What cannot
  // be written is a process that has ended.
  (void)!write(task_.get(), kNothing.data(), kNothing.size());
  process_.reset();
  if (const auto removed = remove_tree(directory_); !removed)
    log_warning("a directory is left behind: " + removed.error().message);
}

bool ReadyAttempt::has_ended() const { return shared_->has_ended; }

std::optional<ReadyAttempt::Taken> ReadyAttempt::take(const std::string& directory,
                                                      AttemptProcess::Calls calls) {
  if (process_ == nullptr || shared_->has_ended) return std::nullopt;
  const auto give_log = [from = directory_ + "/" + kLogFile, to = directory + "/" + kLogFile] {
    if (std::rename(from.c_str(), to.c_str()) != 0)
      log_warning("the log of a process is lost: " + error_from_errno(errno, to).message);
  };
  if (shared_->tree) give_log();
  shared_->calls.ended = std::move(calls.ended);
  shared_->calls.started = [give_log, started = std::move(calls.started)](const ProcessTree& tree) {
    give_log();
    started(tree);
  };
  return Taken{std::move(process_), std::move(task_), shared_->tree};
}

}  // namespace melisai::serve
