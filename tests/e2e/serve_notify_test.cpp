// Who is told of failures, by a real program and a real mail server.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/e2e/support/serve.h"
#include "tests/e2e/support/web_server.h"

namespace melisai::e2e {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::chrono::seconds kNoticePatience{
    40};                                        // the machine may be busy; nothing is timed here
constexpr const char* kHang = "sleep 1234.75";  // like no other program's
constexpr const char* kFails = "build: { trigger: on_commit, run: echo broken; exit 3 }\n";
constexpr const char* kPasses = "build: { trigger: on_commit, run: echo built }\n";

class ServeNotify : public Serve {
 protected:
  void TearDown() override {
    if (server_ > 0) {
      kill(server_, SIGKILL);
      waitpid(server_, nullptr, 0);
    }
    Serve::TearDown();
  }

  void configure_all(const std::string& failure_handling, const std::string& notify) {
    std::ofstream(config_file()) << "project: { name: demo, repository: demo.git }\n"
                                 << "orchestrator: { polling_interval: 1, failure_handling: { "
                                 << failure_handling << " } }\nnotify: { " << notify << " }\n";
  }
  /// A program that adds what it reads to the file told().
  std::string teller(const std::string& before = "") {
    const std::string path = root() + "/tell";
    std::ofstream(path) << "#!/bin/sh\n" << before << "\nexec cat >> " << told_file() << "\n";
    chmod(path.c_str(), 0755);
    return path;
  }
  std::string told_file() const { return root() + "/told"; }
  std::vector<json> told() const {
    std::vector<json> all;
    std::ifstream file(told_file());
    for (std::string line; std::getline(file, line);)
      all.push_back(json::parse(line, nullptr, false));
    return all;
  }
  std::vector<std::string> events_told() const {
    std::vector<std::string> events;
    for (const json& notice : told())
      events.push_back(notice["level"].get<std::string>() + " " +
                       notice["event"].get<std::string>());
    return events;
  }
  bool tells(std::size_t count) {
    return eventually([&] { return told().size() >= count; }, kNoticePatience);
  }
  /// Pushes that pipeline and waits for the end of its run.
  std::string outcome_of_push(const std::string& pipelines, int number) {
    write_pipelines(pipelines);
    push();
    return outcome_of("build#" + std::to_string(number));
  }

