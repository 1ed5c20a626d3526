// What hostile commands try. Each test first sees its attempt succeed outside, where that can be.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <linux/keyctl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/base/fd.h"
#include "tests/unit/sandbox/confined_fixture.h"

namespace melisai::sandbox {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kCanary = "canary-6f1d";

class Hostile : public Confined {
 protected:
  /// Whether the script prints the canary outside of the sandbox, and not inside.
  void expect_hidden(const std::string& script) {
    run_ok(shell(script));
    ASSERT_THAT(output() + process_test::read_all(path("err")), HasSubstr(kCanary))
        << "it does not even work outside: " << script;
    EXPECT_THAT(said(script), Not(HasSubstr(kCanary))) << script;
  }
  /// Whether the script reaches the listener outside, and not inside. `python`: connects.
  void expect_unreachable(const std::string& python) {
    expect_hidden("python3 -c \"import socket\n" + python + "\nprint('" + kCanary + "')\"");
  }
};

TEST_F(Hostile, ReadsNoStateAndNoHome) {
  std::ofstream(path("state/queue.db")) << kCanary;
  std::filesystem::create_directories(path("state/workspace/someone-else"));
  std::ofstream(path("state/workspace/someone-else/source")) << kCanary;
  std::filesystem::create_directories(path("home"));
  std::ofstream(path("home/.netrc")) << kCanary;
  for (const char* file : {"state/queue.db", "state/workspace/someone-else/source", "home/.netrc"})
    expect_hidden("cat " + path(file));
  std::filesystem::create_symlink(path("state/queue.db"), tree() + "/link");
  expect_hidden("cat " + tree() + "/link");
  EXPECT_THAT(said("ls /root /run /var /srv /mnt 2>/dev/null; true"), ::testing::IsEmpty());
  EXPECT_THAT(said("cat /etc/shadow 2>/dev/null"), Not(HasSubstr(":")));
}

TEST_F(Hostile, SeesNoProcessOfTheHost) {
  const std::string self = std::to_string(getpid());
  setenv("CANARY", kCanary, 1);
  const Command sleeper = [&] {
    Command command = shell("touch started; sleep 30");
    command.env.push_back(std::string("CANARY=") + kCanary);
    command.timeout = Milliseconds(20'000);
    return command;
  }();
  Interrupt stop;
  std::jthread other(
      [&] { (void)make_process_runner(process_test::kExecPath, stop)->run(sleeper); });
  ASSERT_TRUE(process_test::eventually([&] { return std::filesystem::exists(path("started")); }));
  expect_hidden("cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'");
  // Counted by the shell itself: processes of a pipeline start in any order.
  const std::string count = "set -- /proc/[0-9]*; echo $#";
  EXPECT_EQ(said("ls -d /proc/" + self + " 2>/dev/null; " + count), said(count));
  stop.request();
}

TEST_F(Hostile, ReachesNoLoopbackServer) {
  const Fd server(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(server.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(server.get(), 4), 0);
  ASSERT_EQ(getsockname(server.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  const std::string port = std::to_string(ntohs(address.sin_port));
  expect_unreachable("socket.create_connection(('127.0.0.1', " + port + "))");
  // Its own loopback is there, as tests need it.
  EXPECT_THAT(said("python3 -c \"import socket\ns = socket.create_server(('127.0.0.1', 0))\n"
                   "socket.create_connection(s.getsockname())\nprint('own')\""),
              HasSubstr("own"));
}

TEST_F(Hostile, ReachesNoSocketOfTheHost) {
  const auto listen_at = [](const std::string& name) {
    Fd server(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, sizeof address.sun_path - 1);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(bind(server.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(server.get(), 4), 0);
    return server;
  };
  const Fd in_file = listen_at(path("docker.sock"));
  const std::string abstract = "melisai-test-" + std::to_string(getpid());
  const Fd in_namespace = listen_at(std::string(1, '\0') + abstract);
  expect_unreachable("socket.socket(socket.AF_UNIX).connect('" + path("docker.sock") + "')");
  expect_unreachable("socket.socket(socket.AF_UNIX).connect(chr(0) + '" + abstract + "')");
}

// Asks only: where the sandbox fails, the kernel of this machine would be changed.
TEST_F(Hostile, MayWriteNowhereElse) {
  for (const char* file : {"/", "/usr", "/etc", "/var", "/home", "/etc/passwd",
                           "/melisai-gate-exec", "/proc/sys/kernel/core_pattern",
                           "/proc/sysrq-trigger", "/sys/devices/system/cpu/cpu1/online"})
    EXPECT_NE(ends(inside(std::string("test -w ") + file)).code, 0) << file;
  EXPECT_EQ(said("find /proc /sys -type f -writable -exec test -f {} \\; -print 2>/dev/null | grep "
                 "-v '^/proc/[0-9]' | head"),
            "");
  EXPECT_NE(ends(inside("mount -t tmpfs x /tmp || mount -o remount,rw /usr")).code, 0);
  said("echo x > " + path("state/x") + "; echo x > " + path("x") + "; echo x > in-the-checkout");
  EXPECT_FALSE(std::filesystem::exists(path("state/x")));
  EXPECT_FALSE(std::filesystem::exists(path("x")));
  EXPECT_TRUE(std::filesystem::exists(tree() + "/in-the-checkout"));
}

TEST_F(Hostile, HasNoRightsAndGetsNone) {
  const std::string status = said("cat /proc/self/status");
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"})
    EXPECT_THAT(status, HasSubstr(std::string(set) + ":\t0000000000000000"));
  EXPECT_THAT(status, HasSubstr("NoNewPrivs:\t1"));
  EXPECT_NE(ends(inside("unshare -U true")).code, 0) << "a namespace with rights inside";
  EXPECT_NE(ends(inside("chroot / true")).code, 0);
}

TEST_F(Hostile, LeavesNoProcessBehind) {
  const std::string mark = "7" + std::to_string(getpid()) + ".125";
  ends(inside("(setsid sleep " + mark + " &) ; (setsid setsid sleep " + mark + " &) ; exit 0"));
  for (const auto& entry : std::filesystem::directory_iterator("/proc"))
    EXPECT_THAT(process_test::read_all(entry.path() / "cmdline"), Not(HasSubstr(mark)));
}

// The keyring of the session: add_key(2) and KEYCTL_SEARCH. A namespace does not divide it.
TEST_F(Hostile, LeavesNothingInAKeyring) {
  const std::string name = "melisai-test-" + std::to_string(getpid());
  const auto in_session = [&](const char* call) {
    return std::string("python3 -c \"import ctypes\nc = ctypes.CDLL(None, use_errno=True)\n") +
           "name = b'" + name + "'\nprint('" + kCanary + "' if " + call +
           " > 0 else 'no key', ctypes.get_errno())\"";
  };
  const std::string add = in_session("c.syscall(248, b'user', name, b'x', 1, -3)");
  const std::string search = in_session("c.syscall(250, 10, -3, b'user', name, 0)");
#ifndef __x86_64__
  GTEST_SKIP() << "the numbers of these calls are others";
#endif
  // Services and logins have one, which everything that they start inherits; so has this test now.
  if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr) < 0)
    GTEST_SKIP() << "no keyring can be joined here: " << std::strerror(errno);
  run_ok(shell(add));
  if (!output().starts_with(kCanary)) GTEST_SKIP() << "no key can be made here: " << output();
  run_ok(shell(search));
  ASSERT_THAT(output(), HasSubstr(kCanary)) << "it does not even work outside";
  EXPECT_THAT(said(search), HasSubstr("no key"));
  EXPECT_THAT(said(add), HasSubstr(kCanary));
  EXPECT_THAT(said(search), HasSubstr("no key")) << "one command found what another had left";
  run_ok(shell(in_session("1 + c.syscall(250, 9, c.syscall(250, 10, -3, b'user', name, 0), -3)")));
}

TEST_F(Hostile, CannotForgeWhatItCostOrTakeOverWhoMeasures) {
  // Its parent is melisai-gate-exec.
  EXPECT_NE(ends(inside("echo forged > /proc/$PPID/fd/100")).code, 0);
  EXPECT_NE(ends(inside("head -c1 /proc/$PPID/mem || cat /proc/$PPID/environ")).code, 0);
  Command tracer = inside("");
  tracer.argv = {"python3", "-c",
                 "import ctypes, os\n"
                 "exit(3 if ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0) else 0)"};
  EXPECT_EQ(ends(tracer).code, 3) << "it could be attached to";
  const Exit exit = ends(inside("kill -9 $PPID; exit 0"));
  EXPECT_FALSE(exit.ok()) << "killing it counted as a pass";
}

}  // namespace
}  // namespace melisai::sandbox
