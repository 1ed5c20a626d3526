#include "core/host/mcp.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

#include "core/base/fd.h"
#include "core/base/log.h"
#include "core/host/host.h"
#include "core/host/mcp_lines.h"
#include "core/host/mcp_server.h"
#include "core/host/mcp_tools.h"

namespace melisai::host {
namespace {

constexpr std::size_t kReadMax = 64 << 10;
// What poll() calls writable takes so much at least; more might block for longer than we may.
constexpr std::size_t kWriteMax = 4096;
constexpr std::size_t kWaitingMax = 32;                   // lines; beyond it the client has to wait
constexpr timespec kFarewell{.tv_sec = 1, .tv_nsec = 0};  // to take an answer, after a signal

/// Holds the signals back that ask us to end, so that none comes between a look and a wait.
class HeldSignals {
 public:
  HeldSignals() {
    sigset_t held;
    sigemptyset(&held);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&held, signal);
    pthread_sigmask(SIG_BLOCK, &held, &usual_);
  }
  ~HeldSignals() { pthread_sigmask(SIG_SETMASK, &usual_, nullptr); }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;
  const sigset_t& usual() const { return usual_; }

 private:
  sigset_t usual_{};
};

/// The two streams, taken away from everybody else: neither a library nor a child can read a
/// message or write between two.
struct Streams {
  Fd in, out;

  static Result<Streams> take() {
    Streams streams{Fd(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)),
                    Fd(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3))};
    const Fd null(open("/dev/null", O_RDWR | O_CLOEXEC));
    const bool there = streams.in.get() >= 0 && streams.out.get() >= 0 && null.get() >= 0;
    if (!there || dup2(null.get(), STDIN_FILENO) < 0 ||
        (dup2(STDERR_FILENO, STDOUT_FILENO) < 0 && dup2(null.get(), STDOUT_FILENO) < 0))
      return error_from_errno(errno, "mcp: cannot use standard input and output");
    return streams;
  }
};

/// One client, and the server that answers it.
class Session {
 public:
  Session(Streams streams, World& world)
      : streams_(std::move(streams)), outside_(world), world_(world) {
    // Tools see a signal, a cancellation and a lost client alike.
    world_.interrupted = [this] { return should_stop(); };
  }

  World& world() { return world_; }

  void serve(Server& server) {
    server_ = &server;
    while (wait_for_line()) {
      const McpLine line = std::move(lines_.waiting().front());
      lines_.waiting().pop_front();
      looked_at_ -= std::min<std::size_t>(looked_at_, 1);
      if (!send(line.too_long ? server.refuse_long_line() : server.answer(line.text))) return;
    }
  }

 private:
  /// Asked many times a second while a tool works: takes what cannot wait meanwhile.
  bool should_stop() {
    while (!ended_ && lines_.waiting().size() < kWaitingMax && is_ready(streams_.in, POLLIN))
      read_some();
    overtake();
    return lost_ || is_ready(streams_.out, 0) || outside_.interrupted() || server_->cancelled();
  }

  /// Of the lines that wait, takes those that cannot.
  void overtake() {
    auto& waiting = lines_.waiting();
    while (looked_at_ < waiting.size()) {
      const McpLine& line = waiting[looked_at_];
      const Server::Overtaken overtaken =
          line.too_long ? Server::Overtaken() : server_->overtake(line.text);
      if (overtaken.answer) lost_ = !send(overtaken.answer) || lost_;
      if (overtaken.taken)
        waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(looked_at_));
      else
        ++looked_at_;
    }
  }

  /// False when there will be no more, or we are asked to end.
  bool wait_for_line() {
    while (lines_.waiting().empty() && !ended_) {
      const HeldSignals held;
      if (outside_.interrupted()) return false;
      // The output too: a client that died may have left its input open elsewhere.
      std::array<pollfd, 2> fds{pollfd{streams_.in.get(), POLLIN, 0},
                                pollfd{streams_.out.get(), 0, 0}};
      if (ppoll(fds.data(), fds.size(), nullptr, &held.usual()) < 0) continue;
      if (fds[0].revents != 0)
        read_some();
      else if (fds[1].revents != 0)
        return false;
    }
    return !lines_.waiting().empty() && !outside_.interrupted();
  }

  void read_some() {
    std::array<char, kReadMax> bytes;
    const ssize_t got = read(streams_.in.get(), bytes.data(), bytes.size());
    if (got < 0 && errno == EINTR) return;
    if (got > 0) return lines_.add({bytes.data(), static_cast<std::size_t>(got)});
    lines_.finish();
    ended_ = true;
  }

  /// False when nobody takes it.
  bool send(const std::optional<std::string>& answer) {
    if (!answer) return true;
    const std::string line = *answer + "\n";
    for (std::size_t at = 0; at < line.size();) {
      const HeldSignals held;
      pollfd fd{streams_.out.get(), POLLOUT, 0};
      const timespec* wait = outside_.interrupted() ? &kFarewell : nullptr;
      const int ready = ppoll(&fd, 1, wait, &held.usual());
      if (ready < 0 && errno == EINTR) continue;
      if (ready <= 0) return false;
      const ssize_t wrote =
          write(streams_.out.get(), line.data() + at, std::min(kWriteMax, line.size() - at));
      if (wrote < 0 && errno != EINTR && errno != EAGAIN) return false;
      at += wrote > 0 ? static_cast<std::size_t>(wrote) : 0;
    }
    return true;
  }

  /// Errors of a stream count as ready.
  static bool is_ready(const Fd& stream, short events) {
    pollfd fd{stream.get(), events, 0};
    return poll(&fd, 1, 0) > 0;
  }

  Streams streams_;
  const World& outside_;
  World world_;
  McpLines lines_{kMcpLineMax};
  std::size_t looked_at_ = 0;  // of the lines that wait: these can
  Server* server_ = nullptr;
  bool ended_ = false;  // of the input
  bool lost_ = false;   // nobody takes answers
};

}  // namespace

Result<int> serve(const McpCommand& command, World& world) {
  if (isatty(STDIN_FILENO) == 1)  // somebody tries it by hand, and would wait for a prompt
    std::fputs(
        "melisai-gate: mcp: waits for the messages of an MCP client, one a line; Ctrl-D ends it\n",
        stderr);
  MELISAI_TRY(Streams streams, Streams::take());
  Session session(std::move(streams), world);
  const Say say = [](const std::string& line) { log_info(line); };
  Server server(make_tools(
      {.collect =
           [&](const CollectRequest& request) { return collect(request, session.world(), say); },
       .plugin_dirs = command.plugin_dirs,
       .state_dir = command.state_dir}));
  session.serve(server);
  return 0;
}

}  // namespace melisai::host
