// Collectors that do what they should, the choice among them, and what is said about them.
#include "tests/unit/collect/collect_fixture.h"

namespace melisai::collect {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class CollectorsTest : public CollectFixture {
 protected:
  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const CollectorResult& collector : collectors_->results())
      result.push_back(collector.name + " " + std::string(to_string(collector.status)));
    return result;
  }
};

TEST_F(CollectorsTest, DeliverSamplesInTheOrderOfNamesAndDeclarations) {
  add("b", "name = 'second'\n");
  add("c",
      "name = 'first'\ndef stop(m):\n"
      "    sample(m['id'], share=7)\n    sample(m['id'], answer=8)\n"
      "    send('stopped', id=m['id'])\n");
  load();
  EXPECT_THAT(texts(window()), ElementsAre("first.answer=8", "first.share=7", "second.answer=42"));
  EXPECT_THAT(collectors_->take_samples(), IsEmpty());
  EXPECT_THAT(names(), ElementsAre("first ok", "second ok"));
}

TEST_F(CollectorsTest, SamplesCarryTheDeclaredMetric) {
  add("one");
  load();
  const Metric declared{
      .name = "answer", .unit = "count", .better = Better::higher, .tier = Tier::exact};
  EXPECT_THAT(window(), ElementsAre(Sample{"one", declared, 42}));
}

TEST_F(CollectorsTest, ResultsSayWhatACollectorDeclares) {
  add("one");
  load();
  const CollectorResult one = result("one");
  EXPECT_EQ(one.file, path("plugins/one"));
  EXPECT_EQ(one.version, "1.2");
  EXPECT_EQ(one.abi, "");
  ASSERT_EQ(one.metrics.size(), 2U);
  EXPECT_EQ(one.metrics[0].help, "h");
  EXPECT_EQ(one.metrics[0].source, "s");
  EXPECT_EQ(one.metrics[1].metric.tier, Tier::explain);
  EXPECT_EQ(one.reason, "");
  EXPECT_TRUE(collectors_->any_ready());
}

TEST_F(CollectorsTest, TheWindowKnowsItsTree) {
  add("one",
      "def start(m):\n"
      "    log('warning', '%d in %s' % (m['root_pid'], m['cgroup']))\n"
      "    send('started', id=m['id'])\n");
  load();
  window();
  EXPECT_THAT(result("one").log, ElementsAre("warning: 77 in /sys/fs/cgroup/x"));
}

TEST_F(CollectorsTest, AWindowIsOpenBeforeTheTreeBeginsAndUntilItsEnd) {
  add("one",
      "def start(m):\n    time.sleep(0.1)\n    open(__file__ + '.open', 'w').close()\n"
      "    send('started', id=m['id'])\n");
  load();
  collectors_->before_exec({.root_pid = 1});
  EXPECT_EQ(access(path("plugins/one.open").c_str(), F_OK), 0);
  collectors_->after_last({.root_pid = 1});
  EXPECT_EQ(collectors_->take_samples().size(), 1U);
}

TEST_F(CollectorsTest, EachWindowHasItsOwnNumbers) {
  add("one",
      "n = 0\ndef stop(m):\n    global n\n    n += 1\n"
      "    if n != 2: sample(m['id'], answer=n)\n    send('stopped', id=m['id'])\n");
  load();
  EXPECT_THAT(texts(window()), ElementsAre("one.answer=1"));
  EXPECT_THAT(texts(window()), IsEmpty());
  EXPECT_THAT(texts(window()), ElementsAre("one.answer=3"));
  EXPECT_EQ(result("one").status, CollectorStatus::ok);
}

TEST_F(CollectorsTest, OfAMetricSeenTwiceTheLastValueStays) {
  add("one",
      "def stop(m):\n    sample(m['id'], answer=1)\n    sample(m['id'], answer=2)\n"
      "    send('stopped', id=m['id'])\n");
  load();
  EXPECT_THAT(texts(window()), ElementsAre("one.answer=2"));
}

