// A canary of every kind of secret that the daemon has, and everywhere it could turn up.
#include <gmock/gmock.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <thread>

#include "tests/e2e/support/serve.h"
#include "tests/e2e/support/web_server.h"
#include "tests/unit/base/git_servers.h"

namespace melisai::e2e {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::chrono::seconds kCanaryPatience{40};

/// By what it is. Of the file the value has two lines.
using Canaries = std::map<std::string, std::string>;

std::string text_in(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Some may be gone by then.
std::vector<std::string> files_below(const std::string& directory) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::recursive_directory_iterator at(directory, error), end; !error && at != end;
       at.increment(error))
    if (at->is_regular_file(error)) files.push_back(at->path());
  return files;
}

/// Forms in which a program may print a value, made by another program than the one that is tested.
/// A part of base64 that depends on what stands before or behind is left out.
constexpr const char* kFormsProgram =
    "import base64, json, os, sys, urllib.parse\n"
    "for name, value in json.loads(sys.argv[1]).items():\n"
    "    forms = set(value.splitlines()) | {value.encode().hex(), json.dumps(value)[1:-1]}\n"
    "    forms.add(urllib.parse.quote(value, safe=''))\n"
    "    for before in range(3):\n"
    "        for encode in (base64.b64encode, base64.urlsafe_b64encode):\n"
    "            text = encode(b'x' * before + value.encode()).decode().rstrip('=')\n"
    "            forms.add(text[(8 * before + 5) // 6:-1])\n"
    "    for form in forms: print(name, form)\n";

class ServeCanary : public Serve {
 protected:
  void SetUp() override {
    Serve::SetUp();
    canaries_ = {{"token of the project", "canary-of-the/project+token"},
                 {"secret of webhooks", "canary-of-the-hook's secret"},
                 {"password of mail", "canary-of-the-mail-password"},
                 {"address of notices", "canary-of-the-notice-address"},
                 {"token of notices", "canary-of-the-notice-token"},
                 {"secret in a file", "canary-in-a-file, one\nand-another-canary-in-line-two"},
                 {"secret in a variable", "canary \"in\" a variable"},
                 {"value by its name", "canary-of-npm-by-its-name"}};
    for (const auto& [variable, kind] : kVariables)
      setenv(variable.c_str(), canaries_.at(kind).c_str(), 1);
    std::ofstream(root() + "/file.key") << canaries_.at("secret in a file") << "\n";
    chmod((root() + "/file.key").c_str(), 0600);
    ASSERT_TRUE(make_certificate(root()));
    std::istringstream lines(text_in(root() + "/key.pem"));
    std::string line;
    std::getline(lines, line);
    std::getline(lines, canaries_["key of TLS"]);
  }
  void TearDown() override {
    for (const auto& [variable, kind] : kVariables) unsetenv(variable.c_str());
    if (mail_server_ > 0) {
      kill(mail_server_, SIGKILL);
      waitpid(mail_server_, nullptr, 0);
    }
    Serve::TearDown();
  }

  /// Everything that can be told anything is told. `repository`: asks for the project's token.
  void configure_all(const std::string& repository, const WebServer& service) {
    fs::create_directory(root() + "/mail");
    mail_server_ =
        start_program({"/usr/bin/python3", MELISAI_SOURCE_DIR "/tests/e2e/support/mail_server.py",
                       root() + "/mail", "--tls", "cert.pem", "key.pem", "--user", "gate",
                       canaries_.at("password of mail")},
                      root(), {.out = root() + "/mail.out", .err = root() + "/mail.err"});
    std::string port;
    ASSERT_TRUE(
        eventually([&] { return static_cast<bool>(std::ifstream(root() + "/mail/port") >> port); },
                   kCanaryPatience));
    std::ofstream(root() + "/tell") << "#!/bin/sh\nexec cat >> " << root() << "/told\n";
    chmod((root() + "/tell").c_str(), 0755);
    std::ofstream(config_file())
        << "project: { name: demo, repository: '" << repository
        << "/demo.git', token: '${CANARY_A}', webhook: { secret: '${CANARY_B}', repository: t/d } "
           "}\n"
           "git: { allow_http: true }\n"
           "orchestrator: { polling_interval: 1, preflight: { quiet_wait: 0s } }\n"
           "secrets: { FILE_KEY: { file: "
        << root()
        << "/file.key }, VAR_KEY: { env: CANARY_C } }\n"
           "http: { enabled: true, port: 0, tls: { certificate: cert.pem, key: key.pem } }\n"
           "notify: { command: ["
        << root() << "/tell], email: { smtp: '127.0.0.1:" << port
        << "', tls: starttls, ca_file: cert.pem, user: gate, password: '${CANARY_D}', from: "
           "g@example.org, to: a@example.org }, webhook: { url: '"
        << service.url("/${CANARY_E}")
        << "', token: '${CANARY_F}', ca_file: cert.pem, allow_private: true } }\n"
           "pipelines:\n"
           "  build: { trigger: on_commit, env: { FILE_KEY: '${secret:FILE_KEY}', VAR_KEY: "
           "'${secret:VAR_KEY}', NPM_TOKEN: '${CANARY_G}' } }\n";
  }

