// Servers on loopback for tests of melisai-gate-git.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <string>

namespace melisai::git_tests {

/// git_server.py, until the end of the scope.
class WebServer {
 public:
  explicit WebServer(const std::string& arguments) {
    pipe_ = popen(
        ("exec python3 " MELISAI_SOURCE_DIR "/tests/unit/base/git_server.py " + arguments).c_str(),
        "r");
    if (pipe_ == nullptr || fscanf(pipe_, "%d %d", &port_, &pid_) != 2) port_ = 0;
  }
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;
  ~WebServer() {
    if (pid_ > 0) kill(pid_, SIGKILL);
    if (pipe_ != nullptr) pclose(pipe_);
  }
  bool started() const { return port_ != 0; }
  std::string url(const std::string& scheme = "http", const std::string& host = "127.0.0.1") const {
    return scheme + "://" + host + ":" + std::to_string(port_);
  }

 private:
  FILE* pipe_ = nullptr;
  int port_ = 0;
  int pid_ = 0;
};

/// Connections are made, and then nothing happens.
class SilentServer {
 public:
  SilentServer() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(socket_, generic, size), 0);
    EXPECT_EQ(listen(socket_, 8), 0);
    EXPECT_EQ(getsockname(socket_, generic, &size), 0);
    port_ = ntohs(address.sin_port);
  }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  ~SilentServer() { close(socket_); }
  int port() const { return port_; }
  /// Somebody has connected.
  bool is_asked() const {
    pollfd fd{socket_, POLLIN, 0};
    return poll(&fd, 1, 0) > 0;
  }

 private:
  int socket_;
  int port_ = 0;
};

}  // namespace melisai::git_tests
