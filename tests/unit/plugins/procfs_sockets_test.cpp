// Sockets as the kernel tells them of real ones on loopback, and as files tell them.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "plugins/procfs/sockets.h"
#include "tests/unit/plugins/own_network.h"
#include "tests/unit/plugins/proc_fixture.h"

namespace melisai::plugins::procfs {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Sockets on loopback that stay open until the process ends.
class Loopback {
 public:
  explicit Loopback(int family, int backlog = 16) : family_(family), fd_(make()) {
    sockaddr_storage address = any();
    bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    listen(fd_, backlog);
    socklen_t size = sizeof address_;
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address_), &size);
  }

  int connect_one() const {
    const int fd = make();
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address_), sizeof address_) != 0) _exit(3);
    return fd;
  }
  int accept_one() const { return accept(fd_, nullptr, nullptr); }
  std::string address() const {
    const int port = ntohs(reinterpret_cast<const sockaddr_in*>(&address_)->sin_port);
    return (family_ == AF_INET6 ? "[::1]:" : "127.0.0.1:") + std::to_string(port);
  }

 private:
  int make() const {
    const int fd = socket(family_, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int bytes = 1 << 20;  // so that 100 KiB fit without a reader
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    return fd;
  }
  sockaddr_storage any() const {
    sockaddr_storage address{};
    address.ss_family = static_cast<sa_family_t>(family_);
    if (family_ == AF_INET)
      reinterpret_cast<sockaddr_in*>(&address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else
      reinterpret_cast<sockaddr_in6*>(&address)->sin6_addr = in6addr_loopback;
    return address;
  }

  int family_;
  int fd_;
  sockaddr_storage address_{};
};

void wait_for_bytes(int fd, std::size_t bytes) {
  std::vector<char> data(bytes);
  while (recv(fd, data.data(), bytes, MSG_PEEK) < static_cast<ssize_t>(bytes)) poll(nullptr, 0, 1);
}

// As some sandboxes do: no sockets of the family AF_NETLINK for this process.
bool forbid_netlink() {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{std::size(filter), filter};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

bool has_ipv6() { return access("/proc/net/if_inet6", F_OK) == 0; }

class Sockets : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    if (GetParam() == AF_INET6 && !has_ipv6()) GTEST_SKIP() << "this machine has no IPv6";
  }
};

TEST_P(Sockets, ThatNobodyAcceptsFillTheirQueue) {
  const auto seen = in_own_network([] {
    const Loopback server(GetParam(), 4);
    for (int i = 0; i < 3; ++i) server.connect_one();
    nlohmann::json found;
    const SocketReading reading = read_sockets({});
    for (const ListenSocket& socket : reading.listening.value())
      if (socket.local_addr == server.address())
        found = {{"recv_q", socket.recv_q}, {"send_q", socket.send_q}, {"fill", socket.fill_pct}};
    return found;
  });
  EXPECT_EQ(seen, nlohmann::json({{"recv_q", 3}, {"send_q", 4}, {"fill", 75.0}}));
}

TEST_P(Sockets, ThatAreAcceptedAreNoQueue) {
  const auto seen = in_own_network([] {
    const Loopback server(GetParam(), 4);
    for (int i = 0; i < 2; ++i) server.connect_one();
    server.accept_one();  // one of four waits
    bool found = false;
    const SocketReading reading = read_sockets({});
    for (const ListenSocket& socket : reading.listening.value())
      found = found || socket.local_addr == server.address();
    return nlohmann::json(found);
  });
  EXPECT_EQ(seen, false);
}

TEST_P(Sockets, ThatAreNotClosedAreCounted) {
  const auto seen = in_own_network([] {
    const SocketReading before = read_sockets({});
    const Loopback server(GetParam());
    for (int i = 0; i < 5; ++i) {
      const int client = server.connect_one();
      const int accepted = server.accept_one();
      shutdown(client, SHUT_WR);
      char byte = 0;
      if (recv(accepted, &byte, 1, 0) != 0) _exit(4);  // the end has come
    }
    const SocketReading after = read_sockets({});
    const SocketReading alone = read_sockets({.time_wait = false, .only_close_wait = true});
    return nlohmann::json::array({after.close_wait.value() - before.close_wait.value(),
                                  alone.close_wait.value() - before.close_wait.value()});
  });
  EXPECT_EQ(seen, nlohmann::json::array({5, 5}));
}

TEST_P(Sockets, ThatAreNotReadAreCounted) {
  const auto seen = in_own_network([] {
    const SocketReading before = read_sockets({});
    const Loopback server(GetParam());
    for (const std::size_t bytes : {std::size_t{100} << 10, std::size_t{60} << 10}) {
      const int client = server.connect_one();
      const int accepted = server.accept_one();
      const std::string data(bytes, 'x');
      send(client, data.data(), data.size(), 0);
      wait_for_bytes(accepted, bytes);
    }
    const SocketReading after = read_sockets({});
    return nlohmann::json(after.recvq_saturated.value() - before.recvq_saturated.value());
  });
  EXPECT_EQ(seen, 1);
}

TEST_P(Sockets, ThatWaitForTheirTimeAreCountedWhenAskedFor) {
  const auto seen = in_own_network([] {
    const SocketReading before = read_sockets({});
    const Loopback server(GetParam());
    for (int i = 0; i < 3; ++i) {
      const int client = server.connect_one();
      const int accepted = server.accept_one();
      close(client);
      char byte = 0;
      if (recv(accepted, &byte, 1, 0) != 0) _exit(4);
      close(accepted);
    }
    const SocketReading after = read_sockets({});
    return nlohmann::json({{"grown", after.time_wait.value() - before.time_wait.value()},
                           {"asked", read_sockets({.time_wait = false}).time_wait.has_value()}});
  });
  EXPECT_EQ(seen, nlohmann::json({{"grown", 3}, {"asked", false}}));
}

