// A server on loopback with a loop on a thread of its own, and clients that send raw bytes.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "core/base/fd.h"
#include "core/http/server.h"

namespace melisai::http {

/// One connection; everything on it waits for ten seconds at most.
class Client {
 public:
  explicit Client(std::uint16_t port, bool connected = true)
      : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval wait{.tv_sec = 10, .tv_usec = 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    if (connected) connect_to(port);
  }
  void connect_to(std::uint16_t port) const {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): how sockets are addressed
    EXPECT_EQ(connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  int fd() const { return fd_.get(); }
  /// False when the server has hung up.
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  /// What comes until `text` was there, inclusive; less when the server hangs up.
  std::string until(std::string_view text) {
    while (got_.find(text) == std::string::npos && more()) {
    }
    const std::size_t end = got_.find(text);
    const std::size_t size = end == std::string::npos ? got_.size() : end + text.size();
    std::string result = got_.substr(0, size);
    got_.erase(0, size);
    return result;
  }
  /// All that comes until the server hangs up.
  std::string rest() {
    while (more()) {
    }
    return std::exchange(got_, {});
  }
  bool was_reset() const { return reset_; }
  void close() { fd_ = Fd(); }

 private:
  bool more() {
    char bytes[4096];
    const ssize_t size = recv(fd_.get(), bytes, sizeof bytes, 0);
    if (size < 0 && errno != ECONNRESET) ADD_FAILURE() << "nothing came: errno " << errno;
    reset_ = size < 0;
    if (size > 0) got_.append(bytes, static_cast<std::size_t>(size));
    return size > 0;
  }

  Fd fd_;
  std::string got_;
  bool reset_ = false;
};

class Serving : public ::testing::Test {
 protected:
  ~Serving() override {
    if (thread_.joinable()) on_loop([this] { server_.reset(); });
    loop_.stop();
    if (thread_.joinable()) thread_.join();
  }
  /// Says what was asked: "GET /path" and a line with the body.
  static Response told(const Request& request) {
    return {.type = "text/plain",
            .body = request.method + " " + request.path + "\n" + request.body + "\n"};
  }
  void serve(ServerOptions options = {}, Handler handler = {}) {
    if (!handler)
      handler = [](const Request& request, const Respond& respond) { respond(told(request)); };
    auto server = Server::listen(loop_, std::move(options), std::move(handler));
    ASSERT_TRUE(server) << server.error().message;
    server_ = *std::move(server);
    port = server_->port();
    thread_ = std::thread([this] {
      const auto forever = boost::asio::make_work_guard(loop_);
      loop_.run();
    });
  }
  /// There and back, on the loop's thread.
  void on_loop(const std::function<void()>& what) {
    std::promise<void> done;
    boost::asio::post(loop_, [&] {
      what();
      done.set_value();
    });
    done.get_future().get();
  }
  ServerCounters counters_here() const { return server_->counters(); }  ///< on the loop's thread
  ServerCounters counters() {
    ServerCounters result;
    on_loop([&] { result = counters_here(); });
    return result;
  }
  /// Waits, ten seconds at most, until the server says so.
  bool soon(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    bool holds = false;
    while (!holds && std::chrono::steady_clock::now() < end) {
      on_loop([&] { holds = condition(); });
      if (!holds) std::this_thread::yield();
    }
    return holds;
  }
  /// "" or why not.
  std::string renewal() {
    std::string problem;
    on_loop([&] {
      const Result<void> renewed = server_->renew_tls();
      if (!renewed) problem = renewed.error().message;
    });
    return problem;
  }
  void end_server() {
    on_loop([this] { server_.reset(); });
  }
  void end_server_here() { server_.reset(); }  ///< on the loop's thread already
  /// One request on a connection of its own, and all that comes back.
  std::string ask(std::string_view bytes) const {
    Client client(port);
    client.send(bytes);
    return client.rest();
  }

  std::uint16_t port = 0;

 private:
  boost::asio::io_context loop_{1};
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

}  // namespace melisai::http
