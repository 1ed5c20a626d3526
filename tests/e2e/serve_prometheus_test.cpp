// A real Prometheus scrapes the daemon, and promtool reads what it gets.
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cctype>

#include "core/base/fd.h"
#include "tests/e2e/support/front_door.h"

namespace melisai::e2e {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr std::chrono::seconds kScrapePatience{60};

bool has_prometheus() {
  return run_program({"sh", "-c", "command -v prometheus && command -v promtool"}, "/").code == 0;
}

/// Prometheus cannot say which port it was given, so that it needs one that is free just now.
std::string free_port() {
  const Fd socket_fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(socket_fd.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      getsockname(socket_fd.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return "";
  return std::to_string(ntohs(address.sin_port));
}

/// As a value in an address.
std::string escaped(const std::string& text) {
  constexpr const char* kDigits = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    std::isalnum(byte) != 0 ? result += c : result += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return result;
}

class ServePrometheus : public FrontDoor {
 protected:
  void SetUp() override {
    if (!has_prometheus()) GTEST_SKIP() << "prometheus is not installed (ci/packages.txt, [test])";
    FrontDoor::SetUp();
    write_pipelines(
        "build: { trigger: on_commit, run: echo built }\n"
        "broken: { trigger: on_commit, run: exit 3 }\n");
    configure_front();
    start_at(push());
    ASSERT_EQ(outcome_of("broken#1"), "failed");
    reader_ = token("read");
  }
  void TearDown() override {
    if (prometheus_ > 0) {
      kill(prometheus_, SIGKILL);
      waitpid(prometheus_, nullptr, 0);
    }
    FrontDoor::TearDown();
  }

  /// Scrapes the daemon with `secret` once a second.
  void start_prometheus(const std::string& secret) {
    const std::string address = door().substr(door().find("//") + 2);
    std::ofstream(root() + "/token") << secret;
    std::ofstream(root() + "/prometheus.yml")
        << "global: { scrape_interval: 1s, scrape_timeout: 1s }\n"
        << "scrape_configs:\n  - job_name: melisai\n"
        << "    authorization: { credentials_file: " << root() << "/token }\n"
        << "    static_configs: [ { targets: ['" << address << "'] } ]\n";
    port_ = free_port();
    prometheus_ = start_program(
        {"prometheus", "--config.file=" + root() + "/prometheus.yml",
         "--storage.tsdb.path=" + root() + "/tsdb", "--web.listen-address=127.0.0.1:" + port_},
        root(), {.out = root() + "/prometheus.log", .err = root() + "/prometheus.log"});
  }
  /// What it says at /api/v1 + path; null while it says nothing.
  json prometheus(const std::string& path) {
    const Interrupt nobody;
    const auto answer =
        make_http_client(MELISAI_BIN_DIR "/melisai-gate-https")
            ->send({.url = "http://127.0.0.1:" + port_ + "/api/v1" + path, .allow_private = true},
                   nobody);
    return answer && answer->status == 200 ? json::parse(answer->body, nullptr, false)["data"]
                                           : json();
  }
  /// The value of the only series that a query finds; "" until there is one.
  std::string value_of(const std::string& query) {
    const json data = prometheus("/query?query=" + escaped(query));
    if (!data.is_object() || data["result"].size() != 1) return "";
    return data["result"][0]["value"][1];
  }
  std::string log() const {
    std::ifstream file(root() + "/prometheus.log");
    return {std::istreambuf_iterator<char>(file), {}};
  }
  /// The only target as it is seen there, once it has been scraped.
  json scraped_target() {
    json target;
    EXPECT_TRUE(eventually(
        [&] {
          const json data = prometheus("/targets");
          if (!data.is_object() || data["activeTargets"].size() != 1) return false;
          target = data["activeTargets"][0];
          return target["health"] != "unknown";
        },
        kScrapePatience))
        << log();
    return target;
  }

  std::string reader_;

 private:
  pid_t prometheus_ = 0;
  std::string port_;
};

TEST_F(ServePrometheus, ScrapesWhatTheDaemonCounts) {
  start_prometheus(reader_);
  const json target = scraped_target();
  EXPECT_EQ(target["health"], "up") << target.dump(1);
  EXPECT_EQ(target["lastError"], "");
  const auto becomes = [&](const std::string& query, const std::string& value) {
    return eventually([&] { return value_of(query) == value; }, kScrapePatience);
  };
  EXPECT_TRUE(becomes("cicd_pipeline_success_total{pipeline=\"build\"}", "1")) << log();
  EXPECT_EQ(value_of("cicd_pipeline_failure_total{project=\"demo\",pipeline=\"broken\"}"), "1");
  EXPECT_EQ(value_of("cicd_pipeline_duration_seconds_count{pipeline=\"build\"}"), "1");
  EXPECT_EQ(value_of("cicd_queue_size"), "0");
  EXPECT_EQ(value_of("melisai_system_status{status=\"healthy\"}"), "1");
  EXPECT_NE(value_of("histogram_quantile(0.9,cicd_pipeline_duration_seconds_bucket{pipeline="
                     "\"build\"})"),
            "");
  const json types = prometheus("/targets/metadata?metric=cicd_pipeline_duration_seconds");
  ASSERT_EQ(types.size(), 1u);
  EXPECT_EQ(types[0]["type"], "histogram");
}

TEST_F(ServePrometheus, GetsNothingWithoutAGoodToken) {
  start_prometheus("mgt_guess");
  const json target = scraped_target();
  EXPECT_EQ(target["health"], "down");
  EXPECT_THAT(std::string(target["lastError"]), HasSubstr("401"));
}

TEST_F(ServePrometheus, PromtoolFindsNoFault) {
  const HttpAnswer answer = ask({.url = "/metrics", .bearer = reader_});
  ASSERT_EQ(answer.status, 200);
  std::ofstream(root() + "/metrics.txt") << answer.body;
  const Ran checked = run_program({"sh", "-c", "promtool check metrics < metrics.txt"}, root());
  EXPECT_EQ(checked.code, 0) << checked.out << checked.err;
}

}  // namespace
}  // namespace melisai::e2e
