#include "core/serve/notify_sinks.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/serve/web_message.h"
#include "tests/fakes/fake_http_client.h"
#include "tests/fakes/fake_process_runner.h"
#include "tests/unit/serve/loop_fixture.h"
#include "tests/unit/serve/notice_fixture.h"

namespace melisai::serve {
namespace notify_sinks_test {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Hands every command to a function of the test.
class Scripted final : public ProcessRunner {
 public:
  explicit Scripted(FakeProcessRunner& runner) : runner_(runner) {}
  Result<Exit> run(const Command& command) override { return runner_.run(command); }
  Result<Exit> run_observed(const Command& command, RunObserver& observer) override {
    return runner_.run_observed(command, observer);
  }

 private:
  FakeProcessRunner& runner_;
};

/// One client for all deliveries.
class Shared final : public HttpClient {
 public:
  explicit Shared(FakeHttpClient& client) : client_(client) {}
  Result<HttpAnswer> send(const HttpCall& call, const Interrupt& interrupt) override {
    return client_.send(call, interrupt);
  }

 private:
  FakeHttpClient& client_;
};

class NotifySinks : public WithLoop {
 protected:
  NotifySinks() {
    world.make_runner = [this](const Interrupt&) { return std::make_unique<Scripted>(runner); };
    world.send_mail = [this](const std::string& request, Milliseconds, const Interrupt&) {
      mails.push_back(json::parse(request));
      return Result<void>();
    };
    world.open_web = [this]() -> Result<std::unique_ptr<HttpClient>> {
      return std::make_unique<Shared>(web);
    };
  }
  std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const Sink& sink : sinks_of(context)) all.push_back(sink.name);
    return all;
  }
  Result<void> deliver(const std::string& name) {
    for (const Sink& sink : sinks_of(context))
      if (sink.name == name) return sink.deliver(failure_notice(), interrupt);
    return Error{Errc::not_found, "no sink " + name};
  }
  std::size_t leftovers() {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory.path()))
      count += entry.path().filename().string().starts_with("notice-") ? 1 : 0;
    return count;
  }

  std::string input;
  FakeProcessRunner runner{[this](const Command& command) {
    input = read_file(command.stdin_file, 1 << 20).value();
    return Exit{};
  }};
  std::vector<json> mails;
  FakeHttpClient web;
};

TEST_F(NotifySinks, AreWhatIsConfigured) {
  EXPECT_THAT(names(), ElementsAre("log"));
  config.notify = {.command = {.shell = "tell", .argv = {}},
                   .email = {.host = "mail", .from = "a@b", .to = {"c@d"}},
                   .web = {.url = "https://chat"},
                   .log = false};
  EXPECT_THAT(names(), ElementsAre("command", "email", "webhook"));
  config.orchestrator.failure = {.escalate_after = 5, .notify = false, .pause = true};
  const NoticeRules rules = notice_rules(config, sinks_of(context));
  EXPECT_EQ(rules.escalate_after, 5);
  EXPECT_FALSE(rules.failures);
  EXPECT_TRUE(rules.pause);
  EXPECT_THAT(rules.sinks, ElementsAre("command", "email", "webhook"));
}

TEST_F(NotifySinks, TheCommandReadsTheNotice) {
  config.notify.command.argv = {"/usr/bin/tell", "$(team)"};
  config.notify.timeout = Milliseconds(1234);
  EXPECT_TRUE(deliver("command"));
  EXPECT_EQ(json::parse(input)["run"], "demo/build#3");
  ASSERT_EQ(runner.commands.size(), 1u);
  EXPECT_THAT(runner.commands[0].argv, ElementsAre("/usr/bin/tell", "$(team)")) << "no shell";
  EXPECT_EQ(runner.commands[0].timeout, Milliseconds(1234));
  EXPECT_EQ(leftovers(), 0u);
}

TEST_F(NotifySinks, ACommandThatFailsSaysWhy) {
  config.notify.command.argv = {"tell"};
  runner = FakeProcessRunner([](const Command& command) {
    FakeProcessRunner::print(command, "first\nno\x1b[2J network\n");
    return Exit{.end = Exit::End::exited, .code = 3};
  });
  const Result<void> delivered = deliver("command");
  ASSERT_FALSE(delivered);
  EXPECT_EQ(delivered.error().message, "tell: exit code 3: no?[2J network");
  EXPECT_EQ(leftovers(), 0u);
}

TEST_F(NotifySinks, ACommandThatHangsIsATimeout) {
  config.notify.command.argv = {"tell"};
  runner = FakeProcessRunner([](const Command&) { return Exit{.end = Exit::End::timed_out}; });
  EXPECT_THAT(deliver("command").error().message, HasSubstr("did not finish within 30 s"));
}

TEST_F(NotifySinks, MailGoesToTheServerOfTheConfiguration) {
  config.notify.email = {.host = "mail.example",
                         .port = 587,
                         .ca_file = "/ca.pem",
                         .user = "gate",
                         .password = "secret",
                         .from = "a@b",
                         .to = {"c@d"}};
  EXPECT_TRUE(deliver("email"));
  ASSERT_EQ(mails.size(), 1u);
  EXPECT_EQ(mails[0]["host"], "mail.example");
  EXPECT_EQ(mails[0]["tls"], "starttls");
  EXPECT_EQ(mails[0]["password"], "secret");
  EXPECT_EQ(mails[0]["to"], json({"c@d"}));
  EXPECT_THAT(mails[0]["message"].get<std::string>(), HasSubstr("Subject: [melisai-gate] error"));
}

TEST_F(NotifySinks, AWebServiceGetsTheNotice) {
  config.notify.web = {
      .url = "https://chat.example/secret", .token = "t0ken", .allow_private = true};
  config.notify.timeout = Milliseconds(1234);
  web.scripted = {HttpAnswer{.status = 204, .headers = {}, .body = ""}};
  EXPECT_TRUE(deliver("webhook"));
  ASSERT_EQ(web.sent.size(), 1u);
  const HttpCall& call = web.sent[0];
  EXPECT_EQ(call.method, "POST");
  EXPECT_EQ(call.url, "https://chat.example/secret");
  EXPECT_EQ(call.bearer, "t0ken");
  EXPECT_TRUE(call.allow_private);
  EXPECT_EQ(call.timeout, Milliseconds(1234));
  EXPECT_EQ(json::parse(call.body)["run"], "demo/build#3");
}

TEST_F(NotifySinks, AWebServiceThatRefusesIsNamedByItsHostOnly) {
  config.notify.web = {.url = "https://chat.example/secret"};
  web.scripted = {HttpAnswer{.status = 404, .headers = {}, .body = "no such hook"}};
  const Result<void> delivered = deliver("webhook");
  ASSERT_FALSE(delivered);
  EXPECT_EQ(delivered.error().message, "chat.example: answered 404");
}

TEST_F(NotifySinks, ChatShowsTextAndMentionsNobody) {
  config.notify.web = {.url = "https://chat.example/secret",
                       .format = WebNoticeOptions::Format::slack};
  Notice notice = failure_notice();
  notice.reason = "<!channel> @all <https://evil|here> &amp;";
  const json body = json::parse(web_call(notice, config.notify).body);
  ASSERT_EQ(body.size(), 1u);
  const std::string text = body["text"];
  EXPECT_THAT(text, HasSubstr("demo/build#3 failed on "));
  EXPECT_THAT(text, HasSubstr("&lt;!channel&gt; @\u200ball &lt;https://evil|here&gt; &amp;amp;"));
}

}  // namespace notify_sinks_test
}  // namespace melisai::serve
