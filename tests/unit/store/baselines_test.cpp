#include "tests/unit/store/store_fixture.h"

namespace melisai::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class StoredBaselines : public StoreTest {
 protected:
  static Report report_of(const std::string& sha) {
    Report report = fixtures::pass_report();
    report.head.sha = sha;
    return report;
  }
  static Store::BaselineKey key(const std::string& branch = "main") {
    return {.project = "my-app",
            .branch = branch,
            .configuration = "c0ffee",
            .fingerprint = "0123456789abcdef"};
  }
  std::optional<Baseline> baseline(const Store::BaselineKey& which) {
    auto found = reader().baseline(which);
    EXPECT_TRUE(found) << found.error().message;
    return *found;
  }
};

TEST_F(StoredBaselines, MoveWithEveryAcceptedRun) {
  Store store = writer();
  const RunId first = finished(store, report_of("aaa"), green());
  Baseline expected{.id = 1,
                    .project = "my-app",
                    .branch = "main",
                    .configuration = "c0ffee",
                    .fingerprint = "0123456789abcdef",
                    .run = first,
                    .sha = "aaa",
                    .set_at = fixtures::pass_report().started_at,
                    .pinned = false};
  EXPECT_EQ(baseline(key()), expected);
  expected.run = finished(store, report_of("bbb"), green());
  expected.sha = "bbb";
  EXPECT_EQ(baseline(key()), expected);
  EXPECT_THAT(*store.baselines("my-app"), ElementsAre(expected));
}

TEST_F(StoredBaselines, AreKeptPerBranchConfigurationAndMachine) {
  Store store = writer();
  finished(store, report_of("aaa"), green());
  finished(store, report_of("bbb"), green("topic"));
  RunContext other_configuration = green();
  other_configuration.configuration = "decaf";
  finished(store, report_of("ccc"), other_configuration);
  Report other_machine = report_of("ddd");
  other_machine.machine.fingerprint = "fedcba9876543210";
  finished(store, other_machine, green());
  Report other_project = report_of("eee");
  other_project.project = "other";
  finished(store, other_project, green());

  EXPECT_EQ(baseline(key())->sha, "aaa");
  EXPECT_EQ(baseline(key("topic"))->sha, "bbb");
  EXPECT_FALSE(baseline(key("elsewhere")));
  EXPECT_EQ(store.baselines("my-app")->size(), 4u);
  EXPECT_EQ(store.baselines("")->size(), 5u);
}

TEST_F(StoredBaselines, StayWhenARunIsNotAcceptedNotTrustedOrHasNoCommitOrBranch) {
  Store store = writer();
  RunContext context = green();
  context.accepts = false;
  finished(store, report_of("aaa"), context);
  context = green();
  context.trusted = false;
  finished(store, report_of("aaa"), context);
  finished(store, report_of(""), green());
  finished(store, report_of("aaa"), green(""));
  EXPECT_THAT(*store.baselines(""), IsEmpty());
}

TEST_F(StoredBaselines, StayWhereAPersonPinnedThem) {
  Store store = writer();
  const RunId first = finished(store, report_of("aaa"), green());
  finished(store, report_of("bbb"), green());
  const auto pinned = store.set_baseline(first, "main", "2026-11-22T00:00:00Z");
  ASSERT_TRUE(pinned) << pinned.error().message;
  EXPECT_EQ(pinned->sha, "aaa");
  EXPECT_EQ(pinned->set_at, "2026-11-22T00:00:00Z");
  EXPECT_TRUE(pinned->pinned);
  finished(store, report_of("ccc"), green());
  EXPECT_EQ(baseline(key()), *pinned);

  ASSERT_TRUE(store.remove_baseline(pinned->id));
  EXPECT_FALSE(baseline(key()));
  finished(store, report_of("ddd"), green());
  EXPECT_EQ(baseline(key())->sha, "ddd");
  EXPECT_NE(baseline(key())->id, pinned->id);
}

TEST_F(StoredBaselines, MayBeSetForAnotherBranch) {
  Store store = writer();
  const RunId run = finished(store, report_of("aaa"), green());
  ASSERT_TRUE(store.set_baseline(run, "release", "2026-11-22T00:00:00Z"));
  EXPECT_EQ(baseline(key("release"))->run, run);
  EXPECT_FALSE(baseline(key())->pinned);
}

TEST_F(StoredBaselines, AreRefusedWithTheReason) {
  Store store = writer();
  RunContext untrusted = green();
  untrusted.trusted = false;
  const RunId of_a_fork = finished(store, report_of("aaa"), untrusted);
  const RunId of_a_worktree = finished(store, report_of(""), green());
  const RunId good = finished(store, report_of("aaa"), green());
  const RunId running = begin(store);
  const auto refusal = [&](RunId run, const std::string& branch) {
    const auto refused = store.set_baseline(run, branch, "2026-11-22T00:00:00Z");
    EXPECT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::usage);
    return refused.error().message;
  };
  EXPECT_THAT(refusal(of_a_fork, "main"), HasSubstr("not trusted"));
  EXPECT_THAT(refusal(of_a_worktree, "main"), HasSubstr("no commit"));
  EXPECT_THAT(refusal(running, "main"), HasSubstr("it is running, not finished"));
  EXPECT_THAT(refusal(good, ""), HasSubstr("branch"));
  const auto missing = store.set_baseline(99, "main", "2026-11-22T00:00:00Z");
  EXPECT_EQ(missing.error().code, Errc::not_found);
}

TEST_F(StoredBaselines, ThatAreNotThereAreNotRemovedButTheOthersNamed) {
  Store store = writer();
  const auto none = store.remove_baseline(1);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Errc::not_found);
  EXPECT_THAT(none.error().message, HasSubstr("known: none"));
  finished(store, report_of("aaa"), green());
  finished(store, report_of("aaa"), green("topic"));
  EXPECT_THAT(store.remove_baseline(7).error().message,
              HasSubstr("there is no baseline 7; known: 1, 2"));
}

class StoredAcknowledgements : public StoreTest {};

TEST_F(StoredAcknowledgements, ComeBackPerProjectUntilTheyAreRemoved) {
  Store store = writer();
  const Acknowledgement any{"parse/*", "cpu_time", "2026-12-31", "a fix is in review", {}};
  const Acknowledgement limited{"sort", "*", "2026-12-01", "bigger tables", 0.2};
  const auto first = store.acknowledge("my-app", any, "2026-11-21T02:00:00Z");
  const auto second = store.acknowledge("my-app", limited, "2026-11-21T03:00:00Z");
  ASSERT_TRUE(store.acknowledge("other", any, "2026-11-21T04:00:00Z"));
  ASSERT_TRUE(first && second);
  const StoredAcknowledgement one{*first, "my-app", "2026-11-21T02:00:00Z", any};
  const StoredAcknowledgement two{*second, "my-app", "2026-11-21T03:00:00Z", limited};
  EXPECT_THAT(*reader().acknowledgements("my-app"), ElementsAre(one, two));
  const std::string sha(40, 'a');
  ASSERT_TRUE(store.acknowledge("of one", any, "2026-11-21T02:00:00Z", sha));
  EXPECT_EQ(reader().acknowledgements("of one")->at(0).commit, sha);

  ASSERT_TRUE(store.remove_acknowledgement(*first));
  EXPECT_THAT(*reader().acknowledgements("my-app"), ElementsAre(two));
  const auto again = store.remove_acknowledgement(*first);
  EXPECT_EQ(again.error().code, Errc::not_found);
  EXPECT_THAT(again.error().message, HasSubstr("known: 2, 3, 4"));
}

}  // namespace
}  // namespace melisai::store
