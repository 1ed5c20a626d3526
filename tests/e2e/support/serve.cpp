#include "tests/e2e/support/serve.h"

#include <signal.h>
#include <sys/wait.h>

#include <fstream>
#include <sstream>

namespace melisai::e2e {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds kPatience{40};  // the machine may be busy; nothing is timed here

std::string project_of(const std::string& run) { return "demo/" + run; }
std::string pipeline_of(const std::string& run) { return run.substr(0, run.find('#')); }

}  // namespace

void Serve::SetUp() {
  Sandbox::SetUp();
  git({"init", "-q", "--bare", "-b", "main", remote()});
  git({"remote", "add", "origin", remote()});
  configure("demo.git");
}

void Serve::TearDown() {
  if (HasFailure()) std::fputs(daemon_log().c_str(), stderr);
  if (daemon_ > 0) kill_daemon();
  EXPECT_TRUE(eventually([&] { return processes_with(root()).empty(); })) << "something lives on";
}

void Serve::configure(const std::string& repository, const std::string& extra) {
  std::ofstream(config_file()) << "project: { name: demo, repository: \"" << repository << "\" }\n"
                               << "orchestrator:\n  polling_interval: 1\n"
                               // Tests run side by side: this machine is never quiet.
                               << "  preflight: { quiet_wait: 0s }\n"
                               << extra;
}

void Serve::write_pipelines(const std::string& pipelines) {
  std::istringstream lines(pipelines);
  std::string text = "version: 1\npipelines:\n";
  for (std::string line; std::getline(lines, line);) text += "  " + line + "\n";
  write(".melisai-gate.yaml", text);
}

std::string Serve::push(const std::string& message) {
  const std::string sha = commit(message);
  const Ran pushed = git({"push", "-q", "origin", "main"});
  EXPECT_EQ(pushed.code, 0) << pushed.err;
  return sha;
}

void Serve::launch(const Words& env) {
  const std::string log = root() + "/serve-" + std::to_string(++launches_) + ".log";
  Words argv{"env"};
  argv.insert(argv.end(), env.begin(), env.end());
  for (const char* word : {MELISAI_BIN_DIR "/melisai-gate", "serve", "--config"})
    argv.emplace_back(word);
  argv.insert(argv.end(), {config_file(), "--state-dir", state()});
  daemon_ = start_program(argv, root(), {.out = log, .err = log});
}

void Serve::start(const Words& env) {
  launch(env);
  ASSERT_TRUE(eventually([&] { return status().is_object(); }, kPatience)) << daemon_log();
}

void Serve::kill_daemon() {
  kill(daemon_, SIGKILL);
  waitpid(daemon_, nullptr, 0);
  daemon_ = 0;
}

int Serve::stop() {
  EXPECT_EQ(gate({"stop"}).code, 0);
  int status = -1;
  EXPECT_TRUE(eventually([&] { return waitpid(daemon_, &status, WNOHANG) == daemon_; }, kPatience))
      << daemon_log();
  daemon_ = 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string Serve::daemon_log() const {
  std::ifstream file(root() + "/serve-" + std::to_string(launches_) + ".log");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

json Serve::status() {
  const Ran ran = gate({"status", "--json"});
  return ran.code == 0 ? json::parse(ran.out, nullptr, false) : json();
}

json Serve::run_of(const std::string& run) {
  const Ran ran = gate({"runs", "--json", "--pipeline", pipeline_of(run), "--limit", "1000"});
  if (ran.code != 0) return nullptr;
  for (const json& each : json::parse(ran.out, nullptr, false))
    if (each["run"] == project_of(run)) return each;
  return nullptr;
}

bool Serve::is_in_state(const std::string& run, const std::string& state) {
  return eventually(
      [&] {
        const json found = run_of(run);
        return found.is_object() && found["state"] == state;
      },
      kPatience);
}

std::string Serve::outcome_of(const std::string& run) {
  if (!is_in_state(run, "finished")) return "not finished: " + run_of(run).dump();
  return run_of(run)["outcome"];
}

std::string Serve::logs_of(const std::string& run) {
  const Ran ran = gate({"logs", run});
  EXPECT_EQ(ran.code, 0) << ran.err;
  return ran.out;
}

std::vector<std::string> Serve::query(const std::string& sql) {
  const Ran ran = run_program(
      {"python3", "-c",
       "import sqlite3, sys\n"
       "for row in sqlite3.connect(sys.argv[1]).execute(sys.argv[2]): print(*row, sep='|')",
       state() + "/queue.db", sql},
      root());
  EXPECT_EQ(ran.code, 0) << ran.err;
  std::vector<std::string> rows;
  std::istringstream lines(ran.out);
  for (std::string line; std::getline(lines, line);) rows.push_back(line);
  return rows;
}

}  // namespace melisai::e2e
