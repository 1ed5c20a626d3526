#include "core/serve/control.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <chrono>

#include "core/base/fd.h"

namespace melisai::serve {

namespace asio = boost::asio;
using asio::local::stream_protocol;

namespace {

constexpr const char* kSocketName = "serve.sock";

// The address of a socket holds 107 bytes; a path through the directory's descriptor is always
// short enough.
Result<Fd> open_directory(const std::string& path) {
  Fd fd(open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0) return error_from_errno(errno, path);
  return fd;
}

std::string short_path(const Fd& directory) {
  return "/proc/self/fd/" + std::to_string(directory.get()) + "/" + kSocketName;
}

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(stream_protocol::socket socket, ControlServer::Handler& handler,
          const ControlLimits& limits, std::function<void()> ended)
      : socket_(std::move(socket)),
        deadline_(socket_.get_executor()),
        handler_(handler),
        limits_(limits),
        ended_(std::move(ended)) {}
  ~Session() { ended_(); }

  void begin() {
    limit(limits_.line);
    asio::async_read_until(socket_, asio::dynamic_buffer(line_, kControlLineMax), '\n',
                           [self = shared_from_this()](auto error, std::size_t size) {
                             self->deadline_.cancel();
                             if (!error) self->handle(self->line_.substr(0, size - 1));
                           });
  }
  void close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
    deadline_.cancel();
  }

 private:
  void handle(const std::string& request) {
    limit(limits_.answer);
    handler_(request, [self = shared_from_this()](std::string answer) {
      self->answer_ = std::move(answer) + "\n";
      asio::async_write(self->socket_, asio::buffer(self->answer_),
                        [self](auto, std::size_t) { self->close(); });
    });
  }
  void limit(Milliseconds time) {
    deadline_.expires_after(time);
    deadline_.async_wait([weak = weak_from_this()](auto error) {
      if (error) return;
      if (const auto self = weak.lock()) self->close();
    });
  }

  stream_protocol::socket socket_;
  asio::steady_timer deadline_;
  ControlServer::Handler& handler_;
  const ControlLimits limits_;
  std::function<void()> ended_;
  std::string line_;
  std::string answer_;
};

}  // namespace

struct ControlServer::Body : std::enable_shared_from_this<ControlServer::Body> {
  Body(asio::io_context& loop, Fd directory_fd, Handler on_request, const ControlLimits& times)
      : directory(std::move(directory_fd)),
        handler(std::move(on_request)),
        limits(times),
        acceptor(loop) {}

  void accept() {
    if (waiting || sessions >= kControlClientsMax) return;
    waiting = true;
    acceptor.async_accept([self = shared_from_this()](auto error, stream_protocol::socket socket) {
      self->waiting = false;
      if (error == asio::error::operation_aborted) return;
      if (!error) {
        ++self->sessions;
        std::make_shared<Session>(std::move(socket), self->handler, self->limits, [self] {
          --self->sessions;
          if (self->acceptor.is_open()) self->accept();
        })->begin();
      }
      self->accept();
    });
  }

  Fd directory;
  Handler handler;
  ControlLimits limits;
  stream_protocol::acceptor acceptor;
  bool waiting = false;
  int sessions = 0;
};

ControlServer::ControlServer(std::shared_ptr<Body> body) : body_(std::move(body)) {}

ControlServer::~ControlServer() {
  boost::system::error_code ignored;
  body_->acceptor.close(ignored);
  unlinkat(body_->directory.get(), kSocketName, 0);
}

Result<std::unique_ptr<ControlServer>> ControlServer::listen(asio::io_context& loop,
                                                             const std::string& state_dir,
                                                             Handler handler,
                                                             ControlLimits limits) {
  MELISAI_TRY(Fd directory, open_directory(state_dir));
  unlinkat(directory.get(), kSocketName, 0);
  auto body = std::make_shared<Body>(loop, std::move(directory), std::move(handler), limits);
  boost::system::error_code error;
  body->acceptor.open(stream_protocol(), error);
  if (!error) body->acceptor.bind(short_path(body->directory), error);
  // The directory is private already; this holds where it is not.
  if (!error) fchmodat(body->directory.get(), kSocketName, 0600, 0);
  if (!error) body->acceptor.listen(kControlClientsMax, error);
  if (error)
    return error_from_errno(error.value(), "cannot listen at " + state_dir + "/" + kSocketName);
  body->accept();
  return std::make_unique<ControlServer>(std::move(body));
}

namespace {

Error no_daemon(const std::string& state_dir) {
  return {Errc::not_found, "no daemon runs with the state directory " + state_dir +
                               "; start one with `melisai-gate serve --config FILE`, or name its "
                               "own with --state-dir"};
}

Result<void> send_line(int fd, std::string line) {
  line += '\n';
  for (std::size_t done = 0; done < line.size();) {
    const ssize_t wrote = send(fd, line.data() + done, line.size() - done, MSG_NOSIGNAL);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return error_from_errno(errno, "the daemon does not listen");
    done += static_cast<std::size_t>(wrote);
  }
  return {};
}

Result<std::string> receive_line(int fd) {
  constexpr std::size_t kAnswerMax = 16 << 20;
  std::string line;
  char buffer[16 << 10];
  while (line.size() < kAnswerMax) {
    const ssize_t got = recv(fd, buffer, sizeof buffer, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      return Error{Errc::timeout, "the daemon did not answer in time; its log says more"};
    if (got < 0) return error_from_errno(errno, "the daemon's answer");
    if (got == 0) break;
    line.append(buffer, static_cast<std::size_t>(got));
    if (line.back() == '\n') {
      line.pop_back();
      return line;
    }
  }
  return Error{Errc::io, "the daemon ended the connection without an answer; its log says more"};
}

}  // namespace

Result<std::string> ask_daemon(const std::string& state_dir, const std::string& request,
                               Milliseconds timeout) {
  if (request.size() >= kControlLineMax)
    return Error{Errc::limit,
                 "the request is longer than " + format_bytes(static_cast<Bytes>(kControlLineMax))};
  const Result<Fd> directory = open_directory(state_dir);
  if (!directory) return no_daemon(state_dir);
  const Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return error_from_errno(errno, "a socket");
  const std::chrono::microseconds limit = timeout;
  const timeval wait{.tv_sec = limit.count() / 1'000'000, .tv_usec = limit.count() % 1'000'000};
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
  const stream_protocol::endpoint address(short_path(*directory));
  if (connect(fd.get(), address.data(), static_cast<socklen_t>(address.size())) != 0) {
    if (errno == ENOENT || errno == ECONNREFUSED) return no_daemon(state_dir);
    return error_from_errno(errno, state_dir + "/" + kSocketName);
  }
  MELISAI_CHECK(send_line(fd.get(), request));
  return receive_line(fd.get());
}

}  // namespace melisai::serve