  std::string mail_dir() const { return root() + "/mail"; }
  /// "127.0.0.1:PORT"; "" when it does not start.
  std::string start_mail_server(const Words& options = {}) {
    std::filesystem::create_directory(mail_dir());
    Words words{"/usr/bin/python3", MELISAI_SOURCE_DIR "/tests/e2e/support/mail_server.py",
                mail_dir()};
    words.insert(words.end(), options.begin(), options.end());
    server_ =
        start_program(words, root(), {.out = root() + "/mail.out", .err = root() + "/mail.err"});
    std::string port;
    EXPECT_TRUE(
        eventually([&] { return static_cast<bool>(std::ifstream(mail_dir() + "/port") >> port); },
                   kNoticePatience));
    return "127.0.0.1:" + port;
  }
  std::string mail(int number) {
    const std::string path = mail_dir() + "/mail-" + std::to_string(number);
    EXPECT_TRUE(eventually([&] { return std::filesystem::exists(path); }, kNoticePatience))
        << status()["notices"];
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  /// Until a delivery was given up; why.
  std::string given_up() {
    std::string problem;
    EXPECT_TRUE(eventually(
        [&] {
          const json notices = status()["notices"];
          problem = notices["problem"];
          return notices["given_up"] == 1;
        },
        kNoticePatience));
    return problem;
  }

 private:
  pid_t server_ = 0;
};

bool has_mail_server() {
  return run_program({"/usr/bin/python3", "-c", "import aiosmtpd"}, "/").code == 0;
}

TEST_F(ServeNotify, FailuresAreToldOnceEscalatedAndTakenBack) {
  configure_all("escalate_after: 3", "command: [" + teller() + "]");
  start();
  ASSERT_EQ(outcome_of_push(kFails, 1), "failed");
  ASSERT_EQ(outcome_of_push(kFails, 2), "failed");
  ASSERT_EQ(outcome_of_push(kFails, 3), "failed");
  ASSERT_EQ(outcome_of_push(kPasses, 4), "passed");
  ASSERT_TRUE(tells(3));
  EXPECT_THAT(events_told(), ElementsAre("error failed", "critical escalated", "info recovered"));
  const json first = told().front();
  EXPECT_EQ(first["run"], "demo/build#1");
  EXPECT_EQ(first["branch"], "main");
  EXPECT_EQ(first["outcome"], "failed");
  EXPECT_EQ(first["commit"], run_of("build#1")["commit"]);
  EXPECT_TRUE(std::filesystem::exists(first["log"].get<std::string>()));
  EXPECT_EQ(told()[1]["failures_in_a_row"], 3);
  EXPECT_THAT(daemon_log(), HasSubstr("notice: demo/build#3 keeps failing on main"));
}

TEST_F(ServeNotify, AHangingProgramIsEndedAndDelaysNothing) {
  configure_all("max_retries: 0", "command: [" + teller(kHang) + "], timeout: 1s, max_retries: 0");
  start();
  ASSERT_EQ(outcome_of_push(kFails, 1), "failed");
  EXPECT_EQ(outcome_of_push(kPasses, 2), "passed");
  EXPECT_TRUE(eventually([&] { return status()["notices"]["given_up"] == 2; }, kNoticePatience));
  EXPECT_THAT(status()["notices"]["problem"].get<std::string>(),
              HasSubstr("did not finish within 1 s"));
  EXPECT_THAT(daemon_log(), HasSubstr("given up"));
  EXPECT_THAT(processes_with(kHang), IsEmpty());
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(ServeNotify, WhatAKilledDaemonCouldNotTellTheNextOneTells) {
  const std::string hold = root() + "/hold";
  std::ofstream(hold).close();
  configure_all("max_retries: 0",
                "command: [" +
                    teller("echo x >> " + root() + "/begun; test ! -e " + hold + " || " + kHang) +
                    "]");
  start();
  ASSERT_EQ(outcome_of_push(kFails, 1), "failed");
  ASSERT_TRUE(
      eventually([&] { return std::filesystem::exists(root() + "/begun"); }, kNoticePatience));
  kill_daemon();
  EXPECT_THAT(told(), IsEmpty());
  std::filesystem::remove(hold);
  start();
  ASSERT_TRUE(tells(1));
  EXPECT_THAT(events_told(), ElementsAre("error failed"));
  EXPECT_THAT(query("SELECT sink, state FROM deliveries ORDER BY sink"),
              ElementsAre("command|delivered", "log|delivered"));
}

TEST_F(ServeNotify, AFailurePausesItsPipelineUntilResume) {
  configure_all("pause_on_failure: true", "command: [" + teller() + "]");
  start();
  ASSERT_EQ(outcome_of_push(kFails, 1), "failed");
  write_pipelines(std::string(kPasses) + "lint: { trigger: on_commit, run: echo linted }\n");
  push();
  ASSERT_EQ(outcome_of("lint#1"), "passed");
  EXPECT_EQ(run_of("build#2")["state"], "queued");
  EXPECT_EQ(stop(), 0);
  start();
  EXPECT_EQ(status()["paused_pipelines"][0]["reason"], "demo/build#1: failed");
  EXPECT_THAT(gate({"status"}).out, HasSubstr("demo/build is paused (demo/build#1: failed)"));
  EXPECT_EQ(run_of("build#2")["attempts"], 0);
  EXPECT_EQ(gate({"resume", "lint"}).code, 2);
  const Ran resumed = gate({"resume"});
  EXPECT_EQ(resumed.code, 0);
  EXPECT_THAT(resumed.out, HasSubstr("demo/build is paused (demo/build#1: failed)"));
  EXPECT_EQ(run_of("build#2")["state"], "queued") << "only what is paused as a whole goes on";
  ASSERT_EQ(gate({"resume", "demo/build"}).code, 0);
  EXPECT_EQ(outcome_of("build#2"), "passed");
  ASSERT_TRUE(tells(3));
  EXPECT_THAT(events_told(), ElementsAre("error failed", "warning paused", "info recovered"));
}

TEST_F(ServeNotify, ALongRunIsToldWhileItRuns) {
  std::ofstream(config_file())
      << "project: { name: demo, repository: demo.git }\norchestrator: { polling_interval: 1 }\n"
      << "notify: { command: [" << teller() << "] }\n"
      << "pipelines: { build: { trigger: on_commit, run: 'until test -e " << root()
      << "/go; do sleep 0.1; done', duration: { warning: 1s } } }\n";
  start();
  write_pipelines(kPasses);
  push();
  ASSERT_TRUE(tells(1));
  EXPECT_EQ(run_of("build#1")["state"], "running");
  EXPECT_EQ(run_of("build#1")["slow"], "warning");
  std::ofstream(root() + "/go").close();
  EXPECT_EQ(outcome_of("build#1"), "passed");
  EXPECT_THAT(events_told(), ElementsAre("warning slow"));
}

TEST_F(ServeNotify, MailHasNoHeaderOfAStranger) {
  if (!has_mail_server()) GTEST_SKIP() << "no python3-aiosmtpd";
  const std::string server = start_mail_server();
  configure_all("max_retries: 0", "email: { smtp: '" + server +
                                      "', from: gate@example.org, to: [a@example.org, "
                                      "b@example.org] }");
  write(".melisai-gate.yaml",
        "version: 1\n\"pipe\\r\\nBcc: victim@example.org\\r\\n\\r\\nbody\": 1\n");
  push();
  start();
  ASSERT_EQ(outcome_of("configuration#1"), "failed");
  const std::string text = mail(1);
  EXPECT_THAT(text,
              AllOf(HasSubstr("X-From: gate@example.org\nX-To: a@example.org,b@example.org\n"),
                    HasSubstr("\nSubject: [melisai-gate] error: demo/configuration#1 "),
                    HasSubstr("Bcc: victim"), Not(HasSubstr("\nBcc"))));
}

TEST_F(ServeNotify, MailGoesThroughTlsWithALogin) {
  if (!has_mail_server()) GTEST_SKIP() << "no python3-aiosmtpd";
  ASSERT_TRUE(make_certificate(root()));
  const std::string server =
      start_mail_server({"--tls", "cert.pem", "key.pem", "--user", "gate", "s3cret"});
  configure_all("max_retries: 0",
                "email: { smtp: '" + server +
                    "', tls: starttls, ca_file: cert.pem, user: gate, password: "
                    "'${NOT_SET:-s3cret}', from: gate@example.org, to: a@example.org }");
  write_pipelines(kFails);
  push();
  start();
  ASSERT_EQ(outcome_of("build#1"), "failed");
  EXPECT_THAT(mail(1), HasSubstr("Subject: [melisai-gate] error: demo/build#1 failed on main"));
  EXPECT_THAT(daemon_log(), Not(HasSubstr("s3cret")));
}

TEST_F(ServeNotify, MailGoesToNobodyWhoseCertificateIsUnknown) {
  if (!has_mail_server()) GTEST_SKIP() << "no python3-aiosmtpd";
  ASSERT_TRUE(make_certificate(root()));
  const std::string server =
      start_mail_server({"--tls", "cert.pem", "key.pem", "--user", "gate", "s3cret"});
  configure_all("max_retries: 0",
                "max_retries: 0, email: { smtp: '" + server +
                    "', tls: starttls, user: gate, password: s3cret, from: gate@example.org, to: "
                    "a@example.org }");
  write_pipelines(kFails);
  push();
  start();
  EXPECT_THAT(given_up(), AllOf(HasSubstr("email: "), HasSubstr("certificate")));
  EXPECT_FALSE(std::filesystem::exists(mail_dir() + "/mail-1"));
}

TEST_F(ServeNotify, AServerWithoutTlsGetsNoMailThatNeedsIt) {
  if (!has_mail_server()) GTEST_SKIP() << "no python3-aiosmtpd";
  const std::string server = start_mail_server();
  configure_all("max_retries: 0", "max_retries: 0, email: { smtp: '" + server +
                                      "', tls: starttls, from: g@example.org, to: a@example.org }");
  write_pipelines(kFails);
  push();
  start();
  EXPECT_THAT(given_up(), HasSubstr("STARTTLS"));
  EXPECT_FALSE(std::filesystem::exists(mail_dir() + "/mail-1"));
}

TEST_F(ServeNotify, AWebServiceIsTold) {
  ASSERT_TRUE(make_certificate(root()));
  const WebServer service(root(), WebServer::Tls::on);
  configure_all("max_retries: 0", "webhook: { url: '" + service.url("/hooks/s3cret") +
                                      "', ca_file: cert.pem, token: t0ken, allow_private: true }");
  start();
  ASSERT_EQ(outcome_of_push(kFails, 1), "failed");
  ASSERT_TRUE(eventually([&] { return !service.request(1).empty(); }, kNoticePatience))
      << status()["notices"];
  const std::string request = service.request(1);
  EXPECT_THAT(request, AllOf(HasSubstr("POST /hooks/s3cret HTTP"),
                             HasSubstr("Authorization: Bearer t0ken\n"),
                             HasSubstr(R"("run":"demo/build#1")")));
}

TEST_F(ServeNotify, NobodyOnAPrivateNetworkIsTold) {
  const WebServer service(root());
  configure_all("max_retries: 0",
                "max_retries: 0, webhook: { url: '" + service.url("/hooks/s3cret") + "' }");
  start();
  ASSERT_EQ(outcome_of_push(kFails, 1), "failed");
  EXPECT_EQ(given_up(),
            "webhook: 127.0.0.1: is an address of this machine or of a private network");
  EXPECT_EQ(service.request(1), "");
  EXPECT_THAT(read_file(state() + "/orchestrator.log", 1 << 20).value(), Not(HasSubstr("s3cret")));
}

}  // namespace
}  // namespace melisai::e2e
