#include "tests/plugins/worker_process.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>

namespace melisai {
namespace {

constexpr int kDeadlineMs = 20'000;

// In the child: `in` and `out` become 0 and 1, stderr goes to a file.
[[noreturn]] void become_worker(int in, int out, const std::string& stderr_file,
                                std::vector<std::string> words) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  setenv("ASAN_OPTIONS", "handle_segv=0", 1);  // a crash is a signal there too
  const int errors = open(stderr_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(errors, 2) < 0) _exit(126);
  execv(argv.front(), argv.data());
  _exit(127);
}

}  // namespace

std::string zoo_plugin(const std::string& name) { return MELISAI_TEST_PLUGINS "/" + name + ".so"; }

WorkerProcess::WorkerProcess(const std::vector<std::string>& arguments, bool between_pipes)
    : WorkerProcess(arguments, between_pipes, false) {}

WorkerProcess WorkerProcess::of_program(const std::vector<std::string>& words) {
  return WorkerProcess(words, false, true);
}

WorkerProcess::WorkerProcess(std::vector<std::string> words, bool between_pipes, bool is_whole) {
  if (!is_whole) words.insert(words.begin(), MELISAI_BIN_DIR "/melisai-gate-worker");
  auto directory = TemporaryDirectory::make(testing::TempDir(), "worker-");
  EXPECT_TRUE(directory) << (directory ? "" : directory.error().message);
  directory_.emplace(std::move(*directory));
  Fd their_in, their_out;
  if (between_pipes) {
    Pipe to_them = *Pipe::make();
    Pipe to_us = *Pipe::make();
    out_ = std::move(to_them.write_end);
    in_ = std::move(to_us.read_end);
    their_in = std::move(to_them.read_end);
    their_out = std::move(to_us.write_end);
  } else {
    int ends[2] = {-1, -1};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    in_ = Fd(ends[0]);
    their_in = Fd(ends[1]);
    their_out = Fd(fcntl(ends[1], F_DUPFD_CLOEXEC, 3));
  }
  pid_ = fork();
  if (pid_ == 0)
    become_worker(their_in.get(), their_out.get(), directory_->path() + "/stderr",
                  std::move(words));
  EXPECT_GT(pid_, 0);
}

pid_t WorkerProcess::pid() const {
  const std::string supervisor = std::to_string(pid_);
  std::ifstream children("/proc/" + supervisor + "/task/" + supervisor + "/children");
  pid_t child = -1;
  EXPECT_TRUE(children >> child) << "the worker has no process for its plugin";
  return child;
}

WorkerProcess::~WorkerProcess() {
  if (ended_) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void WorkerProcess::send(const protocol::Request& request) {
  send_bytes(frame_of(protocol::to_body(request)));
}

void WorkerProcess::send_bytes(const std::string& bytes) {
  const int fd = out_.get() >= 0 ? out_.get() : in_.get();
  std::signal(SIGPIPE, SIG_IGN);
  // Requests are small: they fit into the buffer of the line, or the worker has gone.
  if (write(fd, bytes.data(), bytes.size()) < 0 && errno != EPIPE)
    ADD_FAILURE() << "cannot write to the worker";
}

void WorkerProcess::close_line() {
  in_.reset();
  out_.reset();
}

bool WorkerProcess::read_more() {
  pollfd line{.fd = in_.get(), .events = POLLIN, .revents = 0};
  if (poll(&line, 1, kDeadlineMs) <= 0) {
    ADD_FAILURE() << "the worker says nothing; stderr: " << errors();
    return false;
  }
  std::array<char, 65536> buffer;
  const ssize_t size = read(in_.get(), buffer.data(), buffer.size());
  if (size <= 0) return false;
  reader_.add({buffer.data(), static_cast<std::size_t>(size)});
  return true;
}

std::optional<protocol::Message> WorkerProcess::next() {
  while (true) {
    const auto body = reader_.next();
    if (body && *body) {
      const auto message = protocol::parse_message(**body);
      if (message) return *message;
      nonsense_ = message.error().message;
      return std::nullopt;
    }
    if (!body) nonsense_ = body.error().message;
    if (!body || !read_more()) return std::nullopt;
  }
}

std::optional<protocol::Message> WorkerProcess::answer() {
  while (true) {
    const auto message = next();
    if (!message) return message;
    if (const auto* log = std::get_if<protocol::Log>(&*message))
      logs_.push_back(*log);
    else if (const auto* some = std::get_if<protocol::Samples>(&*message))
      samples_.push_back(*some);
    else if (const auto* result = std::get_if<protocol::PartResult>(&*message))
      results_.push_back(*result);
    else
      return message;
  }
}

std::optional<protocol::Message> WorkerProcess::ask(const protocol::Request& request) {
  send(request);
  return answer();
}

void WorkerProcess::complain(const std::optional<protocol::Message>& message) {
  ADD_FAILURE() << "another answer: "
                << (message ? protocol::to_body(*message) : "end of the line " + nonsense_)
                << "; stderr: " << errors();
}

std::string WorkerProcess::refusal() {
  const auto failed = expect<protocol::Failed>(protocol::HelloRequest{});
  return failed.refused && failed.id == 0 ? failed.reason : "";
}

std::vector<std::string> WorkerProcess::log_texts() const {
  std::vector<std::string> texts;
  for (const protocol::Log& log : logs_) texts.push_back(log.level + ": " + log.text);
  return texts;
}

std::vector<std::string> WorkerProcess::sample_texts() const {
  std::vector<std::string> texts;
  for (const protocol::Samples& frame : samples_)
    for (const protocol::SampleValue& sample : frame.samples) {
      std::ostringstream text;
      text << sample.metric << "=" << sample.value;
      texts.push_back(text.str());
    }
  return texts;
}

std::string WorkerProcess::status_line(const std::string& key) const {
  std::ifstream file("/proc/" + std::to_string(pid()) + "/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(key + ":\t")) return line.substr(key.size() + 2);
  return "";
}

std::string WorkerProcess::errors() const {
  return file_tail(directory_->path() + "/stderr", 64 << 10);
}

int WorkerProcess::wait() {
  if (ended_) return *ended_;
  const Fd process(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
  pollfd end{.fd = process.get(), .events = POLLIN, .revents = 0};
  if (poll(&end, 1, kDeadlineMs) <= 0) {
    ADD_FAILURE() << "the worker does not end; stderr: " << errors();
    kill(pid_, SIGKILL);
  }
  int status = 0;
  waitpid(pid_, &status, 0);
  ended_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return *ended_;
}

}  // namespace melisai
