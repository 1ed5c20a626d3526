// What strangers can send to the real daemon (tests/data/injection), with a canary: nothing of it
// may run a program, read a file of the operator, or be believed.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/base/fd.h"
#include "core/base/http_client.h"
#include "tests/e2e/support/serve.h"
#include "tests/injections.h"

namespace melisai::e2e {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kCanary = "canary-5d1e-of-the-operator";
constexpr const char* kHookSecret = "s3cret-of-the-hook";

class ServeInjection : public Serve {
 protected:
  void SetUp() override {
    Serve::SetUp();
    std::ofstream(secret()) << kCanary << "\n";
    write_pipelines("build: { trigger: on_commit, run: echo built }\n");
  }
  void TearDown() override {
    EXPECT_FALSE(fs::exists(executed())) << "a program of a stranger was run";
    expect_no_canary();
    Serve::TearDown();
  }

  std::string secret() const { return root() + "/operators-file"; }
  std::string executed() const { return root() + "/executed"; }
  std::vector<std::string> lines_of(const std::string& file) const {
    return injections(file, {{"secret", secret()}, {"executed", executed()}});
  }

  /// With the front door, and a token of scope admin. Polling finds nothing but the first sight.
  void start_with_front() {
    std::ofstream(config_file()) << "project: { name: demo, repository: demo.git, webhook: { "
                                    "secret: "
                                 << kHookSecret
                                 << ", repository: team/demo } }\n"
                                    "orchestrator: { polling_interval: 1h }\n"
                                    "http: { enabled: true, port: 0 }\n";
    first_ = push("first");
    start();
    ASSERT_EQ(outcome_of("build#1"), "passed");
    const std::string made = gate({"token", "create", "all", "--scope", "admin"}).out;
    const std::size_t begin = made.find("mgt_");
    ASSERT_NE(begin, std::string::npos) << made;
    token_ = made.substr(begin, made.find_first_of(" \n", begin) - begin);
    door_ = status()["http"];
  }
  const std::string& first() const { return first_; }
  const std::string& token() const { return token_; }

