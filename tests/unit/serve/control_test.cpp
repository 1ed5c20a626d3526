#include "core/serve/control.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <thread>

#include "core/base/fd.h"
#include "core/base/files.h"

namespace melisai::serve {
namespace control_test {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

constexpr Milliseconds kPatience{10'000};

ControlServer::Handler echo() {
  return [](const std::string& request, const ControlServer::Answer& answer) {
    answer("got " + request);
  };
}

/// A server on a thread of its own.
class Control : public ::testing::Test {
 protected:
  ~Control() override {
    loop_.stop();
    if (thread_.joinable()) thread_.join();
  }
  void serve(ControlServer::Handler handler, ControlLimits limits = {}) {
    auto server = ControlServer::listen(loop_, path, std::move(handler), limits);
    ASSERT_TRUE(server) << server.error().message;
    server_ = *std::move(server);
    thread_ = std::thread([this] { loop_.run(); });
  }
  Fd connected() const {
    Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string name = path + "/serve.sock";
    EXPECT_LT(name.size(), sizeof address.sun_path);
    name.copy(address.sun_path, sizeof address.sun_path - 1);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): how sockets are addressed
    EXPECT_EQ(connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    const timeval wait{.tv_sec = 10, .tv_usec = 0};
    setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    return fd;
  }
  /// Nothing comes, and the server has hung up: in order, or because it has not read everything.
  static bool is_hung_up(const Fd& fd) {
    char byte = 0;
    const ssize_t got = recv(fd.get(), &byte, 1, 0);
    return got == 0 || (got < 0 && errno == ECONNRESET);
  }

  TemporaryDirectory directory =
      TemporaryDirectory::make(::testing::TempDir(), "control-test-").value();
  std::string path = directory.path();

 private:
  boost::asio::io_context loop_{1};
  std::unique_ptr<ControlServer> server_;

 protected:
  ControlServer::Answer kept_;  // touched by the loop's thread only, and gone before the loop

 private:
  std::thread thread_;
};

TEST_F(Control, OneLineEachWay) {
  serve(echo());
  EXPECT_EQ(ask_daemon(path, "{}", kPatience).value(), "got {}");
  EXPECT_EQ(ask_daemon(path, "again", kPatience).value(), "got again");
}

TEST_F(Control, AnAnswerMayBeLong) {
  const std::string text(1 << 20, 'x');
  serve([&](const std::string&, const ControlServer::Answer& answer) { answer(text); });
  EXPECT_EQ(ask_daemon(path, "{}", kPatience).value(), text);
}

TEST_F(Control, NobodyElseCanConnect) {
  serve(echo());
  struct stat info {};
  ASSERT_EQ(stat((path + "/serve.sock").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
}

TEST_F(Control, APathMayBeLongerThanAnAddress) {
  for (int i = 0; i < 5; ++i) path += "/" + std::string(40, 'd');
  ASSERT_TRUE(make_directories(path));
  serve(echo());
  EXPECT_EQ(ask_daemon(path, "{}", kPatience).value(), "got {}");
}

TEST_F(Control, ALineThatIsTooLongIsNotSent) {
  const auto answer = ask_daemon(path, std::string(kControlLineMax, 'x'), kPatience);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::limit);
}

TEST_F(Control, TheLongestLineIsTaken) {
  serve(echo());
  const std::string longest(kControlLineMax - 1, 'x');
  EXPECT_EQ(ask_daemon(path, longest, kPatience).value(), "got " + longest);
}

TEST_F(Control, AClientWhoseLineDoesNotEndIsHungUpOn) {
  serve(echo());
  const Fd fd = connected();
  const std::string text(kControlLineMax + 1, 'x');
  std::size_t sent = 0;
  while (sent < text.size()) {
    const ssize_t wrote = send(fd.get(), text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (wrote <= 0) break;  // hung up already
    sent += static_cast<std::size_t>(wrote);
  }
  EXPECT_TRUE(is_hung_up(fd));
}

TEST_F(Control, AClientThatSaysNothingIsHungUpOn) {
  serve(echo(), {.line = 20ms});
  const Fd fd = connected();
  EXPECT_TRUE(is_hung_up(fd));
}

TEST_F(Control, AnAnswerThatDoesNotComeEndsTheWait) {
  serve([&](const std::string&, ControlServer::Answer answer) { kept_ = std::move(answer); },
        {.answer = 20ms});
  const auto answer = ask_daemon(path, "{}", kPatience);
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, HasSubstr("without an answer"));
}

TEST_F(Control, SilentClientsKeepOthersWaitingOnlyForAWhile) {
  serve(echo(), {.line = 20ms});
  std::vector<Fd> silent;
  for (int i = 0; i < kControlClientsMax; ++i) silent.push_back(connected());
  EXPECT_EQ(ask_daemon(path, "{}", kPatience).value(), "got {}");
}

TEST_F(Control, NoDaemon) {
  for (const std::string& where : {path, path + "/gone"}) {
    const auto answer = ask_daemon(where, "{}", kPatience);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::not_found);
    EXPECT_THAT(answer.error().message, HasSubstr("no daemon runs with the state directory"));
  }
}

TEST_F(Control, WhatADeadDaemonLeftIsReplaced) {
  {
    const Fd dead(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (path + "/serve.sock").copy(address.sun_path, sizeof address.sun_path - 1);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): how sockets are addressed
    ASSERT_EQ(bind(dead.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  const auto none = ask_daemon(path, "{}", kPatience);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Errc::not_found);
  serve(echo());
  EXPECT_EQ(ask_daemon(path, "{}", kPatience).value(), "got {}");
}

TEST_F(Control, ADirectoryThatIsNotThereCannotBeListenedIn) {
  boost::asio::io_context loop;
  const auto server = ControlServer::listen(loop, path + "/gone", echo());
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().message, HasSubstr("gone"));
}

}  // namespace control_test
}  // namespace melisai::serve
