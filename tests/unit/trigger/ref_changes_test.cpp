#include "core/trigger/ref_changes.h"

#include <gmock/gmock.h>

namespace melisai::trigger {
namespace {

using Kind = RefEvent::Kind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const RefFilter kFilter{.branches = {"main", "release/*"}, .tags = {"v*"}};

/// A daemon that accepts whatever it sees.
class Watched {
 public:
  std::vector<RefEvent> see(const std::vector<RemoteRef>& seen,
                            FirstSight first_sight = FirstSight::none) {
    const auto events = ref_changes(accepted_, seen, kFilter, first_sight);
    if (!accepted_) accepted_.emplace();
    for (const RefEvent& event : events) {
      if (event.after.empty())
        accepted_->erase(event.ref);
      else
        (*accepted_)[event.ref] = event.after;
    }
    return events;
  }

 private:
  std::optional<Refs> accepted_;
};

/// "push refs/heads/main a b run"
std::string text(const RefEvent& event) {
  const std::map<Kind, std::string> kinds = {{Kind::push, "push"},
                                             {Kind::tag, "tag"},
                                             {Kind::branch_created, "branch_created"},
                                             {Kind::ref_deleted, "ref_deleted"}};
  return kinds.at(event.kind) + " " + event.ref + " '" + event.before + "' '" + event.after + "'" +
         (event.starts_run ? " run" : "");
}

std::vector<std::string> texts(const std::vector<RefEvent>& events) {
  std::vector<std::string> texts;
  for (const RefEvent& event : events) texts.push_back(text(event));
  return texts;
}

TEST(RefChanges, ARepeatedAnswerIsNoEvent) {
  Watched repository;
  repository.see({{"refs/heads/main", "a"}, {"refs/tags/v1", "a"}});
  EXPECT_THAT(repository.see({{"refs/heads/main", "a"}, {"refs/tags/v1", "a"}}), IsEmpty());
}

TEST(RefChanges, APushBackToAnEarlierCommitIsANewEvent) {
  Watched repository;
  repository.see({{"refs/heads/main", "a"}});
  EXPECT_THAT(texts(repository.see({{"refs/heads/main", "b"}})),
              ElementsAre("push refs/heads/main 'a' 'b' run"));
  EXPECT_THAT(texts(repository.see({{"refs/heads/main", "a"}})),
              ElementsAre("push refs/heads/main 'b' 'a' run"));
}

TEST(RefChanges, ABranchThatComesBackIsANewEvent) {
  Watched repository;
  repository.see({{"refs/heads/main", "a"}, {"refs/heads/release/1", "b"}});
  EXPECT_THAT(texts(repository.see({{"refs/heads/main", "a"}})),
              ElementsAre("ref_deleted refs/heads/release/1 'b' ''"));
  EXPECT_THAT(texts(repository.see({{"refs/heads/main", "a"}, {"refs/heads/release/1", "b"}})),
              ElementsAre("branch_created refs/heads/release/1 '' 'b' run"));
}

TEST(RefChanges, NewMovedAndDeletedTags) {
  Watched repository;
  repository.see({{"refs/heads/main", "a"}});
  EXPECT_THAT(texts(repository.see({{"refs/heads/main", "a"}, {"refs/tags/v1", "a"}})),
              ElementsAre("tag refs/tags/v1 '' 'a' run"));
  EXPECT_THAT(texts(repository.see({{"refs/heads/main", "a"}, {"refs/tags/v1", "b"}})),
              ElementsAre("tag refs/tags/v1 'a' 'b' run"));
  EXPECT_THAT(texts(repository.see({{"refs/heads/main", "a"}})),
              ElementsAre("ref_deleted refs/tags/v1 'b' ''"));
}

TEST(RefChanges, WhatTheFilterHoldsBackIsOnlyRecorded) {
  Watched repository;
  repository.see({{"refs/heads/main", "a"}});
  EXPECT_THAT(
      texts(repository.see(
          {{"refs/heads/main", "a"}, {"refs/heads/topic", "b"}, {"refs/tags/nightly", "b"}})),
      ElementsAre("branch_created refs/heads/topic '' 'b'", "tag refs/tags/nightly '' 'b'"));
}

TEST(RefChanges, AWiderFilterDoesNotStartOldTags) {
  const Refs accepted = {{"refs/heads/main", "a"}, {"refs/tags/nightly", "a"}};
  const std::vector<RemoteRef> seen = {{"refs/heads/main", "a"}, {"refs/tags/nightly", "a"}};
  EXPECT_THAT(ref_changes(accepted, seen, {.branches = {"*"}, .tags = {"*"}}, FirstSight::every),
              IsEmpty());
}

TEST(RefChanges, FirstSightRunsTheBranchesThatAreNamedAndNoTag) {
  const std::vector<RemoteRef> seen = {{"refs/heads/main", "a"},
                                       {"refs/heads/release/1", "b"},
                                       {"refs/heads/topic", "c"},
                                       {"refs/tags/v1", "a"}};
  const auto started = [&](FirstSight first_sight) {
    std::vector<std::string> refs;
    const auto events = ref_changes(std::nullopt, seen, kFilter, first_sight);
    EXPECT_EQ(events.size(), seen.size()) << "everything is recorded";
    for (const RefEvent& event : events)
      if (event.starts_run) refs.push_back(event.ref);
    return refs;
  };
  EXPECT_THAT(started(FirstSight::named), ElementsAre("refs/heads/main"));
  EXPECT_THAT(started(FirstSight::every), ElementsAre("refs/heads/main", "refs/heads/release/1"));
  EXPECT_THAT(started(FirstSight::none), IsEmpty());
}

TEST(RefChanges, TheFirstPushToAnEmptyRepositoryRuns) {
  Watched repository;
  EXPECT_THAT(repository.see({}), IsEmpty());
  EXPECT_THAT(texts(repository.see({{"refs/heads/release/1", "a"}})),
              ElementsAre("branch_created refs/heads/release/1 '' 'a' run"));
}

TEST(RefChanges, AnEmptyAnswerDeletesNothing) {
  Watched repository;
  const std::vector<RemoteRef> refs = {{"refs/heads/main", "a"}, {"refs/tags/v1", "a"}};
  repository.see(refs);
  EXPECT_THAT(repository.see({}), IsEmpty());
  EXPECT_THAT(repository.see(refs), IsEmpty());
}

TEST(RefFilter, TakesShortAndFullNames) {
  const RefFilter filter =
      parse_ref_filter({.branches = {"refs/heads/main", "release/*"}, .tags = {"refs/tags/v*"}})
          .value();
  EXPECT_EQ(filter, kFilter);
  EXPECT_TRUE(passes(filter, "refs/heads/release/1.2"));
  EXPECT_TRUE(passes(filter, "refs/tags/v1"));
  EXPECT_FALSE(passes(filter, "refs/heads/v1"));
  EXPECT_FALSE(passes(filter, "refs/tags/main"));
  EXPECT_FALSE(passes(filter, "refs/heads/mainly"));
  EXPECT_FALSE(passes(filter, "main"));
}

TEST(RefFilter, RefusesWhatStrangersPropose) {
  for (const char* glob : {"refs/pull/*", "refs/pull/1/head", "refs/merge-requests/*/head",
                           "refs/changes/*", "refs/heads/refs/pull/1"}) {
    const auto filter = parse_ref_filter({.branches = {glob}, .tags = {}});
    ASSERT_FALSE(filter) << glob;
    EXPECT_EQ(filter.error().code, Errc::config);
    EXPECT_THAT(filter.error().message, HasSubstr("code that anybody may propose"));
  }
  EXPECT_FALSE(parse_ref_filter({.branches = {}, .tags = {"refs/pull/*"}}));
}

TEST(RefFilter, RefusesWhatIsNeitherBranchNorTag) {
  EXPECT_THAT(parse_ref_filter({.branches = {"refs/notes/*"}, .tags = {}}).error().message,
              HasSubstr("'refs/notes/*' cannot be watched here; write names below refs/heads/"));
  EXPECT_FALSE(parse_ref_filter({.branches = {}, .tags = {"refs/heads/main"}}));
  EXPECT_FALSE(parse_ref_filter({.branches = {""}, .tags = {}}));
}

}  // namespace
}  // namespace melisai::trigger