  /// Raw bytes to the front door; all that it answers until it hangs up, or for two seconds.
  std::string tell(const std::string& bytes) const {
    const Fd client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port =
        htons(static_cast<std::uint16_t>(std::stoi(door_.substr(door_.rfind(':') + 1))));
    EXPECT_EQ(connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    for (std::size_t done = 0; done < bytes.size();) {
      const ssize_t sent =
          send(client.get(), bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
      if (sent <= 0) break;  // it has heard enough
      done += static_cast<std::size_t>(sent);
    }
    std::string answer;
    char piece[4096];
    for (pollfd waiting{client.get(), POLLIN, 0}; poll(&waiting, 1, 2'000) > 0;) {
      const ssize_t size = read(client.get(), piece, sizeof piece);
      if (size <= 0) break;
      answer.append(piece, static_cast<std::size_t>(size));
    }
    return answer;
  }
  HttpAnswer post(const std::string& path, const std::string& body,
                  std::vector<HttpField> headers = {}) {
    const Interrupt nobody;
    headers.push_back({"Content-Type", "application/json"});
    const auto answer = make_http_client(MELISAI_BIN_DIR "/melisai-gate-https")
                            ->send({.method = "POST",
                                    .url = door_ + path,
                                    .headers = std::move(headers),
                                    .bearer = token_,
                                    .body = body,
                                    .allow_private = true},
                                   nobody);
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? *answer : HttpAnswer{};
  }
  HttpAnswer deliver(const std::string& body, int number) {
    std::ofstream(root() + "/body", std::ios::binary) << body;
    const std::string sign =
        run_program({"openssl", "dgst", "-sha256", "-hmac", kHookSecret, "-r", root() + "/body"},
                    "/")
            .out.substr(0, 64);
    return post("/hooks/github/demo", body,
                {{"X-GitHub-Event", "push"},
                 {"X-GitHub-Delivery", "d-" + std::to_string(number)},
                 {"X-Hub-Signature-256", "sha256=" + sign}});
  }
  static int answers_in(const std::string& text) {
    int count = 0;
    for (std::size_t at = 0; (at = text.find("HTTP/1.1 ", at)) != std::string::npos; ++at) ++count;
    return count;
  }
  /// All runs have ended.
  bool is_idle() {
    return eventually(
        [&] { return query("SELECT COUNT(*) FROM runs WHERE state <> 'finished'").at(0) == "0"; },
        std::chrono::seconds(60));
  }
  /// The operator's file may be named, not quoted.
  void expect_no_canary() {
    EXPECT_THAT(daemon_log(), Not(HasSubstr(kCanary)));
    if (!fs::exists(state())) return;
    for (const auto& entry : fs::recursive_directory_iterator(state())) {
      // A link to it holds nothing of it.
      if (entry.is_symlink() || !entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      std::ostringstream text;
      text << file.rdbuf();
      EXPECT_EQ(text.str().find(kCanary), std::string::npos) << entry.path();
    }
  }

 private:
  std::string first_;
  std::string token_;
  std::string door_;
};

TEST_F(ServeInjection, NamesOfRefsAreNothingButNames) {
  start_with_front();
  int number = 0;
  for (const std::string& ref : lines_of("refs.txt")) {
    const auto text = [](const json& body) {
      return body.dump(-1, ' ', false, json::error_handler_t::replace);
    };
    const auto push_of = [&](const std::string& name, const std::string& url) {
      return text({{"ref", name},
                   {"before", std::string(40, '0')},
                   {"after", first()},
                   {"created", true},
                   {"deleted", false},
                   {"repository",
                    {{"full_name", "team/demo"},
                     {"clone_url", url},
                     {"html_url", "https://github.com/team/demo"}}}});
    };
    const std::string url = "https://github.com/team/demo.git";
    const HttpAnswer hook = deliver(push_of(ref, url), ++number);
    const HttpAnswer from = deliver(push_of("refs/heads/main", ref), ++number);
    EXPECT_THAT(from.status, AnyOf(202, 422, 403)) << shown(ref) << from.body;
    EXPECT_THAT(hook.status, AnyOf(202, 422, 403)) << shown(ref) << hook.body;
    const HttpAnswer api = post("/trigger/build", text({{"ref", ref}}));
    EXPECT_THAT(api.status, AnyOf(200, 202, 400, 404, 413)) << shown(ref) << api.body;
    EXPECT_EQ(hook.header("x-injected"), "");
    EXPECT_EQ(api.header("x-injected"), "");
    EXPECT_THAT(hook.body + api.body, Not(HasSubstr(kCanary))) << shown(ref);
    if (ref.find('\0') != std::string::npos) continue;  // no word of a command line
    const Ran by_hand = gate({"trigger", "build", "--ref=" + ref});
    const Ran base =
        gate({"check", "--base=" + ref, "--profile", "none", "--output-dir", output()});
    EXPECT_THAT(by_hand.out + by_hand.err + base.out + base.err, Not(HasSubstr(kCanary)));
  }
  EXPECT_TRUE(is_idle());
  EXPECT_THAT(tell("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"), StartsWith("HTTP/1.1 200"));
}

TEST_F(ServeInjection, PathsLeadToNoFile) {
  start_with_front();
  for (const std::string& path : lines_of("paths.txt")) {
    const std::string answer =
        tell("GET " + path + " HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + token() +
             "\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 4")) << shown(path);
    EXPECT_EQ(answers_in(answer), 1) << shown(path);
    EXPECT_THAT(answer, Not(HasSubstr(kCanary))) << shown(path);
    EXPECT_THAT(answer, Not(HasSubstr("\nX-Injected"))) << shown(path);
    EXPECT_THAT(answer, Not(HasSubstr("SQL"))) << shown(path);
  }
}

TEST_F(ServeInjection, NoRequestHidesBehindAnother) {
  start_with_front();
  const std::string follow = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
  ASSERT_EQ(answers_in(tell(follow + follow)), 2) << "nobody would see the one that hides";
  for (const std::string& request : injections("requests.txt", {{"follow", follow}})) {
    const std::string answer = tell(request);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 4")) << shown(request);
    EXPECT_EQ(answers_in(answer), 1) << shown(request) << shown(answer);
  }
  EXPECT_THAT(tell(follow), StartsWith("HTTP/1.1 200"));
  EXPECT_TRUE(run_of("build#2").is_null()) << "a request that was refused has started a run";
}

TEST_F(ServeInjection, NoYamlIsTooMuch) {
  const std::string pipeline_file = root() + "/hostile/.melisai-gate.yaml";
  const std::string serve_file = root() + "/hostile/serve.yaml";
  fs::create_directory(root() + "/hostile");
  for (const std::string& yaml : lines_of("yaml.txt"))
    for (const std::string& file : {pipeline_file, serve_file}) {
      std::ofstream(file, std::ios::binary) << yaml;
      const auto began = std::chrono::steady_clock::now();
      // 200 MB are enough to say no.
      const Ran ran = run_program({"sh", "-c", "ulimit -d 200000; exec \"$@\"", "sh",
                                   MELISAI_BIN_DIR "/melisai-gate", "validate", file},
                                  root());
      EXPECT_EQ(ran.code, 2) << shown(yaml) << ran.out << shown(ran.err);
      EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(20)) << shown(yaml);
      EXPECT_THAT(ran.out + ran.err, Not(HasSubstr(kCanary))) << shown(yaml);
      EXPECT_LT(ran.err.size(), 4096U) << shown(yaml);
    }
}

TEST_F(ServeInjection, APushedYamlIsTheFailureOfItsCommitOnly) {
  push("first");
  start();
  ASSERT_EQ(outcome_of("build#1"), "passed");
  int count = 0;
  for (const std::string& yaml : lines_of("yaml.txt")) {
    ASSERT_EQ(git({"checkout", "-q", "-B", "topic-" + std::to_string(++count), "main"}).code, 0);
    write(".melisai-gate.yaml", yaml);
    commit("hostile");
  }
  fs::remove(repo() + "/.melisai-gate.yaml");
  fs::create_symlink(secret(), repo() + "/.melisai-gate.yaml");
  ASSERT_EQ(git({"checkout", "-q", "-b", "topic-" + std::to_string(++count)}).code, 0);
  commit("a link to a file of the operator");
  ASSERT_EQ(git({"push", "-q", "origin", "--all"}).code, 0);
  const std::string failed =
      "SELECT COUNT(*) FROM runs WHERE pipeline = 'configuration' AND outcome = 'failed'";
  EXPECT_TRUE(eventually([&] { return query(failed).at(0) == std::to_string(count); },
                         std::chrono::seconds(60)))
      << query(failed).at(0) << " of " << count << gate({"runs"}).out;
  std::ifstream status_file("/proc/" + std::to_string(daemon()) + "/status");
  long peak_kib = 0;
  for (std::string line; std::getline(status_file, line);)
    if (line.starts_with("VmHWM:")) peak_kib = std::atol(line.c_str() + 6);
  EXPECT_GT(peak_kib, 0);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LT(peak_kib, 150 << 10);
#endif
}

/// What strangers' code leaves where the gate, which may read more, will look for results.
TEST_F(ServeInjection, LinksOfStrangersLeadNowhere) {
  if (!has_bubblewrap()) GTEST_SKIP() << "bubblewrap does not work here";
  write("bench.sh",
        "echo '[{\"name\": \"a\", \"unit\": \"ms\", \"value\": 1}]' > $MELISAI_RESULT\n");
  write(".melisai-gate.yaml",
        "version: 1\npipelines:\n"
        "  keep: { trigger: on_commit, cache: [kept], run: ./keep.sh }\n"
        "  benchmark:\n    trigger: on_commit\n    benchmarks:\n"
        "      - { name: result, run: ./bench.sh, format: auto }\n"
        "gate: { budget: 5s, max_pairs: 4 }\n");
  write("keep.sh", "mkdir -p kept && ln -sfn " + secret() + " kept/link && ln -sfn " + root() +
                       " kept/directory\n");
  push();
  start();
  ASSERT_EQ(outcome_of("keep#1"), "passed") << logs_of("keep#1");
  write("bench.sh",
        "side=$(dirname $MELISAI_RESULT)\nrm -f $side/stdout $side/stderr\nfor name in "
        "result stdout stderr; do ln -s " +
            secret() + " $side/$name; done\nmv $side/tmp $side/gone; ln -s " + root() +
            " $side/tmp\nexit ${1:-0}\n");
  ASSERT_EQ(gate({"pause"}).code, 0);
  push("links");
  ASSERT_TRUE(is_in_state("benchmark#2", "queued"));
  ASSERT_EQ(
      run_program({"python3", "-c",
                   "import sqlite3, sys\n"
                   "queue = sqlite3.connect(sys.argv[1], timeout=30)\n"
                   "queue.execute('UPDATE runs SET trusted = 0 WHERE state <> \"finished\"')\n"
                   "queue.commit()",
                   state() + "/queue.db"},
                  root())
          .code,
      0);
  ASSERT_EQ(gate({"resume"}).code, 0);
  EXPECT_EQ(outcome_of("benchmark#2"), "failed") << run_of("benchmark#2");
  EXPECT_THAT(run_of("benchmark#2").dump(), HasSubstr("symbolic link"));
  EXPECT_EQ(outcome_of("keep#2"), "passed") << logs_of("keep#2");
  EXPECT_TRUE(fs::exists(secret())) << "it was removed through a link";
  EXPECT_TRUE(fs::exists(config_file()));
}

}  // namespace
}  // namespace melisai::e2e
