#include "core/base/peer.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <cstdint>
#include <optional>

#include "core/base/child.h"
#include "core/base/clock.h"
#include "core/base/fd.h"
#include "core/base/text.h"

namespace melisai {
namespace {

using std::chrono::nanoseconds;

constexpr std::size_t kReceiveMax = 256 << 10;
constexpr std::size_t kReceiveStep = 64 << 10;
constexpr int kErrorReadsMax = 16;        // of one call: 64 KiB, what a pipe holds
constexpr Milliseconds kEndSlice{10};     // stderr is read this often while a child ends
constexpr Milliseconds kKillWait{5'000};  // a killed process ends at once, or hangs in the kernel

nanoseconds now() { return SystemClock().monotonic(); }

// For poll(2): rounded up, so that it does not return just before the deadline.
int left_ms(nanoseconds deadline) {
  const auto left = std::chrono::ceil<Milliseconds>(deadline - now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

Result<void> set_nonblocking(int fd) {
  if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0) return error_from_errno(errno, "cannot set up a pipe");
  return {};
}

}  // namespace

struct Peer::Body {
  boost::asio::io_context io{1};  // fresh, and for the child only; see child.cpp
  std::optional<Child> child;
  std::string program;
  Fd socket;
  Fd errors;
  Bytes errors_max = 0;
  std::string errors_text;
  std::optional<Exit> exit;

  void read_errors();
  static bool wait_for(const std::vector<Body*>& bodies, short events, Milliseconds timeout);
};

// Never more than a pipe holds: a child that writes without end must not keep us here.
void Peer::Body::read_errors() {
  char part[4 << 10];
  for (int reads = 0; reads < kErrorReadsMax && errors.get() >= 0; ++reads) {
    const ssize_t count = read(errors.get(), part, sizeof part);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) break;
    if (count <= 0) return errors.reset();
    errors_text.append(part, static_cast<std::size_t>(count));
    if (errors_text.size() > errors_max) errors_text.erase(0, errors_text.size() - errors_max);
  }
}

// True: the socket of one of them has one of `events` or is at its end.
bool Peer::Body::wait_for(const std::vector<Body*>& bodies, short events, Milliseconds timeout) {
  const nanoseconds deadline = now() + timeout;
  std::vector<pollfd> polled;
  while (true) {
    polled.clear();
    for (const Body* body : bodies) {
      polled.push_back({.fd = body->socket.get(), .events = events, .revents = 0});
      polled.push_back({.fd = body->errors.get(), .events = POLLIN, .revents = 0});
    }
    const int ready = poll(polled.data(), polled.size(), left_ms(deadline));
    if (ready > 0) {
      bool any = false;
      for (std::size_t i = 0; i < bodies.size(); ++i) {
        if (polled[2 * i].revents != 0) any = true;
        if (polled[2 * i + 1].revents != 0) bodies[i]->read_errors();
      }
      if (any) return true;
    }
    if (now() >= deadline) return false;
  }
}

Peer::Peer(std::unique_ptr<Body> body) : body_(std::move(body)) {}
Peer::Peer(Peer&& other) noexcept = default;
Peer& Peer::operator=(Peer&& other) noexcept = default;
Peer::~Peer() = default;

Result<Peer> Peer::start(const PeerSpec& spec) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return error_from_errno(errno, "cannot make a socket pair");
  auto body = std::make_unique<Body>();
  body->socket = Fd(ends[0]);
  const Fd far_end(ends[1]);
  MELISAI_TRY(Pipe errors, Pipe::make());
  MELISAI_CHECK(set_nonblocking(body->socket.get()));
  MELISAI_CHECK(set_nonblocking(errors.read_end.get()));
  MELISAI_TRY(Child child, Child::start(body->io, {.program = spec.program,
                                                   .args = spec.args,
                                                   .env = spec.env,
                                                   .stdin_fd = far_end.get(),
                                                   .stdout_fd = far_end.get(),
                                                   .stderr_fd = errors.write_end.get()}));
  body->child.emplace(std::move(child));
  body->program = spec.program.substr(spec.program.rfind('/') + 1);
  body->errors = std::move(errors.read_end);
  body->errors_max = spec.stderr_max;
  return Peer(std::move(body));
}

pid_t Peer::pid() const { return body_->child->pid(); }

bool Peer::has_ended() const {
  siginfo_t info{};
  return waitid(P_PID, static_cast<id_t>(pid()), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid != 0;
}

void Peer::wait_any(const std::vector<Peer*>& peers, Milliseconds timeout) {
  std::vector<Body*> bodies;
  bodies.reserve(peers.size());
  for (const Peer* peer : peers) bodies.push_back(peer->body_.get());
  Body::wait_for(bodies, POLLIN, timeout);
}

Result<void> Peer::send(std::string_view bytes, Milliseconds timeout) {
  const nanoseconds deadline = now() + timeout;
  while (!bytes.empty()) {
    const ssize_t count = ::send(body_->socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      const auto left = std::chrono::ceil<Milliseconds>(deadline - now());
      if (left.count() <= 0 || !Body::wait_for({body_.get()}, POLLOUT, left))
        return Error{Errc::timeout, body_->program + " does not read what it is sent"};
    } else if (errno != EINTR) {
      return Error{Errc::process, body_->program + " has closed its connection"};
    }
  }
  return {};
}

Result<bool> Peer::receive(std::string& buffer, Milliseconds timeout) {
  if (!Body::wait_for({body_.get()}, POLLIN, timeout))
    return Error{Errc::timeout,
                 body_->program + " did not answer within " + format_duration(timeout)};
  const std::size_t before = buffer.size();
  while (buffer.size() - before + kReceiveStep <= kReceiveMax) {
    const std::size_t size = buffer.size();
    buffer.resize(size + kReceiveStep);
    const ssize_t count = recv(body_->socket.get(), buffer.data() + size, kReceiveStep, 0);
    const int error = errno;
    buffer.resize(size + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count > 0 || (count < 0 && error == EINTR)) continue;
    // A reset is an end too: it left without reading all that we had sent.
    if (count < 0 && error != EAGAIN && error != ECONNRESET)
      return error_from_errno(error, "cannot read from " + body_->program);
    if (count == 0 || error == ECONNRESET) return buffer.size() > before;
    break;
  }
  return true;
}

std::string Peer::errors() {
  body_->read_errors();
  std::string result;
  std::string_view rest = body_->errors_text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    result += printable(rest.substr(0, end)) + "\n";
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return result;
}

Exit Peer::end(Milliseconds grace) {
  Body& body = *body_;
  if (body.exit) return *body.exit;
  // Also ends the copies that the child's own children may hold.
  shutdown(body.socket.get(), SHUT_RDWR);
  body.socket.reset();
  std::optional<int> status;
  body.child->wait([&status](int ended) { status = ended; });
  const auto ends_within = [&](Milliseconds limit) {
    const nanoseconds deadline = now() + limit;
    do {
      body.io.run_for(std::min<nanoseconds>(kEndSlice, std::max(deadline - now(), nanoseconds(0))));
      body.read_errors();
    } while (!status && now() < deadline);
    return status.has_value();
  };
  bool signalled = false;
  if (!ends_within(grace)) {
    signalled = true;
    body.child->signal(SIGTERM);
    if (!ends_within(grace)) {
      body.child->kill_group();
      ends_within(kKillWait);
    }
  }
  body.exit = Exit{.end = Exit::End::timed_out, .code = SIGKILL};
  if (!status) return *body.exit;
  const bool by_signal = WIFSIGNALED(*status);
  const int code = by_signal ? WTERMSIG(*status) : WEXITSTATUS(*status);
  const bool ours = signalled && by_signal && (code == SIGTERM || code == SIGKILL);
  body.exit = Exit{.end = ours        ? Exit::End::timed_out
                          : by_signal ? Exit::End::signalled
                                      : Exit::End::exited,
                   .code = code};
  return *body.exit;
}

}  // namespace melisai