  /// "NAME what it must not say", with every way to write it.
  std::vector<std::pair<std::string, std::string>> forms() {
    const Ran ran =
        run_program({"python3", "-c", kFormsProgram, nlohmann::json(canaries_).dump()}, root());
    EXPECT_EQ(ran.code, 0) << ran.err;
    std::vector<std::pair<std::string, std::string>> forms;
    std::istringstream lines(ran.out);
    for (std::string line; std::getline(lines, line);)
      for (const auto& [kind, value] : canaries_)
        if (line.starts_with(kind + " ")) forms.emplace_back(kind, line.substr(kind.size() + 1));
    EXPECT_GT(forms.size(), 5 * canaries_.size());
    return forms;
  }
  /// `mine`: the kinds that belong there.
  void expect_none_in(const std::string& place, const std::string& text,
                      const std::set<std::string>& mine = {}) {
    if (forms_.empty()) forms_ = forms();
    for (const auto& [kind, form] : forms_) {
      if (mine.contains(kind)) continue;
      EXPECT_EQ(text.find(form), std::string::npos)
          << "the " << kind << " is in " << place << ", written as " << form;
    }
  }
  void expect_none_in_files(const std::string& directory) {
    const std::vector<std::string> files = files_below(directory);
    EXPECT_FALSE(files.empty()) << directory;
    for (const std::string& file : files) expect_none_in(file, text_in(file));
  }

  static inline const std::map<std::string, std::string> kVariables = {
      {"CANARY_A", "token of the project"}, {"CANARY_B", "secret of webhooks"},
      {"CANARY_C", "secret in a variable"}, {"CANARY_D", "password of mail"},
      {"CANARY_E", "address of notices"},   {"CANARY_F", "token of notices"},
      {"CANARY_G", "value by its name"}};
  Canaries canaries_;

 private:
  std::vector<std::pair<std::string, std::string>> forms_;
  pid_t mail_server_ = 0;
};

/// What everybody can read of every process, for as long as it lives.
class CommandLines {
 public:
  CommandLines() : watcher_([this](const std::stop_token& stop) { watch(stop); }) {}
  std::string seen() {
    watcher_.request_stop();
    watcher_.join();
    std::string all;
    for (const std::string& line : lines_) all += line + "\n";
    return all;
  }

 private:
  void watch(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      for (const auto& entry : fs::directory_iterator("/proc"))
        if (std::isdigit(entry.path().filename().string().front()) != 0)
          lines_.insert(text_in(entry.path() / "cmdline"));
      std::this_thread::sleep_for(std::chrono::milliseconds(5));  // leaves the CPU to who is seen
    }
  }
  std::set<std::string> lines_;
  std::jthread watcher_;
};

/// Prints what it knows in all ways, also what it can find of others.
constexpr const char* kTell =
    "import base64, glob, json, os, sys, time, urllib.parse\n"
    "for name in ('FILE_KEY', 'VAR_KEY', 'NPM_TOKEN'):\n"
    "    value = os.environ[name]\n"
    "    print('plain', value, json.dumps(value), urllib.parse.quote(value, safe=''))\n"
    "    print(value.encode().hex(), file=sys.stderr)\n"
    "    for before in (b'', b'x', b'xy'):\n"
    "        print(base64.b64encode(before + value.encode()).decode())\n"
    "        print(base64.encodebytes((before + value.encode()) * 5).decode())\n"
    "    sys.stdout.write(value[:7]); sys.stdout.flush(); time.sleep(0.1); print(value[7:])\n"
    "for file in glob.glob('/proc/[0-9]*/environ') + glob.glob('/proc/[0-9]*/cmdline'):\n"
    "    try: print(open(file, 'rb').read().replace(bytes(1), b'\\n').decode(errors='replace'))\n"
    "    except OSError: pass\n"
    "print('told everything', flush=True)\n"
    "exit(7)\n";

