// Peer with /bin/sh in the place of one of our own programs.
#include "core/base/peer.h"

#include <gmock/gmock.h>

#include "tests/unit/base/process_fixture.h"

namespace melisai::process_test {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr Milliseconds kLong{20'000};

class PeerTest : public ProcessFixture {
 protected:
  PeerSpec shell_peer(const std::string& script) const {
    return {.program = "/bin/sh",
            .args = {"-c", "cd " + directory_ + "; " + script},
            .env = {"PATH=/usr/bin:/bin"}};
  }
  Peer start(const std::string& script) {
    Result<Peer> peer = Peer::start(shell_peer(script));
    EXPECT_TRUE(peer) << peer.error().message;
    return std::move(*peer);
  }
  static std::string receive_all(Peer& peer) {
    std::string bytes;
    while (true) {
      const Result<bool> open = peer.receive(bytes, kLong);
      if (!open || !*open) return bytes;
    }
  }
};

TEST_F(PeerTest, TalksBothWays) {
  Peer peer = start("read word; echo \"got $word\"; read word; echo \"and $word\"");
  ASSERT_TRUE(peer.send("one\n", kLong));
  std::string bytes;
  while (bytes != "got one\n") ASSERT_TRUE(peer.receive(bytes, kLong).value());
  ASSERT_TRUE(peer.send("two\n", kLong));
  EXPECT_EQ(receive_all(peer), "and two\n");
  EXPECT_TRUE(peer.end(kLong).ok());
}

TEST_F(PeerTest, ReceivesMuchInPiecesOfBoundedSize) {
  Peer peer = start("head -c 3000000 /dev/zero");
  std::size_t total = 0;
  while (true) {
    std::string bytes;
    if (!peer.receive(bytes, kLong).value()) break;
    EXPECT_LE(bytes.size(), 256U << 10);
    total += bytes.size();
  }
  EXPECT_EQ(total, 3'000'000U);
}

TEST_F(PeerTest, SendsMoreThanTheSocketHolds) {
  Peer peer = start("wc -c > count");
  ASSERT_TRUE(peer.send(std::string(8 << 20, 'x'), kLong));
  EXPECT_TRUE(peer.end(kLong).ok());
  EXPECT_EQ(read_all(path("count")), "8388608\n");
}

TEST_F(PeerTest, SaysWhenTheOtherSideDoesNotRead) {
  Peer peer = start("exec sleep 1000");
  const Result<void> sent = peer.send(std::string(8 << 20, 'x'), Milliseconds(50));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Errc::timeout);
}

TEST_F(PeerTest, SendingToOneThatHasLeftIsAnError) {
  Peer peer = start("exit 3");
  std::string bytes;
  ASSERT_FALSE(peer.receive(bytes, kLong).value());
  const Result<void> sent = peer.send("x", kLong);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Errc::process);
}

TEST_F(PeerTest, OneThatLeftWithoutReadingHasClosedItsEndNotFailed) {
  Peer peer = start("echo last; until [ -s go ]; do :; done");
  ASSERT_TRUE(peer.send("never read", kLong));
  std::ofstream(path("go")) << "go" << std::flush;
  EXPECT_EQ(receive_all(peer), "last\n");
}

TEST_F(PeerTest, WaitsNoLongerThanAsked) {
  Peer peer = start("exec sleep 1000");
  std::string bytes;
  const auto begin = steady_clock::now();
  const Result<bool> open = peer.receive(bytes, Milliseconds(50));
  EXPECT_GE(steady_clock::now() - begin, Milliseconds(50));
  EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(5));
  ASSERT_FALSE(open);
  EXPECT_EQ(open.error().code, Errc::timeout);
}

TEST_F(PeerTest, WaitsForWhoeverSpeaksFirst) {
  Peer silent = start("exec sleep 1000");
  Peer speaker = start("echo hello; exec sleep 1000");
  const auto begin = steady_clock::now();
  Peer::wait_any({&silent, &speaker}, kLong);
  EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(10));
  std::string bytes;
  EXPECT_TRUE(speaker.receive(bytes, Milliseconds(0)).value());
  EXPECT_EQ(bytes, "hello\n");
}

