#include "tests/e2e/support/sandbox.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace melisai::e2e {
namespace {

namespace fs = std::filesystem;
using Seconds = std::chrono::seconds;

std::string slurp(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

pid_t start_program(const Words& argv, const std::string& cwd, const Outputs& files) {
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const pid_t pid = fork();
  if (pid != 0) return pid;
  const int out_fd = open(files.out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const int err_fd = open(files.err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  dup2(open("/dev/null", O_RDONLY), 0);
  dup2(out_fd, 1);
  dup2(err_fd, 2);
  if (chdir(cwd.c_str()) != 0) _exit(126);
  execvp(words[0], words.data());
  _exit(127);
}

bool eventually(const std::function<bool()>& condition, std::chrono::seconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));  // polling with a deadline
  }
  return true;
}

Ran run_program(const Words& argv, const std::string& cwd,
                const std::function<void(pid_t)>& started) {
  const auto files = TemporaryDirectory::make(::testing::TempDir(), "ran");
  const std::string out = files->path() + "/out", err = files->path() + "/err";
  const pid_t pid = start_program(argv, cwd, {out, err});
  if (started) started(pid);
  const auto deadline = std::chrono::steady_clock::now() + Seconds(120);
  int status = 0;
  while (waitpid(pid, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > deadline) {
      ADD_FAILURE() << argv.front() << " did not end within two minutes";
      kill(pid, SIGKILL);
      waitpid(pid, &status, 0);
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  Ran ran;
  ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ran.out = slurp(out);
  ran.err = slurp(err);
  return ran;
}

std::vector<pid_t> processes_with(const std::string& text) {
  std::vector<pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (slurp(entry.path() / "cmdline").find(text) != std::string::npos)
      found.push_back(std::stoi(name));
  }
  return found;
}

void Sandbox::SetUp() {
  auto made = TemporaryDirectory::make(::testing::TempDir(), "e2e");
  ASSERT_TRUE(made) << made.error().message;
  root_.emplace(*std::move(made));
  // Tests run side by side and must not wait for each other.
  setenv("MELISAI_MACHINE_LOCK", machine_lock().c_str(), 1);
  fs::create_directories(repo());
  git({"init", "-q", "-b", "main"});
  git({"config", "user.email", "test@example.com"});
  git({"config", "user.name", "Test"});
}

void Sandbox::write(const std::string& path, const std::string& content) {
  const fs::path file = fs::path(repo()) / path;
  fs::create_directories(file.parent_path());
  std::ofstream(file) << content;
  if (path.ends_with(".sh")) fs::permissions(file, fs::perms::owner_all);
}

std::string Sandbox::commit(const std::string& message) {
  git({"add", "-A"});
  git({"commit", "-q", "--allow-empty", "-m", message});
  std::string sha = git({"rev-parse", "HEAD"}).out;
  return sha.substr(0, sha.find('\n'));
}

Ran Sandbox::git(Words words, const std::string& cwd) {
  words.insert(words.begin(), "git");
  return run_program(words, cwd.empty() ? repo() : cwd);
}

void Sandbox::write_pipeline(const std::string& run, const std::string& extra,
                             const std::string& build) {
  std::string text = "version: 1\npipelines:\n";
  if (!build.empty()) text += "  build: { trigger: on_commit, run: \"" + build + "\" }\n";
  text += std::string("  benchmark:\n    trigger: ") +
          (build.empty() ? "on_commit" : "after_build") +
          "\n    benchmarks:\n      - { name: cli, run: \"" + run + "\" }\n" + extra;
  write(".melisai-gate.yaml", text);
}

void Sandbox::write_seeded_pipeline(const std::string& gate) {
  write(".melisai-gate.yaml",
        "version: 1\npipelines:\n  benchmark:\n    trigger: on_commit\n    benchmarks:\n"
        "      - { name: seeded, run: \"" +
            std::string(MELISAI_SEEDED_BENCH) + "\", format: google-benchmark }\n" +
            (gate.empty() ? "" : "gate: { " + gate + ", explain: { mode: off } }\n"));
}

Ran Sandbox::check(Words options, const std::function<void(pid_t)>& started) {
  Words argv = {MELISAI_BIN_DIR "/melisai-gate",
                "check",
                "--profile",
                "none",
                "--explain",
                "off",
                "--exact",
                "off",
                "-C",
                repo(),
                "--output-dir",
                output(),
                "--state-dir",
                state(),
                "--seed",
                "1"};
  argv.insert(argv.end(), options.begin(), options.end());
  return run_program(argv, root(), started);
}

Ran Sandbox::ab(Words options, Words base, Words head) {
  Words argv = {MELISAI_BIN_DIR "/melisai-gate",
                "ab",
                "--explain",
                "off",
                "--exact",
                "off",
                "--output-dir",
                output(),
                "--state-dir",
                state(),
                "--seed",
                "1"};
  argv.insert(argv.end(), options.begin(), options.end());
  for (Words* command : {&base, &head}) {
    argv.push_back("--");
    argv.insert(argv.end(), command->begin(), command->end());
  }
  return run_program(argv, root());
}

Ran Sandbox::gate(Words words) {
  words.insert(words.begin(), MELISAI_BIN_DIR "/melisai-gate");
  words.push_back("--state-dir");
  words.push_back(state());
  return run_program(words, repo());
}

nlohmann::json Sandbox::answer_of(Words words) {
  const Ran ran = gate(std::move(words));
  EXPECT_EQ(ran.code, 0) << ran.err;
  return nlohmann::json::parse(ran.out, nullptr, false);
}

nlohmann::json Sandbox::report() const {
  return nlohmann::json::parse(slurp(output() + "/report.json"), nullptr, false);
}

nlohmann::json Sandbox::benchmark(const std::string& name, const std::string& metric) const {
  const nlohmann::json all = report();
  if (!all.is_object()) return nullptr;
  for (const nlohmann::json& entry : all["benchmarks"])
    if (entry["name"] == name && entry["metric"] == metric) return entry;
  return nullptr;
}

void Sandbox::expect_nothing_left() const {
  EXPECT_TRUE(processes_with(root()).empty()) << "a process of the check is still alive";
  std::error_code error;
  if (fs::exists(state() + "/runs", error)) {
    EXPECT_TRUE(fs::is_empty(state() + "/runs")) << "scratch space was left behind";
  }
}

}  // namespace melisai::e2e
