// A queue with one pull request, number 7 of "demo", from a fork unless it is said to be trusted.
#pragma once

#include "core/store/queue.h"
#include "tests/unit/store/store_fixture.h"

namespace melisai::store {
namespace pull_requests_test {

using Action = Approval::Action;
using Kind = RunEvent::Kind;
using Outcome = PipelineRun::Outcome;

inline const std::string kFirst(40, 'a');
inline const std::string kSecond(40, 'b');
inline const std::string kRef = "refs/pull/7/head";

class PullRequests : public StoreTest {
 protected:
  Queue queue = open();

  Queue open() {
    auto opened = Queue::open_writer(state_dir);
    EXPECT_TRUE(opened) << opened.error().message;
    return *std::move(opened);
  }
  static RunEvent proposed(const std::string& sha, bool trusted = false) {
    RunEvent event;
    event.kind = Kind::pull_request;
    event.project = "demo";
    event.ref = kRef;
    event.sha = sha;
    event.trusted = trusted;
    event.cause = "pull request 7 for main";
    event.received_at = at(kNow);
    event.proposal =
        Proposal{.number = 7, .base = "refs/heads/main", .author = "ann", .approved_by = ""};
    return event;
  }
  Accepted accept(const RunEvent& event) {
    const auto accepted = queue.accept(event);
    EXPECT_TRUE(accepted) << accepted.error().message;
    return *accepted;
  }
  PullRequest known() { return queue.pull_request("demo", 7)->value(); }
  std::vector<std::int64_t> open_events() {
    std::vector<std::int64_t> ids;
    for (const OpenEvent& open : queue.open_events().value()) ids.push_back(open.event.id);
    return ids;
  }
  PipelineRun planned(std::int64_t event, const std::string& ref = kRef) {
    const auto made = queue.plan(event,
                                 {.ref = ref,
                                  .sha = kFirst,
                                  .before = kSecond,
                                  .configuration = "{}",
                                  .runs = {{.pipeline = "build", .after = {}}}},
                                 at(kNow));
    EXPECT_TRUE(made && *made);
    return (*made)->runs.front();
  }
  Outcome outcome_of(std::int64_t run) { return queue.run(run)->outcome.value_or(Outcome::passed); }
  Result<Approved> approve(const std::string& sha, Action action = Action::approve) {
    return queue.approve(
        {.action = action, .project = "demo", .number = 7, .sha = sha, .by = "token ops"},
        at(kNow + 100));
  }
};

}  // namespace pull_requests_test
}  // namespace melisai::store
