#include "core/serve/unchanged.h"

#include "tests/fakes/fake_git_repo.h"
#include "tests/unit/serve/run_fixture.h"

namespace melisai::serve {
namespace unchanged_test {

using Outcome = PipelineRun::Outcome;

const std::string kShaC(40, 'c');

class Unchanged : public WithQueue {
 protected:
  Unchanged() {
    described.pipeline.spec.name = "test";
    described.pipeline.spec.run.shell = "make test";
    with = tested_with(described);
  }
  struct Facts {
    std::string sha = kShaA;
    RunEvent::Kind kind = RunEvent::Kind::push;
    std::string ref = "refs/heads/main";
    std::map<std::string, std::string> params = {};
    std::string configuration = "{}";
    bool trusted = true;
  };
  /// A run of "test" that waits for its turn.
  PipelineRun add(const Facts& facts) {
    RunEvent event = push_of("demo", facts.sha);
    event.kind = facts.kind;
    event.ref = facts.ref;
    event.params = facts.params;
    event.trusted = facts.trusted;
    const auto accepted = queue.accept(event);
    EXPECT_TRUE(accepted && !accepted->duplicate());
    const auto planned = queue.plan(accepted->event,
                                    {.ref = facts.ref,
                                     .sha = facts.sha,
                                     .configuration = facts.configuration,
                                     .runs = {{.pipeline = "test", .after = {}}}},
                                    kNow);
    EXPECT_TRUE(planned) << planned.error().message;
    return planned->value().runs.front();
  }
  /// With an attempt, as if something had run.
  void end(const PipelineRun& run, Outcome outcome, const std::string& reason = "") {
    const auto attempt = queue.begin_attempt(run.id, directory.path(), "boot", kNow);
    ASSERT_TRUE(attempt && *attempt);
    const std::string& left = (*attempt)->directory;
    ASSERT_TRUE(make_directories(left));
    if (!with.empty()) {
      ASSERT_TRUE(write_file(left + "/" + kTestedWithFile, with));
    }
    ASSERT_TRUE(queue.end_attempt(**attempt, {.outcome = outcome, .reason = reason}, kNow));
  }
  void add_passed(const Facts& facts) { end(add(facts), Outcome::passed); }
  std::string answer(const PipelineRun& run, WallTime now = kNow) {
    const Task task{.run = run, .event = queue.event(run.event).value(), .siblings = {}};
    const auto passed =
        passed_as({.task = task, .described = described, .with = with, .now = now}, queue, git);
    EXPECT_TRUE(passed) << passed.error().message;
    return passed ? *passed : "(error)";
  }
  /// Of a push of the second commit, whose files are those of the first one unless git says else.
  std::string answer_now() { return answer(add({.sha = kShaB})); }

  Described described;
  std::string with;  // "": nobody knows
  FakeGitRepo git;
};

const std::string kAsFirst = "passed as demo/test#1: no file differs";

TEST_F(Unchanged, PassesAsTheRunWithTheSameFiles) {
  add_passed({});
  EXPECT_EQ(answer_now(), kAsFirst);
  EXPECT_EQ(git.diffs, std::vector<std::string>{kShaA + ".." + kShaB});
}

TEST_F(Unchanged, RunsWhatHasOtherFiles) {
  add_passed({});
  git.changed = {"README.md"};
  EXPECT_EQ(answer_now(), "");
}

TEST_F(Unchanged, RunsWhatFailedSinceOnTheSameFiles) {
  add_passed({});
  end(add({.sha = kShaC}), Outcome::failed);
  EXPECT_EQ(answer_now(), "");
}

TEST_F(Unchanged, RunsWhatDiffersInMoreThanFiles) {
  add_passed({.params = {{"type", "unit"}}});
  add_passed({.sha = kShaC, .configuration = "{\"other\":1}"});
  add_passed({.ref = "refs/heads/topic"});
  EXPECT_EQ(answer_now(), "");
}

TEST_F(Unchanged, RunsWhatRanWithAnotherToolchain) {
  add_passed({});
  with = "after an upgrade";
  EXPECT_EQ(answer(add({.sha = kShaB})), "");
  with = "";
  end(add({.sha = kShaC}), Outcome::passed);
  with = "after another one";
  EXPECT_EQ(answer(add({.sha = kShaB})), "") << "nobody knows what the last one ran with";
}

TEST_F(Unchanged, TheEnvironmentOfStagesTells) {
  EXPECT_EQ(tested_with(described), with);
  setenv("CC", "another-compiler", 1);
  EXPECT_NE(tested_with(described), with);
  unsetenv("CC");
  described.pipeline.spec.env["CFLAGS"] = "-O2";
  EXPECT_NE(tested_with(described), with);
}

TEST_F(Unchanged, TrustIsNotInherited) {
  add_passed({.trusted = false});
  EXPECT_EQ(answer_now(), "");
}

TEST_F(Unchanged, RunsWhatSomebodyAskedFor) {
  add_passed({});
  EXPECT_EQ(answer(add({.sha = kShaB, .kind = RunEvent::Kind::manual})), "");
  EXPECT_EQ(answer(add({.sha = kShaB, .kind = RunEvent::Kind::cron})), "");
}

TEST_F(Unchanged, APassCountsForADay) {
  add_passed({});
  const PipelineRun run = add({.sha = kShaB});
  EXPECT_EQ(answer(run, kNow + kPassCounts), kAsFirst);
  EXPECT_EQ(answer(run, kNow + kPassCounts + std::chrono::seconds(1)), "");
}

TEST_F(Unchanged, ARunThatDidNotRunStandsForNobody) {
  add_passed({});
  end(add({.sha = kShaB}), Outcome::passed, kAsFirst);
  EXPECT_EQ(answer(add({.sha = kShaC})), kAsFirst) << "the one that ran, not the one that did not";
  git.changed = {"a.c"};
  EXPECT_EQ(answer(add({.sha = kShaB})), "");
}

TEST_F(Unchanged, OnlyTestsAreKnownToChangeNothingElse) {
  add_passed({});
  const PipelineRun run = add({.sha = kShaB});
  described.pipeline.spec.name = "deploy";
  EXPECT_EQ(answer(run), "");
  described.pipeline.spec.name = "test";
  described.pipeline.spec.benchmarks.resize(1);
  EXPECT_EQ(answer(run), "") << "it measures";
}

TEST_F(Unchanged, AWordTellsTests) {
  for (const char* name : {"test", "unit-tests", "test_slow", "Test", "check.test"})
    EXPECT_TRUE(names_tests(name)) << name;
  for (const char* name : {"deploy", "latest", "attest", "testbed", ""})
    EXPECT_FALSE(names_tests(name)) << name;
}

}  // namespace unchanged_test
}  // namespace melisai::serve
