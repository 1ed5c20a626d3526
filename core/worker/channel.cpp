#include "core/worker/channel.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <limits>
#include <string>

namespace melisai::worker {
namespace {

int milliseconds_until(std::optional<Channel::Time> until) {
  if (!until) return -1;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(*until - std::chrono::steady_clock::now());
  return static_cast<int>(
      std::clamp<std::int64_t>(left.count(), 0, std::numeric_limits<int>::max()));
}

}  // namespace

Result<Channel> Channel::take_over() {
  Fd in(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
  Fd out(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
  if (in.get() < 0 || out.get() < 0)
    return error_from_errno(errno, "stdin and stdout must be the line to melisai-gate");
  const Fd null(open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (null.get() < 0 || dup2(null.get(), STDIN_FILENO) < 0 ||
      dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
    return error_from_errno(errno, "cannot set stdin and stdout for the plugin");
  // A gate that has gone is seen by receive(); the signal would skip destroy().
  std::signal(SIGPIPE, SIG_IGN);
  return Channel(std::move(in), std::move(out));
}

Result<std::optional<protocol::Request>> Channel::receive(std::optional<Time> until) {
  while (true) {
    MELISAI_TRY(const std::optional<std::string> body, reader_.next());
    if (body) {
      MELISAI_TRY(protocol::Request request, protocol::parse_request(*body));
      return std::optional<protocol::Request>(std::move(request));
    }
    pollfd line{.fd = in_.get(), .events = POLLIN, .revents = 0};
    const int ready = poll(&line, 1, milliseconds_until(until));
    if (ready < 0 && errno != EINTR) return error_from_errno(errno, "cannot wait for the gate");
    if (ready == 0) return std::optional<protocol::Request>();
    if (ready > 0) MELISAI_CHECK(read_more());
  }
}

Result<void> Channel::read_more() {
  std::array<char, 16 << 10> buffer;
  const ssize_t size = read(in_.get(), buffer.data(), buffer.size());
  if (size < 0 && (errno == EINTR || errno == EAGAIN)) return {};
  if (size == 0 || (size < 0 && errno == ECONNRESET))
    return Error{Errc::interrupted, "melisai-gate has closed the line"};
  if (size < 0) return error_from_errno(errno, "cannot read from the gate");
  reader_.add({buffer.data(), static_cast<std::size_t>(size)});
  return {};
}

void Channel::send(const protocol::Message& message) {
  const std::string frame = frame_of(protocol::to_body(message));
  std::string_view rest = frame;
  while (!rest.empty()) {
    const ssize_t size = write(out_.get(), rest.data(), rest.size());
    if (size >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(size));
    } else if (errno == EAGAIN) {
      pollfd line{.fd = out_.get(), .events = POLLOUT, .revents = 0};
      poll(&line, 1, -1);  // ends when the gate reads, or goes
    } else if (errno != EINTR) {
      return;
    }
  }
}

}  // namespace melisai::worker