TEST_P(Sockets, AreTheSameInFiles) {
  const auto seen = in_own_network([] {
    const Loopback server(GetParam());
    for (int i = 0; i < 3; ++i) {
      const int client = server.connect_one();
      const int accepted = server.accept_one();
      const std::string data(std::size_t{100} << 10, 'x');
      send(client, data.data(), data.size(), 0);
      wait_for_bytes(accepted, data.size());
      if (i == 0) shutdown(client, SHUT_WR);
    }
    const SocketReading netlink = read_sockets({});
    const SocketReading file = read_sockets({.by_netlink = false});
    return nlohmann::json({{netlink.close_wait.value(), netlink.recvq_saturated.value()},
                           {file.close_wait.value(), file.recvq_saturated.value()}});
  });
  EXPECT_EQ(seen[0], seen[1]);
  EXPECT_GE(seen[0][1], 2);
}

TEST_P(Sockets, AreReadFromFilesWhereNetlinkIsRefused) {
  const auto seen = in_own_network([] {
    const Loopback server(GetParam());
    shutdown(server.connect_one(), SHUT_WR);
    char byte = 0;
    if (recv(server.accept_one(), &byte, 1, 0) != 0 || !forbid_netlink()) _exit(4);
    const SocketReading reading = read_sockets({});
    return nlohmann::json({{"some", reading.close_wait.value() > 0},
                           {"listening", reading.listening.has_value()},
                           {"errors", reading.errors}});
  });
  EXPECT_EQ(seen, nlohmann::json(
                      {{"some", true}, {"listening", false}, {"errors", nlohmann::json::array()}}));
}

TEST_P(Sockets, AreCountedUpToALimit) {
  const auto seen = in_own_network([] {
    const Loopback server(GetParam());
    for (int i = 0; i < 4; ++i) server.connect_one();
    const auto truncated = [](std::int64_t sockets_max) {
      return read_sockets({.sockets_max = sockets_max}).truncated;
    };
    return nlohmann::json({truncated(3), truncated(200'000)});
  });
  EXPECT_EQ(seen, nlohmann::json({true, false}));
}

INSTANTIATE_TEST_SUITE_P(Families, Sockets, ::testing::Values(AF_INET, AF_INET6),
                         [](const auto& row) { return row.param == AF_INET ? "IPv4" : "IPv6"; });

TEST(SocketsLate, AreTruncatedAndNotWaitedFor) {
  const SocketReading reading = read_sockets({.wait_max = std::chrono::milliseconds(0)});
  EXPECT_TRUE(reading.truncated);
  EXPECT_THAT(reading.errors, IsEmpty());
}

class SocketFiles : public ProcFixture {
 protected:
  SocketReading read(std::int64_t sockets_max = 200'000) const {
    return read_sockets({.proc_root = proc(), .by_netlink = false, .sockets_max = sockets_max});
  }
  static std::string line(const std::string& state, const std::string& recv_q = "00000000") {
    return "   0: 0100007F:1F90 0100007F:A001 " + state + " 00000000:" + recv_q +
           " 00:00000000 00000000 1000 0 1 1 0 20 4 30 10 -1\n";
  }
};

TEST_F(SocketFiles, OfOneFamilyAreEnoughWithoutIpv6) {
  put_proc("net/tcp", line("08") + line("08") + line("06"));
  const SocketReading reading = read();
  EXPECT_EQ(reading.close_wait, 2);
  EXPECT_EQ(reading.time_wait, 1);
  EXPECT_THAT(reading.listening.value(), IsEmpty());
  EXPECT_THAT(reading.errors, IsEmpty());
}

TEST_F(SocketFiles, ThatCannotBeReadAreNotZero) {
  put_proc("net/tcp6", line("08"));
  const SocketReading reading = read();
  EXPECT_EQ(reading.close_wait, std::nullopt);
  EXPECT_THAT(reading.errors, ElementsAre(HasSubstr("net/tcp: No such file")));
}

TEST_F(SocketFiles, TellNoBacklogs) {
  put_proc("net/tcp", line("0A", "00000005"));
  EXPECT_EQ(read().listening, std::nullopt);
}

TEST_F(SocketFiles, StopAtTheLimit) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += line("08");
  put_proc("net/tcp", text);
  EXPECT_EQ(read(3000).close_wait, 3000);
  EXPECT_FALSE(read(3000).truncated);
  EXPECT_EQ(read(2999).close_wait, 2999);
  EXPECT_TRUE(read(2999).truncated);
}

TEST_F(SocketFiles, MayHoldAnything) {
  put_proc("net/tcp", line("08") + std::string(300'000, 'x') + "\n" + line("zz") + line("08", "x") +
                          "  1: 2 3 08\n" + std::string(5, '\0') + "\n" + line("08") +
                          "   9: 0100007F:1F90 0100007F:A0");
  EXPECT_EQ(read().close_wait, 2);
}

TEST_F(SocketFiles, WithoutAnEndAreLeft) {
  std::filesystem::create_directories(proc() + "/net");
  std::filesystem::create_symlink("/dev/zero", proc() + "/net/tcp");
  EXPECT_TRUE(read(1000).truncated);
}

}  // namespace
}  // namespace melisai::plugins::procfs
