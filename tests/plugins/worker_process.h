// A real melisai-gate-worker on the other end of a socket pair, for tests. Owned by one test; every
// read has a deadline, and nothing of it survives the object.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "core/base/collector_protocol.h"
#include "core/base/fd.h"
#include "core/base/files.h"
#include "core/base/frame.h"

namespace melisai {

std::string zoo_plugin(const std::string& name);  ///< path of a plugin of tests/plugins/zoo

class WorkerProcess {
 public:
  /// `arguments`: all of the worker's command line. `between_pipes`: two pipes, no socket.
  explicit WorkerProcess(const std::vector<std::string>& arguments, bool between_pipes = false);
  /// Another program than melisai-gate-worker: its path and arguments.
  static WorkerProcess of_program(const std::vector<std::string>& words);
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  pid_t pid() const;  ///< of the process that the plugin runs in, once it has said something
  pid_t supervisor() const { return pid_; }
  void send(const protocol::Request& request);
  void send_bytes(const std::string& bytes);
  void close_line();

  /// The next message of any type, or nothing: the line was closed, or what came is no message
  /// (then nonsense() says why), or 20 seconds have passed (a failure of the test).
  std::optional<protocol::Message> next();
  /// The next message that is no log line, samples or result; those are kept in logs(), samples()
  /// and results().
  std::optional<protocol::Message> answer();
  std::optional<protocol::Message> ask(const protocol::Request& request);

  /// What ask() gave when it is of this type; else a failure of the test and a default.
  template <class T>
  T expect(const protocol::Request& request) {
    const auto message = ask(request);
    if (message && std::holds_alternative<T>(*message)) return std::get<T>(*message);
    complain(message);
    return {};
  }
  std::string refusal();  ///< the reason of a refused hello, "" when it was not refused

  const std::vector<protocol::Log>& logs() const { return logs_; }
  std::vector<std::string> log_texts() const;
  const std::vector<protocol::Samples>& samples() const { return samples_; }
  const std::vector<protocol::PartResult>& results() const { return results_; }
  std::vector<std::string> sample_texts() const;  ///< "answer=42", all frames together
  const std::string& nonsense() const { return nonsense_; }
  std::string status_line(const std::string& key) const;  ///< of /proc/<pid()>/status
  std::string errors() const;                             ///< its stderr

  /// Exit code, or minus the signal; waits at most 20 seconds.
  int wait();

 private:
  WorkerProcess(std::vector<std::string> words, bool between_pipes, bool is_whole);
  void complain(const std::optional<protocol::Message>& message);
  bool read_more();

  pid_t pid_ = -1;
  std::optional<int> ended_;
  Fd in_;   // we read here
  Fd out_;  // we write here; -1: to in_
  FrameReader reader_;
  std::optional<TemporaryDirectory> directory_;
  std::vector<protocol::Log> logs_;
  std::vector<protocol::Samples> samples_;
  std::vector<protocol::PartResult> results_;
  std::string nonsense_;
};

}  // namespace melisai