TEST_F(CollectorsTest, WaitForAllOfThemAtOnce) {
  for (const char* name : {"a", "b", "c", "d", "e", "f"})
    add(name,
        "def hello(m, greet=hello):\n    time.sleep(0.5)\n    greet(m)\n"
        "def start(m):\n    time.sleep(0.5)\n    send('started', id=m['id'])\n");
  const auto begin = process_test::steady_clock::now();
  load();
  EXPECT_EQ(window().size(), 6U);
  EXPECT_LT(process_test::steady_clock::now() - begin, std::chrono::milliseconds(3'000));
}

TEST_F(CollectorsTest, GlobsChooseByDeclaredName) {
  add("a", "name = 'wanted_one'\n");
  add("wanted_file", "name = 'other'\n");
  add("wanted_crash", "crash()\n");
  add("unwanted_crash", "crash()\n");
  options_.collectors = {"none", "wanted_*"};
  load();
  EXPECT_THAT(texts(window()), ElementsAre("wanted_one.answer=42"));
  EXPECT_THAT(names(), ElementsAre("wanted_crash plugin_crashed", "wanted_one ok"));
}

TEST_F(CollectorsTest, RequiredCollectorsAreWantedAndMarked) {
  add("one");
  add("two");
  options_.collectors = {"two"};
  options_.required = {"one", "three"};
  load();
  EXPECT_THAT(names(), ElementsAre("one ok", "three refused", "two ok"));
  EXPECT_TRUE(result("one").required);
  EXPECT_FALSE(result("two").required);
  EXPECT_TRUE(result("three").required);
  EXPECT_THAT(result("three").reason, HasSubstr("was not found in " + path("plugins")));
}

TEST_F(CollectorsTest, OfTwoWithOneNameTheFirstStays) {
  add("a",
      "name = 'same'\ndef stop(m):\n    sample(m['id'], answer=1)\n"
      "    send('stopped', id=m['id'])\n");
  add("b", "name = 'same'\n");
  load();
  EXPECT_THAT(texts(window()), ElementsAre("same.answer=1"));
  EXPECT_THAT(names(), ElementsAre("same ok", "same refused"));
  EXPECT_THAT(collectors_->results()[1].reason, HasSubstr(path("plugins/a")));
}

TEST_F(CollectorsTest, SwitchedOffNothingIsStarted) {
  add("one", "open(__file__ + '.started', 'w').close()\n");
  options_.enabled = false;
  options_.required = {"one"};
  load();
  EXPECT_THAT(names(), IsEmpty());
  EXPECT_FALSE(collectors_->any_ready());
  EXPECT_THAT(window(), IsEmpty());
  EXPECT_NE(access(path("plugins/one.started").c_str(), F_OK), 0);
}

TEST_F(CollectorsTest, FilesThatOthersMayWriteAreNotStarted) {
  add("good");
  add("open", "open(__file__ + '.started', 'w').close()\n");
  chmod(path("plugins/open").c_str(), 0777);
  load();
  EXPECT_THAT(texts(window()), ElementsAre("good.answer=42"));
  EXPECT_EQ(result("open").status, CollectorStatus::refused);
  EXPECT_THAT(result("open").reason, HasSubstr("chmod go-w"));
  EXPECT_NE(access(path("plugins/open.started").c_str(), F_OK), 0);
}

TEST_F(CollectorsTest, UnavailableIsSaidWithItsReasonAndNotTriedAgain) {
  add("one",
      "def hello(m):\n"
      "    send('hello', protocol=1, name='one', version='1', metrics=metrics,\n"
      "         available=False, reason='no PSI in this kernel')\n");
  load();
  EXPECT_FALSE(collectors_->any_ready());
  window();
  EXPECT_EQ(result("one").status, CollectorStatus::unavailable);
  EXPECT_EQ(result("one").reason, "no PSI in this kernel");
  EXPECT_EQ(result("one").metrics.size(), 2U);
  EXPECT_EQ(result("one").restarts, 0);
}

TEST_F(CollectorsTest, TheLogHoldsTheLastWarningsAndErrors) {
  add("one",
      "for i in range(30): log('warning', 'w%d' % i)\n"
      "log('info', 'i')\nlog('debug', 'd')\nlog('error', 'e \\x1b[31m')\n");
  load();
  const std::vector<std::string> log = result("one").log;
  ASSERT_EQ(log.size(), 20U);
  EXPECT_EQ(log.front(), "warning: w11");
  EXPECT_EQ(log.back(), "error: e ?[31m");
}

TEST_F(CollectorsTest, WorkersAreToldTheirLimitsAndNothingOfOurEnvironment) {
  setenv("MELISAI_TEST_SECRET", "leaked", 1);
  write_program(path("worker"), "#!/bin/sh\n{ echo \"$@\"; env; } > " + path("seen") + "\n");
  add("one");
  std::ofstream(path("plugins/two.so")) << std::flush;
  options_.memory_max = 1'000;
  options_.log_max = 2'000;
  options_.restarts_max = 0;
  options_.collectors_max = 1;
  load();
  EXPECT_THAT(process_test::read_all(path("seen")),
              HasSubstr("--memory-max 1000 --log-max 2000 --program " + path("plugins/one\n")));
  EXPECT_THAT(process_test::read_all(path("seen")), ::testing::Not(HasSubstr("leaked")));
  unlink(path("plugins/one").c_str());
  load();
  EXPECT_THAT(process_test::read_all(path("seen")),
              HasSubstr("--memory-max 1000 --log-max 2000 " + path("plugins/two.so\n")));
}

TEST_F(CollectorsTest, WithoutTheWorkerProgramEachSaysSo) {
  add("one");
  unlink(path("worker").c_str());
  load();
  EXPECT_EQ(result("one").status, CollectorStatus::failed);
  EXPECT_THAT(result("one").reason, HasSubstr("cannot run " + path("worker")));
  EXPECT_THAT(window(), IsEmpty());
}

TEST_F(CollectorsTest, LeaveWhenTheyAreAskedTo) {
  add("one", "def quit(m):\n    open(__file__ + '.left', 'w').close()\n    sys.exit(0)\n");
  load();
  collectors_.reset();
  EXPECT_EQ(access(path("plugins/one.left").c_str(), F_OK), 0);
}

TEST_F(CollectorsTest, TheOpenWindowOfARunThatWasCutOffHoldsNobodyUp) {
  add("one", "def stop(m): hang()\ndef quit(m): hang()\n");
  load();
  collectors_->before_exec({.root_pid = 1});
  const auto begin = process_test::steady_clock::now();
  collectors_.reset();
  EXPECT_LT(process_test::steady_clock::now() - begin, std::chrono::seconds(3));
}

}  // namespace
}  // namespace melisai::collect
