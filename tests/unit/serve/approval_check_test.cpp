// What a head that waits for approval shows on the forge: a button, and later who pressed it.
#include "core/serve/approval_check.h"

#include "core/api/buttons.h"
#include "core/serve/notify_sinks.h"
#include "tests/unit/publish/fake_forge.h"
#include "tests/unit/serve/loop_fixture.h"

namespace melisai::serve {
namespace approval_check_test {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Forge = publish::testing::FakeForge;
using nlohmann::json;

/// One forge for all deliveries.
class ApprovalClient final : public HttpClient {
 public:
  explicit ApprovalClient(Forge& forge) : forge_(forge) {}
  Result<HttpAnswer> send(const HttpCall& call, const Interrupt& interrupt) override {
    return forge_.send(call, interrupt);
  }

 private:
  Forge& forge_;
};

class ApprovalCheck : public WithLoop {
 protected:
  ApprovalCheck() {
    world.open_web = [this]() -> Result<std::unique_ptr<HttpClient>> {
      return std::make_unique<ApprovalClient>(forge);
    };
    configure("app: { id: 7, key_file: app.pem }, publish: status");
  }
  void configure(const std::string& forge_of_project) {
    config = config_of(
        "project: { name: demo, repository: 'https://github.com/team/demo', webhook: { secret: "
        "'${WEBHOOK_SECRET}' }, forge: { " +
        forge_of_project + " } }");
    queue.set_notice_rules(notice_rules(config, sinks_of(context)));
  }
  void propose(const std::string& sha, bool trusted = false) {
    RunEvent event = push_of("demo", sha);
    event.kind = RunEvent::Kind::pull_request;
    event.ref = "refs/pull/7/head";
    event.trusted = trusted;
    event.proposal =
        Proposal{.number = 7, .base = "refs/heads/main", .author = "eve", .approved_by = ""};
    ASSERT_TRUE(queue.accept(event));
  }
  /// For the forge.
  std::vector<store::Delivery> waiting() {
    std::vector<store::Delivery> all = queue.waiting_deliveries(100).value();
    std::erase_if(all, [](const store::Delivery& each) { return each.sink == "log"; });
    return all;
  }
  /// As somebody whom this forge lets in.
  Result<void> deliver(const store::Delivery& delivery) {
    WatchedProject project = config.projects.front();
    project.forge->app = {};
    project.forge->token = "t0ken";
    return publish_approval(delivery.notice, project, context, interrupt);
  }

  Forge forge;
};

TEST_F(ApprovalCheck, IsAtTheHeadThatWaitsWithAButton) {
  propose(kShaA);
  ASSERT_THAT(waiting(), SizeIs(1));
  EXPECT_TRUE(deliver(waiting()[0]));
  ASSERT_THAT(forge.checks, SizeIs(1));
  const json check = forge.checks[0];
  EXPECT_EQ(check["name"], "melisai-gate/approval.7");
  EXPECT_EQ(check["head_sha"], kShaA);
  EXPECT_EQ(check["status"], "completed");
  EXPECT_EQ(check["conclusion"], "action_required");
  const std::string id = check["external_id"];
  EXPECT_EQ(api::number_of_approval(id), 7);
  EXPECT_EQ(api::run_of_check_run(id), std::nullopt);
  ASSERT_THAT(check["actions"], SizeIs(1));
  const json button = check["actions"][0];
  EXPECT_EQ(button["identifier"], api::kApprove);
  EXPECT_LE(button["label"].get<std::string>().size(), 20u);
  EXPECT_LE(button["identifier"].get<std::string>().size(), 20u);
  EXPECT_LE(button["description"].get<std::string>().size(), 40u);
  for (const std::string& way :
       {"/melisai-gate approve " + std::string(kShaA),
        "melisai-gate approve demo 7 " + std::string(kShaA), std::string("melisai-gate:approved")})
    EXPECT_THAT(check["output"]["summary"].get<std::string>(), HasSubstr(way));
  EXPECT_THAT(forge.comments, IsEmpty());
}

TEST_F(ApprovalCheck, IsOneHoweverOftenItIsDelivered) {
  propose(kShaA);
  EXPECT_TRUE(deliver(waiting()[0]));
  EXPECT_TRUE(deliver(waiting()[0])) << "the daemon was killed before it wrote down the first";
  EXPECT_THAT(forge.checks, SizeIs(1));
}

TEST_F(ApprovalCheck, SaysThatSomebodyApprovedAndHasNoButtonThen) {
  propose(kShaA);
  EXPECT_TRUE(deliver(waiting()[0]));
  ASSERT_TRUE(
      queue.approve({.project = "demo", .number = 7, .sha = kShaA, .by = "comment of wen"}, kNow));
  ASSERT_THAT(waiting(), SizeIs(1));
  EXPECT_TRUE(deliver(waiting()[0]));
  EXPECT_TRUE(deliver(waiting()[0]));
  ASSERT_THAT(forge.checks, SizeIs(2));
  const json check = forge.checks[1];
  EXPECT_EQ(check["name"], forge.checks[0]["name"]) << "or the old one would count on";
  EXPECT_EQ(check["head_sha"], kShaA);
  EXPECT_EQ(check["conclusion"], "neutral");
  EXPECT_EQ(check["output"]["title"], "Approved by comment of wen");
  EXPECT_FALSE(check.contains("actions"));
}

TEST_F(ApprovalCheck, IsOfNoHeadThatNobodyHasToApprove) {
  propose(kShaA, true);
  EXPECT_THAT(waiting(), IsEmpty());
}

TEST_F(ApprovalCheck, IsMadeByAppsAlone) {
  configure("token: '${FORGE_TOKEN}', publish: comment");
  propose(kShaA);
  EXPECT_THAT(waiting(), IsEmpty()) << "nobody would be told who pressed it";
  configure("app: { id: 7, key_file: app.pem }, publish: off");
  propose(kShaB);
  EXPECT_THAT(waiting(), IsEmpty());
}

}  // namespace approval_check_test
}  // namespace melisai::serve