TEST_F(ServeCanary, OfEachKindIsSeenOnlyByWhomItIsFor) {
  if (run_program({"/usr/bin/python3", "-c", "import aiosmtpd"}, "/").code != 0)
    GTEST_SKIP() << "no python3-aiosmtpd";
  const git_tests::WebServer server("auth " + root() + " " + canaries_.at("token of the project"));
  ASSERT_TRUE(server.started());
  fs::create_directory(root() + "/service");
  for (const char* file : {"cert.pem", "key.pem"})
    fs::copy(root() + "/" + file, root() + "/service/" + file);
  const WebServer service(root() + "/service", WebServer::Tls::on);
  configure_all(server.url(), service);
  write("tell.py", kTell);
  write_pipelines("build: { trigger: on_commit, run: python3 tell.py }\n");
  start();
  CommandLines command_lines;
  push();
  ASSERT_EQ(outcome_of("build#1"), "failed") << run_of("build#1");
  ASSERT_THAT(logs_of("build#1"), HasSubstr("told everything")) << "nothing was printed";
  const auto is_told = [&] {
    return !service.request(1).empty() && fs::exists(root() + "/mail/mail-1") &&
           fs::exists(root() + "/told");
  };
  ASSERT_TRUE(eventually(is_told, kCanaryPatience)) << status()["notices"];
  const std::string seen = command_lines.seen();
  const Ran made = gate({"token", "create", "reader", "--scope", "admin"});
  const std::size_t begin = made.out.find("mgt_");
  ASSERT_NE(begin, std::string::npos) << made.out << made.err;
  const std::string token = made.out.substr(begin, made.out.find_first_of(" \n", begin) - begin);
  const std::string id = query("SELECT id FROM runs ORDER BY id LIMIT 1").at(0);
  const Ran api =
      run_program({"/usr/bin/python3", MELISAI_SOURCE_DIR "/tests/e2e/support/read_api.py",
                   status()["http"], token, root() + "/cert.pem", id, "1"},
                  root());
  EXPECT_EQ(api.code, 0) << api.err;
  EXPECT_THAT(api.out, HasSubstr("== 200 /api/v1/runs/{run}/logs\n"));
  EXPECT_THAT(api.out, HasSubstr("told everything"));
  EXPECT_THAT(api.out, HasSubstr("== 22 routes")) << "a new route: is it read?";
  canaries_["token of the API"] = token;

  std::string asked;
  for (const Words& words :
       {Words{"status"}, Words{"status", "--json"}, Words{"runs", "--json"}, Words{"runs"},
        Words{"logs", "build#1"}, Words{"token", "list"}, Words{"show", "build#1"}}) {
    const Ran ran = gate(words);
    asked += ran.out + ran.err;
  }
  const Ran valid =
      run_program({MELISAI_BIN_DIR "/melisai-gate", "validate", "--config", config_file()}, root());
  EXPECT_EQ(valid.code, 0) << valid.err;
  expect_none_in("what commands answer", asked + valid.out + valid.err);
  expect_none_in("the API", api.out);
  expect_none_in("the daemon's output", daemon_log());
  expect_none_in("what the command is told", text_in(root() + "/told"));
  expect_none_in("the mail", text_in(root() + "/mail/mail-1"));
  expect_none_in("what the web service is told", service.request(1),
                 {"address of notices", "token of notices"});
  expect_none_in_files(state());
  expect_none_in_files(root() + "/demo.git");
  std::istringstream lines(seen);
  for (std::string line; std::getline(lines, line);)  // but for the mail server of this test
    if (line.find("mail_server.py") == std::string::npos &&
        line.find("git_server.py") == std::string::npos)
      expect_none_in("a command line", line);
  EXPECT_EQ(stop(), 0);
  expect_none_in_files(state());
}

TEST_F(ServeCanary, IsInNoEnvironmentOfStrangers) {
  if (!has_bubblewrap()) GTEST_SKIP() << "bubblewrap does not work here";
  std::ofstream(config_file()) << "project: { name: demo, repository: demo.git, token: "
                                  "'${CANARY_A}' }\n"
                                  "orchestrator: { polling_interval: 1 }\n"
                                  "pipelines:\n"
                                  "  build: { trigger: on_commit, run: 'cat /proc/[0-9]*/environ "
                                  "/proc/[0-9]*/cmdline > seen; touch stays; sleep 1234.5625' }\n";
  write_pipelines("build: { trigger: on_commit, run: \"true\" }\n");
  start();
  ASSERT_EQ(gate({"pause"}).code, 0);
  push();
  ASSERT_TRUE(is_in_state("build#1", "queued"));
  ASSERT_EQ(run_program({"python3", "-c",
                         "import sqlite3, sys\n"
                         "queue = sqlite3.connect(sys.argv[1], timeout=30)\n"
                         "queue.execute('UPDATE runs SET trusted = 0')\n"
                         "queue.commit()",
                         state() + "/queue.db"},
                        root())
                .code,
            0);
  ASSERT_EQ(gate({"resume"}).code, 0);
  // Of every process that is in the sandbox or makes it, from outside.
  std::set<std::string> environments;
  const auto file_called = [&](const std::string& name) {
    for (const std::string& file : files_below(state()))
      if (fs::path(file).filename() == name) return file;
    return std::string();
  };
  ASSERT_TRUE(eventually(
      [&] {
        for (const pid_t pid : processes_with("sleep 1234.5625"))
          environments.insert(text_in("/proc/" + std::to_string(pid) + "/environ"));
        return !file_called("stays").empty();
      },
      kCanaryPatience))
      << logs_of("build#1");
  EXPECT_FALSE(environments.empty());
  for (const std::string& environment : environments)
    expect_none_in("the environment of a process of the sandbox", environment);
  const std::string seen = file_called("seen");
  ASSERT_NE(seen, "");
  expect_none_in("what a stranger sees", text_in(seen));
  EXPECT_EQ(gate({"cancel", "build#1"}).code, 0);
  EXPECT_TRUE(is_in_state("build#1", "finished"));
}

}  // namespace
}  // namespace melisai::e2e
