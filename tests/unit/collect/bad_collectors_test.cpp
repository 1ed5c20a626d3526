// Collectors that crash, hang, flood or speak nonsense: beside each a good one delivers.
#include "tests/unit/collect/collect_fixture.h"

namespace melisai::collect {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class BadCollectors : public CollectFixture {
 protected:
  BadCollectors() {
    options_.restarts_max = 0;
    add("good");
  }
  /// Loads, opens `windows` windows; the good one delivers in each.
  CollectorResult bad(const std::string& python, int windows = 1) {
    add("bad", python);
    load();
    for (int i = 0; i < windows; ++i)
      EXPECT_THAT(texts(window()), ::testing::Contains("good.answer=42"));
    EXPECT_EQ(result("good").status, CollectorStatus::ok);
    return result("bad");
  }
};

TEST_F(BadCollectors, AStopMayTakeLongerThanAStart) {
  options_.start_max = Milliseconds(1'000);
  const CollectorResult slow =
      bad("def stop(m):\n    time.sleep(1.2)\n    send('stopped', id=m['id'])\n");
  EXPECT_EQ(slow.status, CollectorStatus::ok) << slow.reason;
}

TEST_F(BadCollectors, NobodyWaitsForThemAfterAnInterrupt) {
  options_.start_max = Milliseconds(60'000);
  add("bad", "hang()");
  bool interrupted = false;
  collectors_ = std::make_unique<Collectors>(
      PluginPlaces{.directories = {path("plugins")}, .worker = path("worker")}, options_, clock_,
      [&] { return std::exchange(interrupted, true); });
  const auto begin = clock_.monotonic();
  collectors_->load();
  EXPECT_LT(clock_.monotonic() - begin, Milliseconds(20'000)) << "nor a minute";
  EXPECT_EQ(result("bad").status, CollectorStatus::timed_out);
}

struct BadCase {
  std::string name;
  std::string python;
  CollectorStatus status;
  std::string reason;  // a part of it
};

std::ostream& operator<<(std::ostream& out, const BadCase& bad) { return out << bad.name; }

class EveryBadCollector : public BadCollectors, public ::testing::WithParamInterface<BadCase> {};

TEST_P(EveryBadCollector, IsNamedAndTheRestGoesOn) {
  const CollectorResult seen = bad(GetParam().python, 2);
  EXPECT_EQ(to_string(seen.status), to_string(GetParam().status));
  EXPECT_THAT(seen.reason, HasSubstr(GetParam().reason));
  EXPECT_EQ(seen.restarts, 0);
}

const BadCase kCrashes[] = {
    {"AtLoad", "crash()", CollectorStatus::crashed, "crashed with SIGSEGV while it was loaded"},
    {"InStart", "def start(m): crash()", CollectorStatus::crashed, "crashed with SIGSEGV in start"},
    {"DuringTheWindow", "def start(m):\n    send('started', id=m['id'])\n    crash()\n",
     CollectorStatus::crashed, "crashed with SIGSEGV "},
    {"InStop", "def stop(m): crash()", CollectorStatus::crashed, "crashed with SIGSEGV in stop"},
    {"AfterTheSamples", "def stop(m):\n    sample(m['id'], answer=1)\n    crash()\n",
     CollectorStatus::crashed, "crashed with SIGSEGV in stop"},
    {"WhileAChildHoldsItsEnd", "def stop(m):\n    if os.fork() == 0: time.sleep(30)\n    crash()\n",
     CollectorStatus::crashed, "crashed with SIGSEGV in stop"},
    {"Exits", "def start(m): sys.exit(3)", CollectorStatus::crashed,
     "ended with exit code 3 in start"},
    {"ExitsWell", "def start(m): sys.exit(0)", CollectorStatus::crashed,
     "ended with exit code 0 in start"},
    {"Raises", "def start(m): raise ValueError('no')", CollectorStatus::crashed,
     "ended with exit code 1 in start"},
    {"ClosesItsEnd",
     "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
     "def start(m):\n    os.close(0)\n    os.close(1)\n    hang()\n",
     CollectorStatus::crashed, "closed its connection in start"},
};
INSTANTIATE_TEST_SUITE_P(Crash, EveryBadCollector, ::testing::ValuesIn(kCrashes),
                         [](const auto& param) { return param.param.name; });

const BadCase kNonsense[] = {
    {"Garbage", "send_bytes(b'Hello, I am a collector\\n' * 100)", CollectorStatus::misbehaved,
     "sent while it was loaded: a frame announces"},
    {"HugeFrame", "def start(m): send_bytes(struct.pack('<I', (1 << 20) + 1) + b'x' * 1000)",
     CollectorStatus::misbehaved, "sent in start: a frame announces 1048577 bytes"},
    {"NoJson", "def start(m): send_bytes(b'\\x02\\0\\0\\0no')", CollectorStatus::misbehaved,
     "not JSON"},
    {"UnknownType", "def start(m): send('begun', id=m['id'])", CollectorStatus::misbehaved,
     "'begun'"},
    {"WrongId", "def start(m): send('started', id=m['id'] + 5)", CollectorStatus::misbehaved,
     "'started' with id 6 instead of 1"},
    {"WrongPong", "def ping(m): send('pong', id=99)", CollectorStatus::misbehaved,
     "'pong' with id 99"},
    {"AnswersUnasked", "def hello(m, greet=hello):\n    greet(m)\n    send('stopped', id=0)\n",
     CollectorStatus::misbehaved, "'stopped' that nobody asked for"},
    {"HelloTwice", "def start(m): hello(m)", CollectorStatus::misbehaved, "'hello' again"},
    {"StartedBeforePong", "def ping(m): send('started', id=m['id'])", CollectorStatus::misbehaved,
     "'started' that nobody asked for"},
    {"FailedUnasked",
     "def hello(m, greet=hello):\n    greet(m)\n    send('failed', id=0, reason='x')\n",
     CollectorStatus::misbehaved, "'failed' that nobody asked for"},
    {"UndeclaredMetric",
     "def stop(m):\n    sample(m['id'], other=1)\n"
     "    send('stopped', id=m['id'])\n",
     CollectorStatus::misbehaved, "a sample of 'other', which it does not declare"},
    {"NotANumber",
     "def stop(m):\n    sample(m['id'], answer=float('nan'))\n"
     "    send('stopped', id=m['id'])\n",
     CollectorStatus::misbehaved, "sent in stop"},
    {"SamplesOfAnotherWindow",
     "def stop(m):\n    sample(m['id'] - 1, answer=1)\n"
     "    send('stopped', id=m['id'])\n",
     CollectorStatus::misbehaved, "'samples' with id 0 instead of 1"},
    {"TooManySamples",
     "def stop(m):\n    send('samples', id=m['id'], samples=\n"
     "         [dict(metric='answer', value=i) for i in range(10001)])\n",
     CollectorStatus::misbehaved, "more than 10000 samples in one window"},
    {"FloodOfLogs", "def start(m):\n    while True: log('info', 'x')\n",
     CollectorStatus::misbehaved, "more than 11000 messages"},
    {"FloodOfBytes", "def start(m):\n    while True: log('info', 'x' * 1000000)\n",
     CollectorStatus::misbehaved, "more than 8 MiB at once"},
    {"OtherProtocol",
     "def hello(m): send('hello', protocol=2, name='bad', version='1',\n"
     "                   metrics=metrics)\n",
     CollectorStatus::refused, "speaks version 2 of the protocol"},
};
INSTANTIATE_TEST_SUITE_P(Nonsense, EveryBadCollector, ::testing::ValuesIn(kNonsense),
                         [](const auto& param) { return param.param.name; });

const BadCase kFailures[] = {
    {"AtLoad", "def hello(m): send('failed', id=0, reason='no licence')", CollectorStatus::failed,
     "no licence"},
    {"RefusedAtLoad", "def hello(m): send('failed', id=0, reason='old ABI', refused=True)",
     CollectorStatus::refused, "old ABI"},
    {"InStart", "def start(m): send('failed', id=m['id'], reason='no such tree')",
     CollectorStatus::failed, "no such tree"},
    {"InStop", "def stop(m): send('failed', id=m['id'], reason='file is gone')",
     CollectorStatus::failed, "file is gone"},
    {"WithoutAWord", "def stop(m): send('failed', id=m['id'], reason='')", CollectorStatus::failed,
     "failed without a reason"},
};
INSTANTIATE_TEST_SUITE_P(Failure, EveryBadCollector, ::testing::ValuesIn(kFailures),
                         [](const auto& param) { return param.param.name; });

class SlowCollectors : public BadCollectors {
 protected:
  SlowCollectors() {
    options_.start_max = Milliseconds(1'000);
    options_.stop_max = Milliseconds(700);
  }
};

TEST_F(SlowCollectors, AHangAtLoadEndsAtTheDeadline) {
  const CollectorResult seen = bad("hang()\n");
  EXPECT_EQ(seen.status, CollectorStatus::timed_out);
  EXPECT_EQ(seen.reason, "did not answer 'hello' within 1 s");
}

TEST_F(SlowCollectors, AHangInStartEndsAtTheDeadline) {
  EXPECT_EQ(bad("def start(m): hang()\n").reason, "did not answer 'start' within 1 s");
}

TEST_F(SlowCollectors, OneThatHungBeforeTheWindowIsToldApart) {
  EXPECT_EQ(bad("def hello(m, greet=hello):\n    greet(m)\n    hang()\n").reason,
            "did not answer 'ping' within 1 s");
}

TEST_F(SlowCollectors, AHangInStopEndsAtTheDeadline) {
  const CollectorResult seen = bad("def stop(m):\n    sample(m['id'], answer=1)\n    hang()\n");
  EXPECT_EQ(seen.status, CollectorStatus::timed_out);
  EXPECT_EQ(seen.reason, "did not answer 'stop' within 700 ms");
}

TEST_F(SlowCollectors, OneThatIgnoresSigtermIsKilledWithItsGroup) {
  add("bad",
      "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
      "pid = os.fork()\n"
      "if pid == 0:\n    os.close(0)\n    os.close(1)\n    hang()\n"
      "with open(__file__ + '.child', 'w') as file: print(pid, file=file)\n"
      "def start(m): hang()\n");
  load();
  window();
  EXPECT_EQ(result("bad").status, CollectorStatus::timed_out);
  const std::vector<pid_t> child = process_test::pids_in(path("plugins/bad.child"));
  ASSERT_EQ(child.size(), 1U);
  EXPECT_TRUE(process_test::eventually([&] { return process_test::gone(child[0]); }));
}

TEST_F(SlowCollectors, HangsOfManyCostOneDeadline) {
  for (const char* name : {"h1", "h2", "h3", "h4"}) add(name, "def start(m): hang()\n");
  load();
  const auto begin = process_test::steady_clock::now();
  EXPECT_THAT(texts(window()), ElementsAre("good.answer=42"));
  EXPECT_LT(process_test::steady_clock::now() - begin, std::chrono::milliseconds(2'500));
}

TEST_F(BadCollectors, ACrashShowsTheLastWordsOnStderr) {
  const CollectorResult seen =
      bad("log('error', 'about to fail')\n"
          "for i in range(20): print('line %d' % i, file=sys.stderr)\n"
          "def start(m): raise ValueError('the reason')\n");
  ASSERT_EQ(seen.log.size(), 11U);
  EXPECT_EQ(seen.log.front(), "error: about to fail");
  EXPECT_EQ(seen.log.back(), "ValueError: the reason");
}

TEST_F(BadCollectors, WithoutRestartsACrashedOneStaysOff) {
  const CollectorResult seen = bad("if first_launch:\n    def start(m): crash()\n", 3);
  EXPECT_EQ(seen.status, CollectorStatus::crashed);
  EXPECT_EQ(seen.restarts, 0);
}

class Restarts : public BadCollectors {
 protected:
  Restarts() { options_.restarts_max = 1; }
};

TEST_F(Restarts, ACrashInStartCostsNoWindow) {
  add("bad", "if first_launch:\n    def start(m): crash()\n");
  load();
  EXPECT_THAT(texts(window()), ElementsAre("bad.answer=42", "good.answer=42"));
  EXPECT_EQ(result("bad").status, CollectorStatus::ok);
  EXPECT_EQ(result("bad").restarts, 1);
  EXPECT_EQ(result("bad").reason, "restarted after: crashed with SIGSEGV in start");
}

TEST_F(Restarts, ACrashBetweenWindowsCostsNone) {
  add("bad",
      "if first_launch:\n    def stop(m, answer=stop):\n"
      "        answer(m)\n        crash()\n");
  load();
  EXPECT_THAT(texts(window()), ElementsAre("bad.answer=42", "good.answer=42"));
  EXPECT_THAT(texts(window()), ElementsAre("bad.answer=42", "good.answer=42"));
  EXPECT_EQ(result("bad").status, CollectorStatus::ok);
  EXPECT_THAT(result("bad").reason, HasSubstr("restarted after: crashed with SIGSEGV"));
}

TEST_F(Restarts, ACrashAtLoadIsTriedAgainBeforeTheFirstWindow) {
  add("bad", "if first_launch: crash()\n");
  load();
  EXPECT_EQ(result("bad").status, CollectorStatus::crashed);
  EXPECT_THAT(texts(window()), ElementsAre("bad.answer=42", "good.answer=42"));
  EXPECT_EQ(result("bad").status, CollectorStatus::ok);
}

TEST_F(Restarts, ACrashInStopLosesItsWindowAndTheResultSaysSoForGood) {
  add("bad", "if first_launch:\n    def stop(m): crash()\n");
  load();
  EXPECT_THAT(texts(window()), ElementsAre("good.answer=42"));
  EXPECT_THAT(texts(window()), ElementsAre("bad.answer=42", "good.answer=42"));
  EXPECT_EQ(result("bad").status, CollectorStatus::crashed);
  EXPECT_EQ(result("bad").reason, "crashed with SIGSEGV in stop");
  EXPECT_EQ(result("bad").restarts, 1);
}

TEST_F(Restarts, TheSecondCrashIsTheLast) {
  const CollectorResult seen = bad("def stop(m): crash()\n", 4);
  EXPECT_EQ(seen.status, CollectorStatus::crashed);
  EXPECT_EQ(seen.restarts, 1);
}

TEST_F(Restarts, OneThatFailsByItsOwnWordIsAskedAgainWithoutARestart) {
  add("bad",
      "n = 0\ndef start(m):\n    global n\n    n += 1\n"
      "    if n == 1: send('failed', id=m['id'], reason='not now')\n"
      "    else: send('started', id=m['id'])\n");
  load();
  EXPECT_THAT(texts(window()), ElementsAre("good.answer=42"));
  EXPECT_THAT(texts(window()), ElementsAre("bad.answer=42", "good.answer=42"));
  EXPECT_EQ(result("bad").status, CollectorStatus::failed);
  EXPECT_EQ(result("bad").reason, "not now");
  EXPECT_EQ(result("bad").restarts, 0);
}

TEST_F(Restarts, AnotherNameAfterARestartIsMisbehaviour) {
  add("bad", "if first_launch:\n    def start(m): crash()\nelse: name = 'good'\n");
  load();
  EXPECT_THAT(texts(window()), ElementsAre("good.answer=42"));
  EXPECT_EQ(result("bad").status, CollectorStatus::misbehaved);
}

}  // namespace
}  // namespace melisai::collect
