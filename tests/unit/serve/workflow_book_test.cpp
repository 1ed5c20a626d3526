// What becomes of workflows that admins store, change and remove.
#include "core/serve/workflow_book.h"

#include "tests/unit/serve/loop_fixture.h"

namespace melisai::serve {
namespace workflow_book_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Kind = api::WorkflowRefusal::Kind;

constexpr const char* kText = "w: { steps: [ { pipeline: test } ] }";

class WorkflowBookTest : public WithLoop {
 protected:
  WorkflowBookTest() {
    config = config_of(kProject +
                       "pipelines: { test: { trigger: manual, run: make } }\n"
                       "workflows: { nightly: { steps: [ { pipeline: test } ] } }\n");
    EXPECT_TRUE(book.open());
  }

  api::WorkflowResult create(const std::string& text) {
    return book.create({.text = text, .by = "ops"});
  }
  api::WorkflowView view(const api::WorkflowResult& result) {
    const auto* const refusal = std::get_if<api::WorkflowRefusal>(&result);
    EXPECT_EQ(refusal, nullptr) << refusal->message;
    return refusal == nullptr ? std::get<api::WorkflowView>(result) : api::WorkflowView{};
  }
  Kind kind(const api::WorkflowResult& result) {
    const auto* const refusal = std::get_if<api::WorkflowRefusal>(&result);
    EXPECT_NE(refusal, nullptr) << "it was taken";
    return refusal == nullptr ? Kind::not_now : refusal->kind;
  }
  std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const api::WorkflowView& each : book.all()) all.push_back(each.name);
    return all;
  }

  int changes = 0;
  WorkflowBook book{context, [this] { ++changes; }};
};

TEST_F(WorkflowBookTest, WhatIsStoredIsInForceAtOnceAndAfterTheDaemon) {
  const api::WorkflowView made = view(create(kText));
  EXPECT_EQ(made.name, "w");
  EXPECT_EQ(made.changed_by, "ops");
  EXPECT_EQ(made.problem, "");
  EXPECT_EQ(changes, 1);
  EXPECT_THAT(names(), ElementsAre("nightly", "w"));
  EXPECT_THAT(book.names_for("demo"), ElementsAre("nightly", "w"));
  EXPECT_THAT(book.names_for("other"), ElementsAre("nightly", "w"));
  context.workflows = nullptr;
  WorkflowBook next(context, [] {});
  ASSERT_TRUE(next.open());
  EXPECT_EQ(context.workflows->all.size(), 2u);
  EXPECT_EQ(next.find("w")->revision, made.revision);
  EXPECT_EQ(next.find("w")->text, kText);
}

TEST_F(WorkflowBookTest, OfTwoAdminsNoneUndoesWhatTheOtherHasDone) {
  const std::int64_t first = view(create(kText)).revision;
  const std::int64_t second =
      view(book.replace("w", first,
                        {.text = "w: { timeout: 1h, steps: [ { pipeline: test } ] }", .by = "one"}))
          .revision;
  EXPECT_EQ(kind(book.replace("w", first, {.text = kText, .by = "two"})), Kind::stale);
  EXPECT_EQ(kind(book.remove("w", first, "two")), Kind::stale);
  EXPECT_EQ(book.find("w")->changed_by, "one");
  EXPECT_EQ(view(book.remove("w", second, "one")).name, "w");
  EXPECT_FALSE(book.find("w"));
  EXPECT_EQ(kind(book.remove("w", second, "one")), Kind::unknown);
  EXPECT_EQ(changes, 3);
}

TEST_F(WorkflowBookTest, ThoseOfTheFileAreReadOnly) {
  EXPECT_TRUE(book.find("nightly")->of_file);
  EXPECT_EQ(kind(create("nightly: { steps: [ { pipeline: test } ] }")), Kind::conflict);
  EXPECT_EQ(kind(book.replace("nightly", 0, {.text = kText, .by = "ops"})), Kind::conflict);
  EXPECT_EQ(kind(book.remove("nightly", 0, "ops")), Kind::conflict);
  EXPECT_THAT(queue.workflows().value(), IsEmpty());
}

TEST_F(WorkflowBookTest, WhatAnotherContainsStays) {
  const std::int64_t inner = view(create(kText)).revision;
  const std::int64_t outer = view(create("outer: { steps: [ { workflow: w } ] }")).revision;
  const auto refused = book.remove("w", inner, "ops");
  EXPECT_EQ(kind(refused), Kind::conflict);
  EXPECT_THAT(std::get<api::WorkflowRefusal>(refused).message, HasSubstr("is a step of 'outer'"));
  EXPECT_EQ(kind(book.replace("w", inner,
                              {.text = "w: { steps: [ { workflow: outer } ] }", .by = "ops"})),
            Kind::wrong)
      << "a cycle";
  EXPECT_EQ(view(book.remove("outer", outer, "ops")).name, "outer");
  EXPECT_EQ(view(book.remove("w", inner, "ops")).name, "w");
}

TEST_F(WorkflowBookTest, WhatIsWrongChangesNothing) {
  const std::int64_t revision = view(create(kText)).revision;
  EXPECT_EQ(kind(create("v: { steps: [ { pipeline: tset } ] }")), Kind::wrong);
  EXPECT_EQ(kind(create("[")), Kind::malformed);
  EXPECT_EQ(kind(create(kText)), Kind::conflict);
  EXPECT_EQ(kind(book.replace("w", revision,
                              {.text = "v: { steps: [ { pipeline: test } ] }", .by = "ops"})),
            Kind::wrong);
  config.http.workflow_size_max = 20;
  EXPECT_EQ(kind(create("v: { steps: [ { pipeline: test } ] }")), Kind::too_long);
  config.http.workflow_size_max = 1000;
  config.http.workflows_max = 1;
  EXPECT_EQ(kind(create("v: { steps: [ { pipeline: test } ] }")), Kind::conflict);
  EXPECT_EQ(changes, 1);
  EXPECT_EQ(queue.workflows().value().size(), 1u);
  EXPECT_EQ(book.find("w")->revision, revision);
}

TEST_F(WorkflowBookTest, WhatCannotBeInForceIsShownWithItsProblemAndCanBeMended) {
  const std::int64_t revision =
      queue.store_workflow({.name = "w", .text = "w: { steps: [ { pipeline: lint } ] }"})
          .value()
          .value();
  ASSERT_TRUE(book.open());
  const auto broken = book.find("w");
  ASSERT_TRUE(broken);
  EXPECT_THAT(broken->problem, HasSubstr("no pipeline is called 'lint'"));
  EXPECT_EQ(broken->definition, "");
  EXPECT_THAT(book.names_for("demo"), ElementsAre("nightly"));
  EXPECT_EQ(view(book.replace("w", revision, {.text = kText, .by = "ops"})).problem, "");
  EXPECT_THAT(book.names_for("demo"), ElementsAre("nightly", "w"));
}

}  // namespace workflow_book_test
}  // namespace melisai::serve