TEST_F(PeerTest, KeepsTheLastPartOfStderrPrintable) {
  PeerSpec spec = shell_peer(
      "i=0; while [ $i -lt 1000 ]; do echo line $i >&2; i=$((i+1)); done;"
      "printf 'bad \\033[31m\\n' >&2");
  spec.stderr_max = 100;
  Peer peer = std::move(*Peer::start(spec));
  EXPECT_EQ(receive_all(peer), "");
  peer.end(kLong);
  EXPECT_LE(peer.errors().size(), 101U);
  EXPECT_THAT(peer.errors(), EndsWith("line 999\nbad ?[31m\n"));
}

TEST_F(PeerTest, StderrBeyondWhatAPipeHoldsDelaysNobody) {
  Peer loud = start("head -c 1000000 /dev/zero >&2; echo done");
  Peer waiting = start("exec sleep 1000");
  // The loud one is read while we wait for another.
  std::string bytes;
  while (bytes.empty()) {
    Peer::wait_any({&waiting, &loud}, kLong);
    (void)loud.receive(bytes, Milliseconds(0));
  }
  EXPECT_EQ(bytes, "done\n");
}

TEST_F(PeerTest, StderrIsReadWhileItEnds) {
  Peer loud = start("read nothing; head -c 1000000 /dev/zero >&2; exit 7");
  const Exit exit = loud.end(kLong);
  EXPECT_EQ(exit.end, Exit::End::exited);
  EXPECT_EQ(exit.code, 7);
}

TEST_F(PeerTest, EndTellsHowItLeft) {
  Peer crashed = start("kill -SEGV $$");
  const Exit exit = crashed.end(kLong);
  EXPECT_EQ(exit.end, Exit::End::signalled);
  EXPECT_EQ(exit.code, SIGSEGV);
  EXPECT_EQ(crashed.end(kLong).code, SIGSEGV);
}

TEST_F(PeerTest, EndTerminatesOneThatStays) {
  Peer peer = start("exec sleep 1000");
  const Exit exit = peer.end(Milliseconds(20));
  EXPECT_EQ(exit.end, Exit::End::timed_out);
  EXPECT_EQ(exit.code, SIGTERM);
}

TEST_F(PeerTest, EndKillsTheGroupOfOneThatDoesNotListen) {
  Peer peer = start("trap '' TERM; sleep 1000 & echo $! > pids; echo; while :; do sleep 1; done");
  std::string bytes;
  ASSERT_TRUE(peer.receive(bytes, kLong).value());
  const Exit exit = peer.end(Milliseconds(20));
  EXPECT_EQ(exit.end, Exit::End::timed_out);
  EXPECT_EQ(exit.code, SIGKILL);
  const std::vector<pid_t> pids = pids_in(path("pids"));
  ASSERT_EQ(pids.size(), 1U);
  EXPECT_TRUE(eventually([&] { return gone(pids[0]); }));
}

TEST_F(PeerTest, LeavesNoDescriptorAndNoProcess) {
  const std::size_t before = open_descriptors();
  pid_t pid = 0;
  {
    Peer first = start("exec sleep 1000");
    Peer second = start("exec sleep 1000");
    pid = first.pid();
    first = std::move(second);
    EXPECT_TRUE(gone(pid));
    pid = first.pid();
  }
  EXPECT_TRUE(gone(pid));
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(PeerTest, DescriptorsOfOneAreNotInheritedByTheNext) {
  Peer first = start("exec sleep 1000");
  Peer second = start("ls /proc/self/fd | wc -l");
  EXPECT_EQ(receive_all(second), "4\n");  // 0, 1, 2 and that of ls
}

TEST_F(PeerTest, NamesTheProgramThatIsNotThere) {
  const Result<Peer> peer = Peer::start({.program = directory_ + "/nobody"});
  ASSERT_FALSE(peer);
  EXPECT_EQ(peer.error().code, Errc::not_found);
  EXPECT_THAT(peer.error().message, HasSubstr("/nobody"));
}

}  // namespace
}  // namespace melisai::process_test
